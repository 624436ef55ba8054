"""One call as the agent's room has it: what is heard becomes what is sent, in order. Pure.

    heard ─► conversation.py: what do we say and do?          ┐
             final_words.py: which words are answered, when?  ├─► its memory, then sentences and tools, then its state
             preparing.py: what is answered ahead?            ┘

Every method that returns messages is a generator, and the room sends each before it asks for the next: sentences
are on their way before the tools after them run, and memory goes out first, so that a crash in between repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.dialogue import operated
from engine.dialogue.conversation import Conversation
from engine.dialogue.final_words import Due, FinalWords
from engine.dialogue.on_hold import TOLD_THE_BRAIN
from engine.dialogue.preparing import Prepared, preparing
from engine.protocol import (
    CacheVerdict,
    CallOpened,
    Checkpoint,
    DialogueState,
    Flag,
    LanguageSwitched,
    LineState,
    Message,
    Operators,
    PlaybackStarted,
    ReservationChanged,
    Room,
    Sentence,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnEnded,
)
from engine.settings import Settings
from engine.turns.hallucination import nothing_said

NEED_THE_BRAIN = (
    LineState,
    Transcript,
    CacheVerdict,
    SoundHeard,
    LanguageSwitched,
    *operated.NEED_THE_BRAIN,
)  # while it is away these wait


class Outgoing(NamedTuple):
    """A message to send."""

    message: Message
    flags: Flag = Flag.NONE
    asked_us: int | None = (
        None  # a sentence: since then the brain has been thinking about the turn it answers
    )
    cache_us: int = 0  # and what the cache took of that turn


class Responder:
    """One call's."""

    def __init__(self, talk: Conversation, settings: Settings) -> None:
        self.talk = talk
        self._budget_us = settings.cache.budget_ms * 1000 if settings.cache.enabled else 0
        self._final = FinalWords(self._budget_us)
        self._ahead = preparing(settings)
        self._before = b""  # the conversation's checkpoint when an answer was prepared
        self._anew_until = 0  # utterances up to this one are made again: who made or had them ahead is gone
        self._situation: DialogueState | None = None  # that was sent last
        self._memory = b""  # the checkpoint that was sent last
        self._asked_us = 0  # when the turn that was asked last began to be thought about
        self._cache_us = 0  # and what the cache took of it

    @property
    def due_us(self) -> int | None:
        """When `tick` must be called at the latest: words wait, or something is to be recorded."""
        due = (self._final.due_us, self._prepares_us, self.talk.settles_us)
        return min((each for each in due if each is not None), default=None)

    @property
    def _prepares_us(self) -> int | None:
        """When the words at a pause are answered ahead, though the cache has said nothing."""
        waits = self._ahead.words is not None and self._final.due_us is None
        return self._ahead.heard_us + self._budget_us if waits else None

    # --- the call, time, and the rooms around ----------------------------------------------------------

    def open(self, opened: CallOpened, there: Operators, now_us: int) -> Iterator[Outgoing]:
        """The call begins, or goes on after a restart. there: who could decide for the agent."""
        talk = self.talk
        follows = talk.ours.finish_answer(now_us)
        follows += operated.reopened(talk, opened.silenced, now_us, opened.left)
        follows += operated.take(talk, there, now_us)
        if opened.answered:  # while no agent was here to hear it
            follows += talk.answered(now_us)
        if follows or opened.answered:
            yield from self._say(follows)
        yield from self._offer_again()
        if talk.reservation.status != "open":  # the record may have been lost on its way
            yield Outgoing(ReservationChanged(talk.reservation, "restart"))

    def close(self) -> None:
        """The call is over."""
        self.talk.brain.stop()
        self._ahead.throw_away("the call is over")

    def tick(self, now_us: int) -> Iterator[Outgoing]:
        """Time passes."""
        prepares_us = self._prepares_us
        if (due := self._final.passed(now_us)) is not None:
            yield from self._answer(due, now_us)
        elif prepares_us is not None and now_us >= prepares_us:
            yield from self._prepare("", now_us)
        early = self._final.unheeded and self.talk.was_answered_early(now_us)
        if early and (words := self._final.heed()) is not None:
            yield from self._hear(words, now_us)
        # what waited until it was settled counts as our time for that turn
        yield from self._say(operated.tick(self.talk, now_us), self._asked_us or None, self._cache_us)

    def go_on(self, now_us: int) -> Iterator[Outgoing]:
        """What brains that think have thought of since: the conversation's, and the one of what is prepared."""
        if self.talk.brain.thinks:
            yield from self._say(self.talk.go_on(now_us), self._asked_us, self._cache_us)
        answer = self._ahead.answer
        if answer is not None and answer.talk.brain.thinks:
            yield from _unheard(answer.add(answer.talk.go_on(now_us), now_us))

    def room_started(self, room: Room, now_us: int) -> Iterator[Outgoing]:
        """No preparation outlives a room; who is back is offered what it has not done."""
        yield from self.throw_away(f"the room {room} was started again")
        if room in ("tts", "playback"):
            self._anew_until = self.talk.ours.speech.utterance + 1
        if room == "vad":  # the end of a turn may have died with it; who speaks on is heard anew
            self.talk.far_speech(False, now_us)
        if room in ("tts", "playback", "vad", "cache"):
            yield from self._offer_again()

    def _offer_again(self) -> Iterator[Outgoing]:
        for sentence in self.talk.unspoken.values():
            yield Outgoing(sentence, Flag.AGAIN | self._flags_of(sentence))
        if self._situation is not None:
            yield Outgoing(self._situation, Flag.AGAIN)

    # --- what is heard ---------------------------------------------------------------------------------

    def take(self, message: Message, now_us: int) -> Iterator[Outgoing]:
        """A message of another room, or of operators."""
        talk = self.talk
        match message:
            case _ if isinstance(message, (*operated.OF_CALLS, Operators)):
                yield from self._say(operated.take(talk, message, now_us))
            case LineState(state="early_media" | "answered" | "held" | "resumed" as state):
                yield from self._say(talk.line(state, now_us))
            case SpeechStarted() | SpeechPaused() | SpeechResumed():
                if isinstance(message, SpeechStarted):
                    self._final.began(message)
                    talk.far_speech(True, now_us)
                if reason := self._ahead.speech(message):
                    yield from self.throw_away(reason)
            case TurnEnded():
                yield from self._turn_ended(message, now_us)
            case Transcript(at_pause=True) if self._final.due_us is None:
                if self._ahead.hear(message, talk, now_us) and not self._budget_us:
                    yield from self._prepare("", now_us)
            case Transcript(final=True):
                yield from self._hear(message, now_us)
            case CacheVerdict(ahead=True):
                if self._ahead.concerns(message):
                    yield from self._prepare(message.template if message.hit else "", now_us)
            case CacheVerdict():
                yield from self._answer(self._final.judged(message, now_us), now_us)
            case PlaybackStarted():
                talk.far_speech(False, now_us)
            case LanguageSwitched(language=code, forced=forced) if code != talk.language:
                yield from self.throw_away("another language is spoken from here on")
                yield from self._say(talk.speaks(code, "operator" if forced else "far end", now_us))
            case SoundHeard(on=on, sound=sound):
                if on and sound in TOLD_THE_BRAIN:
                    yield from self.throw_away(f"nobody speaks: {sound}")
                yield from self._say(talk.sound(message, now_us))
            case Spoken():
                yield from self._say(talk.spoken(message, now_us))
                if message.cut and (words := self._final.heed()) is not None:
                    yield from self._hear(words, now_us)

    def _turn_ended(self, ended: TurnEnded, now_us: int) -> Iterator[Outgoing]:
        self.talk.far_speech(False, now_us)
        self.talk.turn_over(ended.turn, ended.decided_ms - ended.end_ms, now_us)
        if ended.under_our_voice:
            self.talk.nothing_said(now_us)
        due = self._final.ended(ended, now_us)
        answer, reason = self._ahead.turn_ended(ended)
        if answer is not None:
            yield from self._adopt(answer, now_us)
            return
        if reason:
            yield from self.throw_away(reason)
        if self.talk.left_unanswered(ended.turn):
            yield from self._say([])  # so that a successor does not answer it either
        else:
            yield from self._answer(due, now_us)

    def _hear(self, words: Transcript, now_us: int) -> Iterator[Outgoing]:
        """A turn's final words."""
        if self.talk.has_answered(words.turn):
            return  # with what was prepared
        if (answer := self._ahead.final(words)) is not None:
            yield from self._adopt(answer, now_us)  # the end of the turn is still on its way
        elif nothing_said(words):
            self.talk.nothing_said(now_us)
        else:
            for due in self._final.hear(words, now_us):
                yield from self._answer(due, now_us)

    # --- answers ---------------------------------------------------------------------------------------

    def _answer(self, due: Due | None, now_us: int) -> Iterator[Outgoing]:
        if due is None:
            return
        self._asked_us, self._cache_us = due.asked_us, due.cache_us
        yield from self._say(self.talk.heard(due.words, due.served, now_us), due.asked_us, due.cache_us)

    def _prepare(self, served: str, now_us: int) -> Iterator[Outgoing]:
        """Answer the words at a pause, unheard."""
        before = self.talk.checkpoint()
        prepared = self._ahead.prepare(self.talk, served, now_us)
        if prepared is not None:
            self._before = before
            yield from _unheard(prepared[1])

    def _adopt(self, answer: Prepared, now_us: int) -> Iterator[Outgoing]:
        """The turn is over: what was prepared is said, and its tools run."""
        original, self.talk = self.talk, answer.talk
        answer.talk.goes_on_from(original, now_us)
        self._final.drop()
        self._asked_us, self._cache_us = now_us, 0
        yield from self._say([answer.kept(), *answer.told], now_us)
        rest = answer.talk.ours.finish_answer(now_us)
        if rest:
            yield from self._say(rest, now_us)

    def throw_away(self, reason: str) -> Iterator[Outgoing]:
        """What is prepared, if anything is, will not be said."""
        speculated = self._ahead.throw_away(reason)
        if speculated is not None:
            yield Outgoing(speculated)

    def _say(
        self, messages: list[Message], asked_us: int | None = None, cache_us: int = 0
    ) -> Iterator[Outgoing]:
        """What the conversation decided, between its memory and what it now asks or waits for."""
        situation, memory = self.talk.brain.situation(), self.talk.checkpoint()
        if self._ahead.answer is not None and (messages or memory != self._before):
            yield from self.throw_away("something else happened")
        if memory != self._memory:
            self._memory = memory
            yield Outgoing(Checkpoint("agent", memory))
        for message in messages:
            if isinstance(message, Sentence):
                since_us = asked_us if message.turn else None
                yield Outgoing(message, self._flags_of(message), since_us, cache_us)
            else:
                yield Outgoing(message)
        if situation != self._situation:
            self._situation = situation
            yield Outgoing(situation)

    def _flags_of(self, sentence: Sentence) -> Flag:
        flags = Flag.OPERATOR if self.talk.ours.typed(sentence) else Flag.NONE
        return flags | (Flag.AGAIN if sentence.utterance <= self._anew_until else Flag.NONE)


def _unheard(sentences: Iterable[Sentence]) -> Iterator[Outgoing]:
    for sentence in sentences:
        yield Outgoing(sentence, Flag.AHEAD)
