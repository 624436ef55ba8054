"""The take-over of a call by this console's microphone. Pure: events and the time in, what is to be done out."""

from __future__ import annotations

from typing import Literal

Stage = Literal["off", "arming", "armed", "live", "handing_back"]


class TakeOver:
    """OFF → ARMED(call, device) → LIVE(push to talk | open) → HANDBACK → OFF. Nothing else changes it."""

    def __init__(self) -> None:
        self.stage: Stage = "off"
        self.call = 0  # the armed one; selecting another call only looks
        self.mode: Literal["ptt", "full"] = "ptt"
        self.talking = False
        self.device = ""  # name of the microphone
        self.level_dbfs: float | None = None  # what it picks up; shown, not sent, while armed
        self.releases = False  # the terminal reports when a key is let go: space is held; else it toggles
