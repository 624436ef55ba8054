"""The entries of one collection in memory: the local client copies every query several times, this takes 0.1 ms.

Only for a folder, which one process holds: nobody else changes what lies there.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np

Entry = TypeVar("Entry")


class Nearby(Generic[Entry]):
    """Entries by id, found by either of their two vectors."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Entry, np.ndarray, np.ndarray]] = {}
        self._matrices: tuple[np.ndarray, np.ndarray] | None = None

    def put(self, number: str, entry: Entry, said: np.ndarray, gist: np.ndarray) -> None:
        """said, gist: float32, of length 1."""
        self._entries[number] = (entry, said, gist)
        self._matrices = None

    def drop(self, number: str) -> None:
        """Nothing happens when it is not there."""
        if self._entries.pop(number, None) is not None:
            self._matrices = None

    def near(self, said: np.ndarray, gist: np.ndarray, count: int) -> list[tuple[Entry, float]]:
        """The `count` nearest by each vector, with the cosine of the first; each entry once."""
        rows = list(self._entries.values())
        if not rows:
            return []
        if self._matrices is None:
            self._matrices = (np.stack([row[1] for row in rows]), np.stack([row[2] for row in rows]))
        alike = self._matrices[0] @ said
        chosen = {int(row) for scores in (alike, self._matrices[1] @ gist) for row in _best(scores, count)}
        return [(rows[row][0], float(alike[row])) for row in sorted(chosen)]


def _best(scores: np.ndarray, count: int) -> np.ndarray:
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(-scores, count)[:count]
