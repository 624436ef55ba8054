"""One call as the agent lives it: what happens on the line is told to the brain, or is noted. Pure.

What comes of it, sentences and tools, is our_part.py; silence is quiet.py; what operators do
is operated.py. An answer is prepared by a copy of it, which uses no tool (preparing.py).

Every method takes the time and returns the messages to send. `checkpoint()` after each of them is everything that
a successor needs to go on, sentences that have not been spoken included: it is sent first, so that a crash in
between repeats nothing and loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal

import msgspec

from engine.brains.base import Brain
from engine.dialogue.call_memory import Memory
from engine.dialogue.moves import (
    Answered,
    FarEndSilent,
    GoOn,
    Heard,
    LanguageChanged,
    Overheard,
    SoundOnLine,
    WantsNoRecording,
)
from engine.dialogue.on_hold import TOLD_THE_BRAIN
from engine.dialogue.our_part import OurPart
from engine.dialogue.quiet import Quiet
from engine.dialogue.recording_words import wants_it_to_end
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.protocol import LanguageCode, Message, Reservation, Sentence, SoundHeard, Spoken, Task, Transcript
from engine.settings import OperatorSettings

LAST_WORDS = 3  # of a question, over which its answer may be given


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
        memory = msgspec.msgpack.decode(checkpoint, type=Memory) if checkpoint else Memory()
        self.task = task
        self.ours = OurPart(task, make_brain, save, memory.ours, rules or OperatorSettings())
        self.operator_words = memory.operator_words
        self._hold_s = hold_s
        self._last_turn = memory.last_turn
        self._answered = memory.answered
        self._line = memory.line
        self._on_hold = memory.on_hold
        self._tongues = memory.tongues
        self._quiet = Quiet()
        self._over_last_words = False  # of our question they have begun to speak

    @property
    def brain(self) -> Brain:
        """What decides."""
        return self.ours.brain

    @property
    def language(self) -> LanguageCode:
        """In which the call is held by now."""
        return self.ours.language

    @property
    def reservation(self) -> Reservation:
        """The record as it is now."""
        return self.ours.tools.reservation

    @property
    def unspoken(self) -> dict[tuple[int, int], Sentence]:
        """Sentences whose fate playback has not told yet, by utterance and index."""
        return self.ours.speech.unspoken

    @property
    def settles_us(self) -> int | None:
        """When something is due to be recorded; None: nothing is, or they are speaking."""
        return self.ours.settles_us

    def checkpoint(self) -> bytes:
        """See the module's words."""
        return msgspec.msgpack.encode(
            Memory(
                self.ours.memory(),
                self._last_turn,
                self._answered,
                self._line,
                self.operator_words,
                self._on_hold,
                self._tongues,
            )
        )

    # --- an answer that is prepared -------------------------------------------------------------------

    def may_prepare(self, turn: int) -> bool:
        """Whether this turn, should it be over, is all there is to answer: nothing of ours is on its way or waits."""
        if turn <= self._last_turn or self._line in ("early_media", "held"):
            return False
        return self.ours.is_idle

    def copy(self) -> Conversation:
        """Another that goes on from here and uses no tool, until `goes_on_from` makes it the conversation itself."""
        brain, checkpoint = self.brain, self.checkpoint()
        other = Conversation(
            self.task, lambda _: brain.copy(), lambda *_: None, checkpoint, self.ours.rules, self._hold_s
        )
        other.ours.make_brain, other.ours.ahead = self.ours.make_brain, True
        return other

    def goes_on_from(self, original: Conversation, now_us: int) -> None:
        """The answer that was prepared is wanted: what it says from here on is so. `finish_answer` is due."""
        self.ours.goes_on_from(original.ours, now_us)
        self._quiet.from_now(now_us)

    # --- the line -------------------------------------------------------------------------------------

    def line(self, state: str, now_us: int) -> list[Message]:
        """The line's new state: `early_media`, `answered`, `held` or `resumed`."""
        self._line = state
        if state == "answered":
            return self.answered(now_us)
        if state == "resumed":
            self._quiet.from_now(now_us)
        return []

    def answered(self, now_us: int) -> list[Message]:
        """The far end picked up."""
        if self._line == "early_media":
            self._line = "answered"
        if self._answered:
            return []
        self._answered = True
        self._quiet.from_now(now_us)
        return self.ours.step(Answered(), 0, now_us)

    def sound(self, told: SoundHeard, now_us: int) -> list[Message]:
        """A sound that is nobody speaking. Before anybody has picked up, and while an operator speaks, it is noted."""
        self._on_hold = self._on_hold.heard(told, now_us)
        if told.sound not in TOLD_THE_BRAIN or not self._answered or self._line == "early_media":
            return []
        self._quiet.from_now(now_us)
        if self.ours.silence.reason or self.ours.ending.done:
            return []
        event = SoundOnLine(sound=told.sound, on=told.on, reason=told.reason)  # type: ignore[arg-type]
        return self.ours.step(event, 0, now_us)

    # --- the far end ----------------------------------------------------------------------------------

    def heard(self, transcript: Transcript, served: str, now_us: int) -> list[Message]:
        """A final transcript, with the cache's template if one may be served."""
        if transcript.turn <= self._last_turn or self.left_unanswered(transcript.turn):
            return []
        self._answered = True  # who speaks has picked up, whatever was missed before
        self._last_turn = transcript.turn
        self._quiet.far_speaks = False
        self.ours.ending.they_spoke()
        self._tongues = self._tongues.heard(transcript, self.language)
        self._quiet.from_now(now_us)
        told, words, more = self.ours.hear(transcript, now_us)
        silence = self.ours.silence
        if silence.reason or silence.holds:
            self.ours.silence = silence.with_heard(words)
            if wish := wants_it_to_end(words.text, (self.language, words.language)):
                told += self.ours.step(WantsNoRecording(words=wish, turn=words.turn), 0, now_us)
            return told + self.ours.ask_to_wait(words, now_us)
        if not more:
            return told + self.answer(words, served, now_us)
        return told + [_taught_to_nobody(each) for each in self.answer(words, "", now_us)]

    def answer(self, transcript: Transcript, served: str, now_us: int) -> list[Message]:
        """Let the brain answer a turn; or ask them to wait, while it waits itself."""
        if self._on_hold.sound:  # they said it before the music, and do not hear us now
            return self.ours.step(Overheard(text=transcript.text), 0, now_us)
        if self.ours.tools.waiting:
            overheard = self.ours.step(Overheard(text=transcript.text), 0, now_us)
            return overheard + self.ours.ask_to_wait(transcript, now_us)
        event = Heard(
            turn=transcript.turn,
            text=transcript.text,
            language=transcript.language,
            confidence=transcript.confidence,
            served=served,
        )
        return self.ours.step(event, transcript.turn, now_us)

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
        self.ours.language = language
        understood = self._tongues.shared() or language in self._tongues.ours
        return self.ours.step(LanguageChanged(language=language, by=by, understood=understood), 0, now_us)

    def turn_over(self, turn: int, silent_ms: int, now_us: int) -> None:
        """A turn was judged over, after so much silence; its words are known, or come."""
        self.ours.settling.turn_over(turn, silent_ms, now_us)

    def nothing_said(self, now_us: int) -> None:
        """What began as speech was none, or nothing to answer."""
        self.far_speech(False, now_us)
        self.ours.settling.nothing_said(now_us)

    def far_speech(self, speaks: bool, now_us: int) -> None:
        """The far end began or ended to speak."""
        self._quiet.far_speaks = speaks
        if speaks:
            self._over_last_words = self._says_last_words()
        self.ours.settling.far_speech(speaks, now_us)
        self._quiet.from_now(now_us)

    def _says_last_words(self) -> bool:
        """Whether what is left to say of our question says nothing new: "is that right?"."""
        rest = self.ours.speech.rest().split()
        if not rest or len(rest) > LAST_WORDS or not rest[-1].endswith("?"):
            return False
        meaning = understand(" ".join(rest), load(self.language), date.fromisoformat(self.task.today))
        return not (meaning.times or meaning.dates or meaning.party_sizes or meaning.names)

    def was_answered_early(self, now_us: int) -> bool:
        """Whether what they said over our voice was the answer to our question: they are silent since."""
        if not self._over_last_words or self.unspoken or self.brain.thinks or self.ours.ending.done:
            return False
        return self._quiet.thinks_it_answered(now_us)

    # --- our own voice, and time ----------------------------------------------------------------------

    def spoken(self, spoken: Spoken, now_us: int) -> list[Message]:
        """Playback's report."""
        self._quiet.from_now(now_us)
        return self.ours.spoken(spoken, now_us)

    def go_on(self, now_us: int) -> list[Message]:
        """What the brain has thought of since. Nobody is answered who has begun to speak again: another turn comes."""
        if not self.brain.thinks or (self._quiet.far_speaks and not self.unspoken):
            return []
        return self.ours.step(GoOn(), 0, now_us)

    def quiet_from(self, now_us: int) -> None:
        """Silence counts from here."""
        self._quiet.from_now(now_us)

    def tick(self, now_us: int) -> list[Message]:
        """Time passes: nobody decides in time, they have waited for long, or nobody speaks."""
        ours = self.ours
        late = ours.finish_answer(now_us)
        for messages, result in ours.tools.overdue(now_us):
            late += messages + ours.step(result, 0, now_us)
        if late or not self._answered or self._quiet.far_speaks or self.unspoken or ours.ending.done:
            return late
        if self.brain.thinks:
            self._quiet.from_now(now_us)
            return []
        if self._line == "held" or ours.silence.reason:
            return []
        if self._on_hold.sound and ours.ending.decided is None:
            return self._waits_on_hold(now_us)
        if ours.waits:
            return ours.wait(self._quiet.since_us(now_us), now_us)
        silent_ms = self._quiet.grown_ms(now_us)
        if silent_ms is None:
            return ours.end_when_said()
        ours.ending.they_are_silent()
        return ours.step(FarEndSilent(silent_ms=silent_ms), 0, now_us)

    def _waits_on_hold(self, now_us: int) -> list[Message]:
        """Nothing is said to music; but not for ever."""
        self._quiet.from_now(now_us)
        if not self._on_hold.is_late(now_us, self._hold_s):
            return []
        sound, lasted_ms = self._on_hold.sound, self._on_hold.lasts_ms(now_us)
        self._on_hold = self._on_hold.told()
        late = SoundOnLine(sound=sound, on=True, lasted_ms=lasted_ms, too_long=True)  # type: ignore[arg-type]
        return self.ours.step(late, 0, now_us)


def _taught_to_nobody(message: Message) -> Message:
    """The cache knows the second half of their words alone, which this does not answer."""
    return msgspec.structs.replace(message, template="") if isinstance(message, Sentence) else message
