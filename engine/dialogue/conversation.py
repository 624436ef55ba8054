"""One call as the agent lives it: what was heard goes to the brain, its moves become sentences and tool calls. Pure.

Every method takes the time and returns the messages to send. `checkpoint()` after each of them is everything that
a successor needs to go on, sentences that have not been spoken included: it is sent first, so that a crash in
between repeats nothing and loses nothing.

What operators do to it is in operated.py; tools are in toolbox.py, sentences on their way in speech.py. An answer is
prepared by a copy of it, which uses no tool (preparing.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal

import msgspec

from engine.brains.base import Brain
from engine.dialogue.call_memory import Memory
from engine.dialogue.holding import Holding
from engine.dialogue.moves import (
    Answered,
    Event,
    FarEndSilent,
    GoOn,
    HandedBack,
    Heard,
    LanguageChanged,
    MaySpeak,
    OperatorSaid,
    Overheard,
    Said,
    SoundOnLine,
    Spent,
)
from engine.dialogue.on_hold import TOLD_THE_BRAIN
from engine.dialogue.settling import Half, Settling, together
from engine.dialogue.speech import Speech
from engine.dialogue.thinking import Thought, make, occasion_of, think, use_of
from engine.dialogue.toolbox import Toolbox
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.protocol import (
    EndCall,
    LanguageCode,
    Message,
    Reservation,
    Sentence,
    SoundHeard,
    Spoken,
    Task,
    ToolCalled,
    ToolPending,
    Transcript,
)
from engine.settings import OperatorSettings

SAME_MOMENT_US = 500_000  # within which two rooms hear of one thing, on a busy machine
LAST_WORDS = 3  # of a question, over which its answer may be given
EARLY_ANSWER_US = (
    1_200_000  # who says nothing for so long after our question thinks that they have answered it
)
SILENCE_STEP_MS = 3000  # the brain is told of a silence at every multiple of this


class Conversation:
    """The agent's side of one call."""

    def __init__(
        self,
        task: Task,
        make_brain: Callable[[bytes], Brain],
        save: Callable[[Reservation, str, str], None],
        checkpoint: bytes = b"",
        rules: OperatorSettings | None = None,
        hold_s: float = 120,
    ) -> None:
        """save(reservation, source, words) keeps the record; called for every change. hold_s: see CallSettings."""
        self.task = task
        self.rules = rules or OperatorSettings()
        self._hold_s = hold_s
        empty = Memory(b"", Reservation(), 0, (), 0, False, None)
        memory = msgspec.msgpack.decode(checkpoint, type=Memory) if checkpoint else empty
        self._make_brain = make_brain
        self.brain = make_brain(memory.brain)
        self.tools = Toolbox(task, self.rules, save, memory.reservation, memory.tools)
        self.speech = Speech(memory.utterance, memory.unspoken, memory.others, memory.index)
        self.silence = memory.silence
        self.language: LanguageCode = memory.language or task.language
        self.operator_words = memory.operator_words
        self.ends_with = memory.ends_with
        self._last_turn = memory.last_turn
        self._answered = memory.answered
        self._line = memory.line
        self._ended = False
        self._far_speaks = False
        self._end_waits = (
            False  # our last words were cut: what they say instead is heard before the line is closed
        )
        self._quiet_since_us: int | None = None  # not known until something happens
        self._silence_told_ms = 0
        self._cut_us: int | None = None  # when words of the brain's were cut last
        self._holding = Holding(memory.told_to_wait_us)
        self._message = memory.message
        self._on_hold = memory.on_hold
        self._upon = memory.upon  # what the thought in flight is about
        self._left = memory.left
        self._tongues = memory.tongues
        self._settling = Settling(memory.half)
        self._over_last_words = False  # of our question they have begun to speak
        self._ahead = False  # it is a copy, and nobody knows yet whether its answer is wanted

    @property
    def reservation(self) -> Reservation:
        """The record as it is now."""
        return self.tools.reservation

    @property
    def unspoken(self) -> dict[tuple[int, int], Sentence]:
        """Sentences whose fate playback has not told yet, by utterance and index."""
        return self.speech.unspoken

    def typed(self, sentence: Sentence) -> bool:
        """Whether an operator typed it."""
        return self.speech.others.get(sentence.utterance) == "operator"

    def checkpoint(self) -> bytes:
        """See the module's words."""
        return msgspec.msgpack.encode(
            Memory(
                self.brain.checkpoint(),
                self.reservation,
                self.speech.utterance,
                tuple(self.unspoken.values()),
                self._last_turn,
                self._answered,
                self.ends_with,
                self._line,
                self.language if self.language != self.task.language else None,
                self.speech.others,
                self.tools.memory(),
                self.silence,
                self.operator_words,
                self._holding.told_us,
                self.speech.index,
                self._upon if self.brain.thinks else None,
                self._message,
                self._on_hold,
                self._left,
                self._tongues,
                self._settling.half,
            )
        )

    # --- an answer that is prepared -------------------------------------------------------------------

    def may_prepare(self, turn: int) -> bool:
        """Whether this turn, should it be over, is all there is to answer: nothing of ours is on its way or waits."""
        if turn <= self._last_turn or self._line in ("early_media", "held"):
            return False
        if self.silence.reason or self.waits or self.unspoken or self.speech.index:
            return False
        return not (self.brain.thinks or self.ends_with or self._ended or self._left)

    def copy(self) -> Conversation:
        """Another that goes on from here and uses no tool, until `goes_on_from` makes it the conversation itself."""
        other = Conversation(
            self.task,
            lambda _: self.brain.copy(),
            lambda *_: None,
            self.checkpoint(),
            self.rules,
            self._hold_s,
        )
        other._make_brain, other._ahead = self._make_brain, True
        return other

    def goes_on_from(self, original: Conversation, now_us: int) -> None:
        """The answer that was prepared is wanted: what it says from here on is so. `finish_answer` is due."""
        self._ahead = False
        self.tools.save = original.tools.save
        self._cut_us = original._cut_us
        self._settling.goes_on_from(original._settling, now_us)
        self.quiet_from(now_us)

    def give_up(self) -> list[Message]:
        """The answer that was prepared is not wanted: a thought in flight is dropped; what it took is told."""
        if not self.brain.thinks:
            return []
        self.brain.stop()
        spent = [move for move in self.brain.step(GoOn()) if isinstance(move, Spent)]
        return [use_of(move, self._upon.turn if self._upon else 0) for move in spent]

    def finish_answer(self, now_us: int, at_once: bool = False) -> list[Message]:
        """What is left of an answer: its first tool, and all that follows. What is recorded waits until it is settled.

        at_once: whether it is or not.
        """
        if self._left is None or self._ahead:
            return []
        waits = self._left.unsettled and self._settling.waits(now_us)
        if waits and not at_once:
            return []
        left, self._left = self._left, None
        silenced = bool(self.silence.reason)
        waits = self._settling.waits(now_us) and not at_once
        thought = make(
            self.brain, self.tools, self.speech, left, self.language, silenced, now_us, settled=not waits
        )
        if self.brain.thinks:
            self._upon = left.upon
        return self._come_of(thought, silenced, now_us)

    @property
    def settles_us(self) -> int | None:
        """When something is due to be recorded; None: nothing is, or they are speaking."""
        return self._settling.due_us if self._left is not None and self._left.unsettled else None

    # --- the far end ----------------------------------------------------------------------------------

    def line(self, state: str, now_us: int) -> list[Message]:
        """The line's new state: `early_media`, `answered`, `held` or `resumed`."""
        self._line = state
        if state == "answered":
            return self.answered(now_us)
        if state == "resumed":
            self.quiet_from(now_us)
        return []

    def answered(self, now_us: int) -> list[Message]:
        """The far end picked up."""
        if self._line == "early_media":
            self._line = "answered"
        if self._answered:
            return []
        self._answered = True
        self.quiet_from(now_us)
        return self.step(Answered(), 0, now_us)

    def heard(self, transcript: Transcript, served: str, now_us: int) -> list[Message]:
        """A final transcript, with the cache's template if one may be served."""
        if transcript.turn <= self._last_turn:
            return []
        if self.left_unanswered(transcript.turn):
            return []
        self._answered = True  # who speaks has picked up, whatever was missed before
        self._last_turn = transcript.turn
        self._far_speaks = self._end_waits = False
        self._message = self._message.they_spoke()
        self._tongues = self._tongues.heard(transcript, self.language)
        self.quiet_from(now_us)
        told, half = self._go_back(transcript, now_us)
        if half is not None:
            transcript, served = together(half, transcript), ""
        before = half.brain if half is not None else self.brain.checkpoint()
        if (self.unspoken and half is None) or self.silence.reason or self.silence.holds:
            half = None  # a report would come to a brain that is no more; or nobody answers
        else:
            half = Half(transcript, transcript.end_ms, before, self.ends_with)
        self._settling.heard(half, now_us)
        return told + self._heard(transcript, served, now_us)

    def _go_back(self, words: Transcript, now_us: int) -> tuple[list[Message], Half | None]:
        """Before the half of a turn that these words are the rest of, if they are."""
        if self._left is None and self.unspoken:
            return [], None
        half = self._settling.half if self._left is not None else self._settling.goes_on_with(words)
        if half is None or self._ended:
            return self.finish_answer(now_us, at_once=True), None
        told = self.drop_thought() or [*self.speech.end(half.words.turn, self.language)]
        self.brain, self._left, self.ends_with = self._make_brain(half.brain), None, half.ends_with
        return told, half

    def _heard(self, transcript: Transcript, served: str, now_us: int) -> list[Message]:
        if self.silence.reason or self.silence.holds:
            self.silence = self.silence.with_heard(transcript)
            return self._ask_to_wait(transcript, now_us)
        return self.answer(transcript, served, now_us)

    def answer(self, transcript: Transcript, served: str, now_us: int) -> list[Message]:
        """Let the brain answer a turn; or ask them to wait, while it waits itself."""
        if self._on_hold.sound:  # they said it before the music, and do not hear us now
            return self.step(Overheard(text=transcript.text), 0, now_us)
        if self.tools.waiting:
            overheard = self.step(Overheard(text=transcript.text), 0, now_us)
            return overheard + self._ask_to_wait(transcript, now_us)
        event = Heard(
            turn=transcript.turn,
            text=transcript.text,
            language=transcript.language,
            confidence=transcript.confidence,
            served=served,
        )
        return self.step(event, transcript.turn, now_us)

    def has_answered(self, turn: int) -> bool:
        """Whether this turn, or a later one, has been given to the brain, or is not to be."""
        return turn <= self._last_turn

    def left_unanswered(self, turn: int) -> bool:
        """A turn is over: is it, from now on, one that is never answered, since nobody has picked up yet?

        Ringback and announcements sound like somebody; nobody would hear us. Where nothing is known of early media,
        who speaks has picked up.
        """
        if self._line != "early_media":
            return False
        self._last_turn = max(self._last_turn, turn)
        return True

    def speaks(
        self, language: LanguageCode, by: Literal["operator", "far end"], now_us: int
    ) -> list[Message]:
        """Another language is spoken from here on; told twice, it is the same."""
        if language == self.language:
            return []
        self._tongues = self._tongues.left(self.language)
        self.language = language
        understood = self._tongues.shared() or language in self._tongues.ours
        return self.step(LanguageChanged(language=language, by=by, understood=understood), 0, now_us)

    def turn_over(self, turn: int, silent_ms: int, now_us: int) -> None:
        """A turn was judged over, after so much silence; its words are known, or come."""
        self._settling.turn_over(turn, silent_ms, now_us)

    def nothing_said(self, now_us: int) -> None:
        """What began as speech was none, or nothing to answer."""
        self.far_speech(False, now_us)
        self._settling.nothing_said(now_us)

    def far_speech(self, speaks: bool, now_us: int) -> None:
        """The far end began or ended to speak."""
        self._far_speaks = speaks
        if speaks:
            self._over_last_words = self._says_last_words()
        self._settling.far_speech(speaks, now_us)
        self.quiet_from(now_us)

    def _says_last_words(self) -> bool:
        """Whether what is left to say of our question says nothing new: "is that right?"."""
        rest = self.speech.rest().split()
        if not rest or len(rest) > LAST_WORDS or not rest[-1].endswith("?"):
            return False
        meaning = understand(" ".join(rest), load(self.language), date.fromisoformat(self.task.today))
        return not (meaning.times or meaning.dates or meaning.party_sizes or meaning.names)

    def was_answered_early(self, now_us: int) -> bool:
        """Whether what they said over our voice was the answer to our question: they are silent since."""
        if not self._over_last_words or self.unspoken or self._far_speaks or self.brain.thinks or self._ended:
            return False
        return self._quiet_since_us is not None and now_us - self._quiet_since_us >= EARLY_ANSWER_US

    def sound(self, told: SoundHeard, now_us: int) -> list[Message]:
        """A sound that is nobody speaking. Before anybody has picked up, and while an operator speaks, it is noted."""
        self._on_hold = self._on_hold.heard(told, now_us)
        if told.sound not in TOLD_THE_BRAIN or not self._answered or self._line == "early_media":
            return []
        self.quiet_from(now_us)
        if self.silence.reason or self._ended:
            return []
        return self.step(SoundOnLine(sound=told.sound, on=told.on, reason=told.reason), 0, now_us)  # type: ignore[arg-type]

    def _waits_on_hold(self, now_us: int) -> list[Message]:
        """Nothing is said to music; but not for ever."""
        self.quiet_from(now_us)
        if not self._on_hold.is_late(now_us, self._hold_s):
            return []
        sound, lasted_ms = self._on_hold.sound, self._on_hold.lasts_ms(now_us)
        self._on_hold = self._on_hold.told()
        late = SoundOnLine(sound=sound, on=True, lasted_ms=lasted_ms, too_long=True)  # type: ignore[arg-type]
        return self.step(late, 0, now_us)

    def spoken(self, spoken: Spoken, now_us: int) -> list[Message]:
        """Playback's report; what was cut takes the rest of its utterance with it."""
        self.quiet_from(now_us)
        fates = self.speech.spoken(spoken)
        if not spoken.done:
            return []
        self._end_waits = self._end_waits or spoken.cut
        said: list[Message] = []
        for whose, text, cut, whole in fates:
            self._message = self._message.told(text, whole)
            if not cut and self._left is None:
                self._settling.half = None  # what they say now is said to it
            if whose == "brain":
                self._cut_us = now_us if cut else self._cut_us
                said += self.step(Said(text=text, cut=cut), 0, now_us)
            elif whose == "operator":
                said += self.step(OperatorSaid(text=text, cut=cut), 0, now_us)
        return said + self.end_when_said()

    def tick(self, now_us: int) -> list[Message]:
        """Time passes: nobody decides in time, they have waited for long, or nobody speaks."""
        late = self.finish_answer(now_us)
        for messages, result in self.tools.overdue(now_us):
            late += messages + self.step(result, 0, now_us)
        if late or not self._answered or self._far_speaks or self.unspoken or self._ended:
            return late
        if self.brain.thinks:
            self.quiet_from(now_us)
            return []
        if self._line == "held" or self.silence.reason:
            return []
        if self._on_hold.sound and self.ends_with is None:
            return self._waits_on_hold(now_us)
        if self._quiet_since_us is None:
            self.quiet_from(now_us)
        quiet_us = self._quiet_since_us or 0
        if self.waits:
            asked_us = min((request.since_us for request in self.tools.waiting), default=quiet_us)
            return self.one_moment(now_us) if self._holding.due(asked_us, quiet_us, now_us) else []
        silent_ms = (now_us - quiet_us) // 1000
        if silent_ms < self._silence_told_ms + SILENCE_STEP_MS:
            return self.end_when_said()
        self._end_waits = False
        self._silence_told_ms = silent_ms // SILENCE_STEP_MS * SILENCE_STEP_MS
        return self.step(FarEndSilent(silent_ms=self._silence_told_ms), 0, now_us)

    def quiet_from(self, now_us: int) -> None:
        """Silence counts from here."""
        self._quiet_since_us = now_us
        self._silence_told_ms = 0

    def just_cut(self, now_us: int) -> bool:
        """Whether what playback has told was cut may have been cut by what the supervisor tells now."""
        return self._cut_us is not None and now_us - self._cut_us < SAME_MOMENT_US

    # --- waiting for an operator ----------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether the brain cannot go on: a tool waits for an operator, or the line is held for one."""
        return bool(self.tools.waiting) or self.silence.holds

    def one_moment(self, now_us: int, key: str = "one_moment") -> list[Message]:
        """Ask them to wait, in words that are not the brain's and answer no turn: nothing is learnt from them."""
        self._holding.told(now_us)
        words: str = getattr(load(self.language).say, key)
        return [*self.speech.line("holding", words, self.language)]

    def _ask_to_wait(self, transcript: Transcript, now_us: int) -> list[Message]:
        """They said something meanwhile: the same words, once."""
        saying = any(self.speech.others.get(utterance) == "holding" for utterance, _ in self.unspoken)
        if self.silence.reason or saying or not transcript.text.strip():
            return []
        return self.one_moment(now_us)

    # --- the brain ------------------------------------------------------------------------------------

    def step(self, event: Event, turn: int, now_us: int) -> list[Message]:
        """Tell the brain, and make messages of its moves. While it is silenced what it would say is dropped as cut."""
        dropped = self.drop_thought() if _drops(event) else []
        going_on = isinstance(event, GoOn) and self._upon is not None
        upon = self._upon if going_on and self._upon is not None else occasion_of(event, turn)
        silenced, thought_before = bool(self.silence.reason), self.brain.thinks
        if not isinstance(event, Heard | GoOn | Said):
            self._settling.half = None  # who goes back would not know of it
        settled = not self._settling.waits(now_us)
        thought = think(
            self.brain,
            self.tools,
            self.speech,
            event,
            upon,
            self.language,
            silenced,
            now_us,
            self._ahead,
            settled,
        )
        if self.brain.thinks and not thought_before:
            self._upon = upon
        return dropped + self._come_of(thought, silenced, now_us)

    def _come_of(self, thought: Thought, silenced: bool, now_us: int) -> list[Message]:
        self._left = thought.left or self._left
        if any(isinstance(each, ToolCalled | ToolPending) for each in thought.told):
            self._settling.half = None  # it cannot be taken back
        self.ends_with = thought.ends_with or self.ends_with
        if thought.unsaid:
            self.silence = msgspec.structs.replace(self.silence, cut=True)
        if not self.waits:
            self._holding.over()
        if self._leaves_a_message(thought.told):
            self._message = msgspec.structs.replace(self._message, begun=True)
        if thought.asks and not silenced:
            return thought.told + self.one_moment(now_us, "ask_person")
        return thought.told + ([] if thought.speaks else self.end_when_said())

    def go_on(self, now_us: int) -> list[Message]:
        """What the brain has thought of since. Nobody is answered who has begun to speak again: another turn comes."""
        if not self.brain.thinks or (self._far_speaks and not self.unspoken):
            return []
        return self.step(GoOn(), 0, now_us)

    def drop_thought(self) -> list[Message]:
        """A thought in flight comes to nothing more, and its utterance ends with what it has."""
        if not self.brain.thinks:
            return []
        self.brain.stop()
        return [*self.speech.end(self._upon.turn if self._upon else 0, self.language)]

    def reopen(self) -> None:
        """An operator has spoken with them: what the brain had decided about the end is open again."""
        self.ends_with = None
        self._end_waits = self._ended = False

    def end_when_said(self) -> list[Message]:
        """The end of the call, once all that was to be said before it has been said."""
        if self.ends_with is None or self.unspoken or self._ended or self._end_waits or self.brain.thinks:
            return []
        if self.silence.reason or self.waits:
            return []
        self._ended = True
        outcome, reason = self.ends_with
        return [EndCall(outcome, self._message.in_words() if outcome == "voicemail" else reason)]

    def _leaves_a_message(self, told: list[Message]) -> bool:
        """Whether what we say from here on is for a machine."""
        if self.ends_with is not None and self.ends_with[0] == "voicemail":
            return True
        return any(
            isinstance(each, ToolCalled) and each.tool == "leave_message" and not each.refused
            for each in told
        )


def _drops(event: Event) -> bool:
    """Whether a thought in flight is not wanted any more: they spoke over it, or there is something newer to answer."""
    if isinstance(event, Said):
        return event.cut
    return isinstance(event, Heard | FarEndSilent | MaySpeak | HandedBack | LanguageChanged)
