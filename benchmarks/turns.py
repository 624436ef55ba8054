"""Turn-taking: how soon we answer, whom we cut off, how soon we are silent when somebody speaks over us.

    python benchmarks/turns.py [--inputs DIR] [--json] [--calls 1 16 32] [--quick]

The engine's real rooms (processes, ZeroMQ, Silero, endpointing) hear WAV files in real time, from a line of its own.
Recogniser, brain and voice are stubs of 0 ms: the recogniser gives the words of the manifest spoken so far. Delays
count from the true end, or onset, of speech in the file to the first, or last audible, frame of our voice.

--inputs: any folder with a manifest, see benchmarks/turn_inputs.py; without it callers are made with espeak-ng.
--calls: instead, so many calls at once in one engine, the turns files over and over, one crowd after the other.
Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a script, from anywhere

from benchmarks.crowds import crowd
from benchmarks.stub_calls import Ended, StubHouse, stub_house
from benchmarks.turn_figures import Figures, as_json, figures_of
from benchmarks.turn_inputs import InputFile, make_interruptions, make_turns, read_inputs
from engine.protocol import LANGUAGES

QUICK_TURNS = 2
EVERY_CLIP = 2  # of those that interrupt, every second
QUICK_CLIPS = 12
QUICK_AT_ONCE = 4
TALKERS_AT_ONCE = 4  # calls with interruptions: they count from onsets, and are long


def inputs(arguments: argparse.Namespace, folder: Path) -> list[InputFile]:
    """The callers there will be: those that were named or made, and those who speak over us."""
    quick = arguments.quick
    if arguments.inputs:
        callers = read_inputs(arguments.inputs)
    else:
        callers = make_turns(folder / "turns", QUICK_TURNS if quick else 99)
        callers = [c for c in callers if c.language == "en"] if quick else callers
    if arguments.calls or any(caller.has_interruptions for caller in callers):
        return callers
    talkers = LANGUAGES[:1] if quick else LANGUAGES
    return callers + make_interruptions(
        folder / "interruptions", QUICK_CLIPS if quick else EVERY_CLIP, talkers
    )


async def one_by_one(house: StubHouse, callers: list[InputFile], at_once: int) -> dict[str, Figures]:
    """Every file once; those with interruptions some at a time. By name."""
    waiting = asyncio.Semaphore(at_once)

    async def one(caller: InputFile, limit: asyncio.Semaphore) -> tuple[str, Figures]:
        async with limit:
            ended = await house.call(caller)
        figures = figures_of(ended.played)
        tell(caller.name, ended, figures)
        return caller.name, figures

    if at_once >= TALKERS_AT_ONCE:
        return dict(await asyncio.gather(*(one(caller, waiting) for caller in callers)))
    turns = [one(caller, waiting) for caller in callers if not caller.has_interruptions]
    found = dict(await asyncio.gather(*turns))
    together = asyncio.Semaphore(TALKERS_AT_ONCE)
    talkers = [one(caller, together) for caller in callers if caller.has_interruptions]
    return found | dict(await asyncio.gather(*talkers))


def tell(name: str, ended: Ended, figures: Figures) -> None:
    """One file's figures, for whoever watches."""
    late = f"  the line was {ended.late_ms:.0f} ms late" if ended.late_ms > 20 else ""
    shown = {key: value for key, value in as_json(figures).items() if value not in (0, None)}
    print(f"  {name:<24}{_words(shown)}{late}", file=sys.stderr, flush=True)


def _words(figures: dict[str, Any]) -> str:
    pairs = []
    for name, value in figures.items():
        if not isinstance(value, dict):
            pairs.append(f"{name} {value}")
        elif value["p50"] is not None:
            pairs.append(f"{name} {value['p50']:.0f}/{value['p95']:.0f}")
    return "  ".join(pairs)


async def measure(
    arguments: argparse.Namespace, folder: Path, callers: list[InputFile] | None = None
) -> dict[str, Any]:
    """Everything that is printed. callers: else those that the arguments name, or made ones."""
    callers = inputs(arguments, folder) if callers is None else callers
    async with stub_house(callers, folder, _settings(arguments)) as (house, address):
        if arguments.calls:
            speakers = [caller for caller in callers if not any(t.pauses_ms for t in caller.turns)]
            return {"calls": {n: await crowd(house, address, speakers, n) for n in arguments.calls}}
        at_once = max(arguments.at_once, QUICK_AT_ONCE if arguments.quick else 1)
        found = await one_by_one(house, callers, at_once)
    shown = as_json(sum(found.values(), Figures()))
    return {**shown, "by_file": {name: as_json(figures) for name, figures in found.items()}}


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """--set turns.hangover_ms=250 as a tree."""
    tree: dict[str, Any] = {}
    for pair in arguments.set:
        name, _, value = pair.partition("=")
        section, _, key = name.partition(".")
        tree.setdefault(section, {})[key] = json.loads(value)
    return tree


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=Path, help="folder with manifest.json and its WAVs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--calls", type=int, nargs="*", default=[], help="so many calls at once")
    parser.add_argument("--quick", action="store_true", help="a few turns, to see that it works")
    parser.add_argument("--at-once", type=int, default=1, help="files without interruptions played at a time")
    parser.add_argument("--set", nargs="*", default=[], help="settings that differ: turns.hangover_ms=250")
    parser.add_argument(
        "--keep", type=Path, help="empty folder for inputs, journals and log, which stay there"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="call-thing-turns-") as folder:
        figures = asyncio.run(measure(arguments, arguments.keep or Path(folder)))
    if arguments.json:
        print(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            if name != "by_file":
                print(f"{name:<20}{value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
