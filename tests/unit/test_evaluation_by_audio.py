"""Calls of an evaluation: so many at once, judged by their records, ended in order by Ctrl-C. The engine is a fake."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import CallRefused, NoEngine
from engine.evaluation import by_audio as by_audio_module
from engine.evaluation.by_audio import by_audio
from engine.evaluation.finding import planned
from engine.evaluation.order import INTERRUPTED, orders_of
from engine.evaluation.results import Run
from engine.journal import JournalWriter
from engine.protocol import (
    Accepted,
    CallClosed,
    CallState,
    Flag,
    HangUp,
    Header,
    Heartbeat,
    Message,
    PlaceCall,
    Reservation,
    ReservationChanged,
)
from engine.scenario import load

NAMES = ["en/accepts", "de/accepts", "es/accepts", "nl/accepts"]


class FakeEngine:
    """Every call ends as its scenario expects after some looks at the events; `refuses` those of one language."""

    address = SimpleNamespace(pid=4711)

    def __init__(self, journals: Path, looks: int = 3, refuses: str = "") -> None:
        self.journals, self.looks, self.refuses, self.dies = journals, looks, refuses, False
        self.left: dict[int, int] = {}
        self.placed: list[str] = []
        self.most_at_once = 0
        self.hung_up: list[int] = []
        self.events: list[tuple[Header, Message]] = []

    async def request(
        self, command: Message, answer: type[Message], call: int = 0, timeout_s: float = 5.0
    ) -> Any:
        if isinstance(command, HangUp):
            self.hung_up.append(call)
            self.left[call] = 1
            return Accepted(call)
        assert isinstance(command, PlaceCall)
        path = Path(command.scenario)
        if path.parent.name == self.refuses:
            raise CallRefused("This line is engaged. Try another.")
        self.placed.append(f"{path.parent.name}/{path.stem}")
        number = len(self.placed)
        self.left[number] = self.looks + number % 3  # they do not end in the order in which they began
        self.most_at_once = max(self.most_at_once, len(self.left))
        self._write(number, path)
        return Accepted(number)

    def _write(self, number: int, path: Path) -> None:
        expected = load(path).expected
        record = Reservation(**{"status": "booked", **expected.reservation})  # type: ignore[arg-type]
        journal = JournalWriter(self.journals / str(number), {"call": str(number)}, 0)
        journal.append(Header(0, number, Flag.NONE, 0, 1_000_000), ReservationChanged(record, "book"))
        journal.append(Header(0, number, Flag.NONE, 1, 2_000_000), CallClosed(expected.outcome))
        journal.close({})
        state = CallState("dialling", "x", "en", "simulated", journal=str(self.journals / str(number)))
        self.events.append((Header(0, number, Flag.NONE, 0, 0), state))

    def drain(self) -> list[tuple[Header, Message]]:
        if self.dies:
            return []
        for call in list(self.left):
            self.left[call] -= 1
            if self.left[call] <= 0:
                del self.left[call]
                self.events.append((Header(0, call, Flag.NONE, 0, 0), CallClosed("booked")))
        events, self.events = self.events, []
        return [*events, (Header(0, 0, Flag.NONE, 0, 0), Heartbeat("supervisor", 1, 4711, True))]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_audio_module, "SPACING_S", 0.0)
    monkeypatch.setattr(by_audio_module, "POLL_S", 0.001)


async def run(
    engine: FakeEngine, repeat: int = 1, parallel: int = 2, told: Any = lambda run: None
) -> list[Run]:
    return await by_audio(engine, orders_of(planned(NAMES), repeat), parallel, told)  # type: ignore[arg-type]


async def test_every_run_is_made_and_comes_back_in_order(tmp_path: Path) -> None:
    told: list[Run] = []
    runs = await run(FakeEngine(tmp_path), repeat=2, told=told.append)
    assert [(each.scenario, each.run) for each in runs] == [
        (name, number) for number in (1, 2) for name in NAMES
    ]
    assert {each.verdict for each in runs} == {"passed"}
    assert sorted(each.journal for each in told) == sorted(each.journal for each in runs)


@pytest.mark.parametrize("parallel", [1, 3])
async def test_no_more_calls_go_on_at_once_than_wanted(tmp_path: Path, parallel: int) -> None:
    engine = FakeEngine(tmp_path)
    await run(engine, repeat=2, parallel=parallel)
    assert engine.most_at_once == parallel


async def test_a_call_that_is_refused_fails_and_the_others_go_on(tmp_path: Path) -> None:
    runs = await run(FakeEngine(tmp_path, refuses="de"))
    assert [each.verdict for each in runs] == ["passed", "failed", "passed", "passed"]
    assert "engaged" in runs[1].differences[0]


async def test_ctrl_c_hangs_up_and_keeps_what_there_is(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)

    def interrupt(run: Run) -> None:
        if run.verdict == "passed":
            engine.looks = 1_000_000  # whoever is called now would go on for ever
            if engine.most_at_once == 2 and len(engine.placed) >= 3:
                os.kill(os.getpid(), signal.SIGINT)

    engine.looks = 5
    runs = await asyncio.wait_for(run(engine, repeat=3, told=interrupt), 20)
    verdicts = {each.verdict for each in runs}
    assert len(runs) == 12
    assert "skipped" in verdicts and "failed" not in verdicts
    assert all(each.differences == [INTERRUPTED] for each in runs if each.verdict == "skipped")


async def test_a_call_that_was_being_placed_at_the_ctrl_c_is_hung_up_too(tmp_path: Path) -> None:
    class Slow(FakeEngine):
        async def request(
            self, command: Message, answer: type[Message], call: int = 0, timeout_s: float = 5.0
        ) -> Any:
            if isinstance(command, PlaceCall):
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.sleep(0.02)
            return await super().request(command, answer, call)

    engine = Slow(tmp_path, looks=1_000_000)
    runs = await asyncio.wait_for(run(engine), 20)
    assert engine.hung_up == [1]
    assert {each.verdict for each in runs} == {"skipped"}


async def test_an_engine_without_a_sign_of_life_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_audio_module, "SILENT_ENGINE_S", 0.05)
    engine = FakeEngine(tmp_path)
    engine.dies = True
    with pytest.raises(NoEngine, match="4711"):
        await run(engine)


async def test_what_was_done_before_the_engine_died_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_audio_module, "SILENT_ENGINE_S", 0.05)
    engine = FakeEngine(tmp_path)

    def die(run: Run) -> None:
        engine.dies = True

    runs = await run(engine, parallel=1, told=die)
    assert [each.verdict for each in runs] == ["passed", "failed", "failed", "failed"]
    assert "4711" in runs[3].differences[0]
