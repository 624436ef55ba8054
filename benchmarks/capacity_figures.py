"""What a call, an engine and a machine take: figures of this project, each with its source, and what follows."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

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
