"""Are we on hold, by what is heard on the line, and for how long? Pure: time is passed in."""

from __future__ import annotations

import msgspec

from engine.protocol import SoundHeard

WAITING = ("music", "ringback")  # while one of these is on, nobody hears us
TOLD_THE_BRAIN = (
    *WAITING,
    "busy",
    "information",
    "beep",
)  # noise and silence tell it nothing that time does not


class OnHold(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What is on, and since when."""

    sound: str = ""
    since_us: int = 0  # monotonic
    told_late: bool = False  # the brain knows that it has been too long

    def heard(self, told: SoundHeard, now_us: int) -> OnHold:
        """A sound begins or is over."""
        if told.on and told.sound in WAITING:
            return self if self.sound else OnHold(told.sound, now_us)
        if not told.on and told.sound == self.sound:
            return OnHold()
        return self

    def lasts_ms(self, now_us: int) -> int:
        """For how long we have been waiting."""
        return (now_us - self.since_us) // 1000 if self.sound else 0

    def is_late(self, now_us: int, limit_s: float) -> bool:
        """Whether that is too long, and the brain has not been told."""
        return bool(self.sound) and not self.told_late and self.lasts_ms(now_us) >= limit_s * 1000

    def told(self) -> OnHold:
        """The brain knows it."""
        return msgspec.structs.replace(self, told_late=True)
