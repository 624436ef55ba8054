"""Which tone of a telephone network is it? Pure: tones in, names out.

ringback     425 Hz 1 s of 5 (Europe; Spain 1.5 of 4.5), 440+480 Hz 2 s of 6 (North America), 400+450 Hz twice 0.4 s
             of 3 (United Kingdom)
busy         425 or 400 Hz, on and off alike, 0.2 to 0.5 s each, also where no line is free; 480+620 Hz; and a dial
             tone: they have hung up
information  three tones, each higher than the one before: 950, 1400, 1800 Hz
beep         one tone alone between 400 and 2000 Hz, with quiet after it

After ITU-T E.180 and its supplement 2.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, NamedTuple

from engine.audio.silero import WINDOW_MS
from engine.turns.tone_runs import FALLS_DB, Tone

LineTone = Literal["ringback", "busy", "information", "beep"]
NEAR_HZ = 14.0
CADENCE_HZ = (385.0, 436.0)  # of the tones that only their rhythm tells apart
PAIRS: dict[tuple[float, float], LineTone] = {
    (440.0, 480.0): "ringback",
    (400.0, 450.0): "ringback",
    (480.0, 620.0): "busy",
    (350.0, 440.0): "busy",  # a dial tone
}
INFORMATION_HZ = ((900.0, 1000.0), (1340.0, 1450.0), (1730.0, 1850.0))
LONG_MS = 750  # longer than any tone of a busy signal
PAIR_MS = 160  # of two tones at once, which instruments hit only now and then
DIAL_BELOW_HZ = 370.0
ENDLESS_MS = 4500  # longer than any ring: a dial tone
BEEP_MS = (120, 2500)
BEEP_HZ = (380.0, 2100.0)
QUIET_AFTER_MS = 96
NO_NOTE_MS = 640  # a note of a melody is rarely as long
NEXT_TONE_MS = 850  # a busy signal has begun again by then
SAME_MS = (
    0.35  # by how much of the longer one on and off of a busy signal may differ; and 60 ms for the windows
)
WINDOWS_MS = 60


class Named(NamedTuple):
    """A tone that is known."""

    sound: LineTone
    start_ms: int
    end_ms: int  # so far
    reason: str


class ToneNames:
    """One call's tones, named as soon as they can be."""

    def __init__(self) -> None:
        self._past: list[Tone] = []  # that are over, the last few
        self._alone: Tone | None = None  # the last of them, while nothing has followed it

    def step(self, tone: Tone | None, now_ms: int, level_dbfs: float) -> Named | None:
        """tone: the one that is on or has just ended. level_dbfs: of the window that ends now.

        What is named is told again with every window of it, and once more when it is over.
        """
        if tone is not None and tone.over:
            self._past, self._alone = [*self._past[-4:], tone], tone
        if tone is not None:
            named = self._known(tone)
            self._alone = self._alone if named is None else None
            return named
        return self._was_alone(now_ms, level_dbfs)

    def _known(self, tone: Tone) -> Named | None:
        """Names that a tone has by itself, or with those before it."""
        before = self._past[:-1] if tone.over else self._past
        hz = "+".join(f"{each:.0f}" for each in tone.tones_hz)
        lasts = f"{hz} Hz for {tone.lasts_ms} ms"
        pair = _pair(tone)
        dial_tone = tone.tones_hz[0] < DIAL_BELOW_HZ
        if pair is not None and tone.from_quiet and tone.lasts_ms >= (LONG_MS if dial_tone else PAIR_MS):
            return Named(pair, tone.start_ms, tone.end_ms, lasts)
        if _rises(before, tone):
            return Named("information", before[-2].start_ms, tone.end_ms, "three tones, each higher")
        if _in_cadence(tone) and tone.from_quiet:
            if tone.lasts_ms >= ENDLESS_MS:
                return Named("busy", tone.start_ms, tone.end_ms, f"a dial tone, {lasts}")
            if tone.lasts_ms >= LONG_MS:
                return Named("ringback", tone.start_ms, tone.end_ms, lasts)
            return self._rhythm(before, tone)
        if (
            len(tone.tones_hz) == 1
            and tone.lasts_ms >= NO_NOTE_MS
            and _may_beep(tone)
            and not _next_to(before, tone)
        ):
            return Named("beep", tone.start_ms, tone.end_ms, lasts)
        return None

    def _rhythm(self, before: list[Tone], tone: Tone) -> Named | None:
        if not before or not _in_cadence(before[-1]):
            return None
        last = before[-1]
        on_ms, off_ms = last.lasts_ms, tone.start_ms - last.end_ms
        if on_ms < LONG_MS and _alike(on_ms, off_ms):
            return Named("busy", last.start_ms, tone.end_ms, f"on {on_ms} ms, off {off_ms} ms")
        return None

    def _was_alone(self, now_ms: int, level_dbfs: float) -> Named | None:
        """A beep is known by what does not follow it."""
        tone = self._alone
        if tone is None:
            return None
        quiet_ms = now_ms - tone.end_ms
        if (
            level_dbfs > tone.level_dbfs - FALLS_DB and quiet_ms > WINDOW_MS
        ):  # a note among notes, or the next beat of a busy signal
            self._alone = None
            return None
        if quiet_ms < (NEXT_TONE_MS if _in_cadence(tone) else QUIET_AFTER_MS):
            return None
        self._alone = None
        if not _may_beep(tone) or _next_to(self._past[:-1], tone):
            return None
        return Named("beep", tone.start_ms, tone.end_ms, f"{tone.tones_hz[0]:.0f} Hz for {tone.lasts_ms} ms")


def _pair(tone: Tone) -> LineTone | None:
    if len(tone.tones_hz) != 2:
        return None
    for pair, name in PAIRS.items():
        if all(abs(one - other) <= NEAR_HZ for one, other in zip(tone.tones_hz, pair, strict=True)):
            return name
    return None


def _rises(before: list[Tone], tone: Tone) -> bool:
    three = [*before[-2:], tone]
    if len(three) < 3 or any(len(each.tones_hz) != 1 for each in three):
        return False
    apart = [later.start_ms - earlier.end_ms for earlier, later in pairwise(three)]
    inside = [
        low <= each.tones_hz[0] <= high for each, (low, high) in zip(three, INFORMATION_HZ, strict=True)
    ]
    return all(inside) and max(apart) <= 150


def _in_cadence(tone: Tone) -> bool:
    return len(tone.tones_hz) == 1 and CADENCE_HZ[0] <= tone.tones_hz[0] <= CADENCE_HZ[1]


def _alike(on_ms: int, off_ms: int) -> bool:
    return off_ms >= 100 and abs(on_ms - off_ms) <= SAME_MS * max(on_ms, off_ms) + WINDOWS_MS


def _may_beep(tone: Tone) -> bool:
    return (
        len(tone.tones_hz) == 1
        and BEEP_HZ[0] <= tone.tones_hz[0] <= BEEP_HZ[1]
        and BEEP_MS[0] <= tone.lasts_ms <= BEEP_MS[1]
        and tone.from_quiet
    )


def _next_to(before: list[Tone], tone: Tone) -> bool:
    return bool(before) and tone.start_ms - before[-1].end_ms < QUIET_AFTER_MS
