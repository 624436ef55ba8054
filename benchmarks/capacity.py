"""How many engines and machines so many calls an hour take, how long calls wait, and what an hour costs.

    python benchmarks/capacity.py [--calls-an-hour 10000] [--call-s 120] [--due-at-once 500] [--max-engines 30]
                                  [--cores 8] [--ram-gib 32] [--price 0.30] [--json]

A simulation in virtual time, with the coordinator's own decisions (benchmarks/capacity_simulation.py), from the moment
at which the first call is due. Three ways of keeping engines:

warm         as many engines as the calls need on average, and one in ten more, are there before the first call;
             `min_idle` keeps a tenth of the slots free beside the calls
one warm     as the settings come, `min_idle = 1`: one engine is there
on demand    `min_idle = 0`: an engine starts when calls wait, and is ended after `idle_s` without one

What a call and an engine take was measured on this project, and is in benchmarks/capacity_figures.py, each figure with
its source; what is assumed says so. A machine is filled to `--fill` of its cores: beyond 54 % nothing was measured.
Prices are yours: the default is a round number and no offer of anybody.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.capacity_figures import (
    FIGURES,
    Machine,
    call_lengths,
    cores_of,
    engines_on,
    figure,
    hearing_wait_ms,
    mean_length_s,
    mib_of,
)
from benchmarks.capacity_simulation import World, simulated
from engine.report import percentile
from engine.settings import CoordinatorSettings


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
