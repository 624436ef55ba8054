"""Base of the panes: lines of text as cached strips, painted again only when they differ."""

from __future__ import annotations

import io
from typing import ClassVar

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console import theme

# Only for wrapping and for turning styles into segments; nothing is ever printed with it.
_OBEYED: dict[int, str | None] = dict.fromkeys(
    [*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
) | dict.fromkeys((10, 0x2028, 0x2029), " ")  # controls, overrides of the writing direction; line ends
_CONSOLE = Console(file=io.StringIO(), width=400, color_system="truecolor", force_terminal=True)


def wrap(text: Text, width: int) -> list[Text]:
    """Lines of at most `width` cells."""
    return list(text.wrap(_CONSOLE, max(width, 4)))


def harmless(text: str) -> str:
    """Text without what a terminal would obey: whatever a far end or a model says is only shown."""
    return text.translate(_OBEYED)


def to_strip(text: Text) -> Strip:
    """One line of text, ready to paint."""
    if not text.spans:  # Rich leaves the style out of such a text
        return Strip([Segment(harmless(text.plain), text.style if isinstance(text.style, Style) else None)])
    return Strip([Segment(harmless(words), style) for words, style, _ in text.render(_CONSOLE)])


def clip(text: str, width: int, ellipsis: str = "…") -> str:
    """At most `width` characters, padded to exactly that."""
    if len(text) > width:
        text = text[: max(width - 1, 0)] + ellipsis
    return text.ljust(width)


def whole_words(text: str, width: int) -> str:
    """As many words from the beginning as fit; of a single one that does not, its beginning."""
    if len(text) <= width:
        return text
    cut = text[:width].rsplit(" ", 1)[0] if " " in text[:width] else text[:width]
    return cut.rstrip(" ·|,")


def _looks(text: Text) -> tuple[object, ...]:
    return text.plain, text.spans, text.style


class Pane(ScrollView):
    """A bordered box of lines. All may take the focus: any may be taller than its place, and then scrolls."""

    help_text: ClassVar[str] = ""  # what it shows, and what its marks mean; stands above the keys in the help
    # Textual lays the whole screen out for each new line; where a pane stands depends on none of its lines.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0))

    def __init__(self, title: str, *, id: str, focus: bool = True) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._key: tuple[object, ...] = ()
        self._ground: Style | None = None
        self.name_shown = title
        self._titles = ("", "")
        self.set_titles(title)
        self.can_focus = focus
        self._lines: list[Text] = []
        self._strips: list[Strip] = []

    def watch_virtual_size(self, size: Size) -> None:
        """What the layout would have told the scrollbar."""
        self._scroll_update(size)

    def differs(self, *key: object) -> bool:
        """Whether what is to be shown differs from what was; size and colours count as well. Remembers it."""
        whole = (theme.version, self.scrollable_content_region.size, *key)
        if whole == self._key:
            return False
        self._key = whole
        return True

    def set_titles(self, title: str, subtitle: str = "") -> None:
        """Words in the border. Textual paints the whole pane for each assignment, so equal ones are left out."""
        room = max(0, self.size.width - 6) or len(title) + len(subtitle)  # corners, and a line on both sides
        title, subtitle = (
            whole_words(title, room),
            whole_words(subtitle, room),
        )  # Textual's own cut is no ASCII
        if (title, subtitle) != self._titles:
            self._titles = (title, subtitle)
            self.border_title, self.border_subtitle = Text(harmless(title)), Text(harmless(subtitle))

    def set_lines(self, lines: list[Text]) -> None:
        """Show these lines; nothing is painted when they are the ones that stand there."""
        if len(lines) == len(self._strips) and list(map(_looks, lines)) == list(map(_looks, self._lines)):
            return
        self._lines = lines
        self.set_strips([to_strip(line) for line in lines])

    def set_strips(self, strips: list[Strip]) -> None:
        """The same, already rendered."""
        self._strips = strips
        size = Size(self.scrollable_content_region.width, len(strips))
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._ground = None
        return super().render_lines(crop)

    @property
    def ground(self) -> Style:
        """What is laid under each line; looked up through all parents, so only once for the lines of one time."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground

    def render_line(self, y: int) -> Strip:
        x, top = self.scroll_offset
        width = self.size.width
        base = self.ground  # laid under each strip, else text cells show the terminal's own background
        row = y + top
        if row >= len(self._strips):
            return Strip.blank(width, base)
        return self._strips[row].crop_extend(x, x + width, base).apply_style(base)


class TailPane(Pane):
    """Newest line at the bottom: follows it until somebody scrolls up, and again from the end on."""

    following = True

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if new >= self.max_scroll_y:
            self.following = True
        elif new < old:
            self.following = False

    def to_end(self) -> None:
        """Show the newest line."""
        self.following = True
        self.scroll_end(animate=False, x_axis=False, immediate=True)
