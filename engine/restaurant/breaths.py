"""Where does the caller take a breath, and when has it said all it had to say? Pure: frames in, breaths out.

A small recogniser hears short stretches far better than long ones, and a caller's commas are where to cut: what was
said between two pauses is a breath, and is recognised by itself.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from engine.protocol import HEARING_RATE_HZ

BLOCK_MS = 10  # finer than a frame: a short pause does not begin where a frame does
BLOCK_SAMPLES = HEARING_RATE_HZ * BLOCK_MS // 1000
QUIET_BELOW_LOUDEST_DB = 30.0  # with PAUSE_MS the best of six pairs measured on 292 sentences of the agent
LOUDEST_AT_FIRST_DBFS = -25.0  # what a voice on the telephone has at least; 0 = full scale
LOUDEST_FALLS_DB = 0.01  # per block, 1 dB/s: one bang must not make a caller inaudible for ever
PAUSE_MS = 120  # the closures of p, t and k are shorter, a comma longer
SHORTEST_MS = 300  # a breath shorter than that goes with the next one
LONGEST_MS = 7000  # a second less than the small recogniser's window
LEAD_MS, TAIL_MS = 160, 80  # of what is before and after a breath, for the recogniser
TURN_OVER_MS = 600  # a caller's commas are under 300 ms
SPEECH_PROBABILITY = 0.5  # Silero's own threshold: what never reaches it is noise, music or a tone


class Breath(NamedTuple):
    """One stretch of speech between two pauses."""

    pcm: np.ndarray  # int16, 16 kHz mono, with a little of what is around it


class TurnOver(NamedTuple):
    """The caller has been quiet for so long that it is our turn."""

    breaths: int  # since the last turn


class Breaths:
    """The breaths of one caller."""

    def __init__(self) -> None:
        self._loudest_dbfs = LOUDEST_AT_FIRST_DBFS
        self._lead: deque[np.ndarray] = deque(maxlen=LEAD_MS // BLOCK_MS)
        self._blocks: list[np.ndarray] = []  # of the breath that is being drawn, its lead included
        self._first = self._last = 0  # its blocks between which it can be heard, the last one exclusive
        self._quiet_ms = 0  # since anything was heard
        self._speech = 0.0  # the highest probability in this breath
        self._given = 0

    @property
    def in_turn(self) -> bool:
        """Something is being said, or has been said and the turn is not over yet."""
        return self._given > 0 or bool(self._blocks)

    def add(self, pcm: np.ndarray, probability: float) -> list[Breath | TurnOver]:
        """pcm: int16, whole blocks of 10 ms; probability: that it is speech, the latest that is known."""
        out: list[Breath | TurnOver] = []
        for start in range(0, pcm.size, BLOCK_SAMPLES):
            block = pcm[start : start + BLOCK_SAMPLES]
            level_dbfs = 10 * float(np.log10(np.mean((block / 32768.0) ** 2) + 1e-12))
            self._loudest_dbfs = max(self._loudest_dbfs - LOUDEST_FALLS_DB, level_dbfs)
            quiet = level_dbfs < self._loudest_dbfs - QUIET_BELOW_LOUDEST_DB
            self._quiet_ms = self._quiet_ms + BLOCK_MS if quiet else 0
            if quiet and not self._blocks:
                self._lead.append(block)
            else:
                self._draw(block, quiet, probability)
            out += self._let_out()
        return out

    def _draw(self, block: np.ndarray, quiet: bool, probability: float) -> None:
        if not self._blocks:
            self._blocks, self._first = list(self._lead), len(self._lead)
            self._lead.clear()
        self._blocks.append(block)
        self._speech = max(self._speech, probability)
        if not quiet:
            self._last = len(self._blocks)

    def _let_out(self) -> list[Breath | TurnOver]:
        out: list[Breath | TurnOver] = []
        turn_over = self._quiet_ms >= TURN_OVER_MS
        if self._blocks:
            pause = self._quiet_ms >= PAUSE_MS and (self._last - self._first) * BLOCK_MS >= SHORTEST_MS
            if pause or turn_over or len(self._blocks) * BLOCK_MS >= LONGEST_MS:
                out += self._end_breath()
        if turn_over and self._given:
            out.append(TurnOver(self._given))
            self._given = 0
        return out

    def _end_breath(self) -> list[Breath]:
        until = self._last + TAIL_MS // BLOCK_MS
        breath, speech = Breath(np.concatenate(self._blocks[:until])), self._speech
        self._lead.extend(self._blocks[until:])
        self._blocks, self._first, self._last, self._speech = [], 0, 0, 0.0
        if speech < SPEECH_PROBABILITY:
            return []
        self._given += 1
        return [breath]
