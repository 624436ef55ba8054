"""`call-thing coordinator`: place the calls of the job queue until told to stop; or say how that stands."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import SettingsError
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import plain, say, show

if TYPE_CHECKING:
    from engine.coordinator.status import CoordinatorStatus

FLAGS = ("min_idle", "max_engines", "calls_per_engine", "spawner")


def coordinator(
    min_idle: Annotated[
        int | None, typer.Option("--min-idle", help="Free slots that are kept warm beside the calls.")
    ] = None,
    max_engines: Annotated[
        int | None, typer.Option("--max-engines", help="There are never more engines than this.")
    ] = None,
    calls_per_engine: Annotated[
        int | None, typer.Option("--calls-per-engine", help="Slots of an engine: so many calls at once.")
    ] = None,
    spawner: Annotated[
        str | None, typer.Option("--spawner", help="Where engines come from: local, container, ray.")
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Say how the coordinator of this state directory stands.")
    ] = False,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Place the calls of the job queue, on engines that come and go. SIGTERM: no new calls, running ones end."""
    if as_json and not status:
        raise SettingsError(
            "--json is for --status: the coordinator itself prints nothing on standard output."
        )
    chosen_flags = dict(zip(FLAGS, (min_idle, max_engines, calls_per_engine, spawner), strict=True))
    chosen = Chosen(settings, state_dir, **{f"coordinator.{name}": it for name, it in chosen_flags.items()})
    if status:
        _tell(chosen, as_json)
    else:
        _run(chosen)


def _run(chosen: Chosen) -> None:
    from engine.coordinator.room import Coordinator
    from engine.coordinator.spawners import make_spawner

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    async def serve() -> None:
        spawner = make_spawner(chosen.settings, chosen.arguments)
        await Coordinator(chosen.settings, spawner).run()

    say(f"coordinator on {chosen.settings.state_path}; Ctrl-C lets running calls end, a second one ends them")
    asyncio.run(serve())


def _tell(chosen: Chosen, as_json: bool) -> None:
    from engine.coordinator.status_client import status_of

    found = asyncio.run(status_of(chosen.settings.state_path))
    if as_json:
        import msgspec

        show(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    for line in told(found, time.time()):
        show(plain(line))


def told(status: CoordinatorStatus, now_s: float) -> list[str]:
    """A status for people, line by line."""
    jobs = ", ".join(f"{count} {state}" for state, count in status.jobs.items()) or "none"
    ended = ", ".join(f"{count} {outcome}" for outcome, count in status.ended.items()) or "none"
    lines = [
        f"coordinator  process {status.pid}, {_age(now_s - status.started_at)}"
        + (", draining" if status.draining else ""),
        f"jobs         {jobs}",
        f"calls        {status.dialled} dialled; ended: {ended}",
        f"to dial      {_figure(status.enqueue_to_dial_ms)}; hand-over {_figure(status.handover_ms)}",
        f"engines      {len(status.engines)} of at most {status.max_engines} ({status.spawner}); "
        f"{status.engines_lost} lost, {status.spawns_failed} did not start",
    ]
    for engine in status.engines:
        used = f"{len(engine.calls)} of {engine.capacity}"
        lines.append(
            f"  {engine.name}  {engine.phase:<9}{used:<10}{engine.calls_ended} ended  {engine.where}"
        )
        lines += [
            f"    {call.state:<9}{call.restaurant}  {_age(now_s - call.since)}  job {call.job}"
            for call in engine.calls
        ]
    return lines + [f"problem      {words}" for words in status.problems]


def _figure(times_ms: tuple[float, ...]) -> str:
    from engine.report import percentile

    middle, slow = (percentile(list(times_ms), share) for share in (0.5, 0.95))
    return "–" if middle is None or slow is None else f"p50 {middle:.1f} ms, p95 {slow:.1f} ms"


def _age(seconds: float) -> str:
    whole: Any = int(max(0.0, seconds))
    return f"{whole} s" if whole < 120 else f"{whole // 60} min"
