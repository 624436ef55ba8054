"""Figures as people read them, in a terminal and on a page."""

from __future__ import annotations


def shown(value: float | None, how: str, unit: str = "") -> str:
    """A figure, or that there is none. how: as `format` takes it; unit: what follows it, with its space."""
    return "–" if value is None else f"{value:{how}}{unit}"
