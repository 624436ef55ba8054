"""HTML out of text that strangers have said: whatever is in it, it stays text. Pure."""

from __future__ import annotations

import html
import json
from typing import Any

import msgspec

from engine.terminal import plain

# In a script element only `</script` and `<!--` mean something; without the three there is neither, nor an entity.
_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
VOID = ("input", "meta", "br")  # elements without an end


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | Markup | None


def escaped(text: Content) -> Markup:
    """For an element or a quoted attribute, without characters that steer: controls, directions of writing."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(plain(text or "")))


def tag(name: str, /, *children: Content, **attributes: object) -> Markup:
    """An element. Attributes: `_` at the end is dropped (class_), within is a hyphen; None and False are left out."""
    given = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written = key.rstrip("_").replace("_", "-")
        given.append(
            f" {written}"
            if value is True
            else f' {written}="{escaped(value if isinstance(value, str) else str(value))}"'
        )
    inner = "".join(escaped(child) for child in children)
    if name in VOID:
        return Markup(f"<{name}{''.join(given)}>")
    return Markup(f"<{name}{''.join(given)}>{inner}</{name}>")


def joined(*parts: Content) -> Markup:
    """One after the other."""
    return Markup("".join(escaped(part) for part in parts))


def data(value: Any) -> Markup:
    """A value as JSON that cannot end the script element that it stands in."""
    text = json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
    return Markup(text.translate(_IN_SCRIPT))
