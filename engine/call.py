"""The states of a call, and how it ended. Pure: messages in, the next state out."""

from __future__ import annotations

from typing import Literal

from engine.protocol import (
    EndCall,
    LineState,
    Message,
    Outcome,
    PlaybackStarted,
    Reservation,
    SpeechStarted,
    Spoken,
    TurnEnded,
)

State = Literal["dialling", "ringing", "listening", "thinking", "speaking", "ending", "ended"]
OUTCOME_OF_STATUS: dict[str, Outcome] = {"booked": "booked", "changed": "changed", "cancelled": "cancelled"}


def next_state(state: State, message: Message) -> State:
    """Where the call stands after a message."""
    if state == "ended":
        return state
    match message:
        case LineState(state="ended"):
            return "ended"
        case EndCall():
            return "ending"
        case LineState(state="ringing") if state == "dialling":
            return "ringing"
        case LineState(state="answered") if state in ("dialling", "ringing"):
            return "listening"
    if state in ("dialling", "ringing", "ending"):
        return state
    match message:
        case TurnEnded(under_our_voice=False):
            return "thinking"
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
    if line.reason == "no_answer":
        return "no_answer", "nobody picked up"
    if line.reason == "far_end":
        return "far_end_hung_up", "the far end hung up"
    if ended_by is not None:
        return ended_by
    if line.reason == "near_end":
        return "hung_up", "we hung up"
    return "failed", line.reason or "the line was lost"
