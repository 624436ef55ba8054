"""A recorded call in place of an engine: the same interface, out of its journal. Nothing can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.link.replay_sound import ReplaySound, SoundClock
from console.link.tape import Tape
from console.state.call import METER_STALE_US
from console.state.playhead import Playhead, ReplayView, place_of
from console.state.store import Store
from engine.errors import CallRefused
from engine.protocol import Accepted, Message, Voice

_LEVELS_US = METER_STALE_US  # older levels are shown by no meter


class ReplayLink:
    """Feeds a store of its own with what had happened until the playhead's position."""

    problem = ""

    def __init__(self, tape: Tape, now_us: Callable[[], int]) -> None:
        """now_us: the clock of whoever watches."""
        self.tape = tape
        self.store = Store()
        self.playhead = Playhead(tape.times_us, tape.stops)
        self.rebuilds = 0  # how often the store was made anew, to go back
        self.sound_off = "" if tape.audio else "no sound was recorded"  # why it cannot be heard
        self._sound: SoundClock | None = None
        self._now_us = now_us
        self._applied = 0
        self._begin()

    def _begin(self) -> None:
        self.store.clear()
        self.store.link, self.store.readonly = "recording", True
        self.store.selected = None
        self._applied = 0

    async def watch(self) -> None:
        """There is nothing to wait for."""

    def drain(self) -> list[str]:
        """Bring the store to where the playhead is. Called once a frame."""
        self._pass(self._now_us())
        self.bring()
        return []

    def _pass(self, clock_us: int) -> None:
        """Let time pass, by the clock of the sound while it can be heard."""
        playhead = self.playhead
        if self._sound is None:
            playhead.advance(clock_us)
            return
        if not playhead.playing or playhead.speed != 1.0:
            self._sound.sound.pause()
            playhead.advance(clock_us)
            return
        position_us = self._sound.position(playhead.position_us, clock_us)
        if position_us is None:
            self.mute("the loudspeaker plays nothing")
            playhead.advance(clock_us)
        else:
            playhead.follow(position_us, clock_us)
            self._sound.followed(playhead.position_us)

    def bring(self) -> None:
        """The same, without letting time pass."""
        target = self.playhead.applied
        if target < self._applied:
            self.rebuilds += 1
            self._begin()
        levels_from_us = self.playhead.position_us - _LEVELS_US
        for place in range(self._applied, target):
            header, message = self.tape.events[place]
            if isinstance(message, Voice) and self.tape.times_us[place] < levels_from_us:
                continue
            self.store.apply(header, message)
        self._applied = target
        self.store.tick(self.tape.clock_us + self.playhead.position_us)

    def view(self) -> ReplayView:
        """What a screen shows of where it stands."""
        head, tape = self.playhead, self.tape
        return ReplayView(
            number=tape.number,
            playing=head.playing,
            position_us=head.position_us,
            length_us=tape.length_us,
            speed=head.speed,
            turn=tape.turns_until(head.position_us),
            turns=len(tape.turns_us),
            stop=head.stop,
            stops=head.stops,
            marks_us=tuple(mark.at_us for mark in tape.marks),
            sound=self._sound_words(),
            began=tape.began,
            finished=tape.finished,
            unreadable=tape.unreadable,
        )

    def _sound_words(self) -> str:
        if self._sound is None:
            return self.sound_off or "sound off"
        return "sound on" if self.playhead.speed == 1.0 else f"silent at ×{self.playhead.speed:g}"

    # --- the sound -------------------------------------------------------------------------------------

    @property
    def audible(self) -> bool:
        """Whether the sound is on; it is heard while playing at the speed of the call."""
        return self._sound is not None

    def hear(self, sound: ReplaySound) -> None:
        """Let the sound be heard, opened already."""
        self._sound, self.sound_off = SoundClock(sound), ""

    def mute(self, why: str = "") -> None:
        """Off again."""
        if self._sound is not None:
            self._sound.sound.close()
            self._sound = None
        self.sound_off = why

    # --- what keys do ----------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play or pause."""
        if self.playhead.playing:
            self.playhead.pause()
        else:
            self.playhead.play(self._now_us())

    def where(self, words: str) -> int | str:
        """The time that words name, or why they name none."""
        marks_us = [mark.at_us for mark in self.tape.marks]
        return place_of(words, self.tape.length_us, self.tape.turns_us, marks_us)

    def go_to(self, words: str) -> str:
        """To a time, a turn or a mark; "" or why not."""
        place = self.where(words)
        if isinstance(place, str):
            return place
        self.playhead.go_to(place)
        return ""

    # --- the rest of a link -----------------------------------------------------------------------------

    async def request(self, command: Message, call: int = 0, answer: type[Message] = Accepted) -> Any:
        """Raises CallRefused: what is recorded cannot be changed."""
        raise CallRefused(
            "This is a recording; nothing can be asked of it. esc leads back to the live calls."
        )

    def send(self, command: Message, call: int = 0) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """Let go of the loudspeaker."""
        self.mute()
