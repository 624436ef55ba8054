"""A house in virtual time: toy rooms on its bus."""

from __future__ import annotations

from typing import Any

import pytest

from engine.bus import TICK, Delivery
from engine.errors import EngineError
from engine.protocol import CallOpened, DialogueState, Header, LineState, Message, SpeechStarted, Task
from engine.rerun.virtual_house import BEGIN_US, HOP_US, VirtualHouse, waits_for_threads
from engine.settings import BrainSettings, Settings, TurnSettings
from engine.wiring import House

TASK = Task(restaurant="r", today="2030-01-07", date="2030-01-11", time="19:30", party_size=4, name="n")


class Toy:
    """A room that notes what it hears, answers a line's state with a turn, and wakes when it is told to."""

    def __init__(self, house: VirtualHouse, *hears: type[Message], every_us: int = 0) -> None:
        self.house, self.hears, self.every_us = house, hears, every_us
        self.heard: list[tuple[int, Delivery]] = []
        self.ended = False

    def start(self, plan: House) -> None:
        bus = self.house.bus(plan, *self.hears)
        bus.wake_at_us = self.house.clock.now_us + self.every_us if self.every_us else None
        for delivery in bus:
            self.heard.append((self.house.clock.now_us - BEGIN_US, delivery))
            if delivery is TICK:
                bus.wake_at_us = self.house.clock.now_us + self.every_us
            if isinstance(delivery.message, LineState):
                bus.send(1, SpeechStarted(1, 0))
        self.ended = True

    def kinds(self) -> list[tuple[int, str]]:
        return [(at_us, type(delivery.message).__name__) for at_us, delivery in self.heard]


def house_of(told: list[tuple[Header, Message]] | None = None) -> VirtualHouse:
    return VirtualHouse(Settings(), lambda *event: told.append(event) if told is not None else None)


def run_until(house: VirtualHouse, us: int) -> None:
    house.at(BEGIN_US + us, lambda: None)
    house.run(lambda: house.clock.now_us >= BEGIN_US + us)


def test_what_is_said_is_heard_one_hop_later_by_those_who_are_wired_to_it() -> None:
    told: list[tuple[Header, Message]] = []
    house = house_of(told)
    vad, transcribe, tts = Toy(house, LineState), Toy(house, SpeechStarted), Toy(house, SpeechStarted)
    for name, room in (("vad", vad), ("transcribe", transcribe), ("tts", tts)):
        house.open(room.start, name)
    house.say("capture", 1, LineState("answered"))
    run_until(house, 10_000)
    house.close()
    assert vad.kinds() == [(HOP_US, "LineState")]
    assert transcribe.kinds() == [(2 * HOP_US, "SpeechStarted")]
    assert tts.kinds() == []  # it does not listen to vad
    assert [type(message) for _, message in told] == [LineState, SpeechStarted]
    assert told[1][0].time_us == BEGIN_US + HOP_US


def test_a_room_wakes_when_it_asked_to_and_no_real_time_passes() -> None:
    house = house_of()
    room = Toy(house, every_us=1_000_000)
    house.open(room.start, "vad")
    run_until(house, 3600 * 1_000_000 + 1)  # an hour
    house.close()
    assert len(room.heard) == 3600 and room.heard[0] == (1_000_000, TICK)


def test_a_call_that_is_opened_for_one_room_reaches_no_other() -> None:
    house = house_of()
    vad, cache = Toy(house), Toy(house)
    house.open(vad.start, "vad")
    house.open(cache.start, "cache")
    house.say("supervisor", 1, CallOpened(TASK, "c", "simulated", 0, room="cache"))
    run_until(house, 10_000)
    house.close()
    assert (vad.kinds(), cache.kinds()) == ([], [(HOP_US, "CallOpened")])


def test_rooms_end_with_the_house() -> None:
    house = house_of()
    room = Toy(house)
    house.open(room.start, "vad")
    assert not room.ended
    house.close()
    assert room.ended


def test_what_a_room_raises_is_raised_where_the_house_is_run() -> None:
    house = house_of()

    def fails(plan: House) -> None:
        for _ in house.bus(plan, DialogueState):
            raise EngineError("broken")

    house.open(fails, "vad")
    house.say("agent", 1, DialogueState("a", "b", "en"))
    with pytest.raises(EngineError, match="broken"):
        run_until(house, 10_000)
    house.close()


def test_a_room_that_cannot_start_says_so_at_once() -> None:
    def fails(plan: House) -> None:
        raise EngineError("no model")

    with pytest.raises(EngineError, match="no model"):
        house_of().open(fails, "vad")


def test_a_house_in_which_nothing_can_happen_does_not_wait_for_ever() -> None:
    with pytest.raises(EngineError, match="nothing is left to happen"):
        house_of().run(lambda: False)


@pytest.mark.parametrize(
    ("changed", "waits"),
    [
        ({}, False),
        ({"brain": BrainSettings(kind="openai")}, True),
        ({"turns": TurnSettings(model="smart-turn")}, True),
    ],
)
def test_only_who_asks_a_thread_makes_time_go_at_the_machines_pace(changed: Any, waits: bool) -> None:
    assert waits_for_threads(Settings(**changed)) is waits
