"""A child process of the engine: `python -m engine.workers ROOM`, told everything else on standard input.

Standard input stays open as long as the supervisor lives: its end means that the supervisor is gone, and the
child ends itself, so that no process is ever left behind.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import struct
import sys
import threading

import msgspec

from engine.errors import CallThingError
from engine.wiring import House

LENGTH = struct.Struct("!I")


def main() -> int:
    """Read the house's plan, watch for the supervisor's end, run the room."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor decides
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # it would log every utterance
    source = sys.stdin.buffer
    (length,) = LENGTH.unpack(source.read(LENGTH.size))
    house = msgspec.msgpack.decode(source.read(length), type=House)
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    room = importlib.import_module(
        f"engine.workers.{house.room}" if not house.call else "engine.lines.simulated"
    )
    try:
        room.start(house)
    except CallThingError as error:
        sys.stderr.write(f"{error}\n")  # the supervisor passes it on
        return error.exit_code
    return 0


def _end_with_supervisor() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


def plan(house: House) -> bytes:
    """What the supervisor writes to a child's standard input."""
    body = msgspec.msgpack.encode(house)
    return LENGTH.pack(len(body)) + body


if __name__ == "__main__":
    sys.exit(main())
