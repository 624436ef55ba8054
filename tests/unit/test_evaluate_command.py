"""`call-thing evaluate` in text: what it prints, stores and returns. By audio it is in tests/calls."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import Result
from typer.testing import CliRunner

from engine.__main__ import app
from engine.errors import CallThingError, ExitCode, ScenarioError, SettingsError
from engine.scenario import FOLDER


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A scenario that ends otherwise than its file says."""
    path = tmp_path / "wrong.yaml"
    text = (FOLDER / "de" / "accepts.yaml").read_text("utf-8")
    path.write_text(re.sub(r"outcome: booked", "outcome: closed", text), "utf-8")
    return path


def evaluate(state: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *arguments, "--text", "--state-dir", str(state)])


def test_json_is_the_agreed_object_on_standard_output(state: Path) -> None:
    done = evaluate(state, "en/accepts", "de/accepts", "--repeat", "2", "--json")
    shown = json.loads(done.stdout)
    assert done.exit_code == ExitCode.OK
    assert (shown["scenarios"], shown["passed"], shown["failed"], shown["skipped"]) == (2, 4, 0, 0)
    assert set(shown["by_language"]) == {"en", "de"}
    assert {(run["scenario"], run["run"]) for run in shown["runs"]} == {
        (name, number) for name in ("en/accepts", "de/accepts") for number in (1, 2)
    }
    assert shown["real_time"] is None


def test_people_read_a_table_and_which_failed(state: Path, wrong: Path) -> None:
    done = evaluate(state, "en/accepts", str(wrong))
    assert done.exit_code == ExitCode.NOT_AS_EXPECTED
    assert "1/2 50%" in done.stdout
    assert "expected closed, got booked" in done.stdout


def test_a_share_may_be_enough_but_every_language_needs_it(state: Path, wrong: Path) -> None:
    others = ["en/accepts", "de/accepts"]
    assert evaluate(state, *others, str(wrong), "--fail-under", "0.5").exit_code == ExitCode.OK
    assert evaluate(state, *others, str(wrong), "--fail-under", "0.6").exit_code == ExitCode.NOT_AS_EXPECTED


def test_it_is_stored_and_the_next_one_compared_with_it(state: Path, wrong: Path) -> None:
    assert evaluate(state, "en/accepts").exit_code == ExitCode.OK
    (stored,) = (state / "evaluations").iterdir()
    assert stored.stat().st_mode & 0o777 == 0o600
    done = evaluate(state, "en/accepts", "nl/accepts", "--against", "last", "--save", str(state / "now.json"))
    assert "only in this one: nl/accepts" in done.stdout
    kept = json.loads((state / "now.json").read_text())
    assert kept["comparison"]["new"] == ["nl/accepts"]
    again = evaluate(state, "en/accepts", "--against", str(state / "now.json"))
    assert "only in the earlier one: nl/accepts" in again.stdout


def test_junit_is_written_where_it_is_wanted(state: Path, wrong: Path) -> None:
    evaluate(state, "en/accepts", str(wrong), "--junit", str(state.parent / "junit.xml"))
    root = ET.parse(state.parent / "junit.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("nothing_there",), ScenarioError, "nothing_there"),
        (("en/accepts", "--language", "fr"), SettingsError, "en, de, es, nl"),
        (("en/accepts", "--kind", "sunshine"), SettingsError, "sunshine"),
        (("en/accepts", "--against", "last"), SettingsError, "no evaluation in text"),
        (("en/accepts", "--against", "missing.json"), SettingsError, "missing.json"),
        (("en/accepts", "--brain", "crystal_ball"), SettingsError, "brain.kind"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_run(
    state: Path,
    arguments: tuple[str, ...],
    error: type[CallThingError],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        "CALL_THING_BRAIN__KIND", "scripted"
    )  # restored afterwards, whatever the flag does to it
    done = evaluate(state, *arguments)
    assert isinstance(done.exception, error)
    assert words in str(done.exception)
    assert not (state / "evaluations").exists()


def test_an_evaluation_of_another_format_is_refused(state: Path, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"format": 0}')
    done = evaluate(state, "en/accepts", "--against", "old.json")
    assert isinstance(done.exception, SettingsError)
    assert "format 0" in str(done.exception)


def test_last_is_the_latest_that_can_be_read(state: Path) -> None:
    evaluate(state, "en/accepts")
    (state / "evaluations" / "99999999-000000.json").write_text("{")
    assert evaluate(state, "en/accepts", "--against", "last").exit_code == ExitCode.OK


def test_a_folder_of_ones_own_is_run_under_its_own_names(state: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    shutil.copy(FOLDER / "es" / "accepts.yaml", tmp_path / "mine")
    shown = json.loads(evaluate(state, str(tmp_path / "mine"), "--json").stdout)
    assert shown["runs"][0]["scenario"] == str(tmp_path / "mine" / "accepts.yaml")
    assert shown["runs"][0]["language"] == "es"
