"""What happens at the restaurant, told to whoever watches: words on standard error, JSON on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any

from engine.restaurant.visit import Tell

WORDS = {
    "waiting": "waits for calls to {address}",
    "ringing": "the phone rings",
    "answered": "picked up",
    "heard": 'heard: "{text}"',
    "says": 'says: "{text}"',
    "digit": "the caller pressed {digit}",
    "held": "on hold",
    "resumed": "no longer on hold",
    "hangs_up": "hangs up",
    "ended": "the call has ended: {reason}",
}


def in_words(event: str, fields: dict[str, Any]) -> str:
    """One event as a line for people."""
    return WORDS.get(event, event).format_map({"reason": "no reason given", **fields})


def teller(name: str, as_json: bool) -> Tell:
    """Tells the events of the restaurant `name`; with `as_json` also as one JSON object per line."""

    def tell(event: str, **fields: Any) -> None:
        sys.stderr.write(f"{name}: {in_words(event, fields)}\n")
        sys.stderr.flush()
        if as_json:
            sys.stdout.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    return tell
