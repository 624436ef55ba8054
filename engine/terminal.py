"""What a command writes: data on standard output, words on standard error."""

from __future__ import annotations

import sys


def show(text: str) -> None:
    """Data, a line at once. Raises BrokenPipeError when nobody reads it any more."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Words for whoever sits there."""
    sys.stderr.write(f"call-thing: {text}\n")
