"""A booking's reference, as it stands in a transcript: letters and digits that are no word, in any language. Pure."""

from __future__ import annotations

import re

SHORTEST = 5  # characters
_WRITTEN = re.compile(r"\b(?=[A-Z0-9-]*[A-Z])(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{3,}[A-Z0-9]\b")  # "FX20-19B"
_CAPITALS = re.compile(r"\b[A-Z]{6,}\b")  # "FUCDLRGX", in a text that is not all capitals
_SPELLED = re.compile(r"\b(?:[A-Z0-9][ ,.-]+){4,}[A-Z0-9]\b")  # "F, X, 2, 0, 1"


def reference_in(text: str) -> str:
    """The first reference in `text`, or "". One of digits alone is none: it may be a telephone number."""
    found = _find(text)
    return re.sub(r"[^A-Z0-9]", "", found.group()) if found else ""


def without_reference(text: str) -> str:
    """`text` with nothing in its place: spelled letters would be taken for a name."""
    found = _find(text)
    return text if found is None else f"{text[: found.start()]} {text[found.end() :]}"


def _find(text: str) -> re.Match[str] | None:
    written = _WRITTEN.search(text)
    if written is None and any(character.islower() for character in text):
        written = _CAPITALS.search(text)
    if written is not None:
        return written
    spelled = _SPELLED.search(text)
    letters = sum(character.isalpha() for character in spelled.group()) if spelled else 0
    digits = sum(character.isdecimal() for character in spelled.group()) if spelled else 0
    return spelled if letters and digits else None  # letters alone are a name
