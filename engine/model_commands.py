"""`call-thing models …`: speech recognition models for real lines."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.options import AsJson, Chosen, SettingsFile, StateDir

models_app = typer.Typer(no_args_is_help=True, help="Speech recognition models for real lines.")


@models_app.command("pull")
def pull(
    size: Annotated[str, typer.Argument(help="tiny, base, small, medium, large-v3, …")],
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Bring a Whisper model for real lines; continues where it was interrupted."""
    from engine import models

    raise typer.Exit(models.command_pull(size, Chosen(settings, state_dir).settings.state_path / "models"))


@models_app.command("list")
def there_are(as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """List the models that are here."""
    from engine import models

    raise typer.Exit(models.command_list(Chosen(settings, state_dir).settings.state_path / "models", as_json))
