"""For the console's tests: style sheets are read once, and not again for each of some hundred apps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import textual.css.stylesheet as stylesheet

_parse = stylesheet.parse
_parsed: dict[tuple[Any, ...], list[Any]] = {}


def parsed_once(
    scope: str, css: str, read_from: Any, variables: dict[str, str] | None = None, **more: Any
) -> Iterator[Any]:
    """As textual's own `parse`. Rules are looked at and never written to, so that apps may share them."""
    names = tuple(sorted((variables or {}).items()))
    flags: Iterable[Any] = (more.get("is_default_rules", False), more.get("tie_breaker", 0))
    key = (scope, css, read_from, names, *flags)
    if key not in _parsed:
        _parsed[key] = list(_parse(scope, css, read_from, variables=variables, **more))
    return iter(_parsed[key])


stylesheet.parse = parsed_once
