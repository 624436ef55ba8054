"""`python -m console`: watch and steer the calls of an engine. Nothing heavy is imported before --help."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="call-thing console", description="Watch and steer calls in a terminal."
    )
    parser.add_argument(
        "--state-dir", metavar="DIR", help="state directory of the engine; default: as in the settings"
    )
    parser.add_argument(
        "--demo", metavar="SCENARIO", help="scenario file to dial as soon as the engine is ready"
    )
    parser.add_argument(
        "--ascii", action="store_true", help="only ASCII signs, for fonts that lack the others"
    )
    parser.add_argument("--readonly", action="store_true", help="look, but give no commands")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the console until `q` (0), or until its terminal goes away (1)."""
    options = parse(arguments)
    from console import terminal
    from engine.errors import CallThingError, ExitCode

    if not terminal.present():
        _say("The console needs a terminal. Without one: call-thing run")
        return int(ExitCode.BAD_INPUT)
    try:
        from engine import settings

        tree = settings.load(flags={"state_dir": options.state_dir})
    except CallThingError as error:
        _say(error)
        return int(error.exit_code)
    if options.demo and options.readonly:
        _say("--demo dials a call, which --readonly forbids. Leave one of them out.")
        return int(ExitCode.BAD_INPUT)
    if options.demo and not Path(options.demo).is_file():
        _say(f"{options.demo}: no such scenario file. Those there are: scenarios/*/*.yaml")
        return int(ExitCode.BAD_INPUT)
    return _run(tree.state_path, options)


def _say(words: object) -> None:
    sys.stderr.write(f"{words}\n")


def _run(state_dir: Path, options: argparse.Namespace) -> int:
    from console.app import ConsoleApp
    from console.clock import SystemClock
    from console.glyphs import ASCII, UNICODE
    from console.link.client import EngineLink
    from console.scenario_files import scenario_files
    from console.state.store import Store
    from console.terminal import TerminalWatch

    store, clock = Store(), SystemClock()
    store.readonly = options.readonly
    app = ConsoleApp(
        store,
        EngineLink(state_dir, store, clock.now_us),
        clock=clock,
        glyphs=ASCII if options.ascii else UNICODE,
        scenarios=scenario_files(),
        demo=str(Path(options.demo).absolute()) if options.demo else "",
        where=str(state_dir),
    )

    def leave() -> None:
        with contextlib.suppress(RuntimeError):  # it is ending already
            app.call_from_thread(app.exit, return_code=1)

    watch = TerminalWatch(leave)
    watch.start()
    try:
        app.run()
    finally:
        watch.stop()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
