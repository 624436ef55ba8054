"""Two models side by side, over the same scenarios, before one of them speaks with anybody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from engine.brains.base import Brain
from engine.brains.scripted import Scripted
from engine.errors import SettingsError
from engine.finetune.text_call import MakeBrain, Outcome, TextCall, Wait, nothing_to_wait_for
from engine.protocol import Task
from engine.scenario import Scenario
from engine.settings import BrainSettings

SCRIPTED = "scripted"  # the brain that needs no model
LOOK_AGAIN_S = 0.05  # at a brain that thinks, when nothing wakes us


class Row(msgspec.Struct, frozen=True):
    """One scenario, played by both."""

    scenario: str
    sides: tuple[Outcome, Outcome]


def compare(
    scenarios: Sequence[tuple[str, Scenario]],
    brains: tuple[tuple[MakeBrain, Wait], tuple[MakeBrain, Wait]],
    told: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """Every scenario with either brain. told: hears of each row when it is complete."""
    rows = []
    for name, scenario in scenarios:
        first, second = (TextCall(scenario, make, wait).run() for make, wait in brains)
        row = Row(name, (first, second))
        rows.append(row)
        told(row)
    return rows


@contextmanager
def brain_of(
    model: str, settings: BrainSettings, environment: Mapping[str, str]
) -> Iterator[tuple[MakeBrain, Wait]]:
    """What makes this model's brain, and how it is waited for. Raises SettingsError where the key is missing."""
    if model == SCRIPTED:
        yield (lambda task, memory: Scripted(task, task.language, memory)), nothing_to_wait_for
        return
    from engine.brains.asking import Server
    from engine.brains.keys import key_of
    from engine.brains.openai import OpenAIBrain

    woken = threading.Event()
    mine = msgspec.structs.replace(settings, kind="openai", model=model)
    try:
        key = key_of(mine, environment)
    except SettingsError as error:
        raise SettingsError(f"The model {model} cannot be compared. {error}") from None
    server = Server(mine, key, woken.set)
    server.start()

    def make(task: Task, memory: bytes) -> Brain:
        return OpenAIBrain(task, server, memory)

    def wait() -> int:
        before = time.monotonic()
        woken.wait(LOOK_AGAIN_S)
        woken.clear()
        return max(1, int((time.monotonic() - before) * 1000))

    try:
        yield make, wait
    finally:
        server.close()


def summary(models: tuple[str, str], rows: Sequence[Row]) -> dict[str, Any]:
    """The comparison as one JSON object."""
    return {
        "models": list(models),
        "scenarios": len(rows),
        "as_expected": [count_as_expected(rows, side) for side in (0, 1)],
        "rows": [{"scenario": row.scenario, "sides": [_side(side) for side in row.sides]} for row in rows],
    }


def count_as_expected(rows: Sequence[Row], side: int) -> int:
    """How many calls of one side came out as their scenarios expect."""
    return sum(row.sides[side].as_expected for row in rows)


def never_answered(models: tuple[str, str], rows: Sequence[Row]) -> list[str]:
    """Models that answered in no turn, so that only the scripted brain was seen."""
    return [
        model
        for side, model in enumerate(models)
        if model != SCRIPTED and not any(row.sides[side].answered for row in rows)
    ]


def _side(outcome: Outcome) -> dict[str, Any]:
    return {
        "as_expected": outcome.as_expected,
        "outcome": outcome.outcome,
        "differences": list(outcome.differences),
        "turns": outcome.turns,
        "tools_refused": list(outcome.refused),
        "tokens_in": outcome.tokens_in,
        "tokens_out": outcome.tokens_out,
        "turns_answered_by_model": outcome.answered,
        "turns_answered_by_script": outcome.fallbacks,
    }
