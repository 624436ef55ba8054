"""`call-thing report`: which calls, which file, with or without sound and persons."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.__main__ import app
from engine.errors import SettingsError, StateError
from tests.fakes.kept_calls import CALL, TASK, kept_call

SECOND = "20260303-090000-4711-2"


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    kept_call(tmp_path / "state" / "journals", 2.0)
    kept_call(tmp_path / "state" / "journals", 2.0, call=SECOND)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


def run(state: Path, *arguments: str):
    return CliRunner().invoke(app, ["report", *arguments, "--state-dir", str(state)], env={"COLUMNS": "200"})


def folder_of(state: Path, call: str) -> str:
    return next(folder.name for folder in (state / "journals").iterdir() if folder.name.startswith(call))


def test_a_report_is_named_after_its_call_and_is_for_its_owner_alone(state, tmp_path):
    done = run(state, CALL)
    file = tmp_path / f"{folder_of(state, CALL)}.html"
    assert done.exit_code == 0 and done.stdout.strip() == file.name
    assert file.stat().st_mode & 0o777 == 0o600
    assert TASK.name in file.read_text("utf-8") and "data:audio/ogg" in file.read_text("utf-8")


def test_last_is_the_latest_call(state):
    assert run(state, "last").stdout.startswith(SECOND)


def test_several_calls_are_one_file(state, tmp_path):
    run(state, "last", CALL, CALL, "--out", "both.html")
    assert (tmp_path / "both.html").read_text("utf-8").count("<article") == 2


def test_a_file_that_is_there_is_replaced_only_when_told(state, tmp_path):
    (tmp_path / "report.html").write_text("mine")
    refused = run(state, CALL, "--out", "report.html")
    assert isinstance(refused.exception, StateError) and "--force replaces it" in str(refused.exception)
    assert (tmp_path / "report.html").read_text() == "mine"
    assert run(state, CALL, "--out", "report.html", "--force").exit_code == 0


def test_without_sound_when_asked(state, tmp_path):
    run(state, CALL, "--no-audio", "--out", "quiet.html")
    text = (tmp_path / "quiet.html").read_text("utf-8")
    assert "data:audio" not in text and "recording was left out" in text


def test_a_redacted_report_has_neither_persons_nor_sound_nor_the_name_of_the_scenario(state, tmp_path):
    done = run(state, CALL, "--redact")
    file = tmp_path / done.stdout.strip()
    text = file.read_text("utf-8")
    for secret in (*TASK.name.split(), TASK.restaurant, TASK.phone[3:], "data:audio"):
        assert secret not in text
    assert "accepts" not in file.name and "Redacted:" in text


def test_an_unknown_call_is_told_with_what_lists_them(state):
    refused = run(state, "1999")
    assert isinstance(refused.exception, SettingsError) and "calls list" in str(refused.exception)


def test_a_call_without_its_recording_has_a_report_all_the_same(state):
    journals = state / "journals" / folder_of(state, CALL)
    for sound in journals.glob("audio.*"):
        sound.unlink()
    assert run(state, CALL).exit_code == 0
