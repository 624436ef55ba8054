"""When does a call need an operator? Every message of a call goes in, Alerts come out. Pure: time is passed in.

Of each kind at most one alert is open. It is over once its cause is gone; an operator who acknowledges it has seen it,
and it stays open. Times are monotonic µs; the header's wrapped clock will do as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import msgspec

from engine.call import UNANSWERED
from engine.operating.asking import asks_for_person, question_in
from engine.operating.quiet import Hold, Quiet
from engine.protocol import (
    AgentSilenced,
    Alert,
    AlertKind,
    CallState,
    EndCall,
    EngineEvent,
    Message,
    OperatorLeft,
    ReservationChanged,
    RoomStarted,
    Sentence,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnLatency,
    elapsed_us,
)

LOW_CONFIDENCE = 0.5  # of a final transcript; below it words are as often wrong as right
LOW_IN_A_ROW = 2
SLOW_IN_A_ROW = 3
ASKED_TOO_OFTEN = 3
SILENCE_US = 6_000_000
LONG_HOLD_US = 45_000_000
ROOM_BACK_US = 10_000_000  # a restarted room is no news any more
OVERDUE_US = 5_000_000  # after its deadline a tool is settled, even when nobody has said so
OF_TOOLS: tuple[AlertKind, ...] = ("approval", "question")
OF_NO_STATE = (*UNANSWERED, "on_hold", "ending", "ended")  # in which nobody has to speak


class CallAlerts:
    """The alerts of one call."""

    def __init__(self, call: int, next_number: Callable[[], int], budget_ms: float = 1000) -> None:
        """next_number: numbers alerts through the whole engine. budget_ms: of a turn, voice to voice."""
        self.call = call
        self._next_number = next_number
        self._budget_ms = budget_ms
        self._open: dict[AlertKind, Alert] = {}
        self._pending: dict[int, ToolPending] = {}
        self._denied: set[str] = set()  # tools that an operator has refused, and whose refusal is no error
        self._failed_tool = ""
        self._asked: dict[str, set[int]] = {}  # question → utterances in which it was asked
        self._unsure = self._slow = 0  # in a row
        self._restarted_us = 0
        self._closed = False
        self._quiet = Quiet()
        self._hold = Hold()

    @property
    def open(self) -> tuple[Alert, ...]:
        """Those that are not over, oldest first."""
        return tuple(sorted(self._open.values(), key=lambda alert: alert.alert))

    def take(self, message: Message, state: str, now_us: int) -> list[Alert]:
        """A message of this call, or one of the house that concerns it. state: of the call, after the message."""
        if self._closed:
            return []  # what is told of an ended call raises nothing: nobody could acknowledge it
        told: list[Alert] = []
        match message:
            case ToolPending() | ToolDecided():
                told += self._waiting(message)
            case ToolCalled():
                told += self._tool(message)
            case Transcript(final=True):
                told += self._heard(message)
            case Sentence():
                told += self._said(message)
            case ReservationChanged():
                self._asked.clear()
                told += self._over("repeated_question")
            case TurnLatency(voice_to_voice_ms=took_ms):
                told += self._answered(took_ms)
            case RoomStarted() | EngineEvent():
                told += self._house(message, now_us)
            case OperatorLeft(lost=True, by=by):
                told += self._raise("needs_human", f"the take-over was lost{f': {by} is gone' if by else ''}")
            case AgentSilenced(reason="operator") | OperatorLeft():
                told += self._over("needs_human") + self._over("wants_person")
            case EndCall(outcome="needs_human", reason=why) | CallState(outcome="needs_human", reason=why):
                told += self._raise("needs_human", f"the agent gave up{f': {why}' if why else ''}")
        self._quiet.take(message, state, now_us)
        self._hold.take(message, state, now_us)
        return told + self._times(state, now_us)

    def tick(self, now_us: int) -> list[Alert]:
        """Time passes; call it a few times a second."""
        return self._times(self._quiet.state, now_us)

    def acknowledge(self, number: int, by: str) -> Alert | None:
        """An operator has seen it. None where no such alert is open, or somebody has acknowledged it before."""
        for kind, alert in self._open.items():
            if alert.alert == number and alert.state == "raised":
                self._open[kind] = msgspec.structs.replace(alert, state="acknowledged", by=by)
                return self._open[kind]
        return None

    def close(self) -> list[Alert]:
        """The call has ended: nothing of it needs anybody any more, whatever is still told of it."""
        self._closed = True
        return [ended for kind in get_args(AlertKind) for ended in self._over(kind)]

    # --- causes ----------------------------------------------------------------------------------------

    def _waiting(self, message: ToolPending | ToolDecided) -> list[Alert]:
        """Of several that wait, the one that was asked first is told; then the next."""
        if isinstance(message, ToolPending):
            self._pending[message.request] = message
        else:
            settled = self._pending.pop(message.request, None)
            if settled is not None and not message.approved:
                self._denied.add(settled.tool)
        told: list[Alert] = []
        for kind in OF_TOOLS:
            waiting = [pending for pending in self._pending.values() if pending.kind == kind]
            first = min(waiting, key=lambda pending: pending.request, default=None)
            known = self._open.get(kind)
            if first is None or (known is not None and known.deadline_us != first.deadline_us):
                told += self._over(kind)
            if first is not None:
                told += self._raise(kind, _waits_for(first), first.deadline_us)
        return told

    def _tool(self, called: ToolCalled) -> list[Alert]:
        if not called.refused:
            self._denied.discard(called.tool)
            return self._over("tool_error") if called.tool == self._failed_tool else []
        if called.tool in self._denied:
            self._denied.discard(called.tool)
            return []
        self._failed_tool = called.tool
        return self._raise("tool_error", f"{called.tool} was refused: {called.result or 'no reason given'}")

    def _heard(self, heard: Transcript) -> list[Alert]:
        if not heard.text.strip():
            return []
        told: list[Alert] = []
        if asks_for_person(heard.text, heard.language):
            told += self._raise("wants_person", f'asks for a person: "{heard.text}"')
        self._unsure = self._unsure + 1 if heard.confidence < LOW_CONFIDENCE else 0
        if self._unsure >= LOW_IN_A_ROW:
            words = f"{self._unsure} turns running poorly understood ({heard.confidence:.2f})"
            told += self._raise("low_confidence", words)
        elif not self._unsure:
            told += self._over("low_confidence")
        return told

    def _said(self, sentence: Sentence) -> list[Alert]:
        """A question that was not asked before is progress; one that comes again and again is none."""
        question = question_in(sentence)
        if not question:
            return []
        new = question not in self._asked
        utterances = self._asked.setdefault(question, set())
        utterances.add(sentence.utterance)
        if len(utterances) >= ASKED_TOO_OFTEN:
            words = f'the agent has asked {len(utterances)} times: "{sentence.text}"'
            return self._raise("repeated_question", words)
        return self._over("repeated_question") if new else []

    def _answered(self, took_ms: float) -> list[Alert]:
        self._slow = self._slow + 1 if took_ms > self._budget_ms else 0
        if self._slow >= SLOW_IN_A_ROW:
            words = f"{self._slow} answers running over {self._budget_ms:.0f} ms (the last: {took_ms:.0f} ms)"
            return self._raise("slow", words)
        return [] if self._slow else self._over("slow")

    def _house(self, message: RoomStarted | EngineEvent, now_us: int) -> list[Alert]:
        match message:
            case EngineEvent(level="warning", room=room, text=text) if text.startswith(f"room {room} "):
                words = text  # it is of the room itself, and not of what the room stands on
            case RoomStarted(room=room, incarnation=incarnation) if incarnation > 1:
                words = f"room {room} was restarted"
            case EngineEvent(level="error", room="", text=text):
                return self._raise("recording_failed", text)
            case _:
                return []
        self._restarted_us = now_us
        return self._raise("room_restarted", words)

    # --- time ------------------------------------------------------------------------------------------

    def _times(self, state: str, now_us: int) -> list[Alert]:
        told: list[Alert] = []
        for request, pending in list(self._pending.items()):
            if elapsed_us(pending.deadline_us, now_us) > OVERDUE_US:
                told += self._waiting(ToolDecided(request, False))
        restarted = "room_restarted" in self._open
        if restarted and elapsed_us(self._restarted_us, now_us) >= ROOM_BACK_US:
            told += self._over("room_restarted")
        held_us = self._hold.lasts_us(now_us)
        if held_us > LONG_HOLD_US:
            told += self._raise("long_hold", f"on hold for more than {LONG_HOLD_US // 1_000_000} s")
        elif not held_us:
            told += self._over("long_hold")
        idle = state in OF_NO_STATE or held_us > 0
        if not idle and self._quiet.lasts_us(now_us) > SILENCE_US:
            told += self._raise("silence", f"nobody has spoken for {SILENCE_US // 1_000_000} s")
        elif idle or not self._quiet.lasts_us(now_us):
            told += self._over("silence")
        return told

    def _raise(self, kind: AlertKind, text: str, deadline_us: int = 0) -> list[Alert]:
        if kind in self._open:
            return []
        self._open[kind] = Alert(self._next_number(), kind, text, deadline_us=deadline_us)
        return [self._open[kind]]

    def _over(self, kind: AlertKind) -> list[Alert]:
        alert = self._open.pop(kind, None)
        return [] if alert is None else [msgspec.structs.replace(alert, state="over")]


def _waits_for(pending: ToolPending) -> str:
    if pending.kind == "question":
        return f"the agent asks: {pending.question or pending.tool}"
    return f"{pending.tool} waits for approval"
