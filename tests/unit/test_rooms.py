"""What the supervisor knows of its rooms and children, without a house."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from engine.protocol import Heartbeat
from engine.rooms import LOADING_S, Child, Rooms
from engine.settings import Settings
from engine.wiring import Keys


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
