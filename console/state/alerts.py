"""What needs an operator, as the engine tells it: who is called to which call, and how urgently. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.protocol import Alert, AlertKind, elapsed_us

MAX_OVER = 200  # alerts that are over and still remembered; all of them are in the journals


@dataclass(slots=True)
class AlertView:
    """One alert. call 0: the house itself."""

    alert: int
    call: int
    kind: AlertKind
    text: str
    state: Literal["raised", "acknowledged", "over"]
    deadline_us: int  # header clock; 0 = none
    raised_us: int
    by: str = ""  # who acknowledged it

    @property
    def open(self) -> bool:
        return self.state != "over"

    def left_us(self, now_us: int) -> int | None:
        """Until its deadline; below 0 when that has passed, None when it has none."""
        return elapsed_us(now_us, self.deadline_us) if self.deadline_us else None

    def age_us(self, now_us: int) -> int:
        """Since it was raised."""
        return max(0, elapsed_us(self.raised_us, now_us))


def take(alerts: dict[int, AlertView], call: int, message: Alert, at_us: int) -> None:
    """Enter what the engine says of an alert; the first word of it is when it was raised."""
    known = alerts.get(message.alert)
    raised_us = known.raised_us if known is not None else at_us
    alerts[message.alert] = AlertView(
        message.alert,
        call,
        message.kind,
        message.text,
        message.state,
        message.deadline_us or (known.deadline_us if known else 0),
        raised_us,
        message.by or (known.by if known else ""),
    )
    if len(alerts) > MAX_OVER:
        oldest = next((alert.alert for alert in alerts.values() if not alert.open), None)
        if oldest is not None:
            del alerts[oldest]


def by_urgency(alerts: dict[int, AlertView], now_us: int) -> list[AlertView]:
    """Those that are not over: the nearest deadline first, then the oldest."""

    def key(alert: AlertView) -> tuple[bool, int, int]:
        left_us = alert.left_us(now_us)
        return left_us is None, left_us or 0, -elapsed_us(alert.raised_us, now_us)

    return sorted((alert for alert in alerts.values() if alert.open), key=key)
