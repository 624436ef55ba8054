"""The bar above the keys while the microphone is held: whose call, how, and what ends it."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from console import theme
from console.glyphs import Glyphs
from console.state.store import Store
from console.state.takeover import TakeOver
from console.widgets.bars import Bar
from console.widgets.meters import FLOOR_DBFS, bar
from console.widgets.pane import harmless

LEVEL_CELLS, NARROW_LEVEL_CELLS = 10, 5
NARROW_NAME = 15  # characters of the restaurant's name
TOO_LOUD_DBFS = -3.0  # a voice as loud as that is distorted already
NARROW, ROOMY = 100, 120  # columns below which some words are left out


def level_text(level_dbfs: float | None, cells: int, glyphs: Glyphs) -> Text:
    """A bar and the figure. level_dbfs: None = nothing has come yet."""
    if level_dbfs is None:
        return Text(glyphs.none.ljust(cells + 8), theme.GREY)
    share = min(1.0, max(0.0, 1 - level_dbfs / FLOOR_DBFS))
    style = theme.WARN if level_dbfs > TOO_LOUD_DBFS else theme.GOOD
    text = Text(bar(round(share * cells * 8), cells, glyphs), style)
    return text.append(f"{glyphs.minus}{-max(FLOOR_DBFS, min(0.0, level_dbfs)):.0f} dB".rjust(8), theme.TEXT)


def mic_text(store: Store, width: int, glyphs: Glyphs) -> Text:
    """One line of `width` cells; empty while the microphone is off."""
    mic = store.mic
    if mic.stage == "off":
        return Text()
    call = store.calls.get(mic.call)
    name = harmless(call.restaurant) if call else ""
    name = name if width >= NARROW else name[:NARROW_NAME]
    if mic.stage in ("armed", "arming"):
        left = _armed(mic, name, width, glyphs)
        right = _keys(("p", "push to talk"), ("f", "open"), ("esc", "off"))
    else:
        left = _live(mic, name, width, glyphs)
        mute = ("esc", "MUTE") if mic.talking else ("space", "talk")
        right = Text(" ") if mic.stage == "handing_back" else _keys(mute, ("H", "hand back"))
    left.truncate(max(0, width - right.cell_len - 1))
    left.append(" " * max(1, width - left.cell_len - right.cell_len))
    return left + right


def _armed(mic: TakeOver, name: str, width: int, glyphs: Glyphs) -> Text:
    text = Text(f" {glyphs.waiting} ", theme.WARN)
    text.append("ARMED" if mic.stage == "armed" else "ARMING", theme.WARN + Style(bold=True))
    text.append(f" call {mic.call} {name}  ", theme.STRONG)
    text.append(level_text(mic.level_dbfs, LEVEL_CELLS if width >= NARROW else NARROW_LEVEL_CELLS, glyphs))
    return text.append("  nothing is sent", theme.GREY) if width >= ROOMY else text


def _live(mic: TakeOver, name: str, width: int, glyphs: Glyphs) -> Text:
    text = Text().append(f" {glyphs.ready} LIVE call {mic.call} {name} ", theme.NEEDS_YOU)
    if mic.stage == "handing_back":
        return text.append("  handing back, you are not heard", theme.WARN)
    if mic.talking:
        text.append("  THEY HEAR YOU  " if mic.mode == "full" else "  TALKING  ", theme.ALERT)
    else:
        why = f": {mic.muted_why}" if mic.muted_why else ""
        text.append(f"  muted{why}  ", theme.GREY)
    if width < NARROW:
        return text.append("OPEN MIC" if mic.mode == "full" else "PTT", theme.TEXT)
    way = "hold" if mic.releases else "toggle"
    text.append("OPEN MIC: space mutes" if mic.mode == "full" else f"PUSH TO TALK: space ({way})", theme.TEXT)
    return text.append("  agent silent", theme.GREY) if width >= ROOMY else text


def _keys(*pairs: tuple[str, str]) -> Text:
    text = Text()
    for at, (key, words) in enumerate(pairs):
        text.append("  " if at else "")
        text.append(key, theme.STRONG).append(f" {words}", theme.GREY)
    return text.append(" ")


class MicBar(Bar):
    """Takes a row only while the microphone is held."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="mic")
        self._glyphs = glyphs
        self.display = False

    def sync(self, store: Store, width: int) -> None:
        """Show the store as it is now."""
        self.display = store.mic.stage != "off"
        self.show(mic_text(store, width, self._glyphs))
