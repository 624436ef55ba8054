"""Sound between the thread that brings it and the loop that takes it."""

from __future__ import annotations

from collections import deque

RING_BLOCKS = 20  # 400 ms: a loop that was away for longer has lost the thread anyway


class Ring:
    """Blocks of 20 ms. When it is full the oldest goes, since late speech is worse than a gap.

    One thread puts, another takes; a deque's steps are atomic.
    """

    def __init__(self, blocks: int = RING_BLOCKS) -> None:
        self._blocks: deque[bytes] = deque()
        self._most = blocks
        self._lost = 0
        self._lost_told = 0

    def put(self, block: bytes) -> None:
        """Called in the sound system's thread."""
        if len(self._blocks) >= self._most:
            try:
                self._blocks.popleft()
                self._lost += 1
            except IndexError:
                pass  # it was emptied at this very moment
        self._blocks.append(block)

    def missed(self) -> None:
        """The sound system itself lost something."""
        self._lost += 1

    def take(self) -> list[bytes]:
        """Everything, oldest first."""
        taken = []
        while True:
            try:
                taken.append(self._blocks.popleft())
            except IndexError:
                return taken

    def lost(self) -> int:
        """Blocks lost since this was last asked."""
        lost = self._lost
        since, self._lost_told = lost - self._lost_told, lost
        return since
