"""Why each turn was over, and why the agent's voice was ducked, cut or resumed."""

from __future__ import annotations

from rich.text import Text

from console import theme
from console.glyphs import Glyphs
from console.state.store import Store
from console.widgets.call_row import clock_of
from console.widgets.pane import Pane, wrap


class DecisionsPane(Pane):
    """Of the selected call, the newest first."""

    help_text = (
        "Each end of a turn with the silence it waited for and the reason; each interruption: duck makes our voice "
        "quieter, cut ends it, resume goes on."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Decisions", id="decisions")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        call = store.call
        if not self.differs(call, len(call.decisions) if call else 0, call.version if call else 0):
            return
        lines: list[Text] = []
        width = self.scrollable_content_region.width
        for event in reversed(call.decisions) if call else ():
            assert call is not None
            line = Text(f"{clock_of(call.offset_s(event.at_us))} ", theme.FAINT)
            if event.topic != "turn":
                line.append(f"{event.topic} ", theme.FAR)
            line.append(event.text, theme.WARN if event.level == "warning" else theme.TEXT)
            lines += wrap(line, width)
        self.set_lines(lines or [Text("none yet", theme.GREY)])
