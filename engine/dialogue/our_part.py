"""What we do in one call: the brain's moves become sentences, tool calls and the end. Pure: time is passed in.

    event ─► brain ─► moves ─┬─ at once: sentences, tools, words for operators
                             ├─ once the answer is wanted: a copy's tools (preparing.py)
                             ├─ once they have been silent for longer: what is recorded (settling.py)
                             └─ once all is said: the end (hanging_up.py)

It knows nothing of the line and of who speaks on it: that is conversation.py. What operators do to it is operated.py.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.brains.base import Brain
from engine.dialogue.call_memory import OurMemory
from engine.dialogue.hanging_up import HangingUp
from engine.dialogue.holding import Holding
from engine.dialogue.moves import (
    Event,
    FarEndSilent,
    GoOn,
    HandedBack,
    Heard,
    LanguageChanged,
    MaySpeak,
    OperatorSaid,
    Said,
    Spent,
)
from engine.dialogue.settling import Half, Settling, together
from engine.dialogue.speech import Speech
from engine.dialogue.thinking import Thought, make, occasion_of, think, use_of
from engine.dialogue.toolbox import Toolbox
from engine.languages import load
from engine.protocol import (
    LanguageCode,
    Message,
    Reservation,
    Sentence,
    Spoken,
    Task,
    ToolCalled,
    ToolPending,
    Transcript,
)
from engine.settings import OperatorSettings

SAME_MOMENT_US = 500_000  # within which two rooms hear of one thing, on a busy machine


class OurPart:
    """One call's."""

    def __init__(
        self,
        task: Task,
        make_brain: Callable[[bytes], Brain],
        save: Callable[[Reservation, str, str], None],
        memory: OurMemory,
        rules: OperatorSettings,
    ) -> None:
        """save: see Conversation."""
        self.task, self.rules = task, rules
        self.make_brain = make_brain
        self.brain = make_brain(memory.brain)
        self.tools = Toolbox(task, rules, save, memory.reservation, memory.tools)
        self.speech = Speech(memory.utterance, memory.unspoken, memory.others, memory.index)
        self.silence = memory.silence
        self.language: LanguageCode = memory.language or task.language
        self.ending = HangingUp(memory.ends_with, memory.message)
        self.settling = Settling(memory.half)
        self.left = memory.left  # moves that are not made yet
        self.ahead = False  # it is a copy, and nobody knows yet whether its answer is wanted
        self._holding = Holding(memory.told_to_wait_us)
        self._upon = memory.upon  # what the thought in flight is about
        self._cut_us: int | None = None  # when words of the brain's were cut last

    @property
    def is_idle(self) -> bool:
        """Whether nothing of ours is on its way or waits, and the call goes on."""
        if self.silence.reason or self.waits or self.speech.unspoken or self.speech.index:
            return False
        return not (self.brain.thinks or self.ending.decided or self.ending.done or self.left)

    @property
    def settles_us(self) -> int | None:
        """When something is due to be recorded; None: nothing is, or they are speaking."""
        return self.settling.due_us if self.left is not None and self.left.unsettled else None

    def typed(self, sentence: Sentence) -> bool:
        """Whether an operator typed it."""
        return self.speech.others.get(sentence.utterance) == "operator"

    def memory(self) -> OurMemory:
        """For the successor."""
        return OurMemory(
            self.brain.checkpoint(),
            self.tools.reservation,
            self.speech.utterance,
            tuple(self.speech.unspoken.values()),
            self.ending.decided,
            self.language if self.language != self.task.language else None,
            self.speech.others,
            self.tools.memory(),
            self.silence,
            self._holding.told_us,
            self.speech.index,
            self._upon if self.brain.thinks else None,
            self.ending.message,
            self.left,
            self.settling.half,
        )

    # --- the brain -------------------------------------------------------------------------------------

    def step(self, event: Event, turn: int, now_us: int) -> list[Message]:
        """Tell the brain, and make messages of its moves. While it is silenced what it would say is dropped as cut."""
        dropped = self.drop_thought() if _drops(event) else []
        going_on = isinstance(event, GoOn) and self._upon is not None
        upon = self._upon if going_on and self._upon is not None else occasion_of(event, turn)
        silenced, thought_before = bool(self.silence.reason), self.brain.thinks
        if not isinstance(event, Heard | GoOn | Said):
            self.settling.half = None  # who goes back would not know of it
        settled = not self.settling.waits(now_us)
        thought = think(
            self.brain,
            self.tools,
            self.speech,
            event,
            upon,
            self.language,
            silenced,
            now_us,
            self.ahead,
            settled,
        )
        if self.brain.thinks and not thought_before:
            self._upon = upon
        return dropped + self._come_of(thought, silenced, now_us)

    def _come_of(self, thought: Thought, silenced: bool, now_us: int) -> list[Message]:
        self.left = thought.left or self.left
        if any(isinstance(each, ToolCalled | ToolPending) for each in thought.told):
            self.settling.half = None  # it cannot be taken back
        self.ending.come_to(thought.ends_with, thought.told)
        if thought.unsaid:
            self.silence = msgspec.structs.replace(self.silence, cut=True)
        if not self.waits:
            self._holding.over()
        if thought.asks and not silenced:
            return thought.told + self.one_moment(now_us, "ask_person")
        return thought.told + ([] if thought.speaks else self.end_when_said())

    def drop_thought(self) -> list[Message]:
        """A thought in flight comes to nothing more, and its utterance ends with what it has."""
        if not self.brain.thinks:
            return []
        self.brain.stop()
        return [*self.speech.end(self._upon.turn if self._upon else 0, self.language)]

    def give_up(self) -> list[Message]:
        """The answer is not wanted: a thought in flight is dropped; what it took is told."""
        if not self.brain.thinks:
            return []
        self.brain.stop()
        spent = [move for move in self.brain.step(GoOn()) if isinstance(move, Spent)]
        return [use_of(move, self._upon.turn if self._upon else 0) for move in spent]

    # --- what is not done at once ----------------------------------------------------------------------

    def finish_answer(self, now_us: int, at_once: bool = False) -> list[Message]:
        """What is left of an answer: its first tool, and all that follows. What is recorded waits until it is settled.

        at_once: whether it is or not.
        """
        if self.left is None or self.ahead:
            return []
        waits = self.settling.waits(now_us) and not at_once
        if waits and self.left.unsettled:
            return []
        left, self.left = self.left, None
        silenced = bool(self.silence.reason)
        thought = make(
            self.brain, self.tools, self.speech, left, self.language, silenced, now_us, settled=not waits
        )
        if self.brain.thinks:
            self._upon = left.upon
        return self._come_of(thought, silenced, now_us)

    def goes_on_from(self, original: OurPart, now_us: int) -> None:
        """A copy whose answer is wanted: what it says from here on is so. `finish_answer` is due."""
        self.ahead = False
        self.tools.save = original.tools.save
        self._cut_us = original._cut_us
        self.settling.goes_on_from(original.settling, now_us)

    def hear(self, words: Transcript, now_us: int) -> tuple[list[Message], Transcript, bool]:
        """They have said this: the messages before it is answered, what is to be answered, and whether it is more.

        It is more where the turn before was half of one: that one is taken back, and both are answered together.
        """
        told, before = self._go_back(words, now_us)
        brain = before.brain if before is not None else self.brain.checkpoint()
        words = together(before, words) if before is not None else words
        half = None
        if not ((self.speech.owes_words and before is None) or self.silence.reason or self.silence.holds):
            half = Half(words, words.end_ms, brain, self.ending.decided)
        # else a report would come to a brain that is no more; or nobody answers
        self.settling.heard(half, now_us)
        return told, words, before is not None

    def _go_back(self, words: Transcript, now_us: int) -> tuple[list[Message], Half | None]:
        """Before the half of a turn that these words are the rest of, if they are."""
        if self.left is None and self.speech.owes_words:
            return [], None
        half = self.settling.half if self.left is not None else self.settling.goes_on_with(words)
        if half is None or self.ending.done:
            return self.finish_answer(now_us, at_once=True), None
        told = [*self.give_up(), *self.speech.end(half.words.turn, self.language)]
        self.brain, self.left, self.ending.decided = self.make_brain(half.brain), None, half.ends_with
        return told, half

    def end_when_said(self) -> list[Message]:
        """The end of the call, once all that was to be said before it has been said."""
        if self.speech.unspoken or self.brain.thinks or self.silence.reason or self.waits:
            return []
        return self.ending.when_all_is_said()

    # --- what became of our words ----------------------------------------------------------------------

    def spoken(self, spoken: Spoken, now_us: int) -> list[Message]:
        """Playback's report; what was cut takes the rest of its utterance with it."""
        fates = self.speech.spoken(spoken)
        if not spoken.done:
            return []
        if spoken.cut:
            self.ending.we_were_cut()
        said: list[Message] = []
        for fate in fates:
            self.ending.we_said(fate)
            if not fate.cut and self.left is None:
                self.settling.half = None  # what they say now is said to it
            if fate.whose == "brain":
                self._cut_us = now_us if fate.cut else self._cut_us
                said += self.step(Said(text=fate.text, cut=fate.cut), 0, now_us)
            elif fate.whose == "operator":
                said += self.step(OperatorSaid(text=fate.text, cut=fate.cut), 0, now_us)
        return said + self.end_when_said()

    def just_cut(self, now_us: int) -> bool:
        """Whether what playback has told was cut may have been cut by what the supervisor tells now."""
        return self._cut_us is not None and now_us - self._cut_us < SAME_MOMENT_US

    # --- waiting for an operator -----------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether the brain cannot go on: a tool waits for an operator, or the line is held for one."""
        return bool(self.tools.waiting) or self.silence.holds

    def one_moment(self, now_us: int, key: str = "one_moment") -> list[Message]:
        """Ask them to wait, in words that are not the brain's and answer no turn: nothing is learnt from them."""
        self._holding.told(now_us)
        words: str = getattr(load(self.language).say, key)
        return [*self.speech.line("holding", words, self.language)]

    def ask_to_wait(self, heard: Transcript, now_us: int) -> list[Message]:
        """They said something meanwhile: the same words, once."""
        if self.silence.reason or self.speech.is_holding or not heard.text.strip():
            return []
        return self.one_moment(now_us)

    def wait(self, quiet_us: int, now_us: int) -> list[Message]:
        """Nobody has spoken since `quiet_us`, and we wait still."""
        asked_us = min((request.since_us for request in self.tools.waiting), default=quiet_us)
        return self.one_moment(now_us) if self._holding.due(asked_us, quiet_us, now_us) else []


def _drops(event: Event) -> bool:
    """Whether a thought in flight is not wanted any more: they spoke over it, or there is something newer to answer."""
    if isinstance(event, Said):
        return event.cut
    return isinstance(event, Heard | FarEndSilent | MaySpeak | HandedBack | LanguageChanged)
