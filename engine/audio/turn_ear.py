"""Listens to how turns end, in a thread of its own: a network of 60 ms would hold up everybody's windows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np


class TurnNetwork(Protocol):
    """What judges a turn's sound; see smart_turn.py."""

    def finished(self, pcm: np.ndarray) -> float:
        """How surely the turn is over, 0..1. pcm: int16, 16 kHz."""


class Guess(NamedTuple):
    """How one pause sounded."""

    call: int
    turn: int
    end_ms: int  # of the last voiced window before the pause
    finished: float  # probability that the turn is over


class TurnEar:
    """One network for all calls. Of a call that asks again, only the newest question is answered."""

    def __init__(self, network: TurnNetwork, wake: Callable[[], None]) -> None:
        """wake: called from the thread when there is an answer."""
        self._network = network
        self._wake = wake
        self._asked: dict[int, tuple[int, int, np.ndarray]] = {}
        self._guesses: list[Guess] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, name="turn ear", daemon=True).start()

    def ask(self, call: int, turn: int, end_ms: int, pcm: np.ndarray) -> None:
        """A pause: does it sound like the end? The answer comes with `guesses`."""
        with self._changed:
            self._asked[call] = (turn, end_ms, pcm)
            self._changed.notify()

    def guesses(self) -> list[Guess]:
        """The answers since the last time."""
        with self._changed:
            guesses, self._guesses = self._guesses, []
        return guesses

    def _listen(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked)
                call = next(iter(self._asked))
                turn, end_ms, pcm = self._asked.pop(call)
            guess = Guess(call, turn, end_ms, self._network.finished(pcm))
            with self._changed:
                self._guesses.append(guess)
            self._wake()
