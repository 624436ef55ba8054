"""The console's app: one store, one frame clock, the controls behind the actions of the table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from textual import events, work
from textual.app import SystemCommand
from textual.binding import BindingsMap
from textual.screen import ModalScreen, Screen
from textual.timer import Timer

from console import actions, available, keymap, kitty, theme
from console.audio.base import Sound
from console.clock import SystemClock
from console.control.coordinating import Coordinated, NoCoordinator
from console.control.desk import Link
from console.control.dialling import DialControl
from console.control.hands import Hands
from console.control.view import ViewControl
from console.desk_app import DeskApp
from console.frame import Frame
from console.glyphs import ASCII, UNICODE, Glyphs
from console.screens.floor import Floor
from console.screens.help import HelpModal
from console.screens.modals.box import Box, Leftover
from console.state.attention import Attention, title_of
from console.state.logbook import LogBook
from console.state.store import Store
from console.terminal_title import TerminalTitle
from console.waiting import waiting_words
from console.widgets.bars import Bar, key_sign
from console.widgets.picked import Picked
from engine.settings import ConsoleSettings

FPS_LOCAL, FPS_SSH, FPS_SLOW = 15, 8, 5


class ConsoleApp(DeskApp):
    """Shows calls and passes the operator's wishes on."""

    TITLE = "Call-Thing"

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
        sound: Sound | None = None,
        accounts: tuple[str, ...] = (),
        journals: Path | None = None,
        replay: Path | None = None,
        coordinated: Coordinated | None = None,
    ) -> None:
        """demo: scenario file to dial once the engine is ready. fps: 0 = paint only when `frame` is called.

        where: the state directory, for the words that say what is waited for. microphone: whether this console may
        use one; in a browser it may not, since it would be the one of the machine that serves it. sound: this
        machine's. accounts: of real lines, the usual one first. journals: where the recorded calls are. replay: the
        folder of the one to begin with. coordinated: the coordinator of that directory, and its jobs.
        """
        self.settings = settings or ConsoleSettings()
        theme.use(self.settings.theme)
        super().__init__(driver_class=kitty.driver_class())
        self.store, self.link, self.glyphs = store, link, glyphs
        self.clock = clock or SystemClock()
        self.floor, self.log_book = Floor(glyphs), LogBook()
        self._demo, self._where, self._replay = demo, where, replay
        usual_fps = self.settings.fps or (FPS_SSH if os.environ.get("SSH_CONNECTION") else FPS_LOCAL)
        self._fps = usual_fps if fps is None else fps
        self._pace: tuple[int, Timer] | None = None
        self._leftover = Leftover(self.clock.now_us)
        self._top: Screen[object] | None = None  # of the last frame
        self._attention, self._terminal = Attention(self.settings.bell), TerminalTitle(self)
        self.table, self._wrong_keys = keymap.remapped(self.settings.keys)
        self._bindings = BindingsMap(keymap.bindings(self.table))  # none of Textual's: ^q would leave at once
        self._view = ViewControl(self, self.floor)
        self._dialling = DialControl(self, scenarios or {}, demo, accounts)
        self.hands = Hands(
            self,
            self._view,
            self.settings,
            sound if microphone else None,
            self._dialling,
            journals or Path(where),
            coordinated or NoCoordinator(where),
        )
        self.handlers: dict[str, Callable[[], None]] = {
            **self.hands.handlers(),
            "focus.next": self.action_focus_next,
            "focus.previous": self.action_focus_previous,
            "palette": self.action_command_palette,
            "quit": self.exit,
        }
        for palette in theme.PALETTES.values():
            self.register_theme(theme.textual_theme(palette))
        self.theme = f"call-thing-{self.settings.theme}"
        self.animation_level = "none"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Names of our own in the style sheets, for whatever theme."""
        return theme.variables(theme.current)

    def on_mount(self) -> None:
        self.set_class(self.glyphs is ASCII, "-ascii")
        self.push_screen(self.floor)
        changed, stopping = self.screen_change_signal, self.app_suspend_signal
        changed.subscribe(self, lambda top: self.hands.modal(isinstance(top, ModalScreen)), immediate=True)
        stopping.subscribe(self, lambda _: self.hands.mic.suspended(), immediate=True)
        for words in self._wrong_keys:
            self.tell(words, "warning")
        if self._replay is not None:
            self.hands.replay.open(self._replay)
        if self._fps:
            self._watch()
            self._keep_pace()

    def on_unmount(self) -> None:
        self.hands.leave()
        self._terminal.restore()
        self.link.close()

    @work(exclusive=True, group="watch")
    async def _watch(self) -> None:
        await self.link.watch()

    # --- a frame -----------------------------------------------------------------------------------

    def frame(self) -> None:
        """Take in what has arrived and paint what has changed, of what can be seen."""
        for notice in self.link.drain():
            self.tell(notice)
        store, wall = self.store, self.clock.wall()
        store.tick(self.clock.now_us())
        self.log_book.take(store, wall)
        self.hands.frame()
        if self._demo and store.link == "live" and store.rooms.ready == len(store.rooms.rooms):
            scenario, self._demo = self._demo, ""
            self._dialling.dial(scenario)
        if self._attention.rings(store, self.clock.now_us()):
            self.bell()
        self._terminal.show(title_of(store, self.TITLE))
        waiting = waiting_words(store, self.link.problem, self._where, bool(self._demo))
        frame = Frame(store, wall, waiting, self.log_book, self.table)
        for screen in self.seen():
            sync = getattr(screen, "sync", None)
            if sync is not None and screen.is_mounted:
                sync(frame)
            if isinstance(screen, Box) and screen.goes:
                self._leftover.closed()
        self._lay_out_anew()
        if self._pace is not None:
            self._keep_pace()

    def _lay_out_anew(self) -> None:
        """A screen that came on top while another one closed may have missed its turn to paint itself."""
        if self.screen is not self._top and self.screen.is_mounted:
            self._top = self.screen
            self.screen.refresh(layout=True)

    def _keep_pace(self) -> None:
        """So many frames a second; fewer where the way to the engine is long."""
        fps = min(self._fps, FPS_SLOW) if self.store.slow else self._fps
        if self._pace is None or self._pace[0] != fps:
            if self._pace is not None:
                self._pace[1].stop()
            self._pace = fps, self.set_interval(1 / fps, self.frame)

    def keys_help(self, own: str) -> HelpModal:
        """See LookingDesk."""
        return HelpModal(self.glyphs, self.table, own)

    # --- actions -------------------------------------------------------------------------------------

    @property
    def place(self) -> str:
        """Where the operator is, as the table names it."""
        return getattr(self.main, "called", "") or "floor"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key means this here; what cannot be done now is still taken, and refused with its reason."""
        if action != "act":
            return True
        entry = actions.action(str(parameters[0]))
        return available.belongs(entry, self.place, self.store) and entry.id in self.handlers

    def action_act(self, action_id: str) -> None:
        """Do what the table names."""
        if self.may(action_id):
            self.handlers[action_id]()

    def action_go_to(self, number: int) -> None:
        self._view.go_to(number)

    def on_picked(self, event: Picked) -> None:
        self._view.go_to(event.call)

    async def on_event(self, event: events.Event) -> None:
        """Keys in the order in which they came; through the widgets each takes its own time."""
        if isinstance(event, events.Key) and not event.is_forwarded and self._is_left_over(event):
            return
        if isinstance(event, events.Key | events.MouseDown) and not event.is_forwarded:
            self.hands.mic.pressed(event.key if isinstance(event, events.Key) else "")
        await super().on_event(event)

    def _is_left_over(self, event: events.Key) -> bool:
        """Whether it was meant for a box that has closed by itself."""
        return self._leftover.takes(event.key, event.is_printable)

    async def on_bar_asked(self, event: Bar.Asked) -> None:
        await self.run_action(f"act('{event.action}')")

    def on_app_blur(self) -> None:
        self.hands.mic.blurred()

    def on_app_focus(self) -> None:
        self.hands.mic.focused()

    def on_key_released(self, event: kitty.KeyReleased) -> None:
        self.hands.mic.released(event.key)

    def on_reports_releases(self) -> None:
        self.hands.mic.reports_releases()

    def use_palette(self, name: str) -> None:
        """Other colours, at once."""
        theme.use(name)
        self.theme = f"call-thing-{name}"
        self.call_after_refresh(self.frame)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the table has, and the colours."""
        for entry in self.table:
            here = available.belongs(entry, self.place, self.store) and entry.id in self.handlers
            if entry.id != "palette" and here and not available.refusal(entry, self.store):
                title = f"{entry.help}  ({key_sign(entry.shown, self.glyphs)})"
                yield SystemCommand(title, actions.GROUPS[entry.group], self.handlers[entry.id])
        for name in theme.PALETTES:
            yield SystemCommand(f"Colours: {name}", "The console", lambda name=name: self.use_palette(name))
