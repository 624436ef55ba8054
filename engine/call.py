"""The states of a call, and how it ended. Pure: messages in, the next state out."""

from __future__ import annotations

from typing import Literal

from engine.protocol import (
    EndCall,
    LineState,
    Message,
    OperatorWords,
    Outcome,
    PlaybackStarted,
    Reservation,
    SpeechStarted,
    Spoken,
    TurnEnded,
)

State = Literal[
    "waiting", "dialling", "ringing", "listening", "thinking", "speaking", "on_hold", "ending", "ended"
]
UNANSWERED: tuple[State, ...] = ("waiting", "dialling", "ringing")
OUTCOME_OF_STATUS: dict[str, Outcome] = {"booked": "booked", "changed": "changed", "cancelled": "cancelled"}
LINE_OUTCOMES: dict[str, tuple[Outcome, str]] = {  # by the line's reason; the words where the line has none
    "no_answer": ("no_answer", "nobody picked up"),
    "busy": ("busy", "the line was busy"),
    "declined": ("declined", "the far end refused the call"),
    "not_found": ("not_found", "nobody has that number or address"),
    "unavailable": ("unavailable", "the far end cannot be reached at the moment"),
    "redirected": ("redirected", "the call was sent elsewhere; a redirection is not followed"),
    "unreachable": ("unreachable", "nothing answers at that address"),
    "network_away": ("network_away", "the network to the far end is gone"),
    "rejected": ("rejected", "the far end's side rejected the call"),
    "transferred": ("transferred", "the far end was handed over"),
}


def next_state(state: State, message: Message) -> State:
    """Where the call stands after a message."""
    if state == "ended":
        return state
    match message:
        case LineState(state="ended"):
            return "ended"
        case EndCall():
            return "ending"
        case LineState(state="ringing" | "early_media") if state in UNANSWERED:
            return "ringing"
        case LineState(state="answered") if state in UNANSWERED:
            return "listening"
        case LineState(state="held") if state not in (*UNANSWERED, "ending"):
            return "on_hold"
        case LineState(state="resumed") if state == "on_hold":
            return "listening"
    if state in (*UNANSWERED, "on_hold", "ending"):
        return state
    match message:
        case TurnEnded(under_our_voice=False):
            return "thinking"
        case OperatorWords() if state == "thinking":
            return "listening"  # an operator has answered, and the agent need not
        case PlaybackStarted():
            return "speaking"
        case Spoken(ends_utterance=True):
            return "listening"
        case SpeechStarted() if (
            state != "speaking"
        ):  # over our voice it may be a "mhm"; a cut ends the utterance
            return "listening"
    return state


def outcome_of(
    wanted: EndCall | None,
    line: LineState,
    reservation: Reservation,
    ended_by: tuple[Outcome, str] | None = None,
) -> tuple[Outcome, str]:
    """How a call whose line has ended came out, and why.

    What was agreed counts, even when either side hangs up before we could say goodbye.
    ended_by: what it means when we hung up before the agent wanted to: the operator, the engine's end, a limit.
    """
    if wanted is not None:
        return wanted.outcome, wanted.reason
    if reservation.status in OUTCOME_OF_STATUS:
        return OUTCOME_OF_STATUS[reservation.status], "agreed before the line ended"
    if reservation.call_back and line.reason == "far_end":
        return "call_back", f"they want to be called again: {reservation.call_back}"
    if line.reason in LINE_OUTCOMES:
        outcome, words = LINE_OUTCOMES[line.reason]
        return outcome, line.detail or words
    if line.reason == "far_end":
        return "far_end_hung_up", "the far end hung up"
    if ended_by is not None:  # a line that does not hang up when it is told to is killed, and so lost
        return ended_by
    if line.reason == "near_end":
        return "hung_up", "we hung up"
    if line.reason == "line_lost":
        return "line_lost", line.detail or "the line was lost"
    return "failed", line.detail or line.reason or "the line was lost"


def with_last_words(reason: str, heard: str) -> str:
    """The reason of a call that nobody answered, with what was heard before it ended: an announcement mostly."""
    return f'{reason}; before the answer they said: "{heard}"' if heard else reason


def too_long(state: State, lasted_s: float, wait_s: int, max_s: int) -> tuple[Outcome, str] | None:
    """What comes of a call that has gone on for too long, or None while it has not.

    lasted_s: since it was begun; where we wait to be called, since the line waits, and anew from each step to the
    pick-up on. wait_s: how long we wait. max_s: how long a call may last.
    """
    if state == "waiting":
        return ("no_answer", "nobody called back") if lasted_s > wait_s else None
    return ("failed", f"longer than {max_s} s") if lasted_s > max_s else None
