"""What the fine-tuning commands share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.options import Chosen
from engine.terminal import show

if TYPE_CHECKING:
    from engine.finetune.check import Checked

Price = Annotated[
    float,
    typer.Option("--usd-per-million", min=0, help="Price of a million training tokens, for an estimate."),
]
Epochs = Annotated[
    int,
    typer.Option("--epochs", min=0, max=50, help="Times that each example is seen; 0 = the vendor's choice."),
]


def checked_file(file: Path, chosen: Chosen) -> Checked:
    """A file, checked; also against the people of the calls that are here."""
    from engine.finetune.calls import recorded
    from engine.finetune.check import check_file

    real = {call.call: call.task for call in recorded(chosen.settings.state_path)}
    return check_file(file, real)


def tell(value: Any, as_json: bool, lines: Iterable[str]) -> None:
    """To a program, or to a person."""
    if as_json:
        show(json.dumps(value, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            show(line)
