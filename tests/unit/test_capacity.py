"""The simulation of many calls: against what is known in closed form, and against common sense."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.capacity import arguments_of, measure
from benchmarks.capacity_figures import (
    FIGURES,
    Machine,
    call_lengths,
    cores_of,
    engines_on,
    hearing_wait_ms,
)
from benchmarks.capacity_simulation import World, erlang_c, erlang_wait_s, simulated, waits_longer
from engine.settings import CoordinatorSettings

ROOT = Path(__file__).resolve().parents[2]
CALL_S = 36.0


def fixed(servers: int, erlang: float, hours: float, seed: int) -> World:
    """So many engines of one slot, all there and none ended; calls of an exponential length."""
    settings = CoordinatorSettings(
        max_engines=servers, calls_per_engine=1, min_idle=servers, idle_s=86_400, starts_at_once=100
    )
    calls_an_hour = erlang * 3600 / CALL_S
    return World(
        calls_an_hour, lambda chance: chance.expovariate(1 / CALL_S), settings, 5.0, hours, seed, servers
    )


@pytest.mark.parametrize(("servers", "erlang", "hours"), [(1, 0.6, 200), (8, 6.0, 40), (24, 20.0, 20)])
def test_waits_are_those_of_erlang_c_where_it_holds(servers, erlang, hours):
    waits = simulated(fixed(servers, erlang, hours, seed=3)).waits_s
    waited = sum(wait > 1e-9 for wait in waits) / len(waits)
    assert waited == pytest.approx(erlang_c(servers, erlang), rel=0.1)
    assert sum(waits) / len(waits) == pytest.approx(erlang_wait_s(servers, erlang, CALL_S), rel=0.15)
    long = sum(wait > 10 for wait in waits) / len(waits)
    assert long == pytest.approx(waits_longer(servers, erlang, CALL_S, 10), rel=0.2)


def test_erlang_c_is_what_the_tables_say():
    assert erlang_c(1, 0.5) == pytest.approx(0.5)  # one server: the share of time it is busy
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(10, 8.0) == pytest.approx(0.4092, abs=5e-5)
    assert erlang_c(400, 350.0) < 0.01  # and no number is too large for it


def test_the_same_seed_gives_the_same_and_another_one_does_not():
    one, again, other = (simulated(fixed(8, 6.0, 2, seed)) for seed in (1, 1, 2))
    assert one == again and one.waits_s != other.waits_s


def world(**more) -> World:
    settings = CoordinatorSettings(
        **(
            {"calls_per_engine": 4, "max_engines": 100, "min_idle": 1, "idle_s": 60}
            | more.pop("settings", {})
        )
    )
    return World(1000, call_lengths(60.0), settings, 5.5, **more)


def test_every_call_is_dialled_and_takes_its_time():
    outcome = simulated(world(seed=5))
    assert len(outcome.waits_s) == pytest.approx(1000, rel=0.1)
    assert outcome.calls_s == pytest.approx(len(outcome.waits_s) * 60.0, rel=0.05)


def test_who_keeps_nothing_warm_waits_for_engines_and_never_longer_than_one_takes_to_start():
    cold = simulated(world(settings={"min_idle": 0}, seed=5))
    warm = simulated(world(settings={"min_idle": 12}, seed=5, ready_before=8))
    assert max(warm.waits_s) == 0.0
    assert sum(cold.waits_s) > 0 and max(cold.waits_s) <= 5.5 + 1e-6
    assert cold.engines_s < warm.engines_s  # which is what the waiting spares


def test_a_limit_of_engines_makes_a_queue_that_is_worked_off_in_its_order():
    outcome = simulated(world(settings={"max_engines": 3}, due_at_once=200, seed=5))
    assert outcome.most_engines == 3 and outcome.most_calls == 12
    assert max(outcome.waits_s[:200]) > 600  # 200 calls of a minute, twelve at a time
    assert outcome.waits_s[:200] == sorted(outcome.waits_s[:200])


def test_a_machine_holds_what_its_cores_and_its_memory_allow():
    roomy, small = Machine(16, 64, 1.0, 0.54), Machine(16, 4, 1.0, 0.54)
    assert engines_on(roomy, 8) == int(16 * 0.54 / cores_of(8))
    assert 0 < engines_on(small, 8) < engines_on(roomy, 8)
    assert engines_on(Machine(1, 64, 1.0, 0.54), 8) == 0


def test_an_engine_with_too_many_calls_has_no_time_to_listen():
    assert hearing_wait_ms(1) < hearing_wait_ms(8) < hearing_wait_ms(16)
    assert hearing_wait_ms(40) == float("inf")


def test_every_figure_names_its_source_and_what_is_only_assumed_says_so():
    assert all(each.source and each.unit for each in FIGURES.values())
    assert {name for name, each in FIGURES.items() if each.source.startswith("assumed")} == {
        "hearings",
        "model_mib",
    }


def test_what_a_machine_costs_is_the_callers_word():
    given = ["--calls-an-hour", "400", "--price", "2.5", "--cores", "4"]
    result = measure(arguments_of(given))
    warm = result["ways"]["warm"]
    assert warm["cost_an_hour"] == warm["machines"] * 2.5
    assert warm["machines"] * result["engines_per_machine"] >= warm["most_engines"]


def test_the_command_prints_one_json():
    command = [sys.executable, "benchmarks/capacity.py", "--calls-an-hour", "200", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=50, check=True)
    result = json.loads(done.stdout)
    assert set(result["ways"]) == {"warm", "one warm", "on demand"}
    assert result["figures"]["cold_s"]["source"]
