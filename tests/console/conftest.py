"""For the console's tests: style sheets are read once, and not again for each of some hundred apps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import textual.css.stylesheet as stylesheet

_parse = stylesheet.parse
_parsed: dict[tuple[Any, ...], list[Any]] = {}


def parsed_once(scope: str, css: str, read_from: Any, **more: Any) -> Iterator[Any]:
    """As textual's own `parse`. Rules are looked at and never written to, so that apps may share them.

    What a sheet says depends on the colours of the day, which come as `variable_tokens`.
    """
    tokens: dict[str, list[Any]] = more.get("variable_tokens") or {}
    colours = tuple((name, *(token.value for token in each)) for name, each in sorted(tokens.items()))
    others = tuple(sorted((name, repr(value)) for name, value in more.items() if name != "variable_tokens"))
    key = (scope, css, read_from, colours, others)
    if key not in _parsed:
        _parsed[key] = list(_parse(scope, css, read_from, **more))
    return iter(_parsed[key])


stylesheet.parse = parsed_once
