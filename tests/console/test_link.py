"""The link to an engine, over real sockets, with a stand-in at the other end."""

import asyncio
import getpass
import time
from pathlib import Path

import msgspec
import pytest

from console.link.client import EngineLink
from console.state.store import Store
from engine.errors import CallRefused, NoEngine, StateError
from engine.protocol import (
    DigitHeard,
    Echo,
    EngineEvent,
    GetSnapshot,
    HangUp,
    LineAction,
    LineQuality,
    LineState,
    Ping,
    PlaceCall,
    Presence,
    Refused,
)
from tests.console.support import state
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.sample_call import RESTAURANT, conversation

ME = getpass.getuser()  # who names no operator


def now_us() -> int:
    return time.monotonic_ns() // 1000


class House:
    """A link, its store, and whichever engine can be found just now."""

    def __init__(self, operator: str = "") -> None:
        self.engine: FakeEngine | None = None
        self.store = Store()
        self.notices: list[str] = []
        self.link = EngineLink(Path("/nowhere"), self.store, now_us, self.find, operator)

    def find(self, folder: Path) -> dict | None:
        return None if self.engine is None else msgspec.structs.asdict(self.engine.address)

    def start(self, **more) -> FakeEngine:
        self.engine = FakeEngine(**more)
        self.engine.speed = 200.0
        self.engine.start()
        return self.engine

    async def until(self, holds, timeout_s: float = 8.0) -> None:
        """Frames, as the app makes them, until something holds."""
        began = time.monotonic()
        while True:
            if self.store.link != "live":
                self.link._look()
            self.link._attend()
            self.notices += self.link.drain()
            self.store.tick(now_us())
            if holds():
                return
            assert time.monotonic() - began < timeout_s, f"{self.store.link}, {self.link.problem}"
            await asyncio.sleep(0.02)


@pytest.fixture
async def house():
    house = House()
    yield house
    house.link.close()
    if house.engine is not None:
        await house.engine.close()


async def test_an_engine_is_found_and_its_calls_so_far_are_shown(house):
    await house.until(lambda: house.store.link == "waiting")
    engine = house.start()
    await engine.play(1, [(0, message) for _, message in conversation()[:30]])
    await house.until(lambda: house.store.link == "live")
    assert house.store.calls[1].restaurant == RESTAURANT
    assert house.store.epoch == engine.address.epoch


async def test_an_engine_that_is_still_starting_is_no_other_engine_later(house):
    engine = house.start()
    engine.ready = False
    await house.until(lambda: house.store.link == "live")
    assert house.store.epoch == engine.address.epoch and house.store.rooms.ready == 0
    engine.ready = True
    await house.until(lambda: house.store.rooms.ready == 7)
    await engine.say(EngineEvent("info", "one"))
    await engine.say(EngineEvent("info", "two"), lose=True)
    await engine.say(EngineEvent("info", "three"))
    await house.until(lambda: len(house.store.events) == 3)
    assert house.notices == []


async def test_a_whole_call_arrives_and_its_number_is_answered(house):
    house.start()
    await house.until(lambda: house.store.link == "live")
    assert (await house.link.request(PlaceCall(scenario="en/accepts.yaml"))).call == 1
    await house.until(lambda: 1 in house.store.calls and not house.store.calls[1].live)
    assert house.store.calls[1].outcome == "booked"
    assert (0, PlaceCall(scenario="en/accepts.yaml", by=ME)) in house.engine.commands


async def test_all_that_a_real_line_says_is_heard(house):
    engine = house.start()
    await house.until(lambda: house.store.link == "live")
    for message in (
        state(),
        LineState("answered"),
        LineQuality("opus/48000", received=50),
        DigitHeard("7", 100),
        Echo(-31.0, 180, 0.8),
        LineAction("transfer", False, "603 Decline"),
    ):
        await engine.say(message, 7)
    await house.until(lambda: 7 in house.store.calls and house.store.calls[7].wire.echo(now_us()) is not None)
    call = house.store.calls[7]
    assert call.wire.quality == LineQuality("opus/48000", received=50)
    assert call.wire.digits == "7"
    await house.until(lambda: "603 Decline" in str(call.conversation.entries))


async def test_hanging_up_names_the_call(house):
    engine = house.start()
    await house.until(lambda: house.store.link == "live")
    await engine.say(state(), 7)
    await house.link.request(HangUp(), 7)
    await house.until(lambda: 7 in house.store.calls and house.store.calls[7].outcome == "hung_up")
    assert (7, HangUp(by=ME)) in engine.commands


async def test_a_refusal_comes_in_the_engines_words(house):
    engine = house.start()
    engine.refuses = "the number is not on the allow list"
    await house.until(lambda: house.store.link == "live")
    with pytest.raises(CallRefused, match="allow list"):
        await house.link.request(PlaceCall(scenario="x.yaml"))
    with pytest.raises(CallRefused, match="allow list"):
        await house.link.request(HangUp(), 1)


async def test_nothing_is_sent_without_an_engine(house):
    with pytest.raises(NoEngine, match="nothing was sent"):
        await house.link.request(PlaceCall(scenario="x.yaml"))


async def test_a_lost_message_brings_a_snapshot(house):
    engine = house.start()
    await house.until(lambda: house.store.link == "live")
    await engine.say(EngineEvent("info", "one"))
    await house.until(lambda: bool(house.store.events))
    await engine.say(EngineEvent("info", "two"), lose=True)
    await engine.say(EngineEvent("info", "three"))
    await house.until(lambda: [event.text for event in house.store.events] == ["one", "two", "three"])
    assert sum(isinstance(command, GetSnapshot) for _, command in engine.commands) == 2


async def test_a_silent_engine_is_lost_and_its_successor_is_found(house):
    engine = house.start()
    await engine.say(state(), 1)
    await house.until(lambda: house.store.link == "live")
    house.engine = None
    await engine.close()
    await house.until(lambda: house.store.lost)
    assert 1 in house.store.calls  # still there, as last known
    with pytest.raises(NoEngine):
        await house.link.request(HangUp(), 1)
    house.start()
    await house.until(lambda: house.store.link == "live")
    assert house.store.calls == {} and "restarted" in house.notices[0]


async def test_a_directory_of_another_account_is_said_not_raised(house):
    def refuse(folder: Path) -> None:
        raise StateError("engine.json: belongs to another account.")

    house.link._find = refuse
    house.link._look()
    assert house.link.problem == "engine.json: belongs to another account."


async def test_an_address_of_another_version_is_said_not_raised(house):
    house.link._find = lambda folder: {"pid": "many"}
    house.link._look()
    assert "another version" in house.link.problem


async def test_an_engine_gone_before_its_first_word_is_waited_for_again(house):
    engine = FakeEngine()  # found, but silent
    house.engine = engine
    await house.until(lambda: house.store.link == "connecting")
    house.engine = None
    await house.until(lambda: house.store.link == "waiting")
    await engine.close()


def told(engine: FakeEngine) -> list[Presence]:
    return [command for _, command in engine.commands if isinstance(command, Presence)]


async def test_the_engine_is_told_once_a_second_who_is_here(house):
    house.link.close()
    house.link = EngineLink(Path("/nowhere"), house.store, now_us, house.find, "anna")
    engine = house.start()
    began = time.monotonic()
    await house.until(lambda: len(told(engine)) >= 2)
    assert 0.9 < time.monotonic() - began < 4
    assert set(told(engine)) == {Presence(by="anna")}


async def test_listening_and_reading_only_are_told_at_once(house):
    engine = house.start()
    await house.until(lambda: len(told(engine)) == 1)
    house.store.listens_to = 7
    await house.until(lambda: len(told(engine)) == 2, timeout_s=0.5)
    house.store.readonly = True
    await house.until(lambda: len(told(engine)) == 3, timeout_s=0.5)
    assert told(engine)[1:] == [Presence(listens_to=7, by=ME), Presence(True, 7, by=ME)]


async def test_the_way_there_and_back_is_measured_and_a_long_one_is_slow(house):
    engine = house.start()
    await house.until(lambda: house.store.round_trip_ms is not None)
    assert 0 < house.store.round_trip_ms < 300 and not house.store.slow
    engine.lag_s = 0.6
    await house.until(lambda: house.store.slow)
    assert house.store.link == "live"


async def test_an_engine_that_does_not_know_the_question_is_measured_by_its_refusal(house):
    engine = house.start()
    engine._obey_ping = engine._obey

    async def refuse(call, command):
        return (
            Refused("Ping is no command.")
            if isinstance(command, Ping)
            else await engine._obey_ping(call, command)
        )

    engine._obey = refuse
    await house.until(lambda: house.store.round_trip_ms is not None)
    assert house.notices == [] and house.link.problem == ""


async def test_a_lost_link_is_counted_and_its_way_is_not_known_any_more(house):
    engine = house.start()
    await house.until(lambda: house.store.round_trip_ms is not None)
    house.engine = None
    await engine.close()
    await house.until(lambda: house.store.lost)
    assert house.store.losses == 1 and house.store.round_trip_ms is None
    house.start()
    await house.until(lambda: house.store.link == "live")
    assert house.store.losses == 1 and len(house.notices) == 1


async def test_a_call_can_be_listened_to_only_where_there_is_an_engine(house):
    with pytest.raises(NoEngine, match="nothing was sent"):
        house.link.listen(3)
    house.start()
    await house.until(lambda: house.store.link == "live")
    sound = house.link.listen(3)
    sound.close()


async def test_another_engine_may_be_watched_and_nothing_of_the_first_is_left():
    one, other, store = FakeEngine(), FakeEngine(), Store()
    folders = {Path("/one"): one, Path("/other"): other}
    link = EngineLink(
        Path("/one"), store, now_us, lambda folder: msgspec.structs.asdict(folders[folder].address)
    )
    house = House()
    house.link, house.store = link, store
    for engine in folders.values():
        engine.start()
    await one.play(1, [(0, state())])
    await other.play(5, [(0, state())])
    try:
        await house.until(lambda: store.link == "live" and store.calls)
        before = store.epoch
        link.attach(Path("/one"))
        assert store.link == "live"  # it is watched already
        link.attach(Path("/other"))
        assert not store.calls and store.link != "live"
        await house.until(lambda: store.link == "live" and store.calls)
        assert list(store.calls) == [5] and store.epoch not in ("", before)
        assert house.notices == []  # no engine was restarted
    finally:
        link.close()
        await one.close()
        await other.close()
