"""The one place of the console that talks to a coordinator and to the job store: while its screen is open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from console.state.coordinated import CoordinatorView, JobRow, row_of
from engine.errors import CallThingError
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.coordinator.status_client import StatusClient

ASK_EVERY_S = 1.0
CHANGES_WAIT_S = 0.5  # of the thread that watches the jobs: it sees within so long that it is to end
Change = Literal["cancel", "retry"]


class CoordinatorLink:
    """Of one state directory."""

    def __init__(self, settings: Settings, attach: Callable[[Path], None]) -> None:
        """attach: makes the console watch the engine of a folder."""
        self._settings, self._attach = settings, attach
        self.view = CoordinatorView(where=str(settings.state_path))
        self._client: StatusClient | None = None

    def is_announced(self) -> bool:
        """Whether a coordinator was started here and has not ended in order. Asks the disk alone."""
        from engine.coordinator.status_wire import INFO

        return (self._settings.state_path / INFO).is_file()

    async def watch(self) -> None:
        """Keep the view up to date until cancelled."""
        asking = asyncio.create_task(self._keep_asking())
        watching = asyncio.create_task(self._keep_reading())
        try:
            await asyncio.gather(asking, watching)
        finally:
            for task in (asking, watching):
                task.cancel()
            await asyncio.gather(asking, watching, return_exceptions=True)
            self._drop()

    async def _keep_asking(self) -> None:
        while True:
            await self._ask()
            await asyncio.sleep(ASK_EVERY_S)

    async def _ask(self) -> None:
        from engine.coordinator.status_client import StatusClient, address_of

        try:
            address = address_of(self._settings.state_path)
            if address is None:
                self._drop()
                self.view.gone()
                return
            if self._client is None or self._client.address != address:
                self._drop()
                self._client = StatusClient(address)
            self.view.tell(await self._client.ask())
        except CallThingError as error:
            self.view.tell(None, str(error))

    def drain(self) -> None:
        """Take in what it has published since, without waiting. Called once a frame."""
        if self._client is not None and (status := self._client.drain()) is not None:
            self.view.tell(status)

    async def _keep_reading(self) -> None:
        """The jobs, in a thread of their own: a store is for one thread, and may be far away."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def tell(rows: list[JobRow], problem: str) -> None:
            self.view.take(rows)
            if problem != self.view.jobs_problem:
                self.view.jobs_problem = problem
                self.view.version += 1

        def read() -> None:
            from engine.jobs.stores import open_store

            with (
                contextlib.closing(open_store(self._settings)) as store,
                contextlib.closing(store.watch()) as watch,
            ):
                while not ended.is_set():
                    rows = [row_of(job) for job in watch.next(CHANGES_WAIT_S)]
                    loop.call_soon_threadsafe(tell, rows, "")

        while True:
            reading = asyncio.create_task(asyncio.to_thread(read))
            try:
                await asyncio.shield(reading)
            except CallThingError as error:
                tell([], str(error))
            except asyncio.CancelledError:
                ended.set()
                with contextlib.suppress(CallThingError):
                    await reading
                raise
            await asyncio.sleep(ASK_EVERY_S)

    async def change(self, what: Change, job: str) -> str:
        """Cancel a job or try it again, as `call-thing jobs` does; what came of it. Raises CallThingError."""
        row = await asyncio.to_thread(_changed, self._settings, what, job)
        self.view.take([row])
        if row.cancel_asked:
            return f"Job {row.id} is to be hung up."
        return f"Job {row.id} is {row.state}."

    def watch_engine(self, name: str) -> str:
        """Watch an engine of this coordinator, or this directory's own (""); why that cannot be, or ""."""
        from engine.coordinator.spawners import engine_folder
        from engine.statedir import StateDirectory

        folder = engine_folder(self._settings, name) if name else self._settings.state_path
        try:
            there = StateDirectory.running(folder) is not None
        except CallThingError as error:
            return str(error)
        if not there and name:
            return f"{name} is not on this machine, or has ended. A console on its own machine can watch it."
        self._attach(folder)
        return ""

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _changed(settings: Settings, what: Change, job: str) -> JobRow:
    from engine.job_changes import change, one
    from engine.jobs.lifecycle import Cancel, Retry
    from engine.jobs.stores import open_store

    by = settings.console.operator or "operator"
    with contextlib.closing(open_store(settings)) as store:
        return row_of(change(store, one(store, job), Cancel(by) if what == "cancel" else Retry(by)))
