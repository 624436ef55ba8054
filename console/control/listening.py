"""Hearing a call: the selected one with a key, the one that is taken over by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from console.audio.base import NoSound, Sound, Speaker
from console.audio.jitter import CallMix
from console.control.desk import Desk
from console.link.sound import hear
from engine.client import Sound as CallSound
from engine.errors import CallThingError

NO_SOUND_HERE = "This console has no sound: it would be that of the machine that serves this page."


@runtime_checkable
class Listens(Protocol):
    """A link that has sound; the recording of a call has its own."""

    def listen(self, call: int) -> CallSound: ...


class ListenControl:
    """One console's ear. `store.listens_to` says which call it is at, and the link tells the engine."""

    def __init__(self, desk: Desk, sound: Sound | None) -> None:
        self._desk, self._sound = desk, sound
        self._asked = 0  # by the key; 0 = no call
        self._deaf_to = 0  # a call that could not be heard; not tried again by itself
        self._task: asyncio.Task[None] | None = None
        self.mix = CallMix()

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {"call.listen": self._toggle}

    def _toggle(self) -> None:
        store, tell = self._desk.store, self._desk.tell
        if self._sound is None:
            tell(NO_SOUND_HERE, "warning")
        elif store.mic.call and store.listens_to == store.mic.call:
            tell(f"You hear call {store.mic.call} as long as you hold it.")
        elif store.call is None or not store.call.live or store.call.number == self._asked:
            if not self._asked:
                tell("There is no live call to listen to.", "warning")
            self._asked = 0
        else:
            self._asked, self._deaf_to = store.call.number, 0
        self.frame()

    def frame(self) -> None:
        """Once a frame: begin and end what follows from the take-over, the link and the call."""
        store = self._desk.store
        asked = store.calls.get(self._asked)
        if asked is None or not asked.live:
            self._asked = 0
        mic = store.mic
        taken = mic.call if mic.stage in ("armed", "live", "handing_back") else 0
        if not taken and self._deaf_to != self._asked:
            self._deaf_to = 0
        wanted = (taken or self._asked) if store.link == "live" else 0
        if wanted == self._deaf_to:
            wanted = 0
        if wanted != store.listens_to:
            self._stop()
            if wanted and self._sound is not None:
                self._start(wanted, self._sound)

    def _start(self, call: int, sound: Sound) -> None:
        self._desk.store.listens_to = call
        self._task = asyncio.create_task(self._listen(call, sound))

    def _stop(self) -> None:
        self._desk.store.listens_to = 0
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _listen(self, call: int, sound: Sound) -> None:
        link = self._desk.link
        if not isinstance(link, Listens):
            return
        self.mix = CallMix()
        speaker = sound.speaker()
        opening = asyncio.ensure_future(asyncio.to_thread(speaker.open, self.mix.pull))
        try:
            await asyncio.shield(opening)
            heard = link.listen(call)
            try:
                await hear(heard, self.mix, lambda: self._desk.store.mic.call == call)
            finally:
                heard.close()
        except (NoSound, CallThingError) as error:
            self._desk.tell(f"You do not hear call {call}: {error}", "error")
            self._deaf_to, self._asked = call, 0
            self._desk.store.listens_to = 0
        finally:
            opening.add_done_callback(lambda done: _close(done, speaker))

    def leave(self) -> None:
        """The console ends."""
        self._stop()


def _close(opened: asyncio.Future[None], speaker: Speaker) -> None:
    """Once it is open, or is known not to be; in a thread, since a sound system takes its time."""
    if not opened.cancelled() and opened.exception() is None:
        asyncio.get_running_loop().run_in_executor(None, speaker.close)
