"""A change of the call's language, in words for people."""

from __future__ import annotations

from engine.protocol import LanguageSwitched


def language_words(switched: LanguageSwitched) -> str:
    """One line, such as "en → de: two turns in German"."""
    before = f"{switched.was} → " if switched.was else ""
    reason = f": {switched.reason}" if switched.reason else ""
    return f"{before}{switched.language}{reason}"
