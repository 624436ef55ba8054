"""Recorded calls: the list of them, and the keys of a replay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from console.audio.base import NoSound, Sound
from console.control.desk import Desk
from console.link.recordings import recordings
from console.link.replay import ReplayLink
from console.link.replay_sound import ReplaySound
from console.link.tape import read_tape
from console.screens.library import LibraryScreen
from console.screens.modals.go_to import GoToModal
from console.screens.replay import ReplayScreen

READ_AT_ONCE = 50  # rows


class ReplayControl:
    """Works without an engine as well."""

    def __init__(self, desk: Desk, journals: Path, sound: Sound | None) -> None:
        """journals: of the state directory. sound: where recorded ones may be heard; None where there is none."""
        self._desk, self._journals, self._sound = desk, journals, sound
        self._link: ReplayLink | None = None

    @property
    def folder(self) -> Path | None:
        """Of the call that is replayed; None while there is none."""
        return self._link.tape.folder if self._link is not None else None

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {
            "screen.library": self.library,
            "replay.pause": lambda: self._do(lambda link: link.toggle()),
            "replay.next": lambda: self._do(lambda link: link.playhead.next_stop()),
            "replay.previous": lambda: self._do(lambda link: link.playhead.previous_stop()),
            "replay.slower": lambda: self._do(lambda link: link.playhead.faster(-1)),
            "replay.faster": lambda: self._do(lambda link: link.playhead.faster(1)),
            "replay.go_to": lambda: self._do(self._ask_where),
            "replay.sound": lambda: self._do(self._turn_sound),
        }

    def _do(self, act: Callable[[ReplayLink], object]) -> None:
        if self._link is not None:
            act(self._link)
            self._desk.frame()

    # --- the list --------------------------------------------------------------------------------------

    def library(self) -> None:
        """Show the recorded calls."""
        screen = LibraryScreen(self._desk.glyphs, str(self._journals), self.open)
        self._desk.open(screen)
        self._desk.background(self._read_into(screen))

    async def _read_into(self, screen: LibraryScreen) -> None:
        """A few at a time, in a thread: a disk may be slow."""
        rows = recordings(self._journals)
        complete = False
        while not complete:
            some = await asyncio.to_thread(lambda: list(islice(rows, READ_AT_ONCE)))
            complete = len(some) < READ_AT_ONCE
            screen.add(some, complete)
        self._desk.frame()

    # --- a replay --------------------------------------------------------------------------------------

    def open(self, folder: Path) -> None:
        """Replay a journal, or tell why it cannot be."""
        self._desk.background(self._open(folder))

    async def _open(self, folder: Path) -> None:
        tape = await asyncio.to_thread(read_tape, folder)
        link = ReplayLink(tape, self._desk.clock.now_us)

        def left() -> None:
            link.close()
            if self._link is link:
                self._link = None

        if self._link is None:  # not twice for two strokes of a key
            self._link = link
            self._desk.open(ReplayScreen(self._desk.glyphs, link, left))
            link.toggle()
            self._desk.frame()

    def _ask_where(self, link: ReplayLink) -> None:
        def answered(words: str | None) -> None:
            if words:
                self._do(lambda link: link.go_to(words))

        self._desk.open(GoToModal(link.where), answered)

    def _turn_sound(self, link: ReplayLink) -> None:
        if link.audible:
            link.mute()
        elif link.tape.audio is None:
            self._desk.tell("No sound was recorded of this call.", "warning")
        elif self._sound is None:
            self._desk.tell("This console uses no sound: it is shown in a browser, or --no-mic.", "warning")
        else:
            self._desk.background(
                self._hear(link, ReplaySound(link.tape.audio, link.tape.media_us, self._sound.speaker()))
            )

    async def _hear(self, link: ReplayLink, sound: ReplaySound) -> None:
        try:
            await asyncio.to_thread(sound.open)
        except NoSound as error:
            self._desk.tell(str(error), "warning")
            return
        if self._link is link and not link.audible:
            link.hear(sound)
        else:
            sound.close()  # left meanwhile, or turned on twice
