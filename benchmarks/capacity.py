"""How many engines and machines so many calls an hour take, how long calls wait, and what an hour costs.

    python benchmarks/capacity.py [--calls-an-hour 10000] [--call-s 120] [--due-at-once 500] [--max-engines 30]
                                  [--cores 8] [--ram-gib 32] [--price 0.30] [--json]

A simulation in virtual time, with the coordinator's own decisions (benchmarks/capacity_simulation.py), from the moment
at which the first call is due. Three ways of keeping engines:

warm         as many engines as the calls need on average, and one in ten more, are there before the first call;
             `min_idle` keeps a tenth of the slots free beside the calls
one warm     as the settings come, `min_idle = 1`: one engine is there
on demand    `min_idle = 0`: an engine starts when calls wait, and is ended after `idle_s` without one

What a call and an engine take was measured on this project (FIGURES, each with its source); what is assumed says so. A
machine is filled to `--fill` of its cores: beyond 54 % nothing was measured. Prices are yours: the default is a round
number and no offer of anybody.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.capacity_simulation import World, simulated
from engine.report import percentile
from engine.settings import CoordinatorSettings

SCENARIO_CALLS_S = (
    10.2, 22.1, 23.3, 23.9, 32.4, 34.3, 39.0, 40.2, 40.2, 40.5, 40.7, 42.0, 43.2, 51.6, 52.0, 52.7,
)  # fmt: skip
"""How long the sixteen English scenarios lasted as simulated calls, ringing included: one run of all of them, on
22 November 2026. Restaurants of flesh and blood take longer and are not measured: --call-s stretches all of these."""


@dataclass(frozen=True)
class Figure:
    """One input, and where it is from."""

    value: float
    unit: str
    source: str


FIGURES = {
    "engine_cores": Figure(
        0.17,
        "cores of an engine beside its calls",
        "docs/figures.md, many calls at once: 20 % of a core with 1 call, 108 % with 32; a line through both",
    ),
    "call_cores": Figure(
        0.028, "cores of one call in the engine's rooms", "the same line: 0.88 cores for 31 calls"
    ),
    "line_cores": Figure(
        0.06, "cores of a call's SIP line", "docs/figures.md, the SIP line: about 6 % of a core"
    ),
    "hear_s": Figure(
        0.3,
        "seconds of a core to recognise one utterance",
        "docs/figures.md, recognition: Whisper base listening to the utterance alone",
    ),
    "utterances": Figure(
        4.25, "utterances of the far end in a call of 43 s", "24 recorded calls of the scenarios: turns ended"
    ),
    "hearings": Figure(
        1.5, "how often an utterance is recognised", "assumed: some at a pause and once more at the end"
    ),
    "engine_mib": Figure(
        369,
        "MiB of an engine that waits, shared pages divided",
        "one engine with 8 processes, 23 November 2026",
    ),
    "model_mib": Figure(
        150, "MiB that a Whisper base adds", "assumed: 72 MiB of weights, and as much to work with"
    ),
    "call_mib": Figure(
        56, "MiB of one call", "the same engine with 4 simulated calls: 538 MiB, less 369, plus a line"
    ),
    "cold_s": Figure(
        5.5,
        "seconds from an engine's start until it takes calls",
        "the same engine, while others used the machine",
    ),
    "fill": Figure(
        0.54, "share of a machine's cores in use", "docs/figures.md: 32 calls took 108 % of two cores"
    ),
}


def figure(name: str) -> float:
    return FIGURES[name].value


def call_lengths(mean_s: float) -> Callable[[random.Random], float]:
    """The scenarios' lengths, stretched to this mean; 0 = as they are."""
    own = sum(SCENARIO_CALLS_S) / len(SCENARIO_CALLS_S)
    factor = mean_s / own if mean_s else 1.0
    return lambda chance: chance.choice(SCENARIO_CALLS_S) * factor


def mean_length_s(mean_s: float) -> float:
    return mean_s or sum(SCENARIO_CALLS_S) / len(SCENARIO_CALLS_S)


@dataclass(frozen=True)
class Machine:
    """What is rented."""

    cores: int
    ram_gib: float
    price: float  # of an hour
    fill: float


def hearing_cores() -> float:
    """Of one call: what the recogniser takes, spread over its length."""
    return figure("hear_s") * figure("utterances") * figure("hearings") / 43.0


def cores_of(calls: float) -> float:
    """Of an engine with so many calls over SIP, heard by Whisper base."""
    return figure("engine_cores") + calls * (figure("call_cores") + figure("line_cores") + hearing_cores())


def mib_of(calls: float) -> float:
    return figure("engine_mib") + figure("model_mib") + calls * figure("call_mib")


def engines_on(machine: Machine, calls: int) -> int:
    """How many engines with so many calls each fit on a machine; 0 = not one."""
    by_cores = machine.cores * machine.fill / cores_of(calls)
    by_ram = machine.ram_gib * 1024 * 0.9 / mib_of(calls)  # a tenth is the system's
    return int(min(by_cores, by_ram))


def hearing_wait_ms(calls: int) -> float:
    """How long an utterance waits for the recogniser of an engine with so many calls, on average; inf: for ever.

    One process recognises for all calls of an engine, one utterance after the other, each in the same time (M/D/1, by
    Pollaczek and Khinchine).
    """
    busy = calls * hearing_cores()
    return math.inf if busy >= 1 else 1000 * busy * figure("hear_s") / (2 * (1 - busy))


def ways(slots: int, per_engine: int, most: int) -> dict[str, CoordinatorSettings]:
    """Settings of a coordinator, by their name."""
    spare = max(per_engine, math.ceil(slots / 10))
    base = CoordinatorSettings(
        max_engines=most, calls_per_engine=per_engine, min_idle=spare, starts_at_once=4
    )
    change = msgspec.structs.replace
    return {
        "warm": base,
        "one warm": change(base, min_idle=1),
        "on demand": change(base, min_idle=0, idle_s=60),
    }


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    machine = Machine(arguments.cores, arguments.ram_gib, arguments.price, arguments.fill)
    per_engine, mean_s = arguments.calls_per_engine, mean_length_s(arguments.call_s)
    erlang = arguments.calls_an_hour * mean_s / 3600
    slots = math.ceil(erlang * 1.1)
    fit = engines_on(machine, per_engine)
    results = {}
    for name, settings in ways(slots, per_engine, arguments.max_engines).items():
        before = math.ceil(slots / per_engine) if name == "warm" else min(1, settings.min_idle)
        world = World(
            arguments.calls_an_hour, call_lengths(arguments.call_s), settings, arguments.cold_s, arguments.hours,
            arguments.seed, min(before, arguments.max_engines), arguments.due_at_once,
        )  # fmt: skip
        outcome = simulated(world)
        machines = math.ceil(outcome.most_engines / fit) if fit else None
        results[name] = {
            "calls": len(outcome.waits_s),
            "most_calls_at_once": outcome.most_calls,
            "most_engines": outcome.most_engines,
            "engines_on_average": round(outcome.engines_s / outcome.ends_s, 1),
            "starts": outcome.starts,
            "wait_s": {
                f"p{share}": round(percentile(outcome.waits_s, share / 100) or 0.0, 2) for share in (50, 95)
            }
            | {"most": round(max(outcome.waits_s, default=0.0), 2)},
            "waited": round(sum(wait > 0.05 for wait in outcome.waits_s) / max(1, len(outcome.waits_s)), 4),
            "machines": machines,
            "cost_an_hour": None if machines is None else round(machines * machine.price, 2),
            "cost_of_1000_calls": None
            if machines is None
            else round(1000 * machines * machine.price / arguments.calls_an_hour, 3),
        }
    return {
        "calls_an_hour": arguments.calls_an_hour,
        "mean_call_s": round(mean_s, 1),
        "erlang": round(erlang, 1),
        "calls_per_engine": per_engine,
        "cores_per_engine": round(cores_of(per_engine), 2),
        "mib_per_engine": round(mib_of(per_engine)),
        "engines_per_machine": fit,
        "wait_for_recogniser_ms": round(hearing_wait_ms(per_engine), 1)
        if hearing_wait_ms(per_engine) < 1e6
        else None,
        "machine": asdict(machine),
        "seed": arguments.seed,
        "ways": results,
        "figures": {name: asdict(each) for name, each in FIGURES.items()},
    }


def told(result: dict[str, Any]) -> list[str]:
    """For people."""
    machine = result["machine"]
    lines = [
        f"{result['calls_an_hour']:.0f} calls an hour of {result['mean_call_s']} s: "
        f"{result['erlang']} at once on average",
        f"an engine with {result['calls_per_engine']} calls: {result['cores_per_engine']} cores, "
        f"{result['mib_per_engine']} MiB; an utterance waits {result['wait_for_recogniser_ms']} ms for its recogniser",
        f"a machine of {machine['cores']} cores and {machine['ram_gib']:g} GiB: "
        f"{result['engines_per_machine']} engines",
        "",
        f"{'':<12}{'engines':>8}{'machines':>10}{'waited':>8}{'p50':>8}{'p95':>8}{'most':>8}"
        f"{'an hour':>9}{'1000 calls':>12}",
    ]
    for name, way in result["ways"].items():
        wait, cost = way["wait_s"], way["cost_an_hour"]
        money = (
            f"{cost:>9.2f}{way['cost_of_1000_calls']:>12.3f}" if cost is not None else f"{'-':>9}{'-':>12}"
        )
        machines = way["machines"] if way["machines"] is not None else "-"
        lines.append(
            f"{name:<12}{way['most_engines']:>8}{machines:>10}{100 * way['waited']:>7.1f}%{wait['p50']:>7.1f}s"
            f"{wait['p95']:>7.1f}s{wait['most']:>7.1f}s{money}"
        )
    return lines


def arguments_of(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--calls-an-hour", type=float, default=10_000)
    add(
        "--call-s",
        type=float,
        default=0.0,
        help="mean length of a call; default: as the scenarios last, 36.8 s",
    )
    add("--calls-per-engine", type=int, default=8)
    add(
        "--due-at-once",
        type=int,
        default=0,
        help="calls that are due at the beginning, beside those that come",
    )
    add("--max-engines", type=int, default=1000)
    add("--cold-s", type=float, default=figure("cold_s"), help="until a new engine takes calls")
    add("--cores", type=int, default=8, help="of a machine")
    add("--ram-gib", type=float, default=32.0, help="of a machine")
    add("--price", type=float, default=0.30, help="of a machine, an hour; in whatever money")
    add("--fill", type=float, default=figure("fill"), help="share of its cores that may be used")
    add("--hours", type=float, default=1.0)
    add("--seed", type=int, default=1)
    add("--json", action="store_true")
    arguments = parser.parse_args(given)
    if min(arguments.calls_an_hour, arguments.calls_per_engine, arguments.hours, arguments.fill) <= 0:
        parser.error("calls, hours and shares are more than 0")
    return arguments


def main() -> int:
    """Simulate and print."""
    arguments = arguments_of()
    result = measure(arguments)
    print(json.dumps(result, indent=2) if arguments.json else "\n".join(told(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
