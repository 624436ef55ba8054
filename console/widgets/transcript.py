"""The live conversation of the selected call. What is final is wrapped once, only what grows again."""

from __future__ import annotations

from datetime import datetime

from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from console import theme
from console.clock import wall_of
from console.glyphs import Glyphs, call_look
from console.state.call import Call
from console.state.entries import (
    AgentEntry,
    Entry,
    FarEntry,
    MarkEntry,
    NoteEntry,
    OperatorEntry,
    ToolEntry,
    WhisperEntry,
)
from console.state.line_words import end_words, without_addresses
from console.state.numbers import BUDGET_MS
from console.state.store import Store
from console.widgets.call_row import clock_of
from console.widgets.pane import TailPane, clip, to_strip, wrap

WHO_CELLS = 7
TIMED_CELLS = 50  # narrower panes leave the time out


def body(entry: Entry, glyphs: Glyphs) -> tuple[str, str, Style, Text]:
    """Sign, who, hue and words of an entry."""
    text = Text()
    if isinstance(entry, FarEntry):
        if entry.barged_in:
            text.append("cuts in: ", theme.WARN)
        text.append(entry.text, theme.TEXT if entry.final else theme.FAR)
        if not entry.final:
            text.append(glyphs.caret, theme.FAR)
        if entry.differs:
            text.append(f"  (said: {entry.differs})", theme.FAINT)
        return glyphs.listening, "rest", theme.FAR, text
    if isinstance(entry, AgentEntry):
        text.append(entry.spoken, theme.TEXT)
        if entry.unspoken and entry.cut:
            text.append(" [not heard: " if entry.spoken else "[not heard: ", theme.WARN)
            text.append(entry.unspoken, theme.NOT_HEARD)
            text.append("]", theme.WARN)
        elif entry.unspoken:
            text.append(" " if entry.spoken else "")
            text.append(entry.unspoken, theme.FAINT)
        return glyphs.speaking, "agent", theme.AGENT, text
    if isinstance(entry, OperatorEntry):
        text.append(entry.text, theme.OPERATOR)
        return glyphs.live, entry.by or "you", theme.ALERT, text
    if isinstance(entry, WhisperEntry):
        text.append(entry.text, theme.OPERATOR)
        text.append(f"  ({entry.by})" if entry.by else "", theme.FAINT)
        return glyphs.whisper, "whisper", theme.OPERATOR, text
    if isinstance(entry, MarkEntry):
        text.append(entry.note or "marked", theme.STRONG)
        text.append(f"  ({entry.by})" if entry.by else "", theme.FAINT)
        return glyphs.mark, "mark", theme.STRONG, text
    if isinstance(entry, NoteEntry):
        text.append(entry.text, theme.WARN if entry.level == "warning" else theme.GREY)
        return glyphs.line, entry.of, theme.GREY, text
    assert isinstance(entry, ToolEntry)
    return _tool(entry, glyphs, text)


def _tool(entry: ToolEntry, glyphs: Glyphs, text: Text) -> tuple[str, str, Style, Text]:
    if entry.question:
        text.append(f"asks you: {entry.question}", theme.TOOL)
    else:
        text.append(f"{entry.tool}({entry.arguments})", theme.TOOL)
    if entry.state == "pending":
        return glyphs.waits, "tool", theme.TOOL, text
    if entry.decided_us is not None:
        verdict = "approved" if entry.state in ("approved", "ran") else "denied"
        if entry.decided_by:
            text.append(f" {verdict} by {entry.decided_by}", theme.OPERATOR)
            text.append(f" “{entry.decided_words}”" if entry.decided_words else "", theme.TEXT)
        else:
            text.append(f" {verdict}: {entry.decided_words or 'nobody in time'}", theme.OPERATOR)
    if not entry.says_why and (entry.result or entry.refused):
        word = "refused: " if entry.refused else f"{glyphs.arrow} "
        text.append(f" {word}{entry.result}", theme.WARN if entry.refused else theme.GREY)
    return glyphs.tool, "tool", theme.TOOL, text


def remark(entry: Entry, glyphs: Glyphs, readonly: bool = False) -> Text:
    """What stands at the right end of an entry. readonly: whoever reads it decides nothing."""
    text = Text()
    if isinstance(entry, ToolEntry) and entry.state == "pending":
        words = " waits for an operator " if readonly else " waits for your word: a "
        text.append(words, theme.NEEDS_YOU)
    if isinstance(entry, AgentEntry):
        if entry.from_cache:
            text.append(f"cache hit {entry.similarity:.2f}", theme.GOOD)
        if entry.by:
            text.append(f"typed by {entry.by}", theme.OPERATOR)
        if entry.voice_to_voice_ms is not None:
            over = entry.voice_to_voice_ms > BUDGET_MS
            text.append(f" {glyphs.dot} " if text.plain else "", theme.FAINT)
            mark = ">" if over else ""
            text.append(f"v2v {mark}{entry.voice_to_voice_ms:.0f} ms", theme.WARN if over else theme.GREY)
    return text


def draw(entry: Entry, call: Call, width: int, glyphs: Glyphs, readonly: bool = False) -> list[Strip]:
    """An entry, wrapped to the width, with a hanging indent."""
    glyph, who, hue, text = body(entry, glyphs)
    head = Text()
    if width >= TIMED_CELLS:
        head.append(clock_of(call.offset_s(entry.began_us)) + " ", theme.FAINT)
    head.append(f"{glyph} {clip(who, WHO_CELLS, glyphs.ellipsis)} ", hue)
    indent = head.cell_len
    lines = wrap(text, width - indent) or [Text()]
    lines = [(head if number == 0 else Text(" " * indent)) + line for number, line in enumerate(lines)]
    tail = remark(entry, glyphs, readonly)
    if tail.plain:
        if lines[-1].cell_len + 2 + tail.cell_len > width:
            lines.append(Text())
        lines[-1] += Text(" " * (width - lines[-1].cell_len - tail.cell_len)) + tail
    return [to_strip(line) for line in lines]


def farewell(call: Call, width: int, glyphs: Glyphs) -> list[Strip]:
    """How the call ended and where its record is."""
    look = call_look(call, glyphs)
    text = Text(f"{look.glyph} ended: ", theme.GREY).append(look.word, look.style)
    why, detail = end_words(call.reason), without_addresses(call.wire.detail)
    known = why == look.word or (bool(detail) and call.reason == call.outcome)
    more = "; ".join(filter(None, ("" if known else why, "" if detail in why else detail)))
    if more:
        text.append(f" ({more})", theme.GREY)
    lines = wrap(text, width)
    if call.journal:
        lines += wrap(Text(f"  journal: {call.journal}", theme.FAINT), width)
    return [to_strip(line) for line in [Text(), *lines]]


class TranscriptPane(TailPane):
    """Entries of one call. Follows the end unless it is frozen or scrolled up."""

    help_text = (
        "Faint words are still to be spoken; [not heard: …] was cut off when the restaurant spoke; (said: …) is what "
        "a simulated restaurant truly said when something else was understood. p stops it, end follows again."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Transcript", id="transcript", focus=True)
        self._glyphs = glyphs
        self.frozen = False
        self.wrapped = 0  # entries wrapped so far; a test holds it against the number of changes
        self._cache: dict[int, tuple[int, list[Strip]]] = {}
        self._cached_for: tuple[object, ...] = ()
        self._call: Call | None = None

    def sync(self, store: Store, wall: datetime, waiting: list[Text]) -> None:
        """waiting: what to say when there is no call."""
        call = store.call
        width, height = self.scrollable_content_region.size
        if call is None:
            self._key, self._call = (), None
            self.set_titles("Transcript")
            lines = [line for text in waiting for line in wrap(text, width - 4)]
            above = max(0, (height - len(lines)) // 2)
            self.set_lines([Text()] * above + [Text("  ") + line for line in lines])
            return
        look = call_look(call, self._glyphs)
        dot = self._glyphs.dot
        who = f" {dot} {call.mic.operator}" if call.mic.mode != "off" else ""
        title = f"{call.number} {call.restaurant} {dot} {look.word}{who} {dot} {call.language}"
        if self.differs(
            call, call.conversation.version, call.live, call.journal, call.reason, call.wire.detail
        ):
            another, self._call = call is not self._call, call
            self._redraw(call, width, store.readonly)
            if another or (self.following and not self.frozen):
                self.to_end()
        state = (
            "frozen, p follows" if self.frozen else "tail" if self.following else "scrolled up, end follows"
        )
        known = f"last known {wall_of(store.now_us - store.silent_us, store.now_us, wall):%H:%M:%S}"
        self.set_titles(title, f"{known} {dot} {state}" if store.lost else state)

    def _redraw(self, call: Call, width: int, readonly: bool) -> None:
        cached_for = (call, width, theme.version, readonly)
        if cached_for != self._cached_for:
            self._cache.clear()
            self._cached_for = cached_for
        cache: dict[int, tuple[int, list[Strip]]] = {}
        strips: list[Strip] = []
        for entry in call.conversation.entries:
            if not entry.visible:
                continue
            version, drawn = self._cache.get(entry.id, (-1, []))
            if version != entry.version:
                drawn = draw(entry, call, width, self._glyphs, readonly)
                self.wrapped += 1
            cache[entry.id] = (entry.version, drawn)
            strips += drawn
        self._cache = cache
        self._lines = []
        if not call.live:
            strips += farewell(call, width, self._glyphs)
        self.set_strips(strips)
