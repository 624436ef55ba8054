"""`call-thing line …`: hold, keys and transfer in a call that goes on, through the engine that runs it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.options import Chosen, SettingsFile, StateDir

if TYPE_CHECKING:
    from engine.line_orders import Order

line_app = typer.Typer(no_args_is_help=True, help="Hold, press keys or transfer in a call on a real line.")
CallNumber = Annotated[
    int, typer.Argument(metavar="CALL", min=1, max=65535, help="The call's number in the engine.")
]


@line_app.command()
def hold(call: CallNumber, state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """Put the far end on hold."""
    from engine.protocol import HoldLine

    _ask(Chosen(settings, state_dir), call, HoldLine())


@line_app.command()
def resume(call: CallNumber, state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """Take the far end back from hold."""
    from engine.protocol import HoldLine

    _ask(Chosen(settings, state_dir), call, HoldLine(hold=False))


@line_app.command()
def digits(
    call: CallNumber,
    keys: Annotated[str, typer.Argument(metavar="KEYS", help="Of 0-9 A-D * #.")],
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Press keys."""
    from engine.protocol import SendDigits

    _ask(Chosen(settings, state_dir), call, SendDigits(keys.upper()))


@line_app.command()
def transfer(
    call: CallNumber,
    to: Annotated[str, typer.Argument(metavar="ADDRESS", help="A SIP address or telephone number.")],
    attended: Annotated[
        bool, typer.Option("--attended", help="Call them first, hand over once they have picked up.")
    ] = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Hand the far end over to somebody else."""
    from engine.protocol import TransferLine

    _ask(Chosen(settings, state_dir), call, TransferLine(to, attended))


def _ask(chosen: Chosen, call: int, order: Order) -> None:
    asyncio.run(_request(chosen.settings.state_path, call, order))
    sys.stderr.write(
        f"call-thing: asked of the line of call {call}; the call's own lines tell what became of it\n"
    )


async def _request(path: Path, call: int, order: Order) -> None:
    """Raises NoEngine when no engine runs there, CallRefused with its reason."""
    from engine.client import Client
    from engine.errors import NoEngine
    from engine.launch import address_of
    from engine.protocol import Accepted, LineAction

    address = address_of(path)
    if address is None:
        raise NoEngine(f"No engine runs on {path}. --state-dir names another directory.")
    client = Client(address, LineAction)
    try:
        await client.request(order, Accepted, call)
    finally:
        client.close()
