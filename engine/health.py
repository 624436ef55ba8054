"""Does the engine of this state directory answer? `python -m engine.health` is a container's health check: a program of
its own, since it runs every so often for as long as the engine lives, and the command line imports much more.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from engine.client import Client
from engine.errors import CallThingError, NoEngine
from engine.launch import address_of
from engine.protocol import Accepted, Ping
from engine.settings_sources import load

ANSWER_S = 3.0


async def answers(path: Path) -> None:
    """Returns when it has answered. path: the engine's folder. Raises NoEngine, StateError."""
    address = address_of(path)
    if address is None:
        raise NoEngine(f"No engine runs on {path}.")
    client = Client(address, Accepted)
    try:
        await client.request(Ping(), Accepted, timeout_s=ANSWER_S)
    finally:
        client.close()


def main() -> int:
    """The exit code. Settings come from the environment, and from call-thing.toml where there is one."""
    try:
        asyncio.run(answers(load().engine_path))
    except CallThingError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
