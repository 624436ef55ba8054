"""A far end on the line's own stack, in a process of its own: for what Debian's baresip 1.0.0 cannot (Replaces).

    python -m tests.fakes.sip.python_peer PORT

It picks up, does what a REFER asks of it, and prints one word per event.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.sip.programs import Program, free_port, until

ROOT = Path(__file__).parents[3]
LISTENING = "listening"
CONFIG = """\
sip_listen 127.0.0.1:{port}
rtp_ports 16000-19998
audio_jitter_buffer_type fixed
audio_jitter_buffer_ms 20-200
"""


class PythonPeer:
    """One such far end."""

    def __init__(self, program: Program, port: int) -> None:
        self.program = program
        self.uri = f"sip:peer@127.0.0.1:{port}"

    def saw(self, event: str, count: int = 1) -> bool:
        """Whether this has happened so many times: incoming, transferring, established, closed."""
        return self.program.output.split().count(event) >= count


@contextlib.contextmanager
def python_peer(folder: Path) -> Iterator[PythonPeer]:
    """Ends with the block."""
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.sip.python_peer", str(port)]
    program = Program(command, ROOT, f"peer-{port}", output_folder=folder)
    try:
        until(lambda: LISTENING in program.output, "the peer listens")
        yield PythonPeer(program, port)
    finally:
        program.end()


async def _main(port: int) -> None:
    from baresip import Account, Call, Config, Runtime, StackEvent, UserAgent

    def tell(event: StackEvent) -> None:
        words = {"CALL_ESTABLISHED": "established", "CALL_CLOSED": "closed"}
        if event.event.name in words:
            print(words[event.event.name], flush=True)

    async def pick_up(call: Call) -> None:
        print("incoming", flush=True)
        await call.answer()

    runtime = Runtime()
    await runtime.start(
        Config("127.0.0.1", max_concurrent_calls=None, extra_config_text=CONFIG.format(port=port))
    )
    runtime.subscribe(tell)
    account = Account("peer", f"127.0.0.1:{port}", "", reg_interval=0, audio_codecs=("PCMU/8000/1",))
    agent = await UserAgent.create(runtime, account, transfer_policy="auto")
    tasks: set[asyncio.Task[None]] = set()
    agent.on_incoming(lambda call: tasks.add(asyncio.ensure_future(pick_up(call))))
    agent.on_transfer_call(lambda *_: print("transferring", flush=True))
    print(LISTENING, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(_main(int(sys.argv[1])))
    finally:
        os._exit(0)  # the stack is not taken down in order
