"""What the supervisor knows of its rooms and children, without a house."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from engine.protocol import Heartbeat
from engine.rooms import LOADING_S, Child, Rooms
from engine.settings import Settings, SipAccount, SipSettings
from engine.wiring import House, Keys, LinePlan
from engine.workers.__main__ import plan


@pytest.fixture
def rooms():
    made = Rooms(Settings(), Keys(b"", b"", b"", b""), {"supervisor": 1, "truth": 2})
    for room in made.rooms.values():
        room.begin(time.monotonic())
    yield made
    asyncio.run(made.stop())


def names(rooms: Rooms) -> list[str]:
    return [room.child.name for room in rooms.hung()]


def test_a_room_that_stops_answering_is_hung(rooms):
    rooms.heard(Heartbeat("vad", 1, 99, True))
    assert names(rooms) == []
    rooms.rooms["vad"].beat_at_s -= 6
    assert names(rooms) == ["vad"]


def test_a_room_may_take_its_time_to_load_but_not_for_ever(rooms):
    rooms.rooms["transcribe"].beat_at_s -= 30
    assert names(rooms) == []
    rooms.rooms["transcribe"].beat_at_s -= LOADING_S
    assert names(rooms) == ["transcribe"]


def test_the_heartbeat_of_a_former_life_does_not_count(rooms):
    rooms.rooms["vad"].begin(time.monotonic())
    rooms.heard(Heartbeat("vad", 1, 99, True))
    assert rooms.rooms["vad"].beat is None


async def test_a_child_with_a_very_long_last_word_is_still_watched(capsys):
    child = Child("vad")
    child.process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys; sys.stderr.write('x' * 300_000 + '\\nthe end\\n'); sys.exit(7)",
        stderr=asyncio.subprocess.PIPE,
    )
    assert await child.wait() == 7
    assert child.last_line == "the end"
    assert "vad: the end" in capsys.readouterr().err


async def test_a_child_is_given_its_plan_and_further_lines_but_no_password(tmp_path, monkeypatch):
    program = tmp_path / "child"
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/environment\ncat > {tmp_path}/told\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("SIP_PASSWORD", "hunter2")
    monkeypatch.setenv("QDRANT_API_KEY", "hunter3")
    sip = SipSettings(accounts={"main": SipAccount(provider="sip.example.net", password_env="SIP_PASSWORD")})
    house = House("line", 1, {}, {}, Keys(b"", b"", b"", b""), Settings(sip=sip), LinePlan("sip", 1))
    child = Child("line")
    await child.start(house)
    await child.tell(LinePlan("sip", 2))
    child.close_input()
    assert await child.wait() == 0
    environment = (tmp_path / "environment").read_text()
    assert "PATH=" in environment and "SIP_PASSWORD" not in environment and "hunter" not in environment
    assert (tmp_path / "told").read_bytes() == plan(house) + plan(LinePlan("sip", 2))


async def test_a_child_that_dies_before_it_has_read_its_plan_is_told_by_its_end(tmp_path, monkeypatch):
    program = tmp_path / "child"
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    house = House(
        "line", 1, {f"port {n}": n for n in range(50_000)}, {}, Keys(b"", b"", b"", b""), Settings()
    )
    child = Child("line")
    await child.start(house)
    assert await child.wait() == 7
