"""A real HTTP server that speaks the chat completions API, with answers that are written in the test.

Each request to /v1/chat/completions takes the next `Answer` of the script; a callable is given the request's body
and makes one. It runs in a thread of its own, on a free port of 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

MODEL = "fake-model"
Body = dict[str, Any]


@dataclass
class Answer:
    """One answer. Text comes in pieces of `piece` characters, arguments of tools too."""

    text: str = ""
    calls: Sequence[tuple[str, Any]] = ()  # tool, arguments: an object, or text that is none
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    error: str = "something is wrong"
    param: str = ""  # of the error
    first_s: float = 0.0  # before anything comes
    between_s: float = 0.0  # pieces
    piece: int = 5
    cut_after: int | None = None  # pieces, then the connection is gone
    refusal: str = ""
    finish: str = ""  # "" = as it comes
    usage: tuple[int, int] | None = (100, 20)
    endless: bool = False
    same_index: bool = False  # every call has the index 0, as with some servers
    raw: str = ""  # a line of the stream that is no JSON


Reply = Answer | Callable[[Body], Answer]


class FakeOpenAI:
    """The server; a context manager. `asked` are the bodies of the requests, `keys` their keys."""

    def __init__(self, *script: Reply, otherwise: Reply | None = None) -> None:
        self.script = list(script)
        self.otherwise = otherwise
        self.asked: list[Body] = []
        self.keys: list[str] = []
        self.dropped = threading.Event()  # a client has closed the connection before the end
        self._news = threading.Condition()
        self.models = [MODEL]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> FakeOpenAI:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for(self, requests: int) -> None:
        """Until so many have come."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.asked) >= requests, timeout=15), "nobody has asked"

    def stop(self) -> None:
        """From here on nobody answers at this address."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    async def _close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._list)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _list(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Authorization", ""))
        return web.json_response(
            {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}
        )

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        with self._news:
            self.asked.append(body)
            self._news.notify_all()
        self.keys.append(request.headers.get("Authorization", ""))
        reply = self.script.pop(0) if self.script else self.otherwise
        if reply is None:
            reply = Answer(status=500, error="the script of the test is over")
        answer = reply(body) if callable(reply) else reply
        try:
            await asyncio.sleep(answer.first_s)
            if answer.status != 200:
                error = {"error": {"message": answer.error, "param": answer.param or None, "type": "error"}}
                return web.json_response(error, status=answer.status, headers=answer.headers)
            return await self._stream(request, answer, "stream_options" in body)
        except (ConnectionError, asyncio.CancelledError):
            self.dropped.set()
            raise

    async def _stream(self, request: web.Request, answer: Answer, wants_usage: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number, delta in enumerate(_deltas(answer)):
            if answer.cut_after is not None and number >= answer.cut_after:
                assert request.transport is not None
                request.transport.abort()
                return response
            await _send(response, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            await asyncio.sleep(answer.between_s)
        if answer.raw:
            await response.write(f"data: {answer.raw}\n\n".encode())
        finish = answer.finish or ("tool_calls" if answer.calls else "stop")
        await _send(response, {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if wants_usage and answer.usage is not None:
            prompt, completion = answer.usage
            usage = {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            }
            await _send(response, {"choices": [], "usage": usage})
        await response.write(b"data: [DONE]\n\n")
        return response


async def _send(response: web.StreamResponse, part: dict[str, Any]) -> None:
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": MODEL, **part}
    await response.write(f"data: {json.dumps(chunk)}\n\n".encode())


def _deltas(answer: Answer) -> Any:
    yield {"role": "assistant", "content": ""}
    for start in range(0, len(answer.text), answer.piece):
        yield {"content": answer.text[start : start + answer.piece]}
    while answer.endless:
        yield {"content": "And another thing is on my mind. "}
    if answer.refusal:
        yield {"refusal": answer.refusal}
    for place, (tool, arguments) in enumerate(answer.calls):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        index = 0 if answer.same_index else place
        first = {"index": index, "id": f"call_{tool}_{place}", "type": "function"}
        yield {"tool_calls": [{**first, "function": {"name": tool, "arguments": ""}}]}
        for start in range(0, len(text), answer.piece):
            part = text[start : start + answer.piece]
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
