"""One real room between fake neighbours; time is a number that the test moves."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest

from engine.protocol import CallOpened, Task
from engine.settings import Settings
from tests.fakes.fake_bus import FakeBus, FakeClock

TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg"
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bus_of(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeBus]:
    """A fake bus for a room whose clock is the test's from then on."""

    def make(room: str, settings: Settings | None = None) -> FakeBus:
        monkeypatch.setattr(
            importlib.import_module(f"engine.workers.{room}"), "now_us", clock.read, raising=False
        )
        return FakeBus(clock, settings, room)

    return make


@pytest.fixture
def opened(clock: FakeClock) -> Callable[..., CallOpened]:
    """A call that begins now, or goes on for a room that was restarted."""

    def make(language: str = "en", room: str = "", checkpoint: bytes = b"", ago_ms: int = 0) -> CallOpened:
        task = Task(
            **{field: getattr(TASK, field) for field in TASK.__struct_fields__} | {"language": language}
        )
        return CallOpened(task, "call-1", "simulated", clock.now_us - ago_ms * 1000, room, checkpoint)

    return make
