"""`call-thing calls`: the records of past calls, for people and programs."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.__main__ import app
from engine.errors import SettingsError, StateError
from engine.journal import AUDIO, EVENTS, SUMMARY
from engine.records.past import past_calls
from engine.records.retention import PURGED, age_of, expired, keep_only, purge
from engine.records.vcon import decoded
from engine.records.verify import verify
from engine.statedir import StateDirectory
from tests.fakes.kept_calls import CALL, TASK, kept_call

SECOND = "20260303-090000-4711-2"
NOW = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    journals = tmp_path / "state" / "journals"
    kept_call(journals, 2.4)
    kept_call(journals, 2.4, call=SECOND, ends=False)
    for folder in journals.iterdir():
        as_of(folder, folder.name[:15])
    return tmp_path / "state"


def as_of(folder: Path, when: str) -> None:
    """Let a journal have begun then, chain or no chain."""
    first, _, rest = (folder / EVENTS).read_bytes().partition(b"\n")
    began = datetime.strptime(when, "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    header = {**json.loads(first), "wall": began.isoformat()}
    (folder / EVENTS).write_bytes(json.dumps(header).encode() + b"\n" + rest)


def run(state: Path, *arguments: str):
    return CliRunner().invoke(app, ["calls", *arguments, "--state-dir", str(state)], env={"COLUMNS": "200"})


def test_the_list_has_the_latest_call_first(state):
    titles, second, first = run(state, "list").stdout.splitlines()
    assert titles.split()[0] == "call"
    assert second.startswith(SECOND) and "broken off" in second
    assert all(part in first for part in (CALL, "2026-03-02 18:00", "Zur Krone", "booked", "0:02.4", "yes"))


def test_the_list_for_programs(state):
    second, first = json.loads(run(state, "list", "--json").stdout)
    assert (first["outcome"], first["seconds"], first["recording"]) == ("booked", 2.4, AUDIO)
    assert (second["outcome"], second["seconds"], second["in_progress"]) == ("", None, False)
    assert len(json.loads(run(state, "list", "--json", "--since", "2026-03-03").stdout)) == 1


def test_where_no_call_was_made_there_is_no_error(tmp_path):
    result = run(tmp_path, "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no calls yet" in result.stderr


def test_a_call_is_shown_as_text_without_control_characters(state):
    folder = next((state / "journals").glob(f"{CALL}*"))
    raw = (folder / EVENTS).read_bytes().replace(b"guten Abend", b"guten\\u001b[2J Abend")
    (folder / EVENTS).write_bytes(raw)
    result = run(state, "show", CALL)
    assert "0:00.4  restaurant  Zur Krone, guten [2J Abend." in result.stdout
    assert f"tool        book(date 2026-03-06, name {TASK.name}) → K7" in result.stdout
    assert "goal        book: 2026-03-06, 19:00, 4 people" in result.stdout


def test_a_call_for_programs_has_all_its_events(state):
    shown = json.loads(run(state, "show", CALL, "--json").stdout)
    assert shown["summary"]["outcome"] == "booked"
    assert {"LineState", "Transcript", "SoundKept", "CallClosed"} <= {
        each["kind"] for each in shown["events"]
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("2026", r"2 calls begin with 2026: .*Write more"),
        ("x", "No call begins with x. `call-thing calls list`"),
    ],
)
def test_a_call_that_is_not_one_is_told_with_what_to_do(state, name, words):
    result = run(state, "show", name)
    assert isinstance(result.exception, SettingsError)
    with pytest.raises(SettingsError, match=words):
        raise result.exception


# --- verify -----------------------------------------------------------------------------------------------


def test_whole_calls_are_verified_with_exit_code_0(tmp_path):
    kept_call(tmp_path / "journals", 2.4)
    kept_call(tmp_path / "journals", 2.4, call=SECOND, ends=False)
    result = run(tmp_path, "verify", "--all")
    assert result.exit_code == 0
    assert "whole" in result.stdout and "unfinished" in result.stdout
    assert "2 calls looked at, 0 damaged" in result.stderr


def test_a_damaged_call_gives_exit_code_1_and_says_where(state):
    result = run(state, "verify", CALL, "--json")  # its first line was changed above
    assert result.exit_code == 1
    (report,) = json.loads(result.stdout)
    assert report["verdict"] == "damaged"
    assert "line 1" in report["damage"][0]


def test_verify_wants_to_know_which(state):
    assert "--all" in str(run(state, "verify").exception)


# --- purge ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "age"), [("30d", 30), ("48h", 2), ("2w", 14)])
def test_ages(words, age):
    assert age_of(words) == timedelta(days=age)


@pytest.mark.parametrize("words", ["", "30", "d", "-3d", "1.5d", "30 days", "999999d"])
def test_what_is_no_age_is_told_with_how_to_write_it(words):
    with pytest.raises(SettingsError, match="30d"):
        age_of(words)


def test_only_calls_older_than_that_are_purged(state):
    calls = past_calls(state, NOW)
    assert [call.name[:22] for call in expired(calls, NOW, timedelta(days=28))] == [CALL]
    assert len(expired(calls, NOW, timedelta(days=27))) == 2
    assert expired(calls, NOW, timedelta(days=29)) == []


def test_purging_deletes_the_folders_for_good(state):
    (state / "journals" / f"{PURGED}of-before").mkdir()
    assert len(run(state, "purge", "--older-than", "1d", "--dry-run").stdout.splitlines()) == 2
    assert len(list((state / "journals").iterdir())) == 3
    assert "--yes" in str(run(state, "purge", "--older-than", "1d").exception)  # nobody sits there
    assert run(state, "purge", "--older-than", "1d", "--yes").exit_code == 0
    assert list((state / "journals").iterdir()) == []


def test_without_an_age_the_settings_say_how_long(state, tmp_path):
    assert "keep_days" in str(run(state, "purge", "--yes").exception)
    settings = tmp_path / "call-thing.toml"
    settings.write_text("[journal]\nkeep_days = 1\n")
    assert run(state, "purge", "--yes", "--settings", str(settings)).exit_code == 0
    assert list((state / "journals").iterdir()) == []


def test_a_call_in_progress_is_never_purged_shown_damaged_or_exported(tmp_path):
    call = f"20260302-180000-{os.getpid()}-1"
    with StateDirectory(tmp_path) as held:
        folder = kept_call(held.journals, 2.4, call=call, ends=False)
        as_of(folder, "20260302-180000")
        os.utime(folder / EVENTS, (0, 0))  # nothing was written for years
        kept_call(held.journals, 2.4, call=SECOND, ends=False)
        os.utime(next(held.journals.glob(f"{SECOND}*")) / EVENTS, (0, 0))  # of an engine of before
        (going,) = [each for each in past_calls(tmp_path, NOW) if each.in_progress]
        assert going.folder == folder
        assert keep_only(tmp_path, 0, datetime.now(UTC)) == [f"{SECOND}-de-accepts"]
        assert "goes on" in run(tmp_path, "verify", "--all").stderr
        assert "goes on" in str(run(tmp_path, "export", call).exception)
        assert "the call goes on" in run(tmp_path, "show", call).stdout
    assert len(keep_only(tmp_path, 0, datetime.now(UTC))) == 1  # its engine is gone


def test_what_is_no_folder_of_ours_is_left_alone(state, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (state / "journals" / "20200101-000000-1-1").symlink_to(tmp_path / "elsewhere")
    (state / "journals" / "notes").mkdir()
    assert len(keep_only(state, 1, NOW)) == 2
    assert (tmp_path / "elsewhere").exists() and (state / "journals" / "notes").exists()


def test_a_folder_that_cannot_be_deleted_is_named(state, monkeypatch):
    def refused(path: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(StateError, match=r"cannot be deleted .*writable"):
        purge(past_calls(state, NOW))


# --- export -----------------------------------------------------------------------------------------------


def test_an_export_is_for_its_owner_alone_and_replaces_nothing(state, tmp_path):
    out = tmp_path / "call.vcon.json"
    assert run(state, "export", CALL, "--out", str(out)).exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert decoded(out.read_bytes()).vcon == "0.4.0"
    assert "--force" in str(run(state, "export", CALL, "--out", str(out)).exception)
    assert run(state, "export", CALL, "--out", str(out), "--force").exit_code == 0


def test_a_folder_is_exported_as_it_is(tmp_path):
    kept_call(tmp_path / "journals", 2.4)
    out = tmp_path / CALL
    assert run(tmp_path, "export", CALL, "--format", "folder", "--out", str(out)).exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == [AUDIO, EVENTS, SUMMARY]
    assert verify(out).verdict == "whole"
    assert "is there already" in str(
        run(tmp_path, "export", CALL, "--format", "folder", "--out", str(out)).exception
    )


def test_a_redacted_folder_has_a_journal_of_its_own_without_sound(state, tmp_path):
    out = tmp_path / CALL
    result = run(state, "export", CALL, "--format", "folder", "--redact", "--out", str(out))
    assert "a voice is personal" in result.stderr
    assert sorted(path.name for path in out.iterdir()) == [EVENTS, SUMMARY]
    assert verify(out).verdict == "whole"
    text = (out / EVENTS).read_text("utf-8")
    assert "Wittgensberg" not in text and "Krone" not in text
    assert json.loads(text.splitlines()[0])["redacted"]["left_out"]["SoundKept"] > 0


def test_a_format_that_is_none_is_told_with_those_there_are(state):
    assert "vcon, folder" in str(run(state, "export", CALL, "--format", "xml").exception)


def test_a_journal_that_does_not_say_whose_names_are_in_it_is_not_redacted(state):
    folder = next((state / "journals").glob(f"{CALL}*"))
    first, _, rest = (folder / EVENTS).read_bytes().partition(b"\n")
    header = json.loads(first)
    del header["task"]
    (folder / EVENTS).write_bytes(json.dumps(header).encode() + b"\n" + rest)
    assert "nobody knows whose names" in str(run(state, "export", CALL, "--redact").exception)


def test_all_of_this_stands_a_state_directory_that_is_a_mess(state):
    shutil.rmtree(next((state / "journals").glob(f"{CALL}*")))
    (state / "journals" / "empty").mkdir()
    (state / "journals" / "stray").write_text("x")
    broken = state / "journals" / "20260101-000000-1-1"
    broken.mkdir()
    (broken / EVENTS).write_bytes(b"\xff\x00{")
    (broken / SUMMARY).write_text("[]")
    assert run(state, "list").exit_code == 0
    result = run(state, "verify", "--all")
    assert result.exit_code == 1
    assert "no journal can be read" in result.stdout
