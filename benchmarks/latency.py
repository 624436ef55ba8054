"""How the embedded stack does on the simulated line: scenarios as expected, latency by stage, load, restarts.

    python benchmarks/latency.py [--json] [--repeat 3] [--language en …] [--only NAME …] [--parallel N] [--skip-kills]

Every figure comes from real calls in real time. Latency is measured at the line: from the last audible sample of the
restaurant to the first frame of the agent. Run it on a quiet machine. Latency and load always come from calls placed
one after the other; `--parallel` only lets the scenarios' outcomes be checked sooner.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from engine.client import Client, EngineAddress
from engine.follow import as_json, follow
from engine.launch import EngineProcess
from engine.protocol import ROOMS, EngineEvent
from engine.report import percentile, summary_of
from engine.scenario import FOLDER, listing, load
from engine.settings import Settings

QUIET_SCENARIOS = (
    "en/accepts",
    "en/asks_name_phone",
    "en/full_offers_inside",
    "de/accepts",
    "es/accepts",
    "nl/accepts",
)
KILL_SCENARIO = "en/full_offers_inside"
KILL_AFTER_S = {
    "capture": 9.0,
    "vad": 10.0,
    "transcribe": 11.0,
    "cache": 12.0,
    "agent": 13.0,
    "tts": 14.0,
    "playback": 15.0,
}


class Processes:
    """CPU seconds of an engine's processes, by room."""

    def __init__(self, pid: int) -> None:
        self._engine = psutil.Process(pid)

    def cpu_s(self) -> dict[str, float]:
        """User and system time so far; "supervisor" is the engine process itself."""
        seconds = {"supervisor": sum(self._engine.cpu_times()[:2])}
        for name, process in self.rooms().items():
            try:
                seconds[name] = sum(process.cpu_times()[:2])
            except psutil.Error:
                continue
        return seconds

    def rooms(self) -> dict[str, psutil.Process]:
        """Child processes by the room's name; lines as "line"."""
        found = {}
        for process in self._engine.children():
            try:
                found[process.cmdline()[-1]] = process
            except (psutil.Error, IndexError):
                continue
        return found


async def one_call(address: EngineAddress, path: Path) -> dict[str, Any]:
    """Place one scenario's call; the object of `call-thing call --json`."""
    client = Client(address)
    try:
        await asyncio.sleep(0.3)  # the subscription
        followed = await follow(client, path)
    finally:
        client.close()
    return as_json(f"{path.parent.name}/{path.stem}", load(path), followed)


async def packs(
    address: EngineAddress, paths: list[Path], repeat: int, parallel: int
) -> list[dict[str, Any]]:
    """All scenarios, `repeat` times."""
    limit = asyncio.Semaphore(parallel)

    async def limited(path: Path) -> dict[str, Any]:
        async with limit:
            result = await one_call(address, path)
            note = "ok" if result["ok"] else "; ".join(result["differences"])
            print(
                f"  {result['scenario']:<28}{result['wall_s']:>6.1f} s  {note}", file=sys.stderr, flush=True
            )
            return result

    return list(await asyncio.gather(*(limited(path) for _ in range(repeat) for path in paths)))


async def load_of_a_call(address: EngineAddress, path: Path) -> dict[str, float]:
    """Percent of a core while one call goes on, by room."""
    processes = Processes(address.pid)
    before, began = processes.cpu_s(), time.monotonic()
    await one_call(address, path)
    after, wall = processes.cpu_s(), time.monotonic() - began
    return {
        room: round(100 * (after[room] - before.get(room, 0.0)) / wall, 1) for room in after if room != "line"
    }


async def kill_each(address: EngineAddress, path: Path) -> dict[str, Any]:
    """kill -9 of every room in the middle of a call of its own: how the call ended, how long the room was away."""
    outcome = {}
    for room in ROOMS:
        watcher = Client(address, EngineEvent)
        call = asyncio.create_task(one_call(address, path))
        await asyncio.sleep(KILL_AFTER_S[room])
        os.kill(Processes(address.pid).rooms()[room].pid, signal.SIGKILL)
        killed_at, back_s = time.monotonic(), None
        while back_s is None and time.monotonic() - killed_at < 10:
            for _, event in watcher.drain():
                if isinstance(event, EngineEvent) and event.room == room and " is back" in event.text:
                    back_s = round(time.monotonic() - killed_at, 2)
            await asyncio.sleep(0.01)
        result = await call
        watcher.close()
        outcome[room] = {"ok": result["ok"], "restart_s": back_s, "differences": result["differences"]}
        print(f"  kill -9 {room:<12}{outcome[room]}", file=sys.stderr, flush=True)
    return outcome


async def measure(arguments: argparse.Namespace, state: Path) -> dict[str, Any]:
    settings = Settings(state_dir=str(state))
    began = time.monotonic()
    process = EngineProcess(settings, ["--state-dir", str(state)])
    try:
        address = await process.ready()
        ready_s = time.monotonic() - began
        await asyncio.sleep(3)  # the cache opens its store
        paths = [p for p in listing() if _wanted(p, arguments)]
        results = await packs(address, paths, arguments.repeat, arguments.parallel)
        quiet = results
        if arguments.parallel > 1:
            quiet = await packs(address, [FOLDER / f"{name}.yaml" for name in QUIET_SCENARIOS], 1, 1)
        load = await load_of_a_call(address, FOLDER / "en" / "accepts.yaml")
        kills = {} if arguments.skip_kills else await kill_each(address, FOLDER / f"{KILL_SCENARIO}.yaml")
    finally:
        process.stop()
    turns = [turn["latency_ms"] for result in quiet for turn in result["turns"] if turn["latency_ms"]]
    rest = [turn["hops"] + turn["playback"] for turn in turns]
    failed = [{"scenario": r["scenario"], "differences": r["differences"]} for r in results if not r["ok"]]
    return {
        "ready_s": round(ready_s, 2),
        "scenarios": len(paths),
        "runs": len(results),
        "as_expected": len(results) - len(failed),
        "failed": failed,
        "turns": len(turns),
        "latency_ms": summary_of(turns),
        "voice_to_voice_ms": {
            "p50": percentile([t["voice_to_voice"] for t in turns], 0.5),
            "p95": percentile([t["voice_to_voice"] for t in turns], 0.95),
        },
        "hops_plus_playback_ms": {"p50": percentile(rest, 0.5), "p95": percentile(rest, 0.95)},
        "audio_lost_frames": sum(result["audio_lost_frames"] for result in results),
        "cpu_percent_of_a_core": load,
        "cpu_percent_without_recognizer": round(
            sum(v for room, v in load.items() if room != "transcribe"), 1
        ),
        "kills": kills,
    }


def _wanted(path: Path, arguments: argparse.Namespace) -> bool:
    by_language = not arguments.language or path.parent.name in arguments.language
    return by_language and (not arguments.only or path.stem in arguments.only)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--language", nargs="*", default=[])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--skip-kills", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="call-thing-") as state:
        figures = asyncio.run(measure(arguments, Path(state)))
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:<32}{value}")
    return 0 if not figures["failed"] and all(kill["ok"] for kill in figures["kills"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
