"""The recorded calls, newest first: find one, replay it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from console import theme
from console.frame import Frame
from console.glyphs import Glyphs
from console.screens.main import MainScreen
from console.state.recorded import Recording
from console.widgets.pane import clip, harmless
from console.widgets.pick_list import PickList
from console.widgets.replay_bar import clock_words

GOOD = ("booked", "changed", "cancelled")
WIDE = 100  # columns from which the scenario is shown


def outcome_look(row: Recording, glyphs: Glyphs) -> tuple[str, Style]:
    """Sign and word of how it ended, and their colour."""
    if not row.outcome:
        return f"{glyphs.starting} unfinished", theme.WARN
    word = row.outcome.replace("_", " ").replace("far end ", "they ")
    if row.outcome in GOOD:
        return f"{glyphs.good} {word}", theme.GOOD
    if row.outcome == "needs_human":
        return f"{glyphs.alert} {word}", theme.ALERT
    return f"{glyphs.ended} {word}", theme.GREY


def row_text(row: Recording, width: int, glyphs: Glyphs) -> Text:
    """One line: when, where, language, how it ended, how long, sound, marks; or what is wrong with it."""
    when = f"{row.began:%Y-%m-%d %H:%M}" if row.began else clip("?", 16)
    text = Text(f"{when}  ", theme.TEXT)
    if row.began is None:
        words = f"{row.folder.name}: {row.problem}"
        text.append(clip(harmless(words), width - text.cell_len, glyphs.ellipsis).rstrip(), theme.WARN)
        return text
    outcome, style = outcome_look(row, glyphs)
    tail = Text(f" {harmless(row.language):<3}", theme.TEXT)
    tail.append(clip(harmless(outcome), 18, glyphs.ellipsis), style)
    length = clock_words(int(row.seconds * 1e6)) if row.seconds is not None else glyphs.none
    tail.append(f"{length:>6} ", theme.TEXT)
    tail.append(" sound" if row.sound else "      ", theme.GREY)
    marks = f"{glyphs.mark}{row.marks}" if row.marks else ""
    tail.append(f" {marks:<3}", theme.STRONG)
    if width >= WIDE:
        scenario = row.problem or row.scenario
        tail.append(
            clip(f" {harmless(scenario)}", 28, glyphs.ellipsis), theme.WARN if row.problem else theme.FAINT
        )
    text.append(
        clip(harmless(row.restaurant), width - text.cell_len - tail.cell_len, glyphs.ellipsis), theme.STRONG
    )
    return text + tail


class LibraryScreen(MainScreen):
    """Rows come a few at a time, as they are read. Enter replays one."""

    called = "library"
    CSS_PATH: ClassVar[list[str]] = ["../styles/base.tcss", "../styles/replay.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "step_back", "back", show=False),
        Binding("slash", "filter", "filter", show=False),
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
    ]

    def __init__(self, glyphs: Glyphs, where: str, opened: Callable[[Path], None]) -> None:
        """where: the directory, for people. opened: told which one to replay."""
        super().__init__(glyphs)
        self._where, self._opened = where, opened
        self._all: list[Recording] = []
        self._seen: list[Recording] = []  # those that match
        self._complete = False
        self._drawn_for = 0  # columns
        self._filter = Input(
            id="library-filter", placeholder="/ filter: restaurant, language, outcome, date, marked"
        )
        self._list = PickList(id="library-list", focus=True)
        self._hint = Static("", id="library-hint")

    def panes(self) -> Iterable[Widget]:
        yield self._filter
        yield self._list
        yield self._hint

    def on_mount(self) -> None:
        self._filter.cursor_blink = False
        self._list.border_title = "Recorded calls"
        self._list.focus()
        self._fill()

    def add(self, rows: Sequence[Recording], complete: bool) -> None:
        """More of them have been read; complete: there are no more."""
        self._all += rows
        self._complete = complete
        self._fill()

    def paint(self, frame: Frame) -> None:
        """Nothing changes by itself but the width."""
        if self._list.scrollable_content_region.width != self._drawn_for:
            self._fill()

    def _fill(self) -> None:
        if not self.is_mounted:
            return
        width = self._drawn_for = self._list.scrollable_content_region.width
        words = self._filter.value.casefold().split()
        before = self._picked
        self._seen = [row for row in self._all if all(word in row.words for word in words)]
        rows = [(row_text(row, width, self._glyphs), row.began is not None) for row in self._seen]
        self._list.fill(rows, self._seen.index(before) if before in self._seen else 0)
        count = f"{len(self._seen)} of {len(self._all)}" if words else f"{len(self._all)}"
        reading = "" if self._complete else f", reading {self._glyphs.ellipsis}"
        self._list.border_subtitle = f"enter replays   h report   {count}{reading}"
        self._hint.display = not self._seen
        self._list.display = bool(self._seen)
        self._filter.display = bool(self._all)  # else it would take the keys
        self._hint.update(self._empty_words())

    def _empty_words(self) -> Text:
        if self._all:
            return Text("No recorded call has these words. ", theme.WARN).append(
                "esc clears them.", theme.GREY
            )
        if not self._complete:
            return Text("Reading the recorded calls ", theme.GREY).append(self._glyphs.ellipsis)
        text = Text(f"No recorded calls in {harmless(self._where)}.\n\n", theme.TEXT)
        text.append("Each call is recorded from its first second. ", theme.GREY)
        return (
            text.append("i", theme.STRONG)
            .append(" picks a scenario to dial, or: ", theme.GREY)
            .append("call-thing call en/accepts", theme.STRONG)
        )

    @property
    def _picked(self) -> Recording | None:
        at = self._list.highlighted
        return self._seen[at] if at is not None and at < len(self._seen) else None

    @property
    def picked_folder(self) -> Path | None:
        """Of the selected row; None where there is none that can be replayed."""
        picked = self._picked
        return picked.folder if picked is not None and picked.began is not None else None

    def on_input_changed(self, event: Input.Changed) -> None:
        self._fill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._list.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if self._picked is not None:
            self._opened(self._picked.folder)

    def action_filter(self) -> None:
        self._filter.focus()

    def action_move(self, by: int) -> None:
        self._list.move(by)

    def action_step_back(self) -> None:
        """Out of the field, then out of the filter, then out of the screen."""
        if self.focused is self._filter and self._seen:
            self._list.focus()
        elif self._filter.value:
            self._filter.value = ""
            self._list.focus()
        else:
            self.dismiss()
