"""Arguments of a tool as one line of text each, and back. Pure."""

from __future__ import annotations

import json
from typing import Any


def written(value: Any) -> str:
    """A value as an operator reads and edits it."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def meant(text: str, before: Any) -> Any:
    """What an edited text means, of the kind that the value had. Raises ValueError with an example."""
    text = text.strip()
    if isinstance(before, str):
        return text
    if text == written(before):
        return before
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    same_kind = isinstance(value, type(before)) and isinstance(value, bool) == isinstance(before, bool)
    if isinstance(before, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if before is None:
        return text if value is None and text else value
    if not same_kind:
        raise ValueError(f"{text or 'nothing'} will not do. Write it as {written(before)}.")
    return value
