"""From a lossy stream to a whole picture: hold, sort out, notice gaps.

Publish/subscribe may lose messages. Meters may be lost; events may not: a gap in the numbering of a kind and
call asks for a snapshot, which is applied through the same `Store.apply` as what comes live. Until it is here
events are held; afterwards those that it already told are dropped.
"""

from __future__ import annotations

from collections import deque

from console.state.store import Store
from engine.protocol import (
    SEQUENCE_MODULUS,
    Echo,
    Header,
    Heartbeat,
    LineQuality,
    MalformedMessage,
    Message,
    Snapshot,
    Voice,
    elapsed_us,
    unpack_header,
)

MAX_HELD = 20_000  # events while a snapshot is on its way; more than five seconds of 32 calls
RETRY_US = 1_000_000  # a loss that a snapshot does not fill is asked for once a second, not in a loop
_MAY_BE_LOST = (Voice, Heartbeat, LineQuality, Echo)  # what is measured is soon measured again


class Intake:
    """Feeds one store from one engine's events."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.gaps = 0
        self.notices: list[str] = []  # results for the operator, in words; read and emptied by the app
        self._synced = False
        self._needed = False
        self._asked_us: int | None = None
        self._held: deque[tuple[Header, Message]] = deque(maxlen=MAX_HELD)
        self._next: dict[tuple[int, int], int] = {}
        self._told: set[tuple[int, int, int]] = set()
        self._told_until_us = 0

    def connecting(self) -> None:
        """A connection is being made: nothing is known of what it missed."""
        self._synced = self._needed = False
        self._asked_us = None
        self._held.clear()
        if self.store.link == "waiting":
            self.store.link = "connecting"

    def wants_snapshot(self, now_us: int) -> bool:
        """Whether to ask for one now; saying yes counts as asked."""
        if not self._needed or (self._asked_us is not None and elapsed_us(self._asked_us, now_us) < RETRY_US):
            return False
        self._asked_us = now_us
        return True

    def offer(self, header: Header, message: Message) -> None:
        """Take one live event."""
        if self.store.lost and self._synced:
            self._synced, self._asked_us = False, None  # it is back; what it said meanwhile is gone
        if not self._synced:
            self._held.append((header, message))
            self._needed = True  # only now: before a first event the subscription may not be in force
            return
        if self._is_told(header):
            return
        self._count(header, message)
        if self._needed:
            self._held.append((header, message))  # once more after the snapshot, which may be older
        self.store.apply(header, message)

    def _is_told(self, header: Header) -> bool:
        """Whether the snapshot had it: same number and not newer (a restarted sender counts from 0 again)."""
        key = (header.kind, header.call, header.sequence)
        return key in self._told and elapsed_us(header.time_us, self._told_until_us) >= 0

    def _count(self, header: Header, message: Message) -> None:
        """Notice what is missing before this message."""
        if isinstance(message, _MAY_BE_LOST):
            return
        if len(self._next) > MAX_HELD:
            self._next.clear()  # of calls long gone
        key = (header.kind, header.call)
        missing = (header.sequence - self._next.get(key, header.sequence)) % SEQUENCE_MODULUS
        self._next[key] = (header.sequence + 1) % SEQUENCE_MODULUS
        if 0 < missing < SEQUENCE_MODULUS // 2:
            self.gaps += 1
            self._needed = True

    def snapshot(self, snapshot: Snapshot, now_us: int, epoch: str = "") -> None:
        """Take the engine's answer, then what was held.

        epoch: of the engine that was asked; one that is still starting leaves it out of its answer.
        """
        epoch = snapshot.epoch or epoch
        was, missed_us, epoch_before = self.store.link, self.store.silent_us, self.store.epoch
        live_before = {number for number, call in self.store.calls.items() if call.live}
        self.store.load(snapshot, same_engine=epoch_before == epoch)
        self._remember(snapshot)
        self.store.epoch = epoch
        self.store.heard_us = now_us  # an answer is a sign of life
        self.store.link = "live"
        held = list(self._held)
        self._held.clear()
        self._next.clear()
        self._synced, self._needed = True, False
        for header, message in held:
            self.offer(header, message)
        if epoch_before and epoch_before != epoch:
            if was != "lost":
                self.store.losses += 1  # its successor was there before anybody noticed
            self.notices.append(
                "The engine was restarted: its earlier calls now stand in their journals only."
            )
        elif was == "lost":
            ended = sum(n not in self.store.calls or not self.store.calls[n].live for n in live_before)
            calls = "1 call" if ended == 1 else f"{ended} calls"
            self.notices.append(f"Engine back, {missed_us / 1e6:.0f} s missed, {calls} ended meanwhile.")

    def _remember(self, snapshot: Snapshot) -> None:
        self._told.clear()
        self._told_until_us = 0
        for frame, _ in snapshot.events:
            try:
                header = unpack_header(frame)
            except MalformedMessage:
                continue
            self._told.add((header.kind, header.call, header.sequence))
            if len(self._told) == 1 or elapsed_us(self._told_until_us, header.time_us) > 0:
                self._told_until_us = header.time_us
