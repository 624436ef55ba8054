"""What a command writes: data on standard output, words on standard error."""

from __future__ import annotations

import sys


def show(text: str) -> None:
    """Data, a line at once. Raises BrokenPipeError when nobody reads it any more."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def plain(line: str) -> str:
    """A line without control characters: what was heard, and how people are called, must not steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in line)


def say(text: str) -> None:
    """Words for whoever sits there."""
    sys.stderr.write(f"call-thing: {text}\n")
