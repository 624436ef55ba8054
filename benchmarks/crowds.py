"""Many calls at once in one engine: whether their answers come as soon as one call's, and what that costs.

The lines are one process of their own, measured apart: they are the load, not the engine.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from benchmarks.stub_calls import Ended, EngineLoad, StubHouse
from benchmarks.turn_figures import Figures, as_json, figures_of
from benchmarks.turn_inputs import InputFile
from engine.client import EngineAddress

SPACING_S = 7.0  # over which the calls begin: about a turn with its pause, so that turns end all the time
STEADY_S = 25.0  # of load that is measured once all have begun


async def crowd(
    house: StubHouse, address: EngineAddress, callers: list[InputFile], calls: int
) -> dict[str, Any]:
    """Figures of so many calls. callers: the files, used in turn."""

    async def later(number: int) -> Ended:
        await asyncio.sleep(SPACING_S * number / calls)
        return await house.call(callers[number % len(callers)])

    going = [asyncio.create_task(later(number)) for number in range(calls)]
    await asyncio.sleep(SPACING_S + 1.0)
    load = EngineLoad(address)
    await asyncio.wait(going, timeout=STEADY_S, return_when=asyncio.FIRST_COMPLETED)
    percent = load.percent()
    ended = await asyncio.gather(*going)
    line = percent.pop("line", 0.0)
    figures = as_json(sum((figures_of(each.played) for each in ended), Figures()))
    shown = {
        name: figures[name]
        for name in ("voice_to_voice_ms", "after_decision_ms", "turns", "unanswered", "false_cut_offs")
    }
    result = {
        **shown,
        "cpu_percent_of_a_core": round(sum(percent.values()), 1),
        "cpu_by_room": percent,
        "cpu_of_the_lines": line,
        "line_late_ms": round(max(each.late_ms for each in ended), 1),
    }
    print(f"  {calls} calls: {result}", file=sys.stderr, flush=True)
    return result
