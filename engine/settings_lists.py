"""A list where there is room for one text only, as in the environment: a JSON array, or words between commas. Pure."""

from __future__ import annotations

import json
from typing import Any, get_args, get_origin, get_type_hints


def is_list(settings: type, keys: list[str]) -> bool:
    """Whether the field at the end of the path takes a list. False where there is no such field."""
    kind: Any = settings
    for key in keys:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        elif isinstance(kind, type):
            kind = get_type_hints(kind).get(key)
        else:
            return False
    return get_origin(kind) is tuple


def listed(text: str) -> list[Any]:
    """The values of `["book", "change"]` or of `book, change`; "" has none. Raises ValueError for a broken array."""
    if not text.lstrip().startswith("["):
        return [word.strip() for word in text.split(",") if word.strip()]
    try:
        values: list[Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f'{text} is no JSON array ({error}). Write ["one", "two"], or the words with commas between them: one,two'
        ) from None
    return values
