"""Bad input gets one clear line (what, where, next step), an exit code, and leaves nothing half-written."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.client import Client
from engine.errors import CallRefused, ExitCode
from engine.protocol import Accepted, GetSnapshot, HangUp, PlaceCall, Snapshot
from tests.calls.conftest import RunningEngine

pytestmark = pytest.mark.timeout(90)


def call_thing(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "engine", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=80,
        env={**os.environ, **(env or {})},
    )


def the_only_line(done: subprocess.CompletedProcess[str]) -> str:
    """What was said on standard error, when it is a single line for people."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def test_a_broken_settings_file_names_file_line_and_field(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[vad]\nenter = "loud"\n')
    done = call_thing("call", "accepts", "--settings", str(file))
    assert done.returncode == ExitCode.BAD_INPUT
    line = the_only_line(done)
    assert f"{file}:2" in line and "vad.enter" in line


def test_an_unknown_scenario_is_answered_with_a_near_one(tmp_path: Path) -> None:
    done = call_thing("call", "acepts", "--state-dir", str(tmp_path / "s"))
    assert done.returncode == ExitCode.BAD_INPUT
    assert "accepts" in the_only_line(done)
    assert not (tmp_path / "s").exists()


def test_a_language_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    for command in ("run", "--state-dir", str(tmp_path / "s")), ("scenarios",):
        done = call_thing(*command, "--lang", "fr")
        assert done.returncode == ExitCode.BAD_INPUT
        assert "en, de, es, nl" in the_only_line(done)


def test_a_port_in_use_names_the_setting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        env = {"CALL_THING_ENGINE__COMMAND_PORT": str(port)}
        done = call_thing("call", "accepts", "--state-dir", str(tmp_path), env=env)
    assert done.returncode == ExitCode.ENGINE
    line = the_only_line(done)
    assert str(port) in line and "engine.command_port" in line


def test_a_state_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text("precious")
    done = call_thing("call", "accepts", "--state-dir", str(file))
    assert done.returncode == ExitCode.STATE
    assert str(file) in the_only_line(done)
    assert file.read_text() == "precious"


def test_a_locked_database_is_named(tmp_path: Path) -> None:
    database = tmp_path / "reservations.db"
    with sqlite3.connect(database) as holder:
        holder.execute("CREATE TABLE mine (x)")
        holder.commit()
        holder.execute("BEGIN EXCLUSIVE")
        done = call_thing("call", "accepts", "--state-dir", str(tmp_path))
    assert done.returncode == ExitCode.STATE
    assert "reservations.db" in the_only_line(done)


def test_a_second_engine_on_the_same_directory_is_refused(engine: RunningEngine) -> None:
    done = call_thing("engine", "--state-dir", str(engine.state))
    assert done.returncode == ExitCode.ENGINE
    line = the_only_line(done)
    assert str(engine.address.pid) in line and str(engine.state) in line


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"not a model")
    env = {"CALL_THING_RECOGNIZER__MODEL": str(folder)}
    done = call_thing("call", "accepts", "--state-dir", str(tmp_path / "s"), env=env)
    assert done.returncode == ExitCode.MODEL
    assert str(folder) in the_only_line(done)


def refused_call(engine: RunningEngine, *arguments: str) -> tuple[int, str]:
    """Exit code and words of a call that must not be placed; nothing of it is left."""
    before = sorted(path.name for path in (engine.state / "journals").iterdir())
    done = call_thing("call", "en/accepts", *arguments, "--state-dir", str(engine.state))
    running, _, refused = done.stderr.partition("\n")
    assert "the running engine" in running and "Traceback" not in refused
    assert sorted(path.name for path in (engine.state / "journals").iterdir()) == before
    assert "line" not in engine.rooms()
    return done.returncode, refused


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--line", "sip"), "needs an address"),
        (("--sip", ""), "needs an address"),
        (("--sip", "garbage uri"), "Write sip:user@host"),
        (("--sip", "b" * 300), "1 to 255 characters"),
        (("--sip", "sips:a@127.0.0.1"), "transport=tls"),
        (("--sip", "sip:112@127.0.0.1"), "emergency"),
        (("--sip", "+49 900 1234567"), "needs an account"),
        (("--sip", "sip:anna@example.org"), "[sip.accounts.main]"),
        (("--sip", "sip:a@127.0.0.1", "--account", "mine"), 'no account "mine"'),
        (("--account", "mine"), "for the line sip"),
    ],
)
def test_an_address_that_must_not_be_called_is_refused_before_anything_is_sent(
    engine: RunningEngine, arguments: tuple[str, ...], words: str
) -> None:
    code, refused = refused_call(engine, *arguments)
    assert code == ExitCode.BAD_INPUT
    assert words in refused


def test_a_database_that_is_held_refuses_a_call_on_a_real_line(engine: RunningEngine) -> None:
    holder = sqlite3.connect(engine.state / "reservations.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        code, refused = refused_call(engine, "--sip", "sip:a@127.0.0.1:9")
    finally:
        holder.close()
    assert code == ExitCode.STATE
    assert "reservations.db: another process has held" in refused


def test_orders_to_lines_that_are_not_there_are_refused(engine: RunningEngine, tmp_path: Path) -> None:
    for arguments in (
        ("hold", "7"),
        ("resume", "7"),
        ("digits", "7", "12#"),
        ("transfer", "7", "a@127.0.0.1"),
    ):
        done = call_thing("line", *arguments, "--state-dir", str(engine.state))
        assert done.returncode == ExitCode.BAD_INPUT
        assert "no live call 7" in the_only_line(done)
    done = call_thing("line", "hold", "1", "--state-dir", str(tmp_path / "none"))
    assert done.returncode == ExitCode.ENGINE
    assert "No engine runs on" in the_only_line(done)


def test_a_voice_that_does_not_exist_is_named_at_the_start(tmp_path: Path) -> None:
    done = call_thing("call", "accepts", "--state-dir", str(tmp_path), env={"CALL_THING_VOICE__DE": "nobody"})
    assert done.returncode == ExitCode.ENGINE
    assert "nobody" in the_only_line(done)


async def test_a_command_that_cannot_be_carried_out_leaves_the_engine_as_it_was(
    engine: RunningEngine,
) -> None:
    client = Client(engine.address)
    with pytest.raises(CallRefused):
        await client.request(PlaceCall(scenario="\0"), Accepted)
    with pytest.raises(CallRefused):
        await client.request(HangUp(), Accepted, 77)
    assert (await client.request(GetSnapshot(), Snapshot)).ready
    client.close()
