"""Small panes of facts: the reservation, what the cache did, how the rooms are."""

from __future__ import annotations

from datetime import date

from rich.text import Text

from console import theme
from console.glyphs import Glyphs, room_look
from console.state.call import Call
from console.state.rooms import RoomView
from console.state.store import Store
from console.widgets.pane import Pane, clip, wrap

RESERVATION_ROWS = 7
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
    if field == "date" and value:
        try:
            return f"{date.fromisoformat(value):%a %-d %b}"
        except ValueError:
            return str(value)
    return str(value or "")


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
        line.append(value or glyphs.none, theme.TEXT if value else theme.GREY)
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


def _in_a_row(call: Call, glyphs: Glyphs) -> Text:
    line = Text()
    for field, label in FIELDS:
        value = field_value(call, field)
        line.append(f"{label} ", theme.GREY)
        line.append(value or glyphs.none, theme.TEXT if value else theme.GREY)
        line.append(f" {glyphs.good}" if field in call.reservation.confirmed_by else "", theme.GOOD)
        line.append("  ")
    return line


class ReservationPane(Pane):
    """The record of the selected call."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Reservation", id="reservation")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        width, height = self.scrollable_content_region.size
        self.set_lines(reservation_lines(store.call, width, height, self._glyphs))


def cache_lines(call: Call | None, width: int, height: int, glyphs: Glyphs) -> list[Text]:
    """The last look-up: how alike, served or not, and why."""
    last = call.cache.last if call else None
    if last is None:
        return [Text("no look-up yet", theme.GREY)]
    line = Text("last ", theme.GREY)
    line.append(f"{last.similarity:.2f} ", theme.TEXT)
    line.append("hit " if last.hit else "miss ", theme.GOOD if last.hit else theme.WARN)
    if height == 1:
        line.append(clip(last.verdict, width - line.cell_len, glyphs.ellipsis), theme.TEXT)
        return [line]
    line.append(f"{last.cache_us / 1000:.0f} ms", theme.GREY)
    lines = [line]
    if last.verdict:
        lines += wrap(Text(last.verdict, theme.TEXT), width)[:2]
    if last.nearest:
        lines.append(
            Text("near ", theme.GREY) + Text(clip(last.nearest, width - 5, glyphs.ellipsis), theme.FAINT)
        )
    return lines


class CachePane(Pane):
    """Hits of the selected call, and its last verdict."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Cache", id="cache")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        call = store.call
        hits = f"  {call.cache.hits}/{call.cache.lookups} hits" if call and call.cache.lookups else ""
        self.set_titles(f"Cache{hits}")
        width, height = self.scrollable_content_region.size
        self.set_lines(cache_lines(call, width, height, self._glyphs))


def room_line(room: RoomView, width: int, glyphs: Glyphs) -> Text:
    """One room: sign, name, state, what else is worth knowing."""
    look = room_look(room.state, glyphs)
    line = Text(f"{look.glyph} ", look.style)
    line.append(f"{room.name:<11}", theme.TEXT)
    line.append(f"{look.word:<9}", look.style)
    if room.state == "ready":
        line.append(f"{room.late_ms:4.1f} ms", theme.GREY)
    if room.restarts:
        line.append(f"  back {room.restarts}{glyphs.times}", theme.WARN)
    if room.lost:
        line.append(f"  lost {room.lost}", theme.WARN)
    if room.note:
        line.append(f"  {room.note}", theme.WARN)
    line.truncate(width)
    return line


class RoomsPane(Pane):
    """The seven rooms in the order of the flow."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Rooms", id="rooms")
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
