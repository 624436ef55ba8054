"""The scenarios as telephone calls: one engine calls their restaurants over SIP with Opus, by voice alone.

    python benchmarks/sip_scenarios.py [--json] [--language en …] [--only NAME …] [--parallel N] [--repeat N]
                                       [--keep FOLDER]

Each restaurant is `call-thing restaurant` in a process of its own, on a port of its own; it knows nothing but what it
hears. Latency is counted from the arrival of the last packet with speech to the first frame of the agent handed to the
line. Everything runs in real time on loopback; with `--parallel` the machine's load is in the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from engine.client import Client, EngineAddress
from engine.errors import CallThingError
from engine.follow import as_json, follow
from engine.launch import EngineProcess
from engine.protocol import PlaceCall
from engine.report import percentile
from engine.scenario import listing, load
from engine.settings import Settings

NO_ANSWER_S = 8  # four times as long as a restaurant rings that does pick up
READY_S = 30.0  # for a restaurant to load its ears and open its port
END_S = 10.0  # for a restaurant to end after its call
SUBSCRIBED_S = 0.5  # a subscription takes effect a moment after it was made
MEASURE = "wire"  # the turns whose latency counts here


class Restaurant:
    """One restaurant's process and what it tells."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self.events: list[dict[str, Any]] = []
        self._process = process

    async def until_it_waits(self) -> None:
        """Until it can be called. Raises CallThingError when it ends before that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                while event := await self._next():
                    if event["event"] == "waiting":
                        return
        raise CallThingError(f"The restaurant on port {self.port} cannot be called: {await self._words()}")

    async def end(self) -> int:
        """Stay until it has ended by itself, or end it; its exit code."""
        try:
            async with asyncio.timeout(END_S):
                while await self._next():
                    pass
                return await self._process.wait()
        except TimeoutError:
            await self._stop()
            return -signal.SIGINT

    async def _next(self) -> dict[str, Any] | None:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            return None
        self.events.append(json.loads(line))
        return self.events[-1]

    async def _words(self) -> str:
        await self._stop()
        assert self._process.stderr is not None
        words = (await self._process.stderr.read()).decode("utf-8", "replace").strip().splitlines()
        return words[-1] if words else "it said nothing"

    async def _stop(self) -> None:
        """In order, as Ctrl-C does it, or at once."""
        for sign in (signal.SIGINT, signal.SIGKILL):
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    self._process.send_signal(sign)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._process.wait(), END_S)


@contextlib.asynccontextmanager
async def restaurant(path: Path, state: Path) -> AsyncIterator[Restaurant]:
    """The restaurant of a scenario, waiting for one call. Gone after the block."""
    port = free_port()
    where = ("--sip", f"127.0.0.1:{port}", "--calls", "1", "--json", "--state-dir", str(state))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "engine",
        "restaurant",
        str(path),
        *where,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is ours: the call is hung up first
    )
    there = Restaurant(process, port)
    try:
        await there.until_it_waits()
        yield there
    finally:
        await there._stop()


def free_port() -> int:
    """A UDP port that nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def one_call(address: EngineAddress, path: Path, state: Path) -> dict[str, Any]:
    """The agent calls the restaurant of a scenario; the object of `call-thing call --json`, and the other side's."""
    async with restaurant(path, state) as there:
        place = PlaceCall(
            scenario=str(path.absolute()), line="sip", to=f"sip:restaurant@127.0.0.1:{there.port}"
        )
        client = Client(address)
        try:
            await asyncio.sleep(SUBSCRIBED_S)
            followed = await follow(client, path, place=place)
        finally:
            client.close()
        result = as_json(name_of(path), load(path), followed)
        code = await there.end()
    if code:
        result["differences"].append(f"the restaurant ended with exit code {code}")
        result["ok"] = False
    return {**result, "restaurant": there.events}


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


async def calls(
    address: EngineAddress, paths: list[Path], arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    """Every scenario `--repeat` times, `--parallel` of them at a time; told on standard error as they end."""
    limit = asyncio.Semaphore(arguments.parallel)

    async def limited(path: Path, state: Path) -> dict[str, Any]:
        async with limit:
            try:
                result = await one_call(address, path, state)
            except CallThingError as error:
                result = {"scenario": name_of(path), "ok": False, "differences": [str(error)], "turns": []}
        tell(result)
        return result

    with tempfile.TemporaryDirectory(prefix="call-thing-restaurants-") as state:
        return list(
            await asyncio.gather(
                *(limited(path, Path(state)) for _ in range(arguments.repeat) for path in paths)
            )
        )


def tell(result: dict[str, Any]) -> None:
    """One line for people."""
    p50 = percentile(waits(result), 0.5)
    answer = f"{p50:>5.0f} ms" if p50 is not None else f"{'–':>8}"
    note = "ok" if result["ok"] else "; ".join(result["differences"])
    row = f"  {result['scenario']:<28}{result.get('wall_s', 0.0):>6.1f} s {answer}  {note}"
    print(row, file=sys.stderr, flush=True)


def waits(result: dict[str, Any]) -> list[float]:
    """Voice to voice of every answered turn that was measured at the wire, ms."""
    return [
        turn["latency_ms"]["voice_to_voice"]
        for turn in result["turns"]
        if turn["latency_ms"] and turn["latency_measured"] == MEASURE
    ]


def spread(results: list[dict[str, Any]]) -> dict[str, float | None]:
    taken = [wait for result in results for wait in waits(result)]
    return {"p50": percentile(taken, 0.5), "p95": percentile(taken, 0.95)}


def figures_of(results: list[dict[str, Any]]) -> dict[str, Any]:
    """What all calls come to. `measured`: how many answered turns were measured from where."""
    measured = Counter(
        turn["latency_measured"] for result in results for turn in result["turns"] if turn["latency_ms"]
    )
    return {
        "scenarios": len({result["scenario"] for result in results}),
        "runs": len(results),
        "as_expected": sum(result["ok"] for result in results),
        "failed": [
            {key: result.get(key) for key in ("scenario", "differences", "journal")}
            for result in results
            if not result["ok"]
        ],
        "by_language": {
            language: {
                "runs": len(of_it),
                "as_expected": sum(result["ok"] for result in of_it),
                "voice_to_voice_ms": spread(of_it),
            }
            for language in sorted({result["scenario"][:2] for result in results})
            for of_it in [[result for result in results if result["scenario"].startswith(f"{language}/")]]
        },
        "voice_to_voice_ms": spread(results),
        "measured": dict(measured),
    }


async def measure(arguments: argparse.Namespace, state: Path) -> dict[str, Any]:
    """Place the calls through one engine on this state directory."""
    state.mkdir(parents=True, exist_ok=True)
    chosen = state / "settings.toml"
    chosen.write_text(f"[call]\nno_answer_s = {NO_ANSWER_S}\n")
    paths = [path for path in listing() if _wanted(path, arguments)]
    process = EngineProcess(
        Settings(state_dir=str(state)), ["--settings", str(chosen), "--state-dir", str(state)]
    )
    try:
        address = await process.ready()
        await asyncio.sleep(3)  # the cache opens its store
        results = await calls(address, paths, arguments)
    finally:
        process.stop()
    if arguments.keep:
        (state / "calls.json").write_text(json.dumps(results, ensure_ascii=False, indent=2))
    return figures_of(results)


def _wanted(path: Path, arguments: argparse.Namespace) -> bool:
    by_language = not arguments.language or path.parent.name in arguments.language
    return by_language and (not arguments.only or path.stem in arguments.only)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--language", nargs="*", default=[])
    parser.add_argument("--only", nargs="*", default=[], help="scenarios without their language: accepts")
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="an empty folder for journals and both sides' events")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="call-thing-") as state:
        figures = asyncio.run(measure(arguments, arguments.keep or Path(state)))
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:<24}{value}")
    return 0 if figures["runs"] and figures["as_expected"] == figures["runs"] else 1


if __name__ == "__main__":
    sys.exit(main())
