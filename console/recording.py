"""What an engine said while some calls went on, in one file: material for the pictures of the console.

    python console/recording.py STATE_DIR [model]

records from the engine that runs there. Its settings say `[operator] approve = ["book"]` and `deadline_s = 60`; for
`model` they name a language model's server and its prices, and a call with the scripted brain has left replies in the
cache. The calls are real ones to simulated restaurants, and so is what an operator does meanwhile. The file holds every
event exactly as it came over the wire, header and payload, so it is read with the protocol alone.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import Iterator
from dataclasses import dataclass
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
    Spoken,
    ToolPending,
    Transcript,
    Voice,
    Whisper,
    elapsed_us,
    pack,
    unpack,
)
from engine.statedir import StateDirectory  # noqa: E402

OPERATOR = "anna"


@dataclass(frozen=True)
class Recording:
    """Some calls of one engine, and the moment of them that is shown."""

    name: str
    calls: tuple[tuple[str, int], ...]  # scenario, seconds until the next is placed
    shown: int  # the call whose meters are kept, and which is shown
    turn: int = (
        0  # the moment: the far end is in the middle of this turn of that call; 0 = we say the last words
    )
    approved: tuple[int, ...] = ()  # calls whose booking the operator approves at once; the others wait
    acts: tuple[tuple[float, int, Message], ...] = ()  # seconds after the first was placed, call, command

    @property
    def file(self) -> Path:
        return ROOT / "docs" / f"{self.name}.msgpack.gz"

    def recorded(self) -> Iterator[tuple[Header, Message]]:
        """All of it."""
        for head, payload in msgspec.msgpack.decode(gzip.decompress(self.file.read_bytes())):
            yield unpack([head, payload])

    def events(self, until_us: int) -> Iterator[tuple[Header, Message]]:
        """The events up to a moment of the recording's clock."""
        for header, message in self.recorded():
            if elapsed_us(header.time_us, until_us) >= 0:
                yield header, message

    def moment_us(self) -> int:
        """When the last partial transcript of the turn came, or we were in the middle of our last words."""
        return [
            header.time_us
            for header, message in self.recorded()
            if header.call == self.shown and self._is_of_the_moment(message)
        ][-1]

    def _is_of_the_moment(self, message: Message) -> bool:
        if self.turn:
            return isinstance(message, Transcript) and message.turn == self.turn and not message.final
        return isinstance(message, Spoken) and not message.done


FLOOR = Recording(
    "recorded_calls",
    (
        ("de/accepts", 14),
        ("es/full_offers_outside", 2),
        ("nl/hold_music", 3),
        ("en/asks_name_phone", 4),
        ("de/full_offers_inside", 0),
    ),
    shown=4,
    turn=6,
    approved=(1, 4),
    acts=(
        (30.0, 4, Whisper("If they ask: a table by the window is welcome.")),
        (34.0, 4, MarkMoment("asks for the name twice")),
        (36.0, 2, MuteAgent(True)),
    ),
)
MODEL = Recording("recorded_model_call", (("en/asks_name_phone", 0),), shown=1)


async def record(state_dir: Path, what: Recording) -> int:
    """Place the calls and keep what is said until all have ended. Returns the number of events."""
    address = StateDirectory.running(state_dir)
    if address is None:
        raise SystemExit(
            f"No engine runs on {state_dir}. Start one: call-thing engine --state-dir {state_dir}"
        )
    client = Client(msgspec.convert(address, EngineAddress), operator=OPERATOR)
    kept: list[tuple[bytes, bytes]] = []
    open_calls = set(range(1, len(what.calls) + 1))
    work = (_place(client, what), _act(client, what), _be_there(client))
    tasks = [asyncio.create_task(each) for each in work]
    deciding: set[asyncio.Task[None]] = set()
    while open_calls:
        for header, message in client.drain():
            if isinstance(message, CallClosed):
                open_calls.discard(header.call)
            elif isinstance(message, Voice) and header.call != what.shown:
                continue
            elif isinstance(message, ToolPending) and header.call in what.approved:
                deciding.add(asyncio.create_task(_approve(client, header.call, message.request)))
            kept.append(pack(message, header.call, header.sequence, header.time_us, header.flags))
        await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    client.close()
    what.file.write_bytes(gzip.compress(msgspec.msgpack.encode(kept), 9, mtime=0))
    return len(kept)


async def _place(client: Client, what: Recording) -> None:
    await asyncio.sleep(1)  # the subscription takes a moment
    for scenario, wait_s in what.calls:
        path = ROOT / "scenarios" / f"{scenario}.yaml"
        await client.request(PlaceCall(scenario=str(path)), Accepted)
        await asyncio.sleep(wait_s)


async def _be_there(client: Client) -> None:
    while True:
        client.send(Presence())
        await asyncio.sleep(1)


async def _act(client: Client, what: Recording) -> None:
    passed_s = 0.0
    for at_s, call, command in what.acts:
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
    chosen = MODEL if sys.argv[2:] == ["model"] else FLOOR
    print(asyncio.run(record(Path(sys.argv[1]), chosen)), "events", file=sys.stderr)
