"""`call-thing call`: one call, dialled or waited for, shown and told to its end."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import CallRefused, ExitCode
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import say, show

if TYPE_CHECKING:
    from engine.protocol import PlaceCall

WAIT_S = 600  # to be called back


def call(
    scenario: Annotated[
        str, typer.Argument(help="A scenario: accepts, de/accepts, or the path of a YAML file.")
    ],
    as_json: AsJson = False,
    line: Annotated[
        str, typer.Option("--line", help="The line to call on: simulated, recorded, sip.")
    ] = "simulated",
    sip: Annotated[
        str | None,
        typer.Option("--sip", help="Call this SIP address or telephone number, for the scenario's task."),
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option(
            "--recording", help="Dial nobody: an audio file is the far end, about the scenario's task."
        ),
    ] = None,
    channel: Annotated[
        int, typer.Option("--channel", help="Of that file, from 0; our own recordings have the far end in 0.")
    ] = 0,
    wait_on: Annotated[
        str | None,
        typer.Option(
            "--await",
            metavar="[HOST:]PORT",
            help="Call nobody: wait there for the restaurant to call back about the scenario's task.",
        ),
    ] = None,
    wait_s: Annotated[
        int | None, typer.Option("--for", metavar="SECONDS", help=f"How long to wait; {WAIT_S} by default.")
    ] = None,
    account: Annotated[str, typer.Option("--account", help="SIP account to call or to wait with.")] = "",
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Place the call of one scenario; exit code 0 if it ended as expected."""
    from engine.follow import print_result
    from engine.protocol import PlaceCall
    from engine.scenario import find

    def tell(result: dict[str, Any]) -> None:
        if as_json:
            show(json.dumps(result, ensure_ascii=False, indent=2))
        else:
            print_result(result)
            sys.stderr.write(f"\njournal: {result['journal']}\n")

    chosen = Chosen(settings, state_dir)
    path = find(scenario, chosen.settings.language).resolve()
    if wait_s is not None and wait_on is None:
        raise CallRefused("--for says how long to wait, and nothing is waited for. Add --await PORT.")
    place = PlaceCall(
        scenario=str(path),
        line="sip" if sip is not None or wait_on is not None else "recorded" if recording else line,
        recording=str(recording.absolute()) if recording else "",
        channel=channel,
        to=sip or "",
        account=account,
        await_port=0 if wait_on is None else port_of(wait_on, chosen.settings.sip.listen),
        await_s=0 if wait_on is None else WAIT_S if wait_s is None else wait_s,
    )
    result = asyncio.run(placed(chosen, path, tell, None if as_json else show, place))
    raise typer.Exit(ExitCode.OK if result["ok"] else ExitCode.NOT_AS_EXPECTED)


def port_of(text: str, listen: str) -> int:
    """The port of `[HOST:]PORT`. Raises CallRefused; also where the host is another than `listen`, sip.listen."""
    from engine.lines.sip_address import host_and_port

    if text.isascii() and text.isdigit():
        return host_and_port(f"localhost:{text}")[1] or 0
    host, port = host_and_port(text)
    if port is None:
        raise CallRefused(f"--await {text}: the port is missing. Write PORT or HOST:PORT, such as 5080.")
    if host != listen:
        raise CallRefused(
            f"--await {text}: calls are received on sip.listen, which is {listen}. Leave the host out, or set that."
        )
    return port


async def placed(
    chosen: Chosen,
    path: Path,
    tell: Callable[[dict[str, Any]], None],
    lines: Callable[[str], None] | None,
    place: PlaceCall | None = None,
) -> dict[str, Any]:
    """Place a call, show its lines, tell its result at once: the engine may have to stay for the calls of others."""
    from engine.follow import as_json, follow
    from engine.launch import engine_client
    from engine.scenario import load as load_scenario

    scenario = load_scenario(path)
    async with engine_client(chosen.settings, chosen.arguments, say) as client:
        followed = await follow(client, path, lines, place)
        result = as_json(f"{path.parent.name}/{path.stem}", scenario, followed)
        tell(result)
    return result
