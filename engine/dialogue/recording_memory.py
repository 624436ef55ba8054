"""What recording.py notes of a call."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.dialogue.moves import Consent, Move
from engine.protocol import LanguageCode

Policy = Literal["announce", "consent"]
State = Literal["", "asking", "given", "none", "over"]  # over: they do not want it, and are never asked again


class Sentence(msgspec.Struct, frozen=True, array_like=True):
    """One of which playback has told nothing yet."""

    text: str
    ours: bool  # about recording; the brain knows nothing of it


class Memory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a successor needs; msgpack of it is the checkpoint."""

    brain: bytes = b""
    state: State = ""
    owed: bool = False  # the sentence or the question has to be said with the next words
    asked: int = 0  # how often, of the one who is there now
    away: bool = False  # there was music: whoever is there now may be somebody else
    announced: bool = False  # they heard the announcement, and have said nothing since
    ended: Consent | None = None  # once "over": how it came to that
    disclosed: bool = False  # they heard the disclosure to its end
    heard: bool = False  # and the question
    resumes: bool = False  # the brain was thinking when they were asked
    held: tuple[Move, ...] = ()  # what the brain wanted to say after the disclosure
    out: tuple[Sentence, ...] = ()
    language: LanguageCode | None = None  # None = the task's
