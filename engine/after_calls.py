"""What is done with a call that is over: its end goes into the database, its recording is packed, its trace is sent."""

from __future__ import annotations

import asyncio
import os

from engine.call_ends import CallEnds
from engine.live_call import LiveCall
from engine.recordings import Recordings
from engine.records.finishing import unfinished
from engine.settings import Settings
from engine.statedir import StateDirectory, engines_on
from engine.traces.sending import traces


class AfterCalls:
    """Of one engine."""

    def __init__(self, settings: Settings, state: StateDirectory) -> None:
        self._state = state
        self._ends = CallEnds(state.reservations_db)
        self._recordings = Recordings(settings.journal.sound)
        self._traces = traces(settings.telemetry, os.environ)

    def over(self, live: LiveCall, is_whole: bool) -> None:
        """A call is closed. is_whole: the disk has taken all of its record."""
        if live.sound.recorder is not None and is_whole:
            self._recordings.add(live.journal.folder)
        if is_whole:
            self._traces.add(live.journal.folder)
        self._ends.enter(live)

    def finish_recordings(self) -> None:
        """Those of calls whose engine was killed. Before the first call is placed."""
        others = engines_on(self._state.path) - {self._state.number}
        self._recordings.add(*unfinished(self._state.journals, others))

    async def ends_entered(self, grace_s: float) -> None:
        """Wait for the database, at most so long."""
        await self._ends.wait(grace_s)

    async def recordings_finished(self, grace_s: float) -> None:
        """Wait for recordings, at most so long; what is not done stays as it is, for the next engine."""
        await asyncio.gather(self._recordings.stop(grace_s), self._traces.stop(grace_s))
