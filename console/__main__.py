"""`python -m console`: watch and steer the calls of an engine. Nothing heavy is imported before --help."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.options import PORT, complaint, for_visitors, parse

if TYPE_CHECKING:
    from engine.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run the console until `q` (0), or until its terminal goes away (1); the web page until Ctrl-C."""
    options = parse(arguments)
    from console import terminal
    from engine.errors import CallThingError, ExitCode

    if not options.web and not terminal.present():
        _say("The console needs a terminal. Without one: call-thing run, or call-thing console --web")
        return int(ExitCode.BAD_INPUT)
    wrong = complaint(options)
    if wrong:
        _say(wrong)
        return int(ExitCode.BAD_INPUT)
    try:
        tree = settings_of(options)
        if options.web:
            from console.web import serve

            serve(_command(for_visitors(options)), PORT if options.port is None else options.port)
            return int(ExitCode.OK)
    except CallThingError as error:
        _say(error)
        return int(error.exit_code)
    from console.quiet import libraries_quiet

    with libraries_quiet():
        return _run(tree, options)


def _say(words: object) -> None:
    sys.stderr.write(f"{words}\n")


def _command(flags: list[str]) -> list[str]:
    return [sys.executable, "-m", "console", *flags]


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings, with what the command line says instead. Raises SettingsError."""
    from engine.settings_sources import load

    flags = {
        "state_dir": options.state_dir,
        "console.operator": options.operator,
        "console.theme": options.theme,
    }
    return load(options.settings, flags=flags)


def _system_user() -> str:
    """Who is logged in; in a container that may be nobody with a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


def _run(tree: Settings, options: argparse.Namespace) -> int:
    from console.app import ConsoleApp
    from console.audio.sounddevice_ import DeviceSound
    from console.clock import SystemClock
    from console.glyphs import ASCII, UNICODE
    from console.link.client import EngineLink
    from console.link.coordinator import CoordinatorLink
    from console.scenario_files import scenario_files
    from console.state.store import Store
    from console.terminal import TerminalWatch

    store, clock = Store(), SystemClock()
    store.readonly = options.readonly
    store.me = tree.console.operator or _system_user()
    link = EngineLink(tree.state_path, store, clock.now_us, operator=store.me)
    app = ConsoleApp(
        store,
        link,
        clock=clock,
        glyphs=ASCII if options.ascii else UNICODE,
        scenarios=scenario_files(),
        demo=str(Path(options.demo).absolute()) if options.demo else "",
        where=str(tree.state_path),
        journals=tree.state_path / "journals",
        replay=Path(options.replay).absolute() if options.replay else None,
        settings=tree.console,
        microphone=not options.no_mic,
        sound=DeviceSound(tree.console.microphone, tree.console.speaker),
        coordinated=CoordinatorLink(tree, link.attach),
        accounts=tuple(sorted(tree.sip.accounts, key=lambda name: (name != tree.sip.account, name))),
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
