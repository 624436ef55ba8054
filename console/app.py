"""The console's app: one store, one frame clock, the actions of the table."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import ClassVar, Literal, Protocol

from rich.text import Text
from textual import work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from console import actions, theme
from console.clock import SystemClock
from console.glyphs import ASCII, UNICODE, Glyphs
from console.screens.floor import Floor
from console.screens.modals import DialModal, HangUpModal, HelpModal
from console.state.store import Store
from console.widgets.call_list import CallList
from console.widgets.pane import harmless
from engine.errors import CallThingError

Severity = Literal["information", "warning", "error"]
FPS_LOCAL, FPS_SSH = 15, 8


class Link(Protocol):
    """What the app needs of an engine's link."""

    problem: str

    async def watch(self) -> None: ...
    def drain(self) -> list[str]: ...
    async def place_call(self, scenario: str) -> int: ...
    async def hang_up(self, call: int) -> None: ...
    def close(self) -> None: ...


class ConsoleApp(App[None]):
    """Shows calls and passes the operator's wishes on."""

    TITLE = "Call-Thing"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings()]

    def __init__(
        self,
        store: Store,
        link: Link,
        *,
        clock: SystemClock | None = None,
        glyphs: Glyphs = UNICODE,
        scenarios: dict[str, str] | None = None,
        demo: str = "",
        fps: int | None = None,
        where: str = "",
    ) -> None:
        """demo: scenario file to dial once the engine is ready. fps: 0 = paint only when `frame` is called.

        where: the state directory, for the words that say what is waited for.
        """
        super().__init__()
        self.store, self.link = store, link
        self.clock = clock or SystemClock()
        self.floor = Floor(glyphs)
        self._glyphs = glyphs
        self._scenarios = scenarios or {}
        self._demo, self._last_dialled = demo, demo
        self._fps = (FPS_SSH if os.environ.get("SSH_CONNECTION") else FPS_LOCAL) if fps is None else fps
        self._where = where
        self.register_theme(theme.CALL_THING)
        self.theme = theme.CALL_THING.name
        self.animation_level = "none"

    def on_mount(self) -> None:
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.push_screen(self.floor)
        if self._fps:
            self._watch()
            self.set_interval(1 / self._fps, self.frame)

    def on_unmount(self) -> None:
        self.link.close()

    @work(exclusive=True, group="watch")
    async def _watch(self) -> None:
        await self.link.watch()

    def frame(self) -> None:
        """Take in what has arrived and paint what has changed."""
        for notice in self.link.drain():
            self._tell(notice)
        self.store.tick(self.clock.now_us())
        if self._demo and self.store.link == "live" and self.store.rooms.ready == len(self.store.rooms.rooms):
            scenario, self._demo = self._demo, ""
            self._place_call(scenario)
        if self.floor.is_mounted:
            self.floor.sync(self.store, self.clock.wall(), self._waiting())

    def _waiting(self) -> list[Text]:
        """What stands in place of a transcript while there is no call."""
        store = self.store
        if self.link.problem and store.link != "live":
            return [Text(self.link.problem, theme.WARN)]
        if store.link == "waiting":
            where = f" in {self._where}" if self._where else ""
            seconds = store.silent_us // 1_000_000
            start = Text("Start: ", theme.GREY).append("call-thing engine", theme.STRONG)
            return [Text(f"Waiting for an engine{where} ({seconds} s).", theme.TEXT), Text(), start]
        if store.link == "connecting":
            return [Text("Engine found; waiting for its first word.", theme.TEXT)]
        if store.lost:
            return [
                Text("The engine was lost before any call. Start it again: call-thing engine", theme.WARN)
            ]
        if self._demo:
            return [
                Text("The engine is starting; the demo call is dialled when all rooms are ready.", theme.TEXT)
            ]
        if store.readonly:
            return [Text("No calls yet. Read-only: others dial.", theme.TEXT)]
        return [Text("No calls yet. ", theme.TEXT).append("d", theme.STRONG).append(" dials a scenario.")]

    def _tell(self, words: str, severity: Severity = "information") -> None:
        self.notify(
            harmless(words), severity=severity, timeout=15 if severity == "error" else 5, markup=False
        )

    # --- actions -----------------------------------------------------------------------------------

    def _may(self, action_id: str) -> bool:
        """Whether an action can be done now; says why not."""
        reason = actions.refusal(actions.action(action_id), self.store)
        if reason:
            self._tell(reason, "warning")
        return not reason

    def action_step(self, by: int) -> None:
        self.store.step(by)
        self.frame()

    def action_go_to(self, number: int) -> None:
        if not self.store.select(number):
            self._tell(f"There is no call {number}.", "warning")
        self.frame()

    def on_call_list_picked(self, event: CallList.Picked) -> None:
        self.action_go_to(event.call)

    def action_freeze(self) -> None:
        transcript = self.floor.transcript
        transcript.frozen = not transcript.frozen
        if not transcript.frozen:
            transcript.to_end()
        self.frame()

    def action_next_pane(self) -> None:
        self.floor.next_pane()
        self.call_after_refresh(self.frame)

    def action_help(self) -> None:
        self.push_screen(HelpModal(self._glyphs))

    def action_dial(self) -> None:
        if not self._may("call.dial"):
            return
        call = self.store.call
        suggested = call.scenario if call and call.scenario else self._last_dialled
        self.push_screen(DialModal(self._scenarios, self._name_of(suggested), self._glyphs), self._dialled)

    def _name_of(self, scenario: str) -> str:
        return next((name for name, file in self._scenarios.items() if file == scenario), scenario)

    def _dialled(self, scenario: str | None) -> None:
        if scenario and self._may("call.dial"):
            self._last_dialled = scenario
            self._place_call(scenario)

    @work(group="commands")
    async def _place_call(self, scenario: str) -> None:
        try:
            self.store.want(await self.link.place_call(scenario))
        except CallThingError as error:
            self._tell(str(error), "error")

    def action_hang_up(self) -> None:
        if not self._may("call.hang_up"):
            return
        call = self.store.call
        assert call is not None  # else refused above
        number = call.number  # the call that was named; selecting another one meanwhile changes nothing

        def answered(yes: bool | None) -> None:
            if yes and self._may("call.hang_up"):
                self._hang_up(number)

        self.push_screen(HangUpModal(number, call.restaurant), answered)

    @work(group="commands")
    async def _hang_up(self, number: int) -> None:
        try:
            await self.link.hang_up(number)
        except CallThingError as error:
            self._tell(str(error), "error")
        else:
            self._tell(f"Call {number} is being ended.")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the table has."""
        for entry in actions.ACTIONS:
            if entry.id not in ("palette",) and not actions.refusal(entry, self.store):
                yield SystemCommand(f"{entry.help}  ({entry.shown})", entry.id, self._runner(entry.name))

    def _runner(self, action_name: str):  # type: ignore[no-untyped-def]
        async def run() -> None:
            await self.run_action(action_name)

        return run
