"""What an engine said while some calls went on, in one file: material for the pictures of the console.

    python console/recording.py STATE_DIR      records from the engine that runs there (call-thing engine)

The file holds every event exactly as it came over the wire, header and payload, so it is read with the protocol alone.
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
from engine.protocol import (  # noqa: E402
    Accepted,
    CallClosed,
    Header,
    Message,
    PlaceCall,
    Transcript,
    Voice,
    elapsed_us,
    pack,
    unpack,
)
from engine.statedir import StateDirectory  # noqa: E402

FILE = ROOT / "docs" / "recorded_calls.msgpack.gz"
CALLS = (("de/accepts", 16), ("es/full_offers_outside", 2), ("nl/hold_music", 3), ("en/asks_name_phone", 0))
SHOWN = 4  # the call whose meters are kept
SHOWN_TURN = 6  # the moment: the far end is in the middle of this turn of that call


def events(until_us: int) -> Iterator[tuple[Header, Message]]:
    """The recorded events up to a moment of the recording's clock."""
    for header, message in _all():
        if elapsed_us(header.time_us, until_us) >= 0:
            yield header, message


def moment_us() -> int:
    """When the last partial transcript of the shown turn came."""
    partials = [
        header.time_us
        for header, message in _all()
        if header.call == SHOWN
        and isinstance(message, Transcript)
        and message.turn == SHOWN_TURN
        and not message.final
    ]
    return partials[-1]


def _all() -> Iterator[tuple[Header, Message]]:
    for head, payload in msgspec.msgpack.decode(gzip.decompress(FILE.read_bytes())):
        yield unpack([head, payload])


async def record(state_dir: Path) -> int:
    """Place the calls and keep what is said until all have ended. Returns the number of events."""
    address = StateDirectory.running(state_dir)
    if address is None:
        raise SystemExit(
            f"No engine runs on {state_dir}. Start one: call-thing engine --state-dir {state_dir}"
        )
    client = Client(msgspec.convert(address, EngineAddress))
    kept: list[tuple[bytes, bytes]] = []
    open_calls = set(range(1, len(CALLS) + 1))
    placing = asyncio.create_task(_place(client))
    while open_calls:
        for header, message in client.drain():
            if isinstance(message, CallClosed):
                open_calls.discard(header.call)
            elif isinstance(message, Voice) and header.call != SHOWN:
                continue
            kept.append(pack(message, header.call, header.sequence, header.time_us, header.flags))
        await asyncio.sleep(0.02)
    await placing
    client.close()
    FILE.write_bytes(gzip.compress(msgspec.msgpack.encode(kept), 9, mtime=0))
    return len(kept)


async def _place(client: Client) -> None:
    await asyncio.sleep(1)  # the subscription takes a moment
    for scenario, wait_s in CALLS:
        path = ROOT / "scenarios" / f"{scenario}.yaml"
        await client.request(PlaceCall(scenario=str(path)), Accepted)
        await asyncio.sleep(wait_s)


if __name__ == "__main__":
    print(asyncio.run(record(Path(sys.argv[1]))), "events", file=sys.stderr)
