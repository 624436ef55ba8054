"""Options that many commands of the command line share, and the settings that come of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.settings import Settings
from engine.settings_sources import load

StateDir = Annotated[
    Path | None,
    typer.Option("--state-dir", help="Journals, reservations, cache and the running engine's address."),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="A TOML file; default: call-thing.toml in this folder, if there is one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on standard output.")]


class Chosen:
    """Settings as the flags made them, and the flags that make a child use the same."""

    def __init__(self, file: Path | None, state_dir: Path | None, **flags: Any) -> None:
        chosen = {"state_dir": str(state_dir.absolute()) if state_dir else None, **flags}
        self.settings: Settings = load(file, flags=chosen)
        self.arguments: list[str] = []
        if file is not None:
            self.arguments += ["--settings", str(file)]
        if state_dir is not None:
            self.arguments += ["--state-dir", str(state_dir.absolute())]
