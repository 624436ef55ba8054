"""What was said and done in a call, in order, from its journal's events. Pure.

What an operator did in a call decides how much of it is an example:

* A line that an operator typed is part of what the restaurant heard, and not the agent's thought: it stays, and is not
  learnt (`theirs`).
* From another language, a take-over, a whisper, a muting, an edited tool call or a transfer on, what the agent does
  rests on words that no example holds. Learnt, it would be taught to act without them. The example ends there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from engine.languages import load
from engine.protocol import (
    AgentSilenced,
    EndCall,
    Flag,
    LanguageCode,
    LanguageSwitched,
    LineState,
    Message,
    OperatorAct,
    OperatorWords,
    Sentence,
    Spoken,
    Task,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnEnded,
)
from engine.turns.hallucination import nothing_said

STEPS_IN = ("go_live", "hand_back", "whisper", "mute", "language", "transfer")  # acts that end an example
NOT_THOUGHT = ("one_moment", "ask_person", "still_there")  # said by code, whatever brain thinks


class Heard(msgspec.Struct, frozen=True):
    """The restaurant said this, as it was recognised."""

    text: str


class Said(msgspec.Struct, frozen=True):
    """The restaurant was given this in our voice, to the word."""

    text: str
    cut: bool = False  # they talked over it
    theirs: bool = False  # not the agent's thought: an operator typed it, or the house says it by itself


class Silent(msgspec.Struct, frozen=True):
    """The restaurant said nothing, and the agent spoke again."""

    seconds: int


class Used(msgspec.Struct, frozen=True):
    """A tool ran, or was refused."""

    tool: str
    arguments: dict[str, Any]
    result: str
    refused: bool


class Ended(msgspec.Struct, frozen=True):
    """The agent hung up."""

    reason: str


Turn = Heard | Said | Silent | Used | Ended


class Told(msgspec.Struct, frozen=True):
    """A call as an example can tell it."""

    turns: tuple[Turn, ...]
    asked: bool = False  # somebody was there whom the agent could ask
    until: str = ""  # why the example ends before the call did; "" = it does not


class _Listener:
    """Collects one call's turns."""

    def __init__(self, task: Task) -> None:
        self.turns: list[Turn | tuple[int, int]] = []  # a pair: a sentence, by utterance and index
        self.spoken: dict[tuple[int, int], Said] = {}
        self.until = ""
        self.asked = False
        self._house = {getattr(load(task.language).say, key) for key in NOT_THOUGHT}
        self._language: LanguageCode = task.language
        self._sentences: dict[tuple[int, int], bool] = {}  # → not the agent's thought
        self._turns_heard: set[int] = set()
        self._under_our_voice: set[int] = set()
        self._early = False
        self._asked_for: dict[int, dict[str, Any]] = {}
        self._said_us = 0  # when we spoke last

    def step(self, at_us: int, flags: Flag, message: Message) -> None:
        """One event, so long after the call began."""
        match message:
            case LineState(state="early_media"):
                self._early = True
            case LineState(state="answered"):
                self._early = False
            case TurnEnded(under_our_voice=True, turn=turn):
                self._under_our_voice.add(turn)
            case Transcript(final=True) if not self._early:
                self._heard(message)
            case Sentence(text=text) if text and not flags & Flag.AGAIN:
                place = (message.utterance, message.index)
                last = self.turns[-1] if self.turns else None
                if isinstance(last, tuple) and last[0] != message.utterance and not message.turn:
                    self.turns.append(Silent(max(0, at_us - self._said_us) // 1_000_000))
                self._sentences[place] = bool(flags & Flag.OPERATOR) or text in self._house
                self.turns.append(place)
            case Spoken():
                place = (message.utterance, message.index)
                self._said_us = at_us
                if place in self._sentences:
                    self.spoken[place] = Said(message.text, message.cut, self._sentences[place])
            case ToolCalled():
                self.asked = self.asked or message.tool == "ask_principal"
                self.turns.append(Used(message.tool, message.arguments, message.result, message.refused))
            case EndCall(reason=reason):
                self.turns.append(Ended(reason))
            case LanguageSwitched():
                self.until = self.until or "the call went on in another language"
            case _:
                self._operator(message)

    def _heard(self, transcript: Transcript) -> None:
        turn = transcript.turn
        if turn in self._turns_heard | self._under_our_voice or nothing_said(transcript):
            return
        self._turns_heard.add(turn)
        self.turns.append(Heard(transcript.text))

    def _operator(self, message: Message) -> None:
        match message:
            case OperatorAct(action=action, refused="") if action in STEPS_IN:
                self.until = f"an operator stepped in ({action})"
            case AgentSilenced(reason=reason) if reason:
                self.until = "an operator silenced the agent"
            case OperatorWords():
                self.until = "an operator spoke with the restaurant"
            case ToolPending():
                self._asked_for[message.request] = message.arguments
            case ToolDecided(approved=True, arguments=arguments):
                asked = self._asked_for.get(message.request, {})
                shown = {name: value for name, value in asked.items() if name != "confirmed_by"}
                if arguments and arguments != shown:
                    self.until = "an operator changed what a tool was used with"


def turns_of(task: Task, events: Iterable[tuple[int, Flag, Message]]) -> Told:
    """A call's turns, in the order in which they were decided, each sentence as far as it was spoken.

    events: as `engine.journal.read` gives them.
    """
    listener = _Listener(task)
    for at_us, flags, message in events:
        if not listener.until or isinstance(message, Spoken):
            listener.step(at_us, flags, message)
    turns: list[Turn] = []
    for turn in listener.turns:
        if not isinstance(turn, tuple):
            turns.append(turn)
        elif (said := listener.spoken.get(turn)) is not None and said.text:
            turns.append(said)
    return Told(tuple(turns), listener.asked, listener.until)
