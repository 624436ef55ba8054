"""What an engine said while some calls went on, in one file: material for the pictures of the console.

    python console/recording.py STATE_DIR

records from the engine that runs there, whose settings say `[operator] approve = ["book"]` and `deadline_s = 60`. The
calls are real ones to simulated restaurants, and so is what an operator does meanwhile. The file holds every event
exactly as it came over the wire, header and payload, so it is read with the protocol alone.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.client import Client, EngineAddress  # noqa: E402
from engine.errors import CallThingError  # noqa: E402
from engine.protocol import (  # noqa: E402
    Accepted,
    CallClosed,
    DecideTool,
    Header,
    MarkMoment,
    Message,
    MuteAgent,
    PlaceCall,
    Presence,
    ToolPending,
    Transcript,
    Voice,
    Whisper,
    elapsed_us,
    pack,
    unpack,
)
from engine.statedir import StateDirectory  # noqa: E402

FILE = ROOT / "docs" / "recorded_calls.msgpack.gz"
OPERATOR = "anna"
CALLS: tuple[tuple[str, int], ...] = (
    ("de/accepts", 14),
    ("es/full_offers_outside", 2),
    ("nl/hold_music", 3),
    ("en/asks_name_phone", 4),
    ("de/full_offers_inside", 0),
)  # scenario, seconds until the next is placed
SHOWN = 4  # the call whose meters are kept, and which is shown
SHOWN_TURN = 6  # the moment: the far end is in the middle of this turn of that call
APPROVED = (1, SHOWN)  # calls whose booking the operator approves at once; the others wait
ACTS: tuple[tuple[float, int, Message], ...] = (
    (30.0, SHOWN, Whisper("If they ask: a table by the window is welcome.")),
    (34.0, SHOWN, MarkMoment("asks for the name twice")),
    (36.0, 2, MuteAgent(True)),
)  # seconds after the first call was placed, call, command


def events(until_us: int) -> Iterator[tuple[Header, Message]]:
    """The recorded events up to a moment of the recording's clock."""
    for header, message in recorded():
        if elapsed_us(header.time_us, until_us) >= 0:
            yield header, message


def moment_us() -> int:
    """When the last partial transcript of the shown turn came."""
    partials = [
        header.time_us
        for header, message in recorded()
        if header.call == SHOWN
        and isinstance(message, Transcript)
        and message.turn == SHOWN_TURN
        and not message.final
    ]
    return partials[-1]


def recorded() -> Iterator[tuple[Header, Message]]:
    """All of it."""
    for head, payload in msgspec.msgpack.decode(gzip.decompress(FILE.read_bytes())):
        yield unpack([head, payload])


async def record(state_dir: Path) -> int:
    """Place the calls and keep what is said until all have ended. Returns the number of events."""
    address = StateDirectory.running(state_dir)
    if address is None:
        raise SystemExit(
            f"No engine runs on {state_dir}. Start one: call-thing engine --state-dir {state_dir}"
        )
    client = Client(msgspec.convert(address, EngineAddress), operator=OPERATOR)
    kept: list[tuple[bytes, bytes]] = []
    open_calls = set(range(1, len(CALLS) + 1))
    tasks = [asyncio.create_task(work) for work in (_place(client), _act(client), _be_there(client))]
    deciding: set[asyncio.Task[None]] = set()
    while open_calls:
        for header, message in client.drain():
            if isinstance(message, CallClosed):
                open_calls.discard(header.call)
            elif isinstance(message, Voice) and header.call != SHOWN:
                continue
            elif isinstance(message, ToolPending) and header.call in APPROVED:
                deciding.add(asyncio.create_task(_approve(client, header.call, message.request)))
            kept.append(pack(message, header.call, header.sequence, header.time_us, header.flags))
        await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    client.close()
    FILE.write_bytes(gzip.compress(msgspec.msgpack.encode(kept), 9, mtime=0))
    return len(kept)


async def _place(client: Client) -> None:
    await asyncio.sleep(1)  # the subscription takes a moment
    for scenario, wait_s in CALLS:
        path = ROOT / "scenarios" / f"{scenario}.yaml"
        await client.request(PlaceCall(scenario=str(path)), Accepted)
        await asyncio.sleep(wait_s)


async def _be_there(client: Client) -> None:
    while True:
        client.send(Presence())
        await asyncio.sleep(1)


async def _act(client: Client) -> None:
    passed_s = 0.0
    for at_s, call, command in ACTS:
        await asyncio.sleep(at_s - passed_s)
        passed_s = at_s
        try:
            await client.request(command, Accepted, call)
        except CallThingError as error:
            sys.stderr.write(f"{command}: {error}\n")


async def _approve(client: Client, call: int, request: int) -> None:
    await asyncio.sleep(2)
    await client.request(DecideTool(request, True), Accepted, call)


if __name__ == "__main__":
    print(asyncio.run(record(Path(sys.argv[1]))), "events", file=sys.stderr)
