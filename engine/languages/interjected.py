"""What people say while somebody else speaks, read once from `interjections/*.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from engine.errors import SettingsError
from engine.protocol import LanguageCode


class Interjections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language's. Phrases as `turns.backchannels.plain` writes them."""

    backchannels: tuple[str, ...]  # want nothing: "mhm", "I see"
    greetings: tuple[str, ...]  # want nothing over our first sentence
    stops: tuple[str, ...]  # want us to stop, or something is wrong


@cache
def interjections(code: LanguageCode) -> Interjections:
    """Those of a language. Raises SettingsError naming the file."""
    path = Path(__file__).with_name("interjections") / f"{code}.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Interjections)
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path}: {error}. Correct the file, or install call-thing again.") from error
