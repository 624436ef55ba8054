"""Which engine does what: slots are kept before jobs are claimed, engines come and go, and draining ends them all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from engine.coordinator.actions import Action, Claim, EndCalls, Spawn, Stop
from engine.coordinator.deciding import RECHECK_S, House
from engine.coordinator.events import (
    CallOver,
    Claimed,
    Drain,
    EngineGone,
    EngineHeard,
    EngineReady,
    EngineSilent,
    Event,
    NothingToClaim,
    Queue,
    SpawnFailed,
    Tick,
)
from engine.coordinator.slots import MOST_CALLS
from engine.settings import CoordinatorSettings
from tests.fakes.jobs import NOON

SECOND = timedelta(seconds=1)


def a_house(**changed: int) -> House:
    defaults = {"min_idle": 1, "max_engines": 3, "calls_per_engine": 2, "starts_at_once": 3, "idle_s": 100}
    return House(CoordinatorSettings(**{**defaults, **changed}), "e")  # type: ignore[arg-type]


def warm(house: House, *names: str, now: datetime = NOON) -> None:
    for name in names:
        house.step(EngineReady(name), now)


def test_min_idle_slots_are_warm_before_anything_waits():
    assert a_house(min_idle=3).step(Tick(), NOON) == [Spawn("e-1"), Spawn("e-2")]
    assert a_house(min_idle=0).step(Tick(), NOON) == []


def test_a_job_is_claimed_for_a_slot_that_is_kept_for_it():
    house = a_house(min_idle=0)
    warm(house, "a")
    assert house.step(Queue(1), NOON) == [Claim("a")]
    assert house.engines["a"].free == 1
    assert house.step(Tick(), NOON) == [], "one job, one claim"
    house.step(Claimed("a", "job"), NOON)
    house.step(Queue(0), NOON)
    assert house.engines["a"].jobs == {"job"} and house.engines["a"].free == 1


def test_nothing_is_claimed_without_a_free_slot_but_engines_are_started_for_what_waits():
    house = a_house(min_idle=0)
    assert house.step(Queue(3), NOON) == [Spawn("e-1"), Spawn("e-2")]
    assert house.step(Queue(300), NOON) == [Spawn("e-3")], "never more than max_engines"
    assert house.step(EngineReady("e-1"), NOON) == [Claim("e-1"), Claim("e-1")]


def test_slots_are_filled_engine_by_engine():
    house = a_house(min_idle=0)
    warm(house, "a", "b")
    assert house.step(Queue(1), NOON) == [Claim("a")]
    house.step(Claimed("a", "one"), NOON)
    assert Claim("a") in house.step(Queue(1), NOON)


def test_what_may_not_be_dialled_now_is_looked_at_again_later_or_with_the_next_news():
    house = a_house(min_idle=0)
    warm(house, "a")
    house.step(Queue(1), NOON)
    assert house.step(NothingToClaim("a"), NOON) == []
    assert house.engines["a"].free == 2
    assert house.step(Tick(), NOON + SECOND) == []
    assert house.wakes_at() == NOON + timedelta(seconds=RECHECK_S)
    assert house.step(Tick(), NOON + timedelta(seconds=RECHECK_S)) == [Claim("a")]
    house.step(NothingToClaim("a"), NOON)
    assert house.step(Queue(1), NOON) == [Claim("a")]


def test_what_came_while_a_claim_was_on_its_way_is_looked_at_after_it():
    house = a_house(min_idle=0, calls_per_engine=1, max_engines=1)
    warm(house, "a")
    assert house.step(Queue(1), NOON) == [Claim("a")]
    house.step(Queue(1), NOON)
    assert house.step(NothingToClaim("a"), NOON) == [Claim("a")]


def test_more_that_is_due_by_the_clock_alone_is_claimed_though_nothing_was_told():
    house = a_house(min_idle=0)
    warm(house, "a")
    house.step(Queue(1, NOON + SECOND), NOON)
    house.step(NothingToClaim("a"), NOON)
    assert house.wakes_at() == NOON + SECOND
    assert house.step(Queue(2, None, news=False), NOON + SECOND)[:1] == [Claim("a")]


def test_engines_that_do_not_start_are_tried_again_ever_more_slowly():
    house, now, waits = a_house(), NOON, []
    assert house.step(Tick(), now) == [Spawn("e-1")]
    for number in range(1, 9):
        assert house.step(SpawnFailed(f"e-{number}"), now) == []
        wakes = house.wakes_at()
        assert wakes is not None
        waits.append((wakes - now).total_seconds())
        now = wakes
        assert house.step(Tick(), now) == [Spawn(f"e-{number + 1}")]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_an_idle_engine_ends_while_enough_slots_stay_warm():
    house = a_house(min_idle=2)
    warm(house, "a", "b")
    later = NOON + timedelta(seconds=100)
    assert house.step(Tick(), later - SECOND) == []
    assert house.wakes_at() == later
    assert [type(action) for action in house.step(Tick(), later)] == [Stop], "the other one is what is kept"
    assert house.step(Tick(), later + timedelta(days=1)) == []


def test_an_engine_that_has_used_up_its_call_numbers_is_replaced():
    house = a_house()
    warm(house, "a")
    house.engines["a"].placed = MOST_CALLS
    actions = house.step(Queue(1), NOON)
    assert Claim("a") not in actions and any(isinstance(action, Stop) for action in actions)
    assert any(isinstance(action, Spawn) for action in house.step(Tick(), NOON))


def test_a_silent_engine_gets_no_calls_and_another_one_takes_its_place():
    house = a_house()
    warm(house, "a")
    assert house.step(EngineSilent("a"), NOON) == [Spawn("e-1")]
    assert house.step(Queue(1), NOON) == []
    assert house.step(EngineHeard("a"), NOON) == [Claim("a")]


def test_an_engine_that_stays_silent_is_killed_once():
    house = a_house(hung_s=60)
    warm(house, "a")
    house.step(EngineSilent("a"), NOON)
    later = NOON + timedelta(seconds=60)
    assert house.wakes_at() == later
    assert Stop("a", 0.0) in house.step(Tick(), later)
    assert house.step(Tick(), later) == []
    assert house.step(EngineHeard("a"), later) == [], "what is being killed is not believed any more"


def test_calls_of_an_engine_that_was_found_again_take_its_slots():
    house = a_house(min_idle=0)
    house.step(EngineReady("a", ("one", "two")), NOON)
    assert house.step(Queue(1), NOON) == [Spawn("e-1")]
    assert house.step(CallOver("a", "one"), NOON) == [Claim("a")]


def test_draining_claims_and_starts_nothing_and_ends_each_engine_after_its_calls():
    house = a_house(min_idle=0)
    house.step(EngineReady("busy", ("one",)), NOON)
    warm(house, "idle")
    actions = house.step(Drain(), NOON)
    assert [action.engine for action in actions if isinstance(action, Stop)] == ["idle"]
    assert house.step(Queue(5), NOON) == []
    house.step(EngineGone("idle"), NOON)
    assert not house.finished
    assert [type(action) for action in house.step(CallOver("busy", "one"), NOON)] == [Stop]
    house.step(EngineGone("busy"), NOON)
    assert house.finished


def test_an_engine_that_was_starting_is_ended_once_it_is_there():
    house = a_house()
    house.step(Tick(), NOON)
    assert house.step(Drain(), NOON) == [] and not house.finished
    assert [type(action) for action in house.step(EngineReady("e-1"), NOON)] == [Stop]


@pytest.mark.parametrize("how", ["second signal", "time is up"])
def test_calls_that_go_on_for_too_long_are_ended_with_a_goodbye(how: str):
    house = a_house(drain_s=900)
    house.step(EngineReady("a", ("one",)), NOON)
    house.step(Drain(), NOON)
    later = NOON + timedelta(seconds=900)
    assert house.wakes_at() == later
    actions = house.step(Drain(), NOON) if how == "second signal" else house.step(Tick(), later)
    assert actions == [EndCalls()]
    assert house.step(Drain(), later) == [], "once"


def test_a_call_that_is_begun_or_found_while_the_others_are_ended_is_ended_too():
    house = a_house(max_engines=1)
    warm(house, "a")
    assert house.step(Queue(1), NOON) == [Claim("a")]
    house.step(Drain(), NOON)
    assert house.step(Drain(), NOON) == [EndCalls()]
    assert house.step(Claimed("a", "job"), NOON) == [EndCalls()]
    assert house.step(Tick(), NOON) == []
    assert house.step(EngineReady("b", ("other",)), NOON) == [EndCalls()]


NAMES = st.sampled_from(["a", "b", "e-1", "e-2"])
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Queue, st.integers(0, 9), st.none() | st.just(NOON + 5 * SECOND), st.booleans()),
    st.builds(EngineReady, NAMES),
    st.builds(EngineSilent, NAMES),
    st.builds(EngineHeard, NAMES),
    st.builds(EngineGone, NAMES),
    st.just(Tick()),
    st.just(Drain()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.sampled_from(["claimed", "nothing", "over", "fail"])), max_size=60))
def test_whatever_happens_no_engine_has_more_calls_than_slots(steps: list[tuple[Event, str]]):
    house, now, number = a_house(), NOON, 0
    claims: list[Claim] = []
    for event, answer in steps:
        now += SECOND
        if isinstance(event, EngineReady) and event.name not in house.engines:
            continue
        draining = house.draining or isinstance(event, Drain)
        actions: list[Action] = house.step(event, now)
        claims += [action for action in actions if isinstance(action, Claim)]
        if draining:
            assert not [action for action in actions if isinstance(action, Claim | Spawn)]
        if answer in ("claimed", "nothing") and claims:
            claim = claims.pop(0)
            number += 1
            settled = (
                Claimed(claim.engine, f"{number}") if answer == "claimed" else NothingToClaim(claim.engine)
            )
            claims += [action for action in house.step(settled, now) if isinstance(action, Claim)]
        elif answer == "over":
            for engine in list(house.engines.values()):
                for job in sorted(engine.jobs)[:1]:
                    over = house.step(CallOver(engine.name, job), now)
                    claims += [action for action in over if isinstance(action, Claim)]
        elif answer == "fail":
            for engine in [each for each in house.engines.values() if each.phase == "starting"]:
                house.step(SpawnFailed(engine.name), now)
        assert len(house.engines) <= 3
        for engine in house.engines.values():
            assert engine.claiming >= 0 and engine.busy <= engine.capacity
