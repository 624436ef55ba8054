"""When a key is let go, on terminals that tell (kitty, ghostty, foot, WezTerm): the talk key is held, not toggled.

Textual asks for kitty's keyboard protocol, but not for key releases, and its parser stumbles over one. This driver asks
for them as well and takes them out before the parser sees them. It leans on names that Textual keeps to itself, so it
is used with the one version it was made for; with any other, and on any other terminal, the talk key toggles.
The protocol: https://sw.kovidgoyal.net/kitty/keyboard-protocol/
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Any

import textual
from textual import constants
from textual.driver import Driver
from textual.message import Message

MADE_FOR = "8.2.8"
REPORT_EVENT_TYPES = 0b10
_PUSH = re.compile(r"\x1b\[>(\d+)u")
_QUERY = "\x1b[?u"
_ANSWER = re.compile(r"\x1b\[\?(\d+)u")
_WITH_KIND = re.compile(r"\x1b\[([\d:]*);(\d+):([123])((?:;[\d:]*)?)([u~ABCDEFHPQRS])")
_RELEASE = "3"


class KeyReleased(Message):
    """A key was let go; `key` is Textual's name of it."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__()


class ReportsReleases(Message):
    """The terminal has said that it tells when keys are let go."""

    key = ""  # the parser looks at it, as at a key's


def asking_for_releases(written: str) -> str:
    """What Textual writes to the terminal, with releases asked for where it asks for the protocol."""
    return _PUSH.sub(lambda push: f"\x1b[>{int(push[1]) | REPORT_EVENT_TYPES}u{_QUERY}", written)


def driver_class() -> type[Driver] | None:
    """The driver to give to the app; None = Textual's own, and the talk key toggles."""
    web = bool(os.environ.get("TEXTUAL_DRIVER"))
    if textual.__version__ != MADE_FOR or web or constants.DISABLE_KITTY_KEY or sys.platform == "win32":
        return None
    return _driver()


def _driver() -> type[Driver]:
    from textual._xterm_parser import XTermParser
    from textual.drivers import linux_driver

    names = vars(linux_driver)

    class ReleaseParser(XTermParser):
        """Textual's, with releases taken out."""

        def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Any]:
            """Called with every sequence as it grows; what is yielded ends it."""
            if answer := _ANSWER.fullmatch(sequence):
                yield ReportsReleases() if int(answer[1]) & REPORT_EVENT_TYPES else KeyReleased("")
                return
            if event := _WITH_KIND.fullmatch(sequence):
                code, modifiers, kind, text, end = event.groups()
                keys = list(super()._sequence_to_key_events(f"\x1b[{code};{modifiers}{text}{end}"))
                yield from (KeyReleased(key.key) for key in keys) if kind == _RELEASE else keys
                return
            yield from super()._sequence_to_key_events(sequence, alt)

    class ReleaseDriver(linux_driver.LinuxDriver):
        """Textual's, on a terminal that is asked to tell of releases."""

        def write(self, data: str) -> None:
            super().write(asking_for_releases(data))

        def run_input_thread(self) -> None:
            """The parser is made in there, by the name it has in that module."""
            names["XTermParser"] = ReleaseParser
            try:
                super().run_input_thread()
            finally:
                names["XTermParser"] = XTermParser

    return ReleaseDriver
