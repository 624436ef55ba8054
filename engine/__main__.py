"""call-thing: the command line. Standard output is for data, standard error for words; `--help` loads no model."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from engine.cache_commands import cache_app
from engine.call_commands import call, placed
from engine.console_command import console, console_command
from engine.coordinator_command import coordinator
from engine.errors import CallThingError, ExitCode, SettingsError
from engine.evaluate_command import evaluate
from engine.finetune_commands import finetune_app
from engine.import_command import import_
from engine.job_commands import jobs_app
from engine.journal_commands import calls_app
from engine.line_commands import line_app
from engine.model_commands import models_app
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.replay_commands import case, replay
from engine.report_command import report
from engine.reservation_commands import reservations_app
from engine.scenario_commands import scenarios_app
from engine.terminal import say, show
from engine.voice_commands import voices

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An AI phone agent that books, changes and cancels restaurant tables by voice.",
)
app.add_typer(models_app, name="models")
app.add_typer(line_app, name="line")
app.add_typer(reservations_app, name="reservations")
app.add_typer(calls_app, name="calls")
app.add_typer(jobs_app, name="jobs")
app.add_typer(scenarios_app, name="scenarios")
app.add_typer(cache_app, name="cache")
app.add_typer(finetune_app, name="finetune")

DEMO = "accepts"


@app.command()
def run(
    lang: Annotated[
        str | None, typer.Option("--lang", help="Language of the demo call: en, de, es, nl.")
    ] = None,
    scenario: Annotated[str, typer.Argument(help="Scenario of the demo call.")] = DEMO,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Place a demo call and watch it: in the console, or as lines where there is no terminal."""
    from engine.scenario import find

    chosen = Chosen(settings, state_dir)
    language = lang or chosen.settings.language
    path = find(scenario, _known(language)).resolve()
    if sys.stdin.isatty() and sys.stdout.isatty():
        raise typer.Exit(_console_over_engine(chosen, path))
    from engine.follow import print_result

    result = asyncio.run(placed(chosen, path, print_result, show))
    booked = result["reservation"]["status"] == "booked"
    raise typer.Exit(ExitCode.OK if booked else ExitCode.NOT_AS_EXPECTED)


app.command()(call)
app.command()(coordinator)
app.command()(evaluate)


@app.command()
def restaurant(
    scenario: Annotated[
        str, typer.Argument(help="Whose restaurant: accepts, de/accepts, or the path of a YAML file.")
    ],
    sip: Annotated[
        str, typer.Option("--sip", help="HOST:PORT where it is called, as sip:restaurant@HOST:PORT.")
    ] = "127.0.0.1:5070",
    calls: Annotated[
        int, typer.Option("--calls", min=0, help="End after so many calls; 0 = go on until Ctrl-C.")
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="What happens, one JSON object per line on standard output.")
    ] = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Answer real SIP calls as a scenario's restaurant, with ears of its own."""
    from engine.lines.sip_address import host_and_port
    from engine.restaurant.serving import serve
    from engine.restaurant.telling import teller
    from engine.scenario import find, load as load_scenario

    host, port = host_and_port(sip)
    if port is None:
        raise SettingsError(f"--sip {sip}: the port is missing. Write HOST:PORT, such as 127.0.0.1:5070.")
    chosen = Chosen(settings, state_dir, **{"sip.listen": host, "sip.port": port})
    path = find(scenario, chosen.settings.language).resolve()
    ending = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):  # an exception would be lost inside the voice's C library
        signal.signal(sign, lambda *_: ending.set())
    serve(load_scenario(path), chosen.settings, calls, teller(path.stem, as_json), ending)


@app.command()
def engine(
    state_dir: StateDir = None,
    settings: SettingsFile = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    stub: Annotated[bool, typer.Option("--stub", hidden=True, help="Services of 0 ms.")] = False,
    engine_dir: Annotated[
        Path | None, typer.Option("--engine-dir", hidden=True, help="The setting engine.directory.")
    ] = None,
    alone_s: Annotated[
        int | None, typer.Option("--alone-s", hidden=True, help="The setting engine.alone_s.")
    ] = None,
) -> None:
    """Run the engine alone, until Ctrl-C; consoles and commands find it through the state directory."""
    from engine.evaluation.stub_rooms import command as stub_command
    from engine.rooms import interpreter
    from engine.supervisor import Supervisor

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    own = str(engine_dir.absolute()) if engine_dir else None
    chosen = Chosen(settings, state_dir, **{"engine.directory": own, "engine.alone_s": alone_s})
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()

    def on_ready() -> None:
        print(f"engine ready on {chosen.settings.engine_path}", file=sys.stderr, flush=True)

    async def serve() -> None:
        await Supervisor(chosen.settings, on_ready, stub_command if stub else interpreter).run()

    asyncio.run(serve())


@app.command()
def stop(state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """Stop the engine of a state directory: its calls are hung up, nothing is left running."""
    from engine.launch import stop_engine

    chosen = Chosen(settings, state_dir)
    asyncio.run(stop_engine(chosen.settings.state_path))
    print(f"stopped the engine on {chosen.settings.state_path}", file=sys.stderr)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), 15)


app.command()(console)
app.command()(voices)
app.command()(replay)
app.command("import")(import_)
app.command()(case)
app.command()(report)


def _console_over_engine(chosen: Chosen, path: Path) -> int:
    """The console in the foreground, an engine under it unless one is running already."""
    from engine.launch import EngineProcess, address_of, running

    address = address_of(chosen.settings.state_path)
    process = None if address else EngineProcess(chosen.settings, chosen.arguments)
    try:
        if process is not None:
            address = asyncio.run(process.ready())
        if address is not None and (process is None or not process.is_at(address)):
            say(running(address))
        return subprocess.call(console_command(chosen, "--demo", str(path)))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    finally:
        if process is not None:
            process.stop()


@app.command()
def accounts(as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """List the SIP accounts of the settings, and whether each could be used from here."""
    from engine.lines.accounts import listing

    rows = listing(Chosen(settings, state_dir).settings.sip, os.environ)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        say(
            "no account: only SIP peers on this machine can be called. [sip.accounts.NAME] in call-thing.toml."
        )
    for row in rows:
        mark = "*" if row["default"] else " "
        address = f"sip:{row['user']}@{row['provider']}"
        how = f"{row['transport']}, encryption {row['encryption']}"
        print(f"{mark} {row['account']:<16}{address:<40}{how:<28}{row['trouble'] or row['password']}")


@app.command()
def doctor(as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """Say what is there, what is missing, what for, and the command that brings it."""
    from engine import doctor as doctors

    raise typer.Exit(doctors.run(Chosen(settings, state_dir).settings, as_json))


def _known(language: str) -> str:
    from engine.protocol import LANGUAGES

    if language not in LANGUAGES:
        raise SettingsError(
            f'--lang: "{language}" is no language of this program. There are: {", ".join(LANGUAGES)}.'
        )
    return language


def main() -> None:
    """Entry point: errors meant for people become one line and an exit code."""
    try:
        app()
    except CallThingError as error:
        say(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has read enough
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # or the interpreter's last flush complains
        sys.exit(ExitCode.NOT_AS_EXPECTED)


if __name__ == "__main__":
    main()
