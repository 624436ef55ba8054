"""What needs an operator, the nearest deadline first. A click goes to the call."""

from __future__ import annotations

from rich.text import Text
from textual.events import Click

from console import theme
from console.glyphs import Glyphs
from console.state.alerts import AlertView
from console.state.store import Store
from console.widgets.pane import Pane, clip, harmless
from console.widgets.picked import Picked

URGENT_S = 10
KINDS = {
    "approval": "approve",
    "question": "asks you",
    "wants_person": "person",
    "repeated_question": "repeats",
    "low_confidence": "unsure",
    "silence": "silence",
    "long_hold": "hold",
    "tool_error": "tool",
    "slow": "slow",
    "room_restarted": "room",
    "recording_failed": "record",
    "needs_human": "you",
}  # at most eight letters


def countdown(alert: AlertView, now_us: int) -> str:
    """Minutes and seconds to the deadline, or since it was raised where it has none."""
    left_us = alert.left_us(now_us)
    seconds = alert.age_us(now_us) // 1_000_000 if left_us is None else max(0, -(-left_us // 1_000_000))
    return f"{seconds // 60}:{seconds % 60:02d}"


def alert_line(alert: AlertView, now_us: int, width: int, glyphs: Glyphs) -> Text:
    """One alert: sign, whose, what, and the time that is left."""
    seen = alert.state == "acknowledged"
    left_us = alert.left_us(now_us)
    urgent = left_us is not None and left_us < URGENT_S * 1_000_000
    line = Text().append(f"{glyphs.dot if seen else glyphs.alert} ", theme.GREY if seen else theme.ALERT)
    line.append(f"call {alert.call:<3}" if alert.call else "engine  ", theme.GREY if seen else theme.STRONG)
    words = harmless(f"seen by {alert.by}: {alert.text}" if seen and alert.by else alert.text)
    tail = f" {countdown(alert, now_us)}"
    line.append(
        clip(words, width - line.cell_len - len(tail), glyphs.ellipsis), theme.GREY if seen else theme.TEXT
    )
    style = theme.FAINT if left_us is None else theme.NEEDS_YOU if urgent and not seen else theme.WARN
    return line.append(" ").append(tail[1:], style)


class AlertsPane(Pane):
    """All open alerts, of all calls and of the engine."""

    help_text = (
        "What needs an operator. The time counts down to what happens by itself; n goes to the next call, "
        "A acknowledges."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Alerts", id="alerts", focus=True)
        self._glyphs = glyphs
        self._calls: list[int] = []

    def sync(self, store: Store) -> None:
        alerts = store.open_alerts()
        self._calls = [alert.call for alert in alerts]
        waiting = sum(alert.state == "raised" for alert in alerts)
        self.set_titles(
            f"Alerts  {waiting} open" if waiting else "Alerts", f"{len(alerts)} in all" if alerts else ""
        )
        self.set_class(waiting > 0, "-raised")
        width = self.scrollable_content_region.width
        lines = [alert_line(alert, store.known_us, width, self._glyphs) for alert in alerts]
        self.set_lines(lines or [Text("nothing needs you", theme.GREY)])

    def on_click(self, event: Click) -> None:
        at = event.get_content_offset_capture(self).y + self.scroll_offset.y
        if 0 <= at < len(self._calls) and self._calls[at]:
            self.post_message(Picked(self._calls[at]))
