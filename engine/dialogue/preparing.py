"""An answer that is prepared at a pause, in case the turn is over: when it is, and when it may be said. Pure.

    pause ─► its words ─► the cache's verdict, or its time is up ─► a copy of the conversation answers, unheard
                                                                     │
                    the turn ended with that very pause, and nothing else has happened: said ◄─┤
                    they go on, or anything else happens: thrown away                        ◄─┘

Whatever the copy says before its first tool is prepared; tools run once the answer is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.dialogue.conversation import Conversation
from engine.protocol import (
    BrainUse,
    CacheVerdict,
    Message,
    Sentence,
    Speculated,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Transcript,
    TurnEnded,
)
from engine.settings import Settings
from engine.turns.hallucination import nothing_said

QUESTIONS_IN_A_TURN = 1  # to a model, ahead: who has gone on after a pause pauses again
ENDED_ELSEWHERE = "the turn ended at another moment"
WENT_ON = "they went on"
UNDER_OUR_VOICE = "it was nothing to answer"

SpeechEvent = SpeechStarted | SpeechPaused | SpeechResumed


class Prepared:
    """What a copy of the conversation answers to the words at a pause."""

    def __init__(self, talk: Conversation, words: Transcript, heard_us: int) -> None:
        """heard_us: when the words came."""
        self.talk = talk
        self.turn, self.end_ms, self.text = words.turn, words.end_ms, words.text
        self.told: list[Message] = []  # what is to be sent, should it be wanted
        self._heard_us = self._ready_us = heard_us

    def add(self, messages: list[Message], now_us: int) -> list[Sentence]:
        """More of the answer; the sentences of it, which can be made ahead."""
        self.told += messages
        self._ready_us = now_us if messages else self._ready_us
        return [message for message in messages if isinstance(message, Sentence)]

    def kept(self) -> Speculated:
        """It is said. What it took of a model is told with it."""
        sentences = self._sentences()
        return Speculated(self.turn, True, sentences=sentences, saved_us=self._ready_us - self._heard_us)

    def thrown_away(self, reason: str) -> Speculated:
        """It is not said; a model that is being asked is asked no more."""
        uses = [
            message for message in [*self.told, *self.talk.ours.give_up()] if isinstance(message, BrainUse)
        ]
        return Speculated(
            self.turn,
            False,
            reason,
            self._sentences(),
            requests=sum(use.requests for use in uses),
            tokens_in=_count([use.tokens_in for use in uses]),
            tokens_out=_count([use.tokens_out for use in uses]),
            usd=_sum([use.usd for use in uses]),
        )

    def _sentences(self) -> int:
        return sum(isinstance(message, Sentence) and bool(message.text) for message in self.told)


class Preparing:
    """One call's. At most one answer is prepared at a time."""

    def __init__(self, wanted: bool, questions_in_a_turn: int | None = None) -> None:
        """wanted: False: nothing is prepared. questions_in_a_turn: asked of a model and thrown away; None = any."""
        self._wanted = wanted
        self._most = questions_in_a_turn
        self._asked = (0, 0)  # a turn, and how often a model was asked ahead in it
        self._pause: tuple[int, int] | None = None  # turn and end, while it goes on
        self.words: Transcript | None = None  # heard at that pause; they wait for the cache's verdict
        self.heard_us = 0
        self.answer: Prepared | None = None

    def speech(self, event: SpeechEvent) -> str:
        """What the detector says before the turn ends; why what is prepared is thrown away, "" = it is not."""
        pause = (event.turn, event.end_ms) if isinstance(event, SpeechPaused) else None
        if pause is not None and pause == self._pause:
            return ""
        self._pause, self.words = pause, None
        return WENT_ON if self.answer is not None else ""

    def hear(self, words: Transcript, talk: Conversation, now_us: int) -> bool:
        """The words at a pause: is an answer to them prepared, once the cache has said what it knows?"""
        asked = self._asked[1] if self._asked[0] == words.turn else 0
        if not self._wanted or (self._most is not None and asked >= self._most):
            return False
        if self._pause != (words.turn, words.end_ms) or self.answer is not None or nothing_said(words):
            return False
        if words.language != talk.language or not talk.may_prepare(words.turn):
            return False
        self.words, self.heard_us = words, now_us
        return True

    def concerns(self, verdict: CacheVerdict) -> bool:
        """Whether the words wait for this verdict."""
        return self.words is not None and (self.words.turn, self.words.end_ms) == (
            verdict.turn,
            verdict.end_ms,
        )

    def prepare(self, talk: Conversation, served: str, now_us: int) -> tuple[Prepared, list[Sentence]] | None:
        """Answer the words that wait; None where nothing waits any more, or there is more to answer by now."""
        words, self.words = self.words, None
        if words is None or not talk.may_prepare(words.turn):
            return None
        copy = talk.copy()
        self.answer = Prepared(copy, words, self.heard_us)
        told = copy.heard(words, served, now_us)
        if copy.brain.thinks:
            asked = self._asked[1] if self._asked[0] == words.turn else 0
            self._asked = (words.turn, asked + 1)
        return self.answer, self.answer.add(told, now_us)

    def turn_ended(self, ended: TurnEnded) -> tuple[Prepared | None, str]:
        """The turn is over: the answer to say, or why the one that was prepared is thrown away."""
        self._pause, self.words = None, None
        if self.answer is None:
            return None, ""
        if ended.under_our_voice:
            return None, UNDER_OUR_VOICE
        if (ended.turn, ended.end_ms) != (self.answer.turn, self.answer.end_ms):
            return None, ENDED_ELSEWHERE
        answer, self.answer = self.answer, None
        return answer, ""

    def final(self, words: Transcript) -> Prepared | None:
        """The turn's final words, which may be read before its end: the answer to say, where it answers these."""
        answer = self.answer
        if answer is None or (words.turn, words.end_ms, words.text) != (
            answer.turn,
            answer.end_ms,
            answer.text,
        ):
            return None
        self._pause, self.words, self.answer = None, None, None
        return answer

    def throw_away(self, reason: str) -> Speculated | None:
        """What is prepared, if anything is, will not be said."""
        self.words = None
        answer, self.answer = self.answer, None
        return answer.thrown_away(reason) if answer is not None else None


def preparing(settings: Settings) -> Preparing:
    """Whether answers are prepared, and how often for nothing where a question costs money."""
    wanted = settings.turns.speculate == "reply"
    if settings.brain.kind == "scripted":
        return Preparing(wanted)
    return Preparing(wanted and settings.brain.asks_ahead, QUESTIONS_IN_A_TURN)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _count(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
