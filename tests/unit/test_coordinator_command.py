"""`call-thing coordinator --status`: how the running one stands, in words and as JSON."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from engine.__main__ import app
from engine.coordinator.status_client import NoCoordinator
from engine.coordinator_command import told
from engine.errors import SettingsError
from tests.fakes.coordinator import NOW, STATUS


def test_engines_and_their_calls_are_told_line_by_line():
    lines = told(STATUS, NOW)
    text = "\n".join(lines)
    for engine in STATUS.engines:
        [line] = [line for line in lines if line.strip().startswith(engine.name)]
        assert engine.phase in line and f"{len(engine.calls)} of {engine.capacity}" in line
    assert "The Copper Kettle  63 s" in text and "talking" in text
    assert f"{STATUS.dialled} dialled" in text
    for words in STATUS.problems:
        assert f"problem      {words}" in lines


def test_times_that_are_not_known_yet_are_a_dash():
    fresh = msgspec.structs.replace(STATUS, enqueue_to_dial_ms=(), handover_ms=(1.0, 3.0))
    [line] = [line for line in told(fresh, NOW) if line.startswith("to dial")]
    assert line == "to dial      –; hand-over p50 1.0 ms, p95 3.0 ms"


def test_where_none_runs_that_is_said_with_the_command_that_starts_one(tmp_path: Path):
    result = CliRunner().invoke(app, ["coordinator", "--status", "--state-dir", str(tmp_path)])
    assert isinstance(result.exception, NoCoordinator)
    assert "Start it: call-thing coordinator" in str(result.exception)


def test_json_is_for_the_status(tmp_path: Path):
    result = CliRunner().invoke(app, ["coordinator", "--json", "--state-dir", str(tmp_path)])
    assert isinstance(result.exception, SettingsError)


@pytest.mark.parametrize("flag", [["--max-engines", "0"], ["--spawner", "cloud"], ["--min-idle", "-1"]])
def test_what_cannot_be_meant_is_refused_before_anything_is_started(tmp_path: Path, flag: list[str]):
    result = CliRunner().invoke(app, ["coordinator", *flag, "--state-dir", str(tmp_path)])
    assert isinstance(result.exception, SettingsError)
