"""The coordinator's screen: engines, queue, and what is done to a job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from rich.text import Text

from console import theme
from console.control.view import LookingDesk
from console.screens.coordinator import CoordinatorScreen
from console.screens.modals.confirm import ConfirmModal
from console.state.coordinated import CoordinatorView, JobRow, may_cancel, may_retry, number_of
from console.widgets.pane import harmless

LOOK_EVERY_US = 2_000_000  # whether there is a coordinator at all


class Coordinated(Protocol):
    """A coordinator and its jobs; see console/link/coordinator.py."""

    view: CoordinatorView

    def is_announced(self) -> bool: ...

    async def watch(self) -> None:
        """Keep the view up to date until cancelled."""
        ...

    def drain(self) -> None: ...

    async def change(self, what: Literal["cancel", "retry"], job: str) -> str:
        """What came of it. Raises CallThingError."""
        ...

    def watch_engine(self, name: str) -> str:
        """Why it cannot be watched; "" when it is."""
        ...


class NoCoordinator:
    """Where a console was given none."""

    def __init__(self, where: str) -> None:
        self.view = CoordinatorView(where=where)

    def is_announced(self) -> bool:
        return False

    async def watch(self) -> None:
        """Nothing comes."""

    def drain(self) -> None:
        """Nothing came."""

    async def change(self, what: Literal["cancel", "retry"], job: str) -> str:
        return f"Job {job} is not known here."

    def watch_engine(self, name: str) -> str:
        return f"{name or 'The engine'} is not known here."


class CoordinatorControl:
    """Looks while its screen is open, and not otherwise."""

    def __init__(self, desk: LookingDesk, coordinated: Coordinated) -> None:
        self._desk, self._coordinated = desk, coordinated
        self._left = asyncio.Event()  # set when the screen is left
        self._left.set()
        self._looked_us: int | None = None

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {
            "screen.coordinator": self._show,
            "job.cancel": self._cancel,
            "job.retry": self._retry,
            "job.go_to": self._go_to,
        }

    def frame(self, now_us: int) -> None:
        """Once a frame."""
        if self._looked_us is None or now_us - self._looked_us >= LOOK_EVERY_US:
            self._looked_us = now_us
            self._desk.store.coordinated = self._coordinated.is_announced()
        if not self._left.is_set():
            self._coordinated.drain()

    # --- the screen ----------------------------------------------------------------------------------

    def _show(self) -> None:
        if isinstance(self._desk.main, CoordinatorScreen):
            return
        self._desk.to_floor()
        self._left = left = asyncio.Event()
        self._desk.open(CoordinatorScreen(self._desk.glyphs, self._coordinated.view, self._go_to, left.set))
        self._desk.background(self._watch(left))

    async def _watch(self, left: asyncio.Event) -> None:
        """Until the screen is gone."""
        watching, leaving = asyncio.create_task(self._coordinated.watch()), asyncio.create_task(left.wait())
        try:
            done, _ = await asyncio.wait((watching, leaving), return_when=asyncio.FIRST_COMPLETED)
            if watching in done:
                watching.result()
        finally:
            watching.cancel()
            leaving.cancel()
            await asyncio.gather(watching, leaving, return_exceptions=True)

    def _picked(self) -> JobRow | None:
        screen = self._desk.main
        picked = screen.picked_job if isinstance(screen, CoordinatorScreen) else None
        if picked is None:
            self._desk.tell("No job is selected.", "warning")
        return picked

    # --- jobs ------------------------------------------------------------------------------------------

    def _cancel(self) -> None:
        job = self._picked()
        if job is None or self._refused(may_cancel(job)):
            return
        text = Text("Cancel the job for ", theme.TEXT).append(harmless(job.restaurant), theme.STRONG)
        if job.state in ("dialing", "talking"):
            text.append("?\n\nThey are being called: the agent says goodbye and hangs up.\n")
        elif job.state == "unknown":
            text.append("?\n\nThey may have been called already, and nobody knows what was agreed.\n")
        else:
            text.append("?\n\nThey are never called for it.\n")
        self._ask("Cancel a job", text, "cancel the job", "cancel", job)

    def _retry(self) -> None:
        job = self._picked()
        if job is None or self._refused(may_retry(job)):
            return
        text = Text("Put the job for ", theme.TEXT).append(harmless(job.restaurant), theme.STRONG)
        text.append(" back into the queue?\n\n")
        if job.state == "unknown":
            text.append("They may have been called already: ", theme.ALERT)
            text.append("then they are called a second time.\n", theme.TEXT)
        else:
            text.append("They are called again as soon as that is allowed.\n")
        self._ask("Try a job again", text, "call them again", "retry", job)

    def _refused(self, why: str) -> bool:
        if why:
            self._desk.tell(why, "warning")
        return bool(why)

    def _ask(self, title: str, text: Text, yes: str, what: Literal["cancel", "retry"], job: JobRow) -> None:
        def answered(answer: object) -> None:
            if answer is True:
                self._desk.background(self._change(what, job))

        self._desk.open(ConfirmModal(title, text, yes, "leave it as it is"), answered)

    async def _change(self, what: Literal["cancel", "retry"], job: JobRow) -> None:
        self._desk.tell(await self._coordinated.change(what, job.id))
        self._desk.frame()

    # --- a call in hand ----------------------------------------------------------------------------------

    def _go_to(self) -> None:
        """To the selected job's call, on the engine that has it; or to the selected engine."""
        screen = self._desk.main
        if not isinstance(screen, CoordinatorScreen):
            return
        if self._desk.store.mic.stage != "off":
            self._desk.tell("The microphone is still held. H hands the call back.", "warning")
            return
        if self._desk.store.listens_to:
            self._desk.tell("This console still listens to a call. e on the floor stops that.", "warning")
            return
        job = screen.picked_job if screen.in_jobs else None
        in_hand = self._coordinated.view.call_of(job.id) if job else None
        if screen.in_jobs and in_hand is None:
            self._desk.tell("No call goes on for this job." if job else "No job is selected.", "warning")
            return
        name = in_hand[0].name if in_hand else screen.picked_engine
        if self._refused(self._coordinated.watch_engine(name)):
            return
        if in_hand is not None and (number := number_of(in_hand[1].call)):
            self._desk.store.want(number)
        self._desk.to_floor()
        self._desk.tell(f"This console watches {name or 'the engine of this directory'} now.")
