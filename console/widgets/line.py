"""The line of the selected call: encryption, echo or hold, then figures two by two, the weightiest first."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from console import theme
from console.glyphs import Glyphs
from console.state.call import Call
from console.state.line import LOSS_LIMIT, PLAYOUT_LIMIT_MS, ROUND_TRIP_LIMIT_MS, Line
from console.state.line_words import held_by
from console.state.store import Store
from console.widgets.pane import Pane, clip

GAP = 2  # cells between the two columns
VALUE_CELLS = 6  # "123 ms", "<0.1 %"; names make room for as much, so that they do not change with the value
SIMULATED = "simulated"
TITLE_DIGITS = 8  # pressed by the far end, the newest of them


@dataclass(frozen=True)
class Figure:
    """One number: which way it goes, what it is, its value. The short name is for narrow panes."""

    way: str
    name: str
    value: str
    warn: bool = False
    short: str = ""


def has_place(call: Call | None) -> bool:
    """Whether there is, or will be, anything to show: every line but a simulated one tells of itself."""
    return call is not None and (call.wire.known or call.line not in ("", SIMULATED))


def percent(share: float | None, glyphs: Glyphs) -> str:
    """A share of packets as people read it."""
    if share is None:
        return glyphs.none
    if 0 < share < 0.0005:
        return "<0.1 %"
    return f"{share * 100:.0f} %" if share >= 0.0995 else f"{share * 100:.1f} %"


def duration(ms: float | None, glyphs: Glyphs) -> str:
    """Milliseconds, or seconds where there are many: never wider than six cells."""
    if ms is None:
        return glyphs.none
    return f"{ms:.0f} ms" if ms < 999.5 else f"{min(ms, 99_900) / 1000:.1f} s"


def codec_name(codec: str) -> str:
    """The codec as people write it, "opus 48 kHz"; what the line writes in another way stays as it is."""
    name, _, rate = codec.partition("/")
    hertz = rate.split("/")[0]
    return f"{name} {int(hertz) / 1000:g} kHz" if hertz.isdecimal() else codec


def figures(call: Call, glyphs: Glyphs) -> list[Figure]:
    """In the order of their weight, two to a row."""
    last, far, near = call.wire.quality, glyphs.listening, glyphs.speaking
    if last is None:
        return []
    losses = call.wire.losses(whole_call=not call.live)
    told = call.wire.far_has_reported
    trip = last.round_trip_ms or None
    return [
        Figure(far, "loss", percent(losses.far, glyphs), (losses.far or 0) > LOSS_LIMIT),
        Figure(near, "loss", percent(losses.near, glyphs), (losses.near or 0) > LOSS_LIMIT),
        Figure(far, "playout", duration(last.playout_ms, glyphs), last.playout_ms > PLAYOUT_LIMIT_MS),
        Figure("", "round trip", duration(trip, glyphs), (trip or 0) > ROUND_TRIP_LIMIT_MS, short="rtt"),
        Figure(far, "jitter", duration(last.jitter_ms, glyphs)),
        Figure(near, "jitter", duration(last.far_jitter_ms if told else None, glyphs)),
        Figure(far, "late, played", str(last.late), short="delayed"),  # none of them was missed
        Figure(near, "gaps", str(last.starved)),
        Figure(far, "re-anchored", str(last.re_anchored)),
        Figure(near, "queued", duration(last.queued_ms, glyphs)),
    ]


def cell(figure: Figure, cells: int, glyphs: Glyphs, fresh: bool) -> Text:
    """Sign and name at the left, value at the right; a value is never cut."""
    hue = theme.FAR if figure.way == glyphs.listening else theme.AGENT
    text = Text(f"{figure.way} " if figure.way else "", hue if fresh else theme.GREY)
    room = cells - text.cell_len - max(VALUE_CELLS, len(figure.value)) - 1
    name = figure.name if len(figure.name) <= room else figure.short or figure.name
    text.append(clip(name, max(0, room), glyphs.ellipsis).rstrip(), theme.GREY)
    text.append(" " * max(1, cells - text.cell_len - len(figure.value)))
    style: Style = theme.WARN if figure.warn else theme.TEXT
    text.append(figure.value, style if fresh else theme.GREY)
    return text


def encryption(call: Call) -> Text:
    """How the media is protected; that it is not, is a warning."""
    last = call.wire.quality
    if last is None:
        words = "no figures yet" if call.live else "no figures"
        return Text(words, theme.GREY)
    if last.encryption:
        return Text(last.encryption, theme.GOOD)
    return Text("no encryption", theme.WARN if call.line != SIMULATED else theme.GREY)


def beside(line: Line, now_us: int, glyphs: Glyphs, live: bool) -> list[Text]:
    """What stands beside the encryption, the longest wording first: hold, or an echo that was heard lately."""
    if line.held:
        return [Text(f"on hold {held_by(line.held_by)}".rstrip(), theme.WARN), Text("on hold", theme.WARN)]
    echo = line.echo(now_us) if live else None
    if echo is None:
        return []
    sign = glyphs.minus if echo.return_db < 0 else "+"
    level = f"echo {sign}{abs(echo.return_db):.0f} dB"
    return [
        Text(f"{level} after {echo.delay_ms} ms", theme.WARN),
        Text(f"{level} {echo.delay_ms} ms", theme.WARN),
        Text(level, theme.WARN),
    ]


def line_lines(call: Call, now_us: int, width: int, height: int, glyphs: Glyphs) -> list[Text]:
    """As many rows as fit; no figure is cut in two."""
    first = encryption(call)
    first.truncate(width, overflow="ellipsis")
    for words in beside(call.wire, now_us, glyphs, call.live):
        if first.cell_len + GAP + words.cell_len <= width:
            first.append(" " * (width - first.cell_len - words.cell_len))
            first += words
            break
    fresh = not call.live or call.wire.is_fresh(now_us)
    right = (width - GAP) // 2
    left = width - GAP - right
    told = figures(call, glyphs)
    rows = [
        cell(one, left, glyphs, fresh) + Text(" " * GAP) + cell(other, right, glyphs, fresh)
        for one, other in zip(told[::2], told[1::2], strict=True)
    ]
    return [first, *rows][: max(1, height)]


class LinePane(Pane):
    """Beside the calls, only for a line that has something to tell."""

    help_text = (
        "The telephone line: ◀ what comes in, ▶ what goes out. playout is how long sound waits until it is passed "
        "on; late packets were played all the same; gaps are missing sound of ours."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Line", id="line")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        call = store.call
        self.display = has_place(call)
        if call is None or not self.display:
            return
        last = call.wire.quality
        codec = f"  {codec_name(last.codec)}" if last and last.codec else ""
        digits = call.wire.digits
        newest = (self._glyphs.ellipsis if len(digits) > TITLE_DIGITS else "") + digits[-TITLE_DIGITS:]
        self.set_titles(f"Line{codec}", f"they pressed {newest}" if digits else "")
        width, height = self.scrollable_content_region.size
        self.set_lines(line_lines(call, store.known_us, width, height, self._glyphs))
