"""What the agent did and asks: tool calls with arguments and results, and what the cache served or not, and why."""

from __future__ import annotations

from rich.text import Text

from console import theme
from console.glyphs import Glyphs
from console.state.call import Call
from console.state.deadline import seconds_left
from console.state.entries import ToolEntry
from console.state.numbers import CacheVerdict
from console.state.store import Store
from console.widgets.pane import Pane, clip


def tool_lines(
    entry: ToolEntry, call: Call, now_us: int, width: int, glyphs: Glyphs, readonly: bool = False
) -> list[Text]:
    """One tool call: what it was asked, then what came of it. readonly: no key decides."""
    pending = call.pending.get(entry.request) if entry.request else None
    sign, hue = glyphs.good, theme.GOOD
    if pending is not None:
        sign, hue = glyphs.waits, theme.NEEDS_YOU
    elif entry.refused:
        sign, hue = glyphs.refused, theme.WARN
    line = Text().append(f"{sign} ", hue)
    line.append(f"{entry.tool} ", theme.TOOL)
    tail = f" {seconds_left(pending.deadline_us, now_us)} s" if pending is not None else ""
    tail += "  a" if tail and not readonly else ""
    words = entry.question or entry.arguments
    line.append(clip(words, width - line.cell_len - len(tail), glyphs.ellipsis), theme.TEXT)
    line.append(tail, theme.NEEDS_YOU)
    result = pending.otherwise if pending is not None else entry.result
    if not result and not entry.decided_words:
        return [line]
    head = "else: " if pending is not None else "refused: " if entry.refused else f"{glyphs.arrow} "
    words = f"{head}{result}" if result else ""
    if entry.decided_us is not None:
        said = "" if result and entry.says_why else entry.decided_words
        words += f"  ({': '.join(filter(None, (entry.decided_by, said))) or 'nobody in time'})"
    style = theme.WARN if entry.refused or pending is not None else theme.GREY
    return [line, Text("  ") + Text(clip(words, width - 2, glyphs.ellipsis).rstrip(), style)]


def _count_words(count: int) -> str:
    return "" if not count else "1 call" if count == 1 else f"{count} calls"


class ToolsPane(Pane):
    """Tool calls of the selected call, those that wait first, then the newest."""

    help_text = (
        "Tool calls with what they were asked and what came of them. One with ? waits for your word: a opens it; the "
        "seconds run to what happens otherwise."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Tools", id="tools")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        call = store.call
        waits = len(call.pending) if call else 0
        left = (
            [seconds_left(one.deadline_us, store.known_us) for one in call.pending.values()] if call else []
        )
        if not self.differs(call, call.version if call else 0, left):
            return
        count = len(call.tools) if call else 0
        self.set_titles("Tools" + (f"  {waits} waiting" if waits else ""), _count_words(count))
        width = self.scrollable_content_region.width
        lines: list[Text] = []
        if call is not None:
            newest_first = call.tools[::-1]
            for entry in sorted(newest_first, key=lambda entry: entry.request not in call.pending):
                lines += tool_lines(entry, call, store.known_us, width, self._glyphs, store.readonly)
        self.set_lines(lines or [Text("none yet", theme.GREY)])


ID_CELLS = 8  # of the id of a stored reply; enough to tell one from another


def cache_lines(
    verdict: CacheVerdict, forgotten: bool, width: int, brief: bool, glyphs: Glyphs
) -> list[Text]:
    """One look-up: how alike, served or not, and why; then what it was compared with."""
    line = Text().append(f"{verdict.similarity:.2f} ", theme.TEXT)
    line.append("hit  " if verdict.hit else "miss ", theme.GOOD if verdict.hit else theme.WARN)
    if not brief:
        line.append(f"{verdict.cache_us / 1000:.0f} ms ", theme.GREY)
    words = ("forgotten; " if forgotten else "") + verdict.verdict
    line.append(clip(words, width - line.cell_len, glyphs.ellipsis).rstrip(), theme.TEXT)
    if brief or not verdict.nearest:
        return [line]
    entry = f" {verdict.source[:ID_CELLS]}" if verdict.source else ""
    near = clip(verdict.nearest, width - 10 - len(entry), glyphs.ellipsis)
    return [line, Text("     near ", theme.GREY) + Text(near, theme.FAINT) + Text(entry, theme.GREY)]


class CachePane(Pane):
    """Hits of the selected call, and its verdicts, the newest first."""

    help_text = (
        "Whether a stored reply could be served: how alike the two sentences are, the verdict, the id of the reply, "
        "and the nearest stored sentence. C forgets a reply."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Cache", id="cache")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        call = store.call
        if not self.differs(
            call, call.cache.lookups if call else 0, len(call.cache.forgotten) if call else 0
        ):
            return
        hits = f"  {call.cache.hits}/{call.cache.lookups} hits" if call and call.cache.lookups else ""
        self.set_titles(f"Cache{hits}")
        width = self.scrollable_content_region.width
        lines: list[Text] = []
        for number, verdict in enumerate(reversed(call.cache.verdicts) if call else ()):
            assert call is not None
            gone = verdict.source in call.cache.forgotten
            lines += cache_lines(verdict, gone, width, number > 0, self._glyphs)
        self.set_lines(lines or [Text("no look-up yet", theme.GREY)])
