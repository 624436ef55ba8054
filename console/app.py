"""The console's app: one store, one frame clock, the controls behind the actions of the table."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from console import actions, kitty, theme
from console.audio.base import Sound
from console.audio.sounddevice_ import DeviceSound
from console.clock import SystemClock
from console.control.approvals import ApprovalControl
from console.control.calls import CallControl
from console.control.desk import Link, Severity
from console.control.dialling import DialControl
from console.control.listening import ListenControl
from console.control.mic import MicControl
from console.control.saying import SayControl
from console.control.trials import TrialControl
from console.control.view import ViewControl
from console.frame import Frame
from console.glyphs import ASCII, UNICODE, Glyphs
from console.screens.floor import Floor
from console.state.store import Store
from console.widgets.call_list import CallList
from console.widgets.pane import harmless
from engine.errors import CallThingError
from engine.protocol import Message
from engine.settings import ConsoleSettings

FPS_LOCAL, FPS_SSH = 15, 8


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
        settings: ConsoleSettings | None = None,
        microphone: bool = True,
        accounts: tuple[str, ...] = (),
        sound: Sound | None = None,
    ) -> None:
        """demo: scenario file to dial once the engine is ready. fps: 0 = paint only when `frame` is called.

        where: the state directory, for the words that say what is waited for. microphone: whether this console may
        use one; in a browser it may not, since it would be the one of the machine that serves it. accounts: of real
        lines, the usual one first. sound: in place of the machine's own.
        """
        super().__init__(driver_class=kitty.driver_class())
        self.store, self.link, self.glyphs = store, link, glyphs
        self.clock = clock or SystemClock()
        self.floor = Floor(glyphs)
        self._demo = demo
        self.settings = settings or ConsoleSettings()
        self.microphone = microphone
        usual_fps = self.settings.fps or (FPS_SSH if os.environ.get("SSH_CONNECTION") else FPS_LOCAL)
        self._fps = usual_fps if fps is None else fps
        self._where = where
        self._view = ViewControl(self, self.floor)
        self._dialling = DialControl(self, scenarios or {}, demo, accounts)
        own = DeviceSound(self.settings.microphone, self.settings.speaker)
        ears = (sound or own) if microphone else None
        talk = self.settings.keys.get("mic.talk", actions.action("mic.talk").keys)
        self._mic = MicControl(self, ears, on_blur=self.settings.on_blur, talk_keys=talk)
        self._listening = ListenControl(self, ears)
        acts = (
            CallControl(self), SayControl(self), ApprovalControl(self), TrialControl(self), self._mic,
            self._listening,
        )  # fmt: skip
        self._handlers: dict[str, Callable[[], None]] = {
            **self._view.handlers(),
            **self._dialling.handlers(),
            **{action: handler for control in acts for action, handler in control.handlers().items()},
            "focus.next": self.action_focus_next,
            "focus.previous": self.action_focus_previous,
            "palette": self.action_command_palette,
            "quit": self.exit,
            "screen.back": self._back,
        }
        self.register_theme(theme.CALL_THING)
        self.theme = theme.CALL_THING.name
        self.animation_level = "none"

    def on_mount(self) -> None:
        self.set_class(self.glyphs is ASCII, "-ascii")
        self.push_screen(self.floor)
        self.screen_change_signal.subscribe(self, lambda screen: self._mic.modal(screen.is_modal))
        self.app_suspend_signal.subscribe(self, lambda _: self._mic.suspended())
        if self._fps:
            self._watch()
            self.set_interval(1 / self._fps, self.frame)

    def on_unmount(self) -> None:
        self._listening.leave()
        self._mic.leave()
        self.link.close()

    @work(exclusive=True, group="watch")
    async def _watch(self) -> None:
        await self.link.watch()

    # --- a frame -----------------------------------------------------------------------------------

    def frame(self) -> None:
        """Take in what has arrived and paint what has changed."""
        for notice in self.link.drain():
            self.tell(notice)
        self.store.tick(self.clock.now_us())
        self._mic.frame(self.clock.now_us())
        self._listening.frame()
        if self._demo and self.store.link == "live" and self.store.rooms.ready == len(self.store.rooms.rooms):
            scenario, self._demo = self._demo, ""
            self._dialling.dial(scenario)
        frame = Frame(self.store, self.clock.wall(), self._waiting())
        for screen in list(self.screen_stack):  # a box may close itself
            if screen.is_mounted and hasattr(screen, "sync"):
                screen.sync(frame)

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

    # --- what controls are given, see control/desk.py ------------------------------------------------

    def tell(self, words: str, severity: Severity = "information") -> None:
        """See Desk."""
        self.notify(
            harmless(words), severity=severity, timeout=15 if severity == "error" else 5, markup=False
        )

    def may(self, action_id: str) -> bool:
        """See Desk."""
        reason = actions.refusal(actions.action(action_id), self.store)
        if reason:
            self.tell(reason, "warning")
        return not reason

    def open(self, screen: Screen[Any], answered: Callable[[Any], None] | None = None) -> None:
        """See Desk."""
        self.push_screen(screen, answered)

    def command(self, command: Message, call: int = 0, done: str = "") -> None:
        """See Desk."""
        self.background(self._request(command, call, done))

    async def _request(self, command: Message, call: int, done: str) -> None:
        await self.link.request(command, call)
        if done:
            self.tell(done)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """See Desk."""
        self.run_worker(self._told(work), group="commands")

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CallThingError as error:
            self.tell(str(error), "error")

    # --- actions -------------------------------------------------------------------------------------

    @property
    def screen_name(self) -> str:
        """Of the screen on top; "" for a modal."""
        return getattr(self.screen, "called", "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key means this here; what cannot be done now is still taken, and refused with its reason."""
        if action != "act":
            return True
        entry = actions.action(str(parameters[0]))
        return actions.belongs(entry, self.screen_name or "floor", self.store) and entry.id in self._handlers

    def action_act(self, action_id: str) -> None:
        """Do what the table names."""
        if self.may(action_id):
            self._handlers[action_id]()

    def action_go_to(self, number: int) -> None:
        self._view.go_to(number)

    async def on_event(self, event: events.Event) -> None:
        """Keys in the order in which they came; through the widgets each takes its own time."""
        if isinstance(event, events.Key | events.MouseDown) and not event.is_forwarded:
            self._mic.pressed(event.key if isinstance(event, events.Key) else "")
        await super().on_event(event)

    def on_app_blur(self) -> None:
        self._mic.blurred()

    def on_app_focus(self) -> None:
        self._mic.focused()

    def on_key_released(self, event: kitty.KeyReleased) -> None:
        self._mic.released(event.key)

    def on_reports_releases(self) -> None:
        self._mic.reports_releases()

    def on_call_list_picked(self, event: CallList.Picked) -> None:
        self._view.go_to(event.call)

    def _back(self) -> None:
        if self.screen is not self.floor:
            self.pop_screen()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the table has."""
        for entry in actions.ACTIONS:
            here = actions.belongs(entry, self.screen_name, self.store) and entry.id in self._handlers
            if entry.id != "palette" and here and not actions.refusal(entry, self.store):
                yield SystemCommand(f"{entry.help}  ({entry.shown})", entry.id, self._handlers[entry.id])
