"""A turn that was judged over may have been half of one: "yes … but not at eight". Pure.

Answering it costs nothing: who goes on cuts us, and is heard again with both halves together, as if the first had not
been answered. Writing down what they agreed to cannot be taken back. It waits until they have been silent for longer.
"""

from __future__ import annotations

import msgspec

from engine.protocol import Outcome, Transcript

SETTLED_MS = 700  # of silence after their words; pauses inside a turn are seldom longer
GOES_ON_MS = 700  # who speaks so soon after their turn was judged over goes on with it
WORDS_COME_US = 3_000_000  # that long the words of somebody who went on are waited for
_FALSE_STOPS = " .…,;:-–"


class Half(msgspec.Struct, frozen=True):
    """A turn whose answer they have not heard a sentence of, and the brain as it was before."""

    words: Transcript
    decided_ms: int  # when it was judged over, in the far end's media time
    brain: bytes
    ends_with: tuple[Outcome, str] | None = None


class Settling:
    """The newest turn of one call."""

    def __init__(self, half: Half | None = None) -> None:
        """half: what a process before us knew."""
        self.half = half
        self._over = (0, 0, 0)  # a turn, the silence at its end in ms, and when it is settled
        self._due_us: int | None = 0 if half is None else None  # None: not known, after a restart
        self._speaks = False

    @property
    def due_us(self) -> int | None:
        """From when on the turn is settled; None while they speak."""
        return None if self._speaks else self._due_us or 0

    def waits(self, now_us: int) -> bool:
        """Whether they may still go on, or do."""
        if self._due_us is None:
            self._due_us = now_us + SETTLED_MS * 1000
        return self._speaks or now_us < self._due_us

    def turn_over(self, turn: int, silent_ms: int, now_us: int) -> None:
        """A turn was judged over, after so much silence."""
        self._over = (turn, silent_ms, now_us + max(0, SETTLED_MS - silent_ms) * 1000)

    def heard(self, half: Half | None, now_us: int) -> None:
        """A turn is answered. Its words may be read before vad's word that it is over."""
        self.half = half
        self._due_us = now_us + SETTLED_MS * 1000 if self._speaks else 0
        self._speaks = False
        if half is not None and self._over[0] == half.words.turn:
            _, silent_ms, self._due_us = self._over
            self.half = msgspec.structs.replace(half, decided_ms=half.words.end_ms + silent_ms)

    def goes_on_from(self, before: Settling, now_us: int) -> None:
        """A copy, made before the turn was judged over, is wanted."""
        self._over, self._speaks = before._over, before._speaks
        self.heard(self.half, now_us)

    def far_speech(self, speaks: bool, now_us: int) -> None:
        """They speak again, or have stopped: then their words are on their way."""
        if self._speaks and not speaks:
            self._due_us = max(self._due_us or 0, now_us + WORDS_COME_US)
        self._speaks = speaks

    def nothing_said(self, now_us: int) -> None:
        """It was nobody who seemed to speak again."""
        self._due_us, self._speaks = max(self._over[2], now_us), False

    def goes_on_with(self, words: Transcript) -> Half | None:
        """The half that these words are the rest of."""
        half = self.half
        return half if half is not None and words.start_ms - half.decided_ms <= GOES_ON_MS else None


def together(half: Half, rest: Transcript) -> Transcript:
    """Both as one turn. The full stop that a recogniser has put between them was none."""
    text = f"{half.words.text.rstrip(_FALSE_STOPS)} {rest.text}".strip()
    return msgspec.structs.replace(rest, text=text, start_ms=half.words.start_ms)
