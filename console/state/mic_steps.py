"""What a step of the take-over asks to be done. Values; console/control/mic.py does them in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.protocol import ArmMic, GoLive, HandBack, ReleaseMic, RenewLease, Talk

MicCommand = ArmMic | RenewLease | GoLive | Talk | HandBack | ReleaseMic


@dataclass(frozen=True)
class Send:
    """Ask the engine; its answer goes to `granted`, `accepted` or `refused` together with this."""

    attempt: int  # number of the take-over it belongs to
    call: int
    command: MicCommand


@dataclass(frozen=True)
class OpenDevice:
    """Open the microphone; then `device_opened` or `device_failed`."""

    attempt: int


@dataclass(frozen=True)
class CloseDevice:
    """Close what was opened for this attempt, where anything was."""

    attempt: int


@dataclass(frozen=True)
class AskAgreed:
    """Ask the operator what was agreed; then `agreed`."""

    call: int


@dataclass(frozen=True)
class Say:
    """Tell the operator."""

    words: str
    severity: Literal["information", "warning", "error"] = "warning"


Effect = Send | OpenDevice | CloseDevice | AskAgreed | Say
