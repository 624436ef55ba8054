"""The key that writes a call's report: from the list, from a replay, from the floor; and when a browser opens."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from console.browser import has_screen
from console.control import reporting
from engine.protocol import CallState
from engine.reports import writing
from tests.console.journals import CALL, sample_journal
from tests.console.support import header, live_store, toasts
from tests.console.test_replay import make, on, settle

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def journals(tmp_path):
    folder = tmp_path / "journals"
    sample_journal(folder)
    return folder


def looked_at(app, opens: bool = False) -> list[Path]:
    """Pages that were shown, in place of a browser."""
    pages: list[Path] = []
    app.hands.reports.open_page = (lambda page: pages.append(page) is None) if opens else None
    return pages


async def test_the_list_writes_a_report_of_the_selected_call_and_says_where(journals):
    app = make(journals)
    looked_at(app)
    async with on(app, keys=("r", "h")):
        page = journals.parent / "reports" / f"{CALL}.html"
        assert toasts(app) == [f"Report: {page}"]
        assert "<!doctype html>" in page.read_text("utf-8") and page.stat().st_mode & 0o777 == 0o600


async def test_a_replay_writes_the_report_of_the_call_it_shows_and_opens_it(journals):
    app = make(journals)
    pages = looked_at(app, opens=True)
    async with on(app, keys=("r", "enter", "space", "h")):
        assert pages == [journals.parent / "reports" / f"{CALL}.html"]
        assert toasts(app)[-1].endswith("(open in your browser)")


async def test_a_call_that_goes_on_has_no_report_yet_and_a_finished_one_has(journals):
    store = live_store()
    app = make(journals, store)
    pages = looked_at(app, opens=True)
    async with on(app) as pilot:
        await pilot.press("h")
        await settle(app, pilot)
        assert toasts(app) == ["Call 4 goes on. Its report can be written when it has ended."]
        ended = CallState(
            "ended", "Lindenhof", "de", "simulated", outcome="booked", journal=str(journals / CALL)
        )
        store.apply(header(ended, 1, 9), ended)
        await pilot.press("1", "h")
        await settle(app, pilot)
        assert [page.name for page in pages] == [f"{CALL}.html"]


async def test_two_strokes_of_the_key_write_one_report(journals, monkeypatch):
    begun, go_on = [], threading.Event()

    def slow(folder: Path) -> Path:
        begun.append(folder)
        go_on.wait(30)
        return folder / "report.html"

    monkeypatch.setattr(reporting, "_written", slow)
    app = make(journals)
    looked_at(app)
    async with on(app, keys=("r",)) as pilot:
        await pilot.press("h", "h", "h")
        go_on.set()
        await settle(app, pilot)
        assert begun == [journals / CALL] and len(toasts(app)) == 1


async def test_a_report_that_cannot_be_written_is_told(journals, monkeypatch):
    (journals.parent / "reports").write_text("a file where the folder belongs")
    app = make(journals)
    looked_at(app)
    async with on(app, keys=("r", "h")):
        assert "reports: cannot be made" in toasts(app)[0]


async def test_h_in_an_empty_list_says_that_nothing_is_selected(tmp_path):
    app = make(tmp_path / "journals")
    looked_at(app)
    async with on(app, keys=("r", "h")):
        assert toasts(app) == ["No call is selected."]


@pytest.mark.parametrize(
    ("environ", "platform", "shown"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "a b c d"}, "linux", False),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin", False),
        ({"DISPLAY": ":0", "TEXTUAL_DRIVER": "web"}, "linux", False),
    ],
)
def test_a_browser_opens_only_where_the_operator_sits(environ, platform, shown):
    assert has_screen(environ, platform) is shown


def test_the_console_starts_without_what_reports_need():
    code = """
import sys, console.app, console.control.reporting
print([name for name in sys.modules if name.startswith("engine.reports") or name in ("av", "webbrowser")])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reports_stand_beside_the_journals_and_are_replaced(tmp_path):
    folder = sample_journal(tmp_path / "journals")
    first = writing.write_report(folder)
    first.write_text("old")
    assert writing.write_report(folder) == first == tmp_path / "reports" / f"{CALL}.html"
    assert first.read_text("utf-8") != "old"
