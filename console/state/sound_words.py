"""Sounds on the line that are nobody speaking, in words for people."""

from __future__ import annotations

from engine.protocol import SoundHeard

_WORDS = {
    "ringback": "it rings at their end",
    "busy": "a busy tone",
    "information": "an information tone: the number is not reached",
    "music": "music: we are on hold",
    "beep": "a beep",
    "noise": "only noise",
    "silence": "nothing is heard",
}
IN_CONVERSATION = ("ringback", "busy", "information", "music", "beep")  # the others are behind every call
STATES = {"music": "on hold", "ringback": "ringing", "busy": "busy tone"}  # what a call is while one is on


def sound_words(heard: SoundHeard) -> str:
    """One line: what begins, and what it was known by; or that it is over."""
    words = _WORDS[heard.sound]
    if not heard.on:
        return f"over: {words.split(':')[0]}"
    return f"{words} ({heard.reason})" if heard.reason else words


def note_words(heard: SoundHeard) -> str:
    """The same for the conversation; "" = it has no place there."""
    return _WORDS[heard.sound] if heard.on and heard.sound in IN_CONVERSATION else ""
