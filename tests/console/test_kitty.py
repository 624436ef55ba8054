"""Keys that are let go, on a simulated terminal that tells of them and on one that does not."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import textual

from console import kitty
from console.kitty import KeyReleased, ReportsReleases, asking_for_releases, driver_class

ROOT = Path(__file__).resolve().parents[2]
APP = """
import json, sys
from textual import events
from textual.app import App
from console.kitty import driver_class

class Log(App):
    def note(self, *what):
        with open(sys.argv[1], "a") as log:
            log.write(json.dumps(what) + "\\n")
    def on_ready(self): self.note("ready")
    async def on_event(self, event):
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.note("key", event.key)
        await super().on_event(event)
    def on_key_released(self, event): self.note("released", event.key)
    def on_reports_releases(self, event): self.note("reports")
    def on_app_blur(self): self.note("blur")
    def on_app_focus(self): self.note("focus")

Log(driver_class=driver_class()).run()
"""


class Terminal:
    """A pty with an app in it, and what the app has noted."""

    def __init__(self, log: Path, answers: bool) -> None:
        """answers: as kitty does, to the question which keys it reports."""
        self._log, self._answers = log, answers
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        environment.pop("TEXTUAL_DRIVER", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", APP, str(log)], stdin=slave, stdout=slave, stderr=slave,
            env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.written = b""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def notes(self) -> list[list[str]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    def until(self, *note: str) -> None:
        """Be the terminal until the app has noted this last."""
        began = time.monotonic()
        while list(note) not in self.notes():
            assert time.monotonic() - began < 20, self.notes()
            if select.select([self.master], [], [], 0.05)[0]:
                self.written += os.read(self.master, 65536)
            if self._answers and b"\x1b[?u" in self.written:
                self._answers = False
                assert b"\x1b[>27u\x1b[?u" in self.written  # releases are asked for, then which are told
                self.type("\x1b[?27u")

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def open_one(answers):
        opened.append(Terminal(tmp_path / "log", answers))
        opened[-1].until("ready")
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def test_press_repeat_and_release_on_a_terminal_that_tells(terminal):
    kitty_like = terminal(answers=True)
    kitty_like.until("reports")
    kitty_like.type("\x1b[32;1;32u\x1b[32;1:2;32u\x1b[32;1:2;32u\x1b[32;1:3u")
    kitty_like.until("released", "space")
    kitty_like.type("\x1b[97;1:1;97u\x1b[97;1:3u\x1b[21~\x1b[1;1:3A\x1b[O\x1b[I")
    kitty_like.until("focus")
    notes = [note for note in kitty_like.notes() if note[0] not in ("ready", "reports")]
    assert notes[:4] == [["key", "space"]] * 3 + [["released", "space"]]
    after = [note for note in notes[4:] if note != ["focus"]]
    assert after == [["key", "a"], ["released", "a"], ["key", "f10"], ["released", "up"], ["blur"]]


def test_a_plain_terminal_says_nothing_and_its_keys_are_keys(terminal):
    plain = terminal(answers=False)
    plain.type(" a\x1b[A")
    plain.until("key", "up")
    notes = [note for note in plain.notes() if note[0] not in ("ready", "focus")]
    assert notes == [["key", "space"], ["key", "a"], ["key", "up"]]


def test_only_the_request_for_the_protocol_is_changed():
    assert asking_for_releases("\x1b[?25l\x1b[>25u") == "\x1b[?25l\x1b[>27u\x1b[?u"
    assert asking_for_releases("\x1b[<u\x1b[32u hello") == "\x1b[<u\x1b[32u hello"


@pytest.mark.parametrize("why", ["version", "web", "kitty switched off"])
def test_where_it_cannot_be_relied_on_textuals_own_driver_is_used(monkeypatch, why):
    assert driver_class() is not None
    if why == "version":
        monkeypatch.setattr(textual, "__version__", "9.0.0")
    elif why == "web":
        monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")
    else:
        monkeypatch.setattr(kitty.constants, "DISABLE_KITTY_KEY", True)
    assert driver_class() is None


def test_the_version_it_was_made_for_is_the_one_that_is_installed():
    assert textual.__version__ == kitty.MADE_FOR


def test_the_messages_find_their_handlers_by_name():
    assert KeyReleased("space").handler_name == "on_key_released"
    assert ReportsReleases().handler_name == "on_reports_releases"
