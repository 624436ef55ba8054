"""What was really said in a call, written down by somebody who has listened to it.

    # a comment
    3: good evening, for how many people?
    7:

A line for a turn, by its number; turns without one were recognised rightly. Nothing behind the colon: nobody spoke.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from engine.errors import SettingsError
from engine.rerun.turns import Turn

CORRECTED = "corrected.txt"  # in a call's folder it is taken without being asked for
_LINE = re.compile(r"(\d+)\s*:\s*(.*)")


def read_corrected(path: Path) -> dict[int, str]:
    """Words by the number of the turn. Raises SettingsError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as text ({error}).") from None
    found: dict[int, str] = {}
    for place, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if match is None or int(match[1]) in found:
            why = (
                "this turn was there before"
                if match
                else 'a line is "TURN: WORDS", such as "3: good evening"'
            )
            raise SettingsError(f"{path}, line {place}: {why}.")
        found[int(match[1])] = match[2]
    return found


def draft(turns: Iterable[Turn]) -> str:
    """The words of then, to be corrected."""
    head = "# what was really said; turns that were recognised rightly can be deleted\n"
    return head + "".join(f"{turn.turn}: {turn.words}\n" for turn in turns if turn.words or turn.dropped)
