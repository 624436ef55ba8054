"""A scenario as a conversation in text: any brain on one side, the simulated restaurant on the other.

Time is a number that words and silences push on; only a brain that asks a server is waited for. Hearing is perfect
unless `as_heard` says otherwise, the cache is off, nobody operates: what differs between two calls is the brain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from engine.brains.base import Brain
from engine.call import outcome_of
from engine.dialogue.conversation import Conversation
from engine.dialogue.on_hold import TOLD_THE_BRAIN
from engine.dialogue.recording import with_recording
from engine.lines.part import Part
from engine.lines.persona import Persona
from engine.lines.steps import Act, HangUp, Play, Speak
from engine.protocol import (
    BrainUse,
    EndCall,
    LineState,
    Message,
    Reservation,
    Sentence,
    SoundHeard,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
)
from engine.scenario import Scenario
from engine.turns.language import CallLanguage, HeardIn, follow

WORD_MS = 300
HANGOVER_MS = 350  # turns.hangover_ms
TICK_MS = 250
LONGEST_CALL_MS = 180_000  # call.max_seconds

MakeBrain = Callable[[Task, bytes], Brain]


class Wait(Protocol):
    """Wait a moment for a brain that thinks; how many ms went by."""

    def __call__(self) -> int: ...


def nothing_to_wait_for() -> int:
    """For brains that answer at once."""
    return TICK_MS


class Outcome(msgspec.Struct, frozen=True):
    """How one call came out."""

    outcome: str
    differences: tuple[str, ...]  # from what the scenario expects
    turns: int  # of the restaurant
    refused: tuple[str, ...]  # tools that were refused
    tokens_in: int | None  # None = not known, or no model
    tokens_out: int | None
    answered: int  # turns in which a model answered
    fallbacks: int  # turns in which the model did not answer and the scripted brain did
    said: tuple[str, ...]

    @property
    def as_expected(self) -> bool:
        return not self.differences


class TextCall:
    """One call."""

    def __init__(
        self,
        scenario: Scenario,
        make_brain: MakeBrain,
        wait: Wait = nothing_to_wait_for,
        as_heard: Callable[[str], str] = str,
        part: Part | None = None,
        wait_for_part: Callable[[], None] = lambda: None,
    ) -> None:
        """as_heard: what becomes of words on the line, in either direction.

        part: who plays the restaurant, where that is not the scenario's persona; a thought of theirs takes no time.
        """
        self._scenario, self._wait, self._as_heard = scenario, wait, as_heard
        task = scenario.task
        brain = with_recording(scenario.recording_policy, task, lambda memory: make_brain(task, memory))
        self._talk = Conversation(task, brain, lambda *_: None)
        self.persona: Part = part or Persona(scenario)
        self._wait_for_part = wait_for_part
        self._said: list[str] = []
        self._now_ms = 0
        self._turn = 0
        self._unspoken: list[Sentence] = []
        self._acts: list[Act] = []
        self._heard: list[str] = []  # in the restaurant's turn that is not over yet
        self._began_ms = 0  # that turn
        self._spoken_in = scenario.spoken  # and its language
        self._language = CallLanguage(task.language)
        self._wanted: EndCall | None = None
        self._line: LineState | None = None
        self._refused: list[str] = []
        self._uses: list[BrainUse] = []

    def run(self) -> Outcome:
        """From the answer to the end of the call."""
        if not self._scenario.restaurant.answers:
            self._line = LineState("ended", "no_answer")
        else:
            self._take(self._talk.answered(0))
            self._acts += self.persona.answered(0)
        while self._line is None and self._now_ms < LONGEST_CALL_MS:
            self._go_on()
        line = self._line or LineState("ended", "the call was too long")
        outcome, _ = outcome_of(self._wanted, line, self._talk.reservation)
        differences = self._scenario.expected.differences(outcome, self._talk.reservation)
        return Outcome(
            outcome,
            tuple(differences),
            self._turn,
            tuple(self._refused),
            _sum([use.tokens_in for use in self._uses]),
            _sum([use.tokens_out for use in self._uses]),
            sum(not use.fallback for use in self._uses),
            sum(use.fallback for use in self._uses),
            tuple(self._said),
        )

    @property
    def reservation(self) -> Reservation:
        """The record as it is now."""
        return self._talk.reservation

    def _go_on(self) -> None:
        if self._acts:
            self._perform(self._acts.pop(0))
        elif self._heard:
            self._end_far_turn()
        elif self._unspoken:
            self._speak()
        elif self._wanted:
            self._line = LineState("ended", "near_end")
        elif self.persona.thinks:
            self._wait_for_part()
            self._acts += self.persona.tick(self._now_ms)
        else:
            self._now_ms += TICK_MS
            self._take(self._talk.tick(self._now_us))
            self._acts += self.persona.tick(self._now_ms) if not self._unspoken else []

    @property
    def _now_us(self) -> int:
        return self._now_ms * 1000

    def _take(self, messages: list[Message]) -> None:
        """What the conversation decided, until its brain has no more to say."""
        while True:
            for message in messages:
                match message:
                    case Sentence():
                        self._unspoken.append(message)
                    case EndCall():
                        self._wanted = message
                    case ToolCalled(refused=True, tool=tool):
                        self._refused.append(tool)
                        self._said.append(f"{tool} is refused: {message.result}")
                    case ToolCalled(tool="press_digits"):
                        self._press(str(message.arguments["digits"]))
                    case ToolCalled(tool=tool):
                        self._said.append(f"{tool}: {message.result}")
                    case BrainUse():
                        self._uses.append(message)
            if not self._talk.brain.thinks or self._now_ms >= LONGEST_CALL_MS:
                return
            self._now_ms += self._wait()
            messages = self._talk.go_on(self._now_us)

    def _perform(self, act: Act) -> None:
        """The restaurant's act, to its end."""
        if isinstance(act, HangUp):
            self._said.append("restaurant hangs up")
            self._line = LineState("ended", "far_end")
            return
        if isinstance(act, Play):
            self._play(act)
        if isinstance(act, Speak):
            if act.after_ms > HANGOVER_MS and self._heard:
                self._end_far_turn()
                if self._unspoken:
                    self._speak()
            self._talk.far_speech(True, self._now_us)
            self._said.append(f"restaurant: {act.text}")
            self._now_ms += act.after_ms
            if not self._heard:
                self._began_ms, self._spoken_in = self._now_ms, act.language or self._scenario.spoken
            self._now_ms += WORD_MS * len(act.text.split())
            self._heard.append(self._as_heard(act.text))
        self._acts = [*self.persona.finished(self._now_ms), *self._acts]

    def _press(self, digit: str) -> None:
        self._said.append(f"agent presses {digit}")
        self._acts += self.persona.key(digit, self._now_ms)

    def _play(self, act: Play) -> None:
        """A sound, told as it would be known by its audio; what was said before it is answered first."""
        if self._heard:
            self._end_far_turn()
            if self._unspoken:
                self._speak()
        for on in (True, False):
            if act.sound in TOLD_THE_BRAIN:
                told = SoundHeard(act.sound, on, self._now_ms)  # type: ignore[arg-type]
                self._take(self._talk.sound(told, self._now_us))
            self._now_ms += int(act.seconds * 1000) if on else 0

    def _end_far_turn(self) -> None:
        text, self._heard = " ".join(self._heard), []
        end_ms = self._now_ms
        self._now_ms += HANGOVER_MS
        self._talk.far_speech(False, self._now_us)
        if text:
            self._turn += 1
            self._follow(text, end_ms)
            heard = Transcript(self._turn, text, True, self._spoken_in, 1.0, self._began_ms, end_ms)
            self._take(self._talk.heard(heard, "", self._now_us))

    def _follow(self, text: str, end_ms: int) -> None:
        """The language that they speak, as a recogniser would tell it."""
        length_ms = end_ms - self._began_ms
        heard = HeardIn(
            turn=self._turn, length_ms=length_ms, text=text, language=self._spoken_in, probability=1.0
        )
        self._language, switched = follow(self._language, heard)
        if switched:
            self._said.append(f"language: {self._language.language}, {switched}")
            self._take(self._talk.speaks(self._language.language, "far end", self._now_us))

    def _speak(self) -> None:
        """The agent's sentences, word by word, until they end or the restaurant talks over them."""
        spoken: list[str] = []
        while self._unspoken:
            sentence = self._unspoken.pop(0)
            words = sentence.text.split()
            for count in range(1, len(words) + 1):
                self._now_ms += WORD_MS
                so_far = " ".join([*spoken, *words[:count]])
                acts = self.persona.hears(so_far, self._now_ms)
                if acts:
                    self._cut(sentence, words[: count + 1], spoken)
                    self._acts += acts
                    return
            if words:
                spoken.append(sentence.text)
            self._report(sentence, sentence.text, cut=False)
        if spoken:
            text = self._as_heard(" ".join(spoken))
            self._said.append(f"agent: {text}")
            self._acts += self.persona.agent_finished(text, self._now_ms)

    def _cut(self, sentence: Sentence, words: list[str], before: list[str]) -> None:
        text = " ".join(words)
        whole = " ".join([*before, text])
        self._said.append(f"agent: {whole} –")
        self.persona.agent_finished(whole, self._now_ms)
        self._unspoken.clear()
        self._report(sentence, text, cut=True)

    def _report(self, sentence: Sentence, text: str, cut: bool) -> None:
        ends = cut or sentence.last
        report = Spoken(sentence.utterance, sentence.index, text, done=True, ends_utterance=ends, cut=cut)
        self._take(self._talk.spoken(report, self._now_us))


def _sum(counts: list[int | None]) -> int | None:
    """None where nothing was counted, or one of the counts is missing."""
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
