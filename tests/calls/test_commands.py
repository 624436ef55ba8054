"""Commands as people type them: several at once, piped into others, with scenarios of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.errors import ExitCode
from engine.launch import address_of
from engine.scenario import find
from engine.statedir import LOG, is_held
from tests.calls.conftest import RunningEngine

pytestmark = pytest.mark.timeout(120)


def begin(*arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
    """A command that runs while the test goes on."""
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-m", "engine", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def test_commands_started_together_share_an_engine_and_none_ends_the_call_of_another(tmp_path: Path) -> None:
    state = tmp_path / "state"
    short = begin("call", "en/wrong_number", "--json", "--state-dir", str(state))
    while not is_held(state) and short.poll() is None:  # so that the short call's engine is the one
        time.sleep(0.02)
    long = begin("call", "en/closed_that_day", "--json", "--state-dir", str(state))
    for command in (short, long):
        out, errors = command.communicate(timeout=100)
        assert command.returncode == ExitCode.OK, errors
        assert json.loads(out)["ok"]
        said = "other call goes on" if command is short else "the running engine"
        assert said in errors and "Traceback" not in errors
    assert (state.stat().st_mode | (state / "logs").stat().st_mode) & 0o077 == 0
    assert "engine ready" in (state / LOG).read_text("utf-8")
    assert address_of(state) is None


def test_a_reader_that_has_read_enough_ends_the_call_without_a_word(
    engine: RunningEngine, tmp_path: Path
) -> None:
    shutil.copy(find("en/accepts"), tmp_path / "my.yaml")
    command = begin("run", "my.yaml", "--state-dir", str(engine.state), cwd=tmp_path)
    assert command.stdout is not None and command.stderr is not None
    assert "ringing" in command.stdout.readline()
    command.stdout.close()
    assert command.wait(30) == ExitCode.NOT_AS_EXPECTED
    [line] = command.stderr.read().splitlines()
    command.stderr.close()
    assert f"the running engine (process {engine.address.pid})" in line
    assert "line" not in engine.rooms()


def test_a_scenario_file_beside_us_is_named_after_its_folder(engine: RunningEngine, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(find("en/wrong_number"), folder / "my.yaml")
    command = begin("call", "my.yaml", "--json", "--state-dir", str(engine.state), cwd=folder)
    out, errors = command.communicate(timeout=60)
    assert command.returncode == ExitCode.OK, errors
    assert json.loads(out)["scenario"] == "mine/my"


def test_the_accounts_are_listed_without_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[sip]\nlisten = "192.0.2.10"\nallowed_peers = ["203.0.113.0/28"]\n'
        '[sip.accounts.main]\nprovider = "sip.example.net"\npassword_env = "SIP_PASSWORD"\n'
    )
    monkeypatch.setenv("SIP_PASSWORD", "hunter2")
    for arguments in ((), ("--json",)):
        out, errors = begin("accounts", "--settings", str(file), *arguments).communicate(timeout=60)
        assert "sip.example.net" in out and "password found" in out
        assert "hunter2" not in out + errors
    [row] = json.loads(out)
    assert (row["account"], row["default"], row["trouble"]) == ("main", False, "")
    monkeypatch.delenv("SIP_PASSWORD")
    out, _ = begin("accounts", "--settings", str(file)).communicate(timeout=60)
    assert "SIP_PASSWORD" in out and "not set" in out
