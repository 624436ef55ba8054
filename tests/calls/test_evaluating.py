"""`call-thing evaluate` by audio: real calls in an engine of its own. In text and with a fake engine: tests/unit."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from engine.errors import ExitCode
from engine.evaluation.results import Evaluation
from engine.launch import address_of

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]
ROOT = Path(__file__).resolve().parents[2]


def begin(state: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "engine", "evaluate", *arguments, "--state-dir", str(state), "--json"]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def evaluated(state: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    command = begin(state, *arguments)
    out, errors = command.communicate(timeout=220)
    assert "Traceback" not in errors, errors
    return command.returncode, json.loads(out)


def test_two_scenarios_at_once_are_measured_kept_and_leave_no_engine(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    code, shown = evaluated(
        tmp_path / "state", "en/accepts", "de/accepts", "--parallel", "2", "--junit", str(junit)
    )
    assert (code, shown["passed"], shown["failed"]) == (ExitCode.OK, 2, 0)
    for run in shown["runs"]:
        assert run["turns"] >= 3 and run["answered"] >= 2
        assert len(run["latency_ms"]) >= 2 and all(0 < ms < 60_000 for ms in run["latency_ms"])
        assert 20 < run["words"] < 200 and 20 < run["seconds"] < 180
        assert run["lag_ms"] > 0  # some loop was late by a millisecond, once in a call
        assert (Path(run["journal"]) / "events.jsonl").is_file()
    assert shown["by_language"]["de"]["wer"] < 0.5
    assert isinstance(shown["real_time"], bool) and bool(shown["remarks"]) is not shown["real_time"]
    stored = next((tmp_path / "state" / "evaluations").iterdir())

    assert msgspec.json.decode(stored.read_bytes(), type=Evaluation).passed == 2
    assert all("journals" in (each.text or "") for each in ET.parse(junit).getroot().iter("system-out"))
    assert address_of(tmp_path / "state") is None


def test_stub_services_answer_every_turn_of_the_recordings(tmp_path: Path) -> None:
    code, shown = evaluated(tmp_path / "state", "en/accepts", "nl/accepts", "--parallel", "2", "--stub")
    assert (code, shown["passed"], shown["stub"]) == (ExitCode.OK, 2, True), shown["runs"]
    assert all(run["answered"] == run["turns"] >= 3 for run in shown["runs"])


def test_ctrl_c_ends_the_calls_and_keeps_what_there_is(tmp_path: Path) -> None:
    state = tmp_path / "state"
    command = begin(state, "en/not_in_service", "en/accepts")
    assert command.stderr is not None
    line = ""
    while "1/2" not in line:
        line = command.stderr.readline()
        assert line, "it ended before the first call had"
    command.send_signal(signal.SIGINT)
    try:
        out, errors = command.communicate(timeout=60)
    finally:
        command.kill()
    assert command.returncode == ExitCode.INTERRUPTED, errors
    assert [run["verdict"] for run in json.loads(out)["runs"]] == ["passed", "skipped"]
    assert address_of(state) is None
