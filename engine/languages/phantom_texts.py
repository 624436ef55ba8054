"""What a recogniser writes where nobody speaks, read once from `phantoms/*.toml`.

Whisper models learnt from subtitles: over noise they write who made the subtitles, or thank for watching.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from engine.errors import SettingsError
from engine.protocol import LanguageCode


class Phantoms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language's. Patterns of a whole text in lower-case words, without punctuation but apostrophes."""

    never: tuple[str, ...]  # said by nobody on the telephone
    doubtful: tuple[str, ...]  # said by people as well: "thank you"

    def says_nobody(self, words: str) -> bool:
        """Is this text, written as the patterns are, one that nobody says on the telephone?"""
        return any(re.fullmatch(pattern, words) for pattern in self.never)

    def is_doubtful(self, words: str) -> bool:
        """Is this text often written where nobody speaks?"""
        return any(re.fullmatch(pattern, words) for pattern in self.doubtful)


@cache
def phantoms(code: LanguageCode) -> Phantoms:
    """Those of a language. Raises SettingsError naming the file, and the pattern that is none."""
    path = Path(__file__).with_name("phantoms") / f"{code}.toml"
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Phantoms)
        for pattern in (*found.never, *found.doubtful):
            re.compile(pattern)
    except (OSError, msgspec.MsgspecError, re.error) as error:
        raise SettingsError(f"{path}: {error}. Correct the file, or install call-thing again.") from error
    return found
