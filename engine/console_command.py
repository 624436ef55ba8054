"""`call-thing console`: hands its options over to the console, a program of its own; see console/options.py."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from engine.options import Chosen, SettingsFile, StateDir


def console(
    state_dir: StateDir = None,
    settings: SettingsFile = None,
    replay: Annotated[
        str | None, typer.Option("--replay", help="Recorded call to begin with: a folder under journals/.")
    ] = None,
    operator: Annotated[
        str | None,
        typer.Option("--operator", help="Who works here, for the journals; default: the system's user."),
    ] = None,
    theme: Annotated[str | None, typer.Option("--theme", help="Colours: dark, light, production.")] = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="No character beyond ASCII.")] = False,
    readonly: Annotated[bool, typer.Option("--readonly", help="Look, touch nothing.")] = False,
    no_mic: Annotated[bool, typer.Option("--no-mic", help="Use no microphone.")] = False,
    web: Annotated[
        bool,
        typer.Option(
            "--web", help="Serve it as a page on 127.0.0.1 instead: to look at, and without microphone."
        ),
    ] = False,
    port: Annotated[
        int | None, typer.Option("--port", help="Port of the page; 8000 by default, 0 = any free one.")
    ] = None,
    host: Annotated[str | None, typer.Option("--host", hidden=True)] = None,
    allow_commands: Annotated[
        bool, typer.Option("--allow-commands", help="Let visitors of the page give commands.")
    ] = False,
) -> None:
    """Open the operator console on the engine of a state directory."""
    chosen = Chosen(settings, state_dir)
    switches = {
        "--ascii": ascii_only,
        "--readonly": readonly,
        "--no-mic": no_mic,
        "--web": web,
        "--allow-commands": allow_commands,
    }
    values = {"--replay": replay, "--operator": operator, "--theme": theme, "--port": port, "--host": host}
    flags = [flag for flag, on in switches.items() if on]
    flags += [f"{flag}={value}" for flag, value in values.items() if value is not None]
    if settings is not None:
        flags.append(f"--settings={settings}")
    command = console_command(chosen, *flags)
    os.execv(command[0], command)  # it takes our place: signals and the terminal are its own


def console_command(chosen: Chosen, *flags: str) -> list[str]:
    """What runs the console on the same engine."""
    return [sys.executable, "-m", "console", "--state-dir", str(chosen.settings.state_path), *flags]
