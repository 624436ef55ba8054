"""The console's command line: `python -m console`, and `call-thing console`, which hands its options over."""

from __future__ import annotations

import argparse
from pathlib import Path

HOST, PORT = "127.0.0.1", 8000
JOURNAL = "events.jsonl"  # as engine/journal.py has it
THEMES = ("dark", "light", "production")  # as settings.ConsoleSettings has them


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line. Imports nothing that takes time: --help is answered here."""
    parser = argparse.ArgumentParser(
        prog="call-thing console", description="Watch and steer calls in a terminal, or in a browser."
    )
    add = parser.add_argument
    add("--state-dir", metavar="DIR", help="state directory of the engine; default: as in the settings")
    add(
        "--settings",
        metavar="FILE",
        type=Path,
        help="settings file; default: call-thing.toml, if it is there",
    )
    add("--demo", metavar="SCENARIO", help="scenario file to dial as soon as the engine is ready")
    add("--replay", metavar="FOLDER", help="recorded call to begin with: a folder under journals/")
    add("--operator", metavar="NAME", help="who works here, for the journals; default: the system's user")
    add("--theme", choices=THEMES, help="colours; `production`: a red header, for calls to real restaurants")
    add("--ascii", action="store_true", help="only ASCII signs, for fonts that lack the others")
    add("--readonly", action="store_true", help="look, but give no commands")
    add("--no-mic", action="store_true", help="use no microphone")
    web = parser.add_argument_group("in a browser")
    web.add_argument("--web", action="store_true", help="serve the console as a web page, to look at")
    web.add_argument("--port", type=int, help=f"port of the page; default: {PORT}, 0 = any free one")
    web.add_argument("--host", help=f"address of the page; only {HOST} is served")
    web.add_argument("--allow-commands", action="store_true", help="let visitors of the page give commands")
    return parser.parse_args(arguments)


def complaint(options: argparse.Namespace) -> str:
    """Why these options cannot be meant together, and what to do; "" when they can."""
    if options.web:
        return _of_web(options)
    for name, given in (
        ("--port", options.port is not None),
        ("--host", options.host is not None),
        ("--allow-commands", options.allow_commands),
    ):
        if given:
            return f"{name} belongs to --web. Add that, or leave {name} out."
    if options.replay and not (Path(options.replay) / JOURNAL).is_file():
        return f"{options.replay}: no recorded call is there. Each has a folder under journals/ in the state directory."
    if options.demo and options.readonly:
        return "--demo dials a call, which --readonly forbids. Leave one of them out."
    if options.demo and not Path(options.demo).is_file():
        return f"{options.demo}: no such scenario file. Those there are: scenarios/*/*.yaml"
    return ""


def _of_web(options: argparse.Namespace) -> str:
    if options.host not in (None, HOST):
        return (
            f"--host {options.host}: the page is not encrypted and shows whole calls, so it is served on {HOST} "
            f"alone. From another machine: ssh -L {PORT}:{HOST}:{PORT} THIS-MACHINE, then open its address there."
        )
    if options.port is not None and not 0 <= options.port <= 65535:
        return f"--port {options.port}: a port is a number from 0 (any free one) to 65535."
    if options.replay:
        return "--replay opens one call in a terminal. On the page, r lists the recorded calls."
    if options.demo:
        return "--demo dials a call, which every visitor of the page would do. call-thing call SCENARIO dials one."
    if options.readonly and options.allow_commands:
        return "--readonly and --allow-commands contradict each other. A page is read-only without either."
    return ""


def for_visitors(options: argparse.Namespace) -> list[str]:
    """The options of the console that each visitor of the page is given: no microphone, mostly no commands."""
    flags = ["--no-mic"]
    if not options.allow_commands:
        flags.append("--readonly")
    if options.ascii:
        flags.append("--ascii")
    for name in ("state_dir", "settings", "operator", "theme"):
        value = getattr(options, name)
        if value is not None:
            flags += [f"--{name.replace('_', '-')}", str(value)]
    return flags
