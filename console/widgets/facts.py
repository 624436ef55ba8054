"""Small panes of facts: the reservation with its changes, and how the rooms are."""

from __future__ import annotations

from datetime import date

from rich.style import Style
from rich.text import Text

from console import theme
from console.glyphs import Glyphs, room_look
from console.state.call import Call
from console.state.changes import ReservationChange
from console.state.rooms import RoomView
from console.state.store import Store
from console.widgets.call_row import clock_of
from console.widgets.pane import Pane, clip, wrap

RESERVATION_ROWS = 9
FIELDS = (
    ("date", "date"),
    ("time", "time"),
    ("party_size", "party"),
    ("name", "name"),
    ("phone", "phone"),
    ("reference", "ref"),
)


def field_value(call: Call, field: str) -> str:
    """A field of the reservation as people say it; "" when it is not known."""
    value = getattr(call.reservation, field)
    return day(value) if field == "date" else str(value or "")


def wanted(call: Call, field: str) -> str:
    """What the person wants of a field that is still open, and what else would do; "" when that is not known."""
    task = call.task
    if task is None or call.reservation.status != "open" or not hasattr(task, field):
        return ""
    others: list[str] = []
    if field == "date":
        others = [day(other) for other in task.accept_dates]
        return ", ".join((day(task.date), *others))
    if field == "time":
        others = list(task.accept_times)
        if task.accept_from or task.accept_until:
            others.append(f"{task.accept_from or task.time}-{task.accept_until or task.time}")
        return ", ".join((task.time, *others))
    return str(getattr(task, field) or "")


def day(iso: str) -> str:
    """A date as people say it; what is none as it is."""
    try:
        return f"{date.fromisoformat(iso):%a %-d %b}" if iso else ""
    except ValueError:
        return iso


LABELS = dict(FIELDS)


def reservation_lines(call: Call | None, width: int, height: int, glyphs: Glyphs) -> list[Text]:
    """Status, then each field with the words that confirmed it."""
    if call is None:
        return [Text(glyphs.none, theme.GREY)]
    record = call.reservation
    done = record.status in ("booked", "changed", "cancelled")
    status = Text(f"{glyphs.good} " if done else "", theme.GOOD)
    status.append(
        record.status,
        theme.GOOD + theme.STRONG if done else theme.WARN if record.status == "open" else theme.GREY,
    )
    if call.reservation_source:
        status.append(f"  by {call.reservation_source}", theme.FAINT)
    if height < RESERVATION_ROWS:
        return [status, *wrap(_in_a_row(call, glyphs), width)]
    lines = [status]
    for field, label in FIELDS:
        value, words = field_value(call, field), record.confirmed_by.get(field, "")
        line = Text(f"{label:<6}", theme.GREY)
        line.append(*_shown(call, field, value, glyphs))
        if words:
            line.append(f" {glyphs.good} ", theme.GOOD)
            opening, closing = glyphs.quote
            line.append(
                opening
                + clip(words, max(0, min(len(words), width - line.cell_len - 2)), glyphs.ellipsis)
                + closing,
                theme.FAINT,
            )
        lines.append(line)
    return lines


def _shown(call: Call, field: str, value: str, glyphs: Glyphs) -> tuple[str, Style]:
    """What has been agreed, or fainter what is wanted."""
    if value:
        return value, theme.TEXT
    aim = wanted(call, field)
    return (f"wants {aim}", theme.FAINT) if aim else (glyphs.none, theme.GREY)


def _in_a_row(call: Call, glyphs: Glyphs) -> Text:
    line = Text()
    for field, label in FIELDS:
        value = field_value(call, field)
        if not value and field in ("phone", "reference"):
            continue  # often not asked for
        line.append(f"{label} ", theme.GREY)
        line.append(*_shown(call, field, value, glyphs))
        line.append(f" {glyphs.good}" if field in call.reservation.confirmed_by else "", theme.GOOD)
        line.append("  ")
    return line


def change_line(change: ReservationChange, call: Call, width: int, glyphs: Glyphs) -> Text:
    """What changed, by what, after which words."""
    line = Text(f"{clock_of(call.offset_s(change.at_us))} ", theme.FAINT)
    line.append(f"{LABELS.get(change.field, change.field)} ", theme.GREY)
    if change.old != change.new:
        line.append(f"{change.old or glyphs.none} {glyphs.arrow} ", theme.GREY)
    line.append(change.new or glyphs.none, theme.STRONG)
    line.append("" if change.old != change.new else f" {glyphs.good}", theme.GOOD)
    line.append(f"  {change.source}", theme.TOOL)
    if change.words:
        opening, closing = glyphs.quote
        line.append(f" {opening}{change.words}{closing}", theme.FAINT)
    line.truncate(width, overflow="ellipsis" if glyphs.ellipsis == "…" else "crop")
    return line


class ReservationPane(Pane):
    """The record of the selected call, and below it what changed and why, the newest first."""

    help_text = (
        "What has been agreed, and until then what the person wants and what else would do. ✓ and the words: the "
        "restaurant confirmed it with them. Below: each change, the tool that made it, and what was said before."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Reservation", id="reservation")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        call = store.call
        if not self.differs(call, call.version if call else 0):
            return
        width, height = self.scrollable_content_region.size
        lines = reservation_lines(call, width, height, self._glyphs)
        if call is not None and call.changes:
            count = len(call.changes)
            self.set_titles("Reservation", "1 change" if count == 1 else f"{count} changes")
            lines += [change_line(change, call, width, self._glyphs) for change in reversed(call.changes)]
        else:
            self.set_titles("Reservation")
        self.set_lines(lines)


ROOM_CELLS = 30


def room_line(room: RoomView, width: int, glyphs: Glyphs) -> Text:
    """One room: sign, name, state, what else is worth knowing; with little room the figure stands for "ready"."""
    look = room_look(room.state, glyphs)
    line = Text(f"{look.glyph} ", look.style)
    line.append(f"{room.name:<11}", theme.TEXT)
    if room.state != "ready" or width >= ROOM_CELLS:
        line.append(f"{look.word:<9}", look.style)
    if room.state == "ready":
        line.append(f"{room.late_ms:4.1f} ms", theme.GREY)
    if room.restarts:
        line.append(f"  {'back ' if width >= ROOM_CELLS else ''}{room.restarts}{glyphs.times}", theme.WARN)
    if room.lost:
        line.append(f"  lost {room.lost}", theme.WARN)
    if room.note:
        line.append(f"  {room.note}", theme.WARN)
    line.truncate(width)
    return line


class RoomsPane(Pane):
    """The seven rooms in the order of the flow."""

    help_text = (
        "The engine's processes: how long a message waited in each, how often each came back, what it lost. "
        "R restarts one."
    )

    def __init__(self, glyphs: Glyphs, *, id: str = "rooms") -> None:  # noqa: A002 - Textual's name
        super().__init__("Rooms", id=id)
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        width, height = self.scrollable_content_region.size
        rooms = list(store.rooms.rooms.values())
        self.set_titles(f"Rooms  {store.rooms.ready}/{len(rooms)} ready")
        if height >= len(rooms):
            self.set_lines([room_line(room, width, self._glyphs) for room in rooms])
            return
        half, cells = (len(rooms) + 1) // 2, width // 2
        lines = []
        for number in range(half):
            line = room_line(rooms[number], cells - 1, self._glyphs)
            line.pad_right(max(0, cells - line.cell_len))
            if number + half < len(rooms):
                line += room_line(rooms[number + half], cells - 1, self._glyphs)
            lines.append(line)
        self.set_lines(lines)
