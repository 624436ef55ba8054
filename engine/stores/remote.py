"""Replies on a server, for a room that must not wait: one that is away or slow is a miss, and comes back by itself.

Everything is asked in one thread of its own. Whoever asks waits for a part of the agent's patience; what comes later is
thrown away. After a failure the server is left alone for a moment, then asked with nobody waiting.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError as Late
from typing import Any, TypeVar

from engine.errors import StateError
from engine.stores.replies import ReplyStore, Situation, StoredReply, entry_id

log = logging.getLogger(__name__)

SHARE_OF_BUDGET = 0.75  # the rest is for the guard and the way to the agent
FORGET_S = 0.5  # an operator waits for it, and the calls' look-ups are misses meanwhile
AGAIN_S = 3.0  # after a failure, before the server is asked again
WAITING_PUTS = 100  # replies to be stored; more than this are not worth a queue that never empties

Answer = TypeVar("Answer")


class StoreAway(StateError):
    """The server does not answer in time. It will be asked again: nothing has to be done in the engine."""


class RemoteReplies:
    """A ReplyStore on a server, asked without waiting."""

    def __init__(
        self, store: ReplyStore, budget_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """budget_s: how long the agent waits for a verdict. clock: seconds, for the pause after a failure."""
        self._store = store
        self._patience_s = budget_s * SHARE_OF_BUDGET
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "qdrant")
        self._asked: Future[Any] | None = None  # that nobody waits for any more
        self._failed_at: float | None = None
        self._why = ""
        self._puts: deque[tuple[Situation, str, str, str, str]] = deque(maxlen=WAITING_PUTS)
        self._lock = threading.Lock()

    def near(self, situation: Situation, heard: str) -> list[StoredReply]:
        """As ReplyStore.near, within the budget. Raises StoreAway."""
        return self._ask(lambda: self._store.near(situation, heard), self._patience_s)

    def put(self, situation: Situation, heard: str, template: str, expects: str, task: str = "") -> str:
        """Store it when the server has time; returns the entry's id at once. Lost when it is away for long."""
        self._puts.append((situation, heard, template, expects, task))
        self._thread.submit(self._store_waiting)
        return entry_id(situation, heard, task)

    def forget(self, entry: str) -> bool:
        """As ReplyStore.forget. Raises StoreAway, after which it is not known whether it was forgotten."""
        return self._ask(lambda: self._store.forget(entry), FORGET_S)

    def close(self) -> None:
        """Leave the server; what is still waiting to be stored is dropped."""
        self._puts.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._store.close()

    def _ask(self, question: Callable[[], Answer], patience_s: float) -> Answer:
        if self._asked is not None and not self._asked.done():
            raise StoreAway(f"the reply server does not answer ({self._why or 'still being asked'})")
        if self._failed_at is not None:
            if self._clock() - self._failed_at >= AGAIN_S:
                self._asked = self._thread.submit(self._look)  # nobody waits for a server that may be dead
                self._failed_at = self._clock()
            raise StoreAway(f"the reply server is away ({self._why})")
        asked = self._thread.submit(question)
        try:
            return asked.result(patience_s)
        except Late:
            self._asked, self._why = asked, f"no answer within {patience_s * 1000:.0f} ms"
            asked.add_done_callback(self._late)
            raise StoreAway(f"the reply server is slow: {self._why}") from None
        except StateError as error:
            self._fail(error)
            raise StoreAway(f"the reply server is away ({self._why})") from None

    def _late(self, asked: Future[Any]) -> None:
        """Nobody waits for the answer any more; that it was none is worth knowing."""
        error = None if asked.cancelled() else asked.exception()
        if isinstance(error, StateError):
            self._fail(error)

    def _look(self) -> None:
        """Is it back? Any answer will do."""
        try:
            self._store.ask()
        except StateError as error:
            self._fail(error)
        else:
            log.info("the reply server answers again")
            self._failed_at, self._why = None, ""
            self._store_waiting()

    def _store_waiting(self) -> None:
        while self._puts and self._failed_at is None:
            waiting = self._puts[0]
            try:
                self._store.put(*waiting)
            except StateError as error:
                self._fail(error)
                return
            if self._puts and self._puts[0] is waiting:
                self._puts.popleft()

    def _fail(self, error: StateError) -> None:
        with self._lock:
            if self._failed_at is None:
                log.warning("%s", error)
            self._failed_at, self._why = self._clock(), str(error)
