"""A child process of the engine: `python -m engine.workers ROOM`, told everything else on standard input.

Standard input stays open as long as the supervisor lives: its end means that the supervisor is gone, and the
child ends itself, so that no process is ever left behind. A line process that carries several calls is given the
later ones there too.
"""

from __future__ import annotations

import importlib
import logging
import os
import queue
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable

import msgspec

from engine.errors import CallThingError
from engine.wiring import House, LinePlan

LENGTH = struct.Struct("!I")
GOODBYE_S = {
    "simulated": 0.5,
    "recorded": 0.1,
    "sip": 1.5,  # it may have to wait a second for the far end's first word, before which nothing can be cancelled
}
"""For a line to hang up when the supervisor is gone: a far end must not be left in silence, nor ringing."""
LINES = {
    "simulated": "engine.lines.simulated",
    "recorded": "engine.lines.recorded",
    "sip": "engine.lines.baresip",
}
ACTED = "engine.acting.line"  # a simulated line whose restaurant a language model plays
Later = queue.SimpleQueue[LinePlan | None]  # the further calls of a line process; None = no more will come


def opened(house: House, more: Later) -> None:
    """Run the room or the line that the house's plan names, in this process, to its end."""
    if house.line is None:
        importlib.import_module(f"engine.workers.{house.room}").start(house)
    else:
        line = ACTED if house.line.acted else LINES[house.line.kind]
        importlib.import_module(line).start(house, more)


def main(run: Callable[[House, Later], None] = opened) -> int:
    """Read the house's plan, watch for the supervisor's end, run the room. run: another way to run it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor decides
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # it would log every utterance
    body = _next_part()
    if not body:
        return 0  # the supervisor is gone already
    house = msgspec.msgpack.decode(body, type=House)
    more: Later = queue.SimpleQueue()
    goodbye_s = GOODBYE_S[house.line.kind] if house.line is not None else 0.0
    threading.Thread(target=_end_with_supervisor, args=(more, goodbye_s), daemon=True).start()
    try:
        run(house, more)
    except CallThingError as error:
        sys.stderr.write(f"{error}\n")  # the supervisor passes it on
        return error.exit_code
    return 0


def _end_with_supervisor(more: queue.SimpleQueue[LinePlan | None], goodbye_s: float) -> None:
    """goodbye_s: what a line has for its hang-up; one that is done sooner ends by itself."""
    while body := _next_part():
        more.put(msgspec.msgpack.decode(body, type=LinePlan))
    more.put(None)
    time.sleep(goodbye_s)
    os._exit(0)


def _next_part() -> bytes:
    """The next of what the supervisor writes; b"" at its end."""
    head = _read(LENGTH.size)
    if len(head) < LENGTH.size:
        return b""
    (length,) = LENGTH.unpack(head)
    body = _read(length)
    return body if len(body) == length else b""


def _read(size: int) -> bytes:
    """So many bytes of standard input; fewer only at its end.

    Not through sys.stdin: a thread that waits there holds its lock, with which the interpreter cannot end in order.
    """
    parts: list[bytes] = []
    while size and (part := os.read(0, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def plan(part: House | LinePlan) -> bytes:
    """What the supervisor writes to a child's standard input: the house first, of further calls their lines."""
    body = msgspec.msgpack.encode(part)
    return LENGTH.pack(len(body)) + body


if __name__ == "__main__":
    sys.exit(main())
