"""Sentences of many calls, spoken in threads by a voice for which one has to wait: no call waits for another one.

One sentence of a call at a time, in the order in which they came. All of this but `_Mouth.run` happens in the room's
thread; a mouth only iterates over the voice and puts what it gets where the room will look.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from engine.errors import CallThingError
from engine.protocol import EngineEvent, LanguageCode, WordMark
from engine.voices.audio_cache import AudioCache
from engine.voices.base import Piece, SlowVoice, Speech
from engine.voices.health import Health
from engine.voices.marks import first_unsaid, shared_marks

log = logging.getLogger(__name__)


class Order(NamedTuple):
    """A sentence to speak. `key` is the room's, and comes back with the audio."""

    call: int
    utterance: int
    text: str
    language: LanguageCode
    may_be_kept: bool  # on disk: see audio_cache.py
    key: Any


class Made(NamedTuple):
    """What has come of an order."""

    order: Order
    piece: Piece | None = None
    ended: bool = False
    unsaid_from: int | None = None  # the voice failed: somebody else says the text from this character on
    event: EngineEvent | None = None


class Mouths:
    """All calls' sentences, one voice."""

    def __init__(
        self,
        voice: SlowVoice,
        health: Health,
        cache: AudioCache | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """wake: called from a thread of a mouth when there is something to look at."""
        self._voice = voice
        self._wake = wake
        self._health = health
        self._cache = cache
        self._waiting: dict[int, deque[Order]] = {}
        self._at_work: dict[int, _Mouth] = {}
        self._made: queue.SimpleQueue[tuple[_Mouth, Piece | _End]] = queue.SimpleQueue()

    @property
    def busy(self) -> bool:
        """Is anything being spoken?"""
        return bool(self._at_work)

    def say(self, order: Order, now_us: int) -> None:
        """One more sentence."""
        self._waiting.setdefault(order.call, deque()).append(order)
        self._next(order.call, now_us)

    def cancel(self, call: int, utterance: int | None = None) -> None:
        """Nobody will hear this call's utterances up to this one; None: any of them."""
        self.withdraw(call, lambda order: utterance is None or order.utterance <= utterance)

    def withdraw(self, call: int, unwanted: Callable[[Order], bool]) -> None:
        """Nobody will hear these of a call's sentences."""
        left = [order for order in self._waiting.get(call, ()) if not unwanted(order)]
        self._waiting[call] = deque(left)
        mouth = self._at_work.get(call)
        if mouth is not None and unwanted(mouth.order):
            mouth.stop()
        if not left:
            del self._waiting[call]

    def made(self, now_us: int) -> list[Made]:
        """What has come since, in order."""
        news: list[Made] = []
        while True:
            try:
                mouth, what = self._made.get_nowait()
            except queue.Empty:
                return news
            if isinstance(what, Piece):
                if not mouth.stopped.is_set():
                    mouth.marks += what.marks
                    news.append(Made(mouth.order, piece=what))
                continue
            news += self._ended(mouth, what, now_us)
            del self._at_work[mouth.order.call]
            self._next(mouth.order.call, now_us)

    def _put(self, mouth: _Mouth, what: Piece | _End) -> None:
        self._made.put((mouth, what))
        self._wake()

    def close(self) -> None:
        """Stop everything; the voice gives back what it holds."""
        for call in list(self._at_work):
            self.cancel(call)
        self._voice.close()

    def _ended(self, mouth: _Mouth, end: _End, now_us: int) -> list[Made]:
        event: EngineEvent | None = None
        if mouth.stopped.is_set():  # what it was until then tells nothing of the voice
            return []
        if end.error:
            event = self._health.failed(end.error, now_us)
        elif end.asked:
            event = self._health.worked()
        unsaid = first_unsaid(mouth.order.text, mouth.marks) if end.error or end.refused else None
        return [Made(mouth.order, ended=unsaid is None, unsaid_from=unsaid, event=event)]

    def _next(self, call: int, now_us: int) -> None:
        waiting = self._waiting.get(call)
        if call in self._at_work or not waiting:
            return
        order = waiting.popleft()
        if not waiting:
            del self._waiting[call]
        asks = bool(order.text) and self._health.may_ask(now_us)
        mouth = _Mouth(order, self._voice, self._cache, asks, self._put)
        self._at_work[call] = mouth
        threading.Thread(target=mouth.run, name=f"voice of call {call}", daemon=True).start()


class _End(NamedTuple):
    """A mouth is done."""

    error: str = ""
    asked: bool = False  # the voice, not the cache alone
    refused: bool = False  # it was not to be asked, and the cache has nothing


class _Mouth:
    """One sentence in one thread."""

    def __init__(
        self,
        order: Order,
        voice: SlowVoice,
        cache: AudioCache | None,
        asks: bool,
        put: Callable[[_Mouth, Piece | _End], None],
    ) -> None:
        """asks: whether the voice may be asked, or only the cache."""
        self.order = order
        self.marks: list[WordMark] = []
        self.asks = asks
        self.stopped = threading.Event()
        self._voice, self._cache, self._put = voice, cache if order.may_be_kept else None, put
        self._speech: Speech | None = None

    def stop(self) -> None:
        """Make no more of it; from the room's thread."""
        self.stopped.set()
        if self._speech is not None:
            _close(self._speech)

    def run(self) -> None:
        """The thread."""
        try:
            end = self._run()
        except CallThingError as error:
            end = _End(str(error), asked=True)
        except Exception as error:  # a bug in a voice must not silence the agent
            # the error's text may quote the sentence
            log.warning("a voice broke: %s", type(error).__name__)
            end = _End(f"The voice broke ({type(error).__name__}).", asked=True)
        finally:
            if self._speech is not None:
                _close(self._speech)
        self._put(self, end)

    def _run(self) -> _End:
        order = self.order
        if not order.text:
            return _End()  # it only ends its utterance
        identity = self._voice.identity(order.language) if self._cache else ""
        if self._cache is not None:
            kept = self._cache.get(identity, order.language, order.text)
            if kept is not None:
                self._put(self, Piece(kept, shared_marks(order.text, kept.size)))
                return _End()
        if not self.asks:
            return _End(refused=True)
        parts: list[np.ndarray] = []
        self._speech = self._voice.say(order.text, order.language)
        if self.stopped.is_set():  # before there was anything to close
            return _End()
        for piece in self._speech:
            if self.stopped.is_set():
                return _End(asked=True)
            self._put(self, piece)
            parts.append(piece.pcm)
        if (
            self._cache is not None and parts and not self.stopped.is_set()
        ):  # a speech that was closed ends early
            self._cache.put(identity, order.language, order.text, np.concatenate(parts))
        return _End(asked=True)


def _close(speech: Speech) -> None:
    try:
        speech.close()
    except ValueError:  # a generator that is just at work: its mouth looks at `stopped` after the piece
        return
