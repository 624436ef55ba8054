"""Keys that are heard in the audio itself: two tones at once, as ITU-T Q.23 has them. Pure: frames in, presses out.

Every 10 ms a bank of narrow filters looks at the last 25 ms. A key is down where one row and one column together hold
nearly all that is heard; speech, music and noise spread theirs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.protocol import FRAME_MS, HEARING_RATE_HZ

KEYS = ("123A", "456B", "789C", "*0#D")
ROWS_HZ, COLUMNS_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
WINDOW_MS = 25  # two of them fit into the shortest press that has to be known, 40 ms (Q.24)
HOP_MS = 10
OFFSETS = (
    -0.015,
    -0.0075,
    0.0,
    0.0075,
    0.015,
)  # Q.24: 1.5 % off is still the key, and the filters are 40 Hz wide
LEAST_POWER = 10**-4.6  # -43 dBFS re a full-scale sine, both tones together
PURITY = 0.64  # of the power; a key at 10 dB over noise has 0.9, and babble is not even
CLEAR_PURITY = 0.7  # what the windows of one press have on average, at the least
SECOND_BEST = 0.3  # of a group's best: side lobes of a filter as far off as it may be, and what babble adds
TWIST = 10 ** (9 / 10)  # Q.24 has 8 dB one way and 4 the other; noise adds to it
STEADY = 10 ** (6 / 10)  # between the windows of a press, of each of its tones
LEAST_WINDOWS = 2
GAP_WINDOWS = 4  # without the key, and it was let go: a pause of 40 ms, or a lost packet of 20 that is none
WINDOW, HOP = WINDOW_MS * HEARING_RATE_HZ // 1000, HOP_MS * HEARING_RATE_HZ // 1000
FULL_SCALE_POWER = 32768**2 / 2  # of a full-scale sine


class Press(NamedTuple):
    """A key that was pressed and let go."""

    digit: str  # 0-9 A-D * #
    duration_ms: int


class _Heard(NamedTuple):
    """What one window holds: a key, how pure, and the power of its two tones."""

    digit: str
    purity: float
    row: float
    column: float


def _bank() -> np.ndarray:
    """Cosines and sines of every tone and offset: float32, (WINDOW, 8 tones x offsets x 2)."""
    hz = np.outer((*ROWS_HZ, *COLUMNS_HZ), 1 + np.array(OFFSETS)).ravel()
    phase = 2 * np.pi * np.outer(np.arange(WINDOW), hz) / HEARING_RATE_HZ
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=1).astype(np.float32) * (2**0.5 / WINDOW)


class KeyListener:
    """One call's ear for keys. Feed frames of 20 ms."""

    _tones = _bank()

    def __init__(self) -> None:
        self._past = np.zeros(WINDOW - HOP, np.float32)
        self._down: list[_Heard] = []  # windows of the key that is down
        self._missed = 0  # windows since the last of them

    def hear(self, pcm: np.ndarray) -> Press | None:
        """pcm: int16, 16 kHz, 20 ms. The press that is over, once it is."""
        loud = pcm.any() and float(np.dot(samples := pcm.astype(np.float32), samples)) > (
            LEAST_POWER / 4 * FULL_SCALE_POWER * pcm.size
        )
        if not loud and not self._down:
            self._past = pcm[-self._past.size :].astype(np.float32)
            return None
        signal = np.concatenate([self._past, pcm.astype(np.float32)])
        self._past = signal[-self._past.size :]
        over = [self._step(heard) for heard in _judge(signal, self._tones)]
        return next((press for press in over if press is not None), None)

    def _step(self, heard: _Heard | None) -> Press | None:
        same = heard is not None and (not self._down or heard.digit == self._down[0].digit)
        if heard is not None and same:
            self._down.append(heard)
            self._missed = 0
            return None
        self._missed += 1
        if not self._down or (self._missed < GAP_WINDOWS and heard is None):
            return None
        press = _press(self._down)
        self._down, self._missed = ([heard] if heard is not None else []), 0
        return press


def _judge(signal: np.ndarray, tones: np.ndarray) -> list[_Heard | None]:
    windows = np.lib.stride_tricks.sliding_window_view(signal, WINDOW)[::HOP]
    total = np.einsum("ij,ij->i", windows, windows) / WINDOW
    parts = windows @ tones
    half = parts.shape[1] // 2
    power = (
        (parts[:, :half] ** 2 + parts[:, half:] ** 2).reshape(len(windows), 2, 4, len(OFFSETS)).max(axis=3)
    )
    return [_key(*each) for each in zip(power, total, strict=True)]


def _key(power: np.ndarray, total: float) -> _Heard | None:
    """power: (2, 4), of the rows and of the columns. total: of the whole window."""
    (row, column), (row_power, column_power) = power.argmax(axis=1), power.max(axis=1)
    purity = (row_power + column_power) / (total + 1e-9)
    if total < LEAST_POWER * FULL_SCALE_POWER or purity < PURITY:
        return None
    second = np.sort(power, axis=1)[:, 2]
    if not 1 / TWIST < column_power / row_power < TWIST:
        return None
    if second[0] > SECOND_BEST * row_power or second[1] > SECOND_BEST * column_power:
        return None
    return _Heard(KEYS[row][column], float(purity), float(row_power), float(column_power))


def _press(windows: list[_Heard]) -> Press | None:
    """The press that these windows are; None where they are too few, or no machine made them."""
    if len(windows) < LEAST_WINDOWS or np.mean([each.purity for each in windows]) < CLEAR_PURITY:
        return None
    for powers in ([each.row for each in windows], [each.column for each in windows]):
        if len(windows) < 8 and max(powers) > STEADY * min(powers):
            return None
    return Press(windows[0].digit, (len(windows) - 1) * HOP_MS + WINDOW_MS)


def frames_of(pcm: np.ndarray) -> list[np.ndarray]:
    """Whole frames of 20 ms, 16 kHz; what does not fill one is left out."""
    size = FRAME_MS * HEARING_RATE_HZ // 1000
    return [pcm[at : at + size] for at in range(0, pcm.size - size + 1, size)]
