"""The process of an actor of little_ray.py; it ends when nobody holds its standard input any more.

    python -m tests.fakes.little_ray_worker NODE

Pickled, in: the class and what it is made with, then (number, method, arguments). Out: (number, whether it went well,
what it returned or raised).
"""

from __future__ import annotations

import asyncio
import inspect
import os
import pickle
import sys
import threading
from types import SimpleNamespace
from typing import Any, BinaryIO


def ray_here(node: str) -> Any:
    """What an actor finds when it imports ray."""
    context = SimpleNamespace(get_node_id=lambda: node)
    util = SimpleNamespace(get_node_ip_address=lambda: "127.0.0.1")
    return SimpleNamespace(get_runtime_context=lambda: context, util=util)


async def serve(actor: Any, inbox: BinaryIO, outbox: BinaryIO) -> None:
    loop, doing = asyncio.get_running_loop(), set()

    async def do(number: int, method: str, arguments: tuple[Any, ...]) -> None:
        try:
            result = getattr(actor, method)(*arguments)
            answer = (number, True, await result if inspect.isawaitable(result) else result)
        except Exception as error:
            answer = (number, False, error)
        outbox.write(pickle.dumps(answer))
        outbox.flush()

    def begin(asked: tuple[int, str, tuple[Any, ...]]) -> None:
        task = loop.create_task(do(*asked))
        doing.add(task)
        task.add_done_callback(doing.discard)

    def listen() -> None:
        while True:
            try:
                asked = pickle.load(inbox)
            except EOFError:
                os._exit(0)  # whatever goes on: its engine hangs up when this process is gone
            loop.call_soon_threadsafe(begin, asked)

    threading.Thread(target=listen, daemon=True).start()
    await asyncio.Event().wait()


def main() -> None:
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed is no answer
    sys.modules["ray"] = ray_here(sys.argv[1])
    kind, arguments = pickle.load(inbox)
    asyncio.run(serve(kind(*arguments), inbox, outbox))


if __name__ == "__main__":
    main()
