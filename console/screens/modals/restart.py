"""Which room of the engine is to be ended and started again. Enter is not yes."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from console import theme
from console.frame import Frame
from console.glyphs import Glyphs, room_look
from console.screens.modals.box import Box, keys
from console.state.rooms import RoomView
from console.widgets.pick_list import PickList


class RestartModal(Box[str]):
    """The answer is the name of a room."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "yes", "restart")]

    def __init__(self, rooms: list[RoomView], glyphs: Glyphs) -> None:
        super().__init__()
        self._names, self._glyphs = [room.name for room in rooms], glyphs
        self._list = PickList(focus=True)
        self._painted: list[str] = []
        self._first = [self._row(room) for room in rooms]

    def compose(self) -> ComposeResult:
        with Vertical(classes="box alert") as box:
            box.border_title = "Restart a room"
            yield self._list
            yield Static(
                Text("What it was doing for its calls is lost; the calls go on when it is back.", theme.TEXT),
                classes="words",
            )
            yield Static(keys(("y", "restart"), ("esc", "back")))

    def on_mount(self) -> None:
        self._list.fill([(row, True) for row in self._first])
        self._list.focus()

    def show(self, frame: Frame) -> None:
        rows = [self._row(frame.store.rooms.rooms[name]) for name in self._names]
        for at, row in enumerate(rows):
            if at >= len(self._painted) or self._painted[at] != row.plain:
                self._list.replace_option_prompt_at_index(at, row)
        self._painted = [row.plain for row in rows]

    def _row(self, room: RoomView) -> Text:
        look = room_look(room.state, self._glyphs)
        row = Text(f"{room.name:<12}", theme.TEXT).append(f"{look.glyph} {look.word:<9}", look.style)
        return row.append(f"{room.restarts} restarts" if room.restarts else "", theme.GREY)

    def action_yes(self) -> None:
        if self._list.highlighted is not None:
            self.dismiss(self._names[self._list.highlighted])
