"""A model's server, asked from one thread for all calls of a room, so that no call waits for another's thought.

The thread has an event loop and the `openai` client. What comes of a question is laid down piece by piece in its
`Asked`, and the room is woken; it takes the pieces when it has time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from engine.brains.failures import OPTIONS, Failure, broken_off, clean, of_status, too_slow
from engine.brains.stream import Call, Ended, Piece, Reader, Words
from engine.settings import BrainSettings

if TYPE_CHECKING:
    import openai

OPENAI_URL = "https://api.openai.com/v1"
NO_KEY = "none"  # for servers that ask for no key; the client insists on one
PAUSE_S = 0.1  # before the second try
LEAST_S = 0.3  # of the budget that make a second try worth it
LOCAL = ("localhost", "127.0.0.1", "::1")


class FirstToken(msgspec.Struct, frozen=True):
    """The model has begun to answer, so many µs after it was asked last."""

    us: int


Arrived = Piece | FirstToken | Failure


class Asked:
    """One question. A Failure or an Ended is the last that comes of it."""

    def __init__(self) -> None:
        self._arrived: deque[Arrived] = deque()
        self._answering: Future[None] | None = None
        self.requests = 0

    def take(self) -> Arrived | None:
        """The next piece; None: nothing yet."""
        return self._arrived.popleft() if self._arrived else None

    def cancel(self) -> None:
        """Nobody wants to know any more: the connection is closed."""
        if self._answering is not None:
            self._answering.cancel()
        self._arrived.clear()


class Server:
    """The client in its thread. `ask` may be called at once: questions wait until it is there."""

    def __init__(self, settings: BrainSettings, key: str, wake: Callable[[], None]) -> None:
        """wake: called in the thread whenever something has come."""
        self.settings = settings
        self._key = key
        self._wake = wake
        self._loop = asyncio.new_event_loop()
        self._client: openai.AsyncOpenAI | None = None
        self._without: set[str] = set()  # options that the server does not take
        self._missing = ""
        self._thread = threading.Thread(target=self._run, name="brain", daemon=True)

    def start(self) -> None:
        """Begin; importing the client takes a second, in the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread; questions in flight are dropped."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=2)

    def ask(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]], budget_s: float) -> Asked:
        """Ask for the next answer; what comes, comes within the budget."""
        asked = Asked()
        asked._answering = asyncio.run_coroutine_threadsafe(
            self._answer(asked, messages, tools, budget_s), self._loop
        )
        return asked

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would log every question
        logging.getLogger("openai").setLevel(logging.WARNING)
        try:
            import openai

            self._client = client_of(openai, self.settings, self._key)
        except Exception as error:  # told at the first question, and every call goes on without a model
            self._missing = f"the client cannot be used ({type(error).__name__}: {clean(str(error))})"
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        with contextlib.suppress(Exception):
            self._loop.run_until_complete(self._shut_down())
        self._loop.close()

    async def _shut_down(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*others, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def _give(self, asked: Asked, piece: Arrived) -> None:
        asked._arrived.append(piece)
        self._wake()

    async def _answer(
        self, asked: Asked, messages: list[dict[str, Any]], tools: list[dict[str, Any]], budget_s: float
    ) -> None:
        deadline_s = self._loop.time() + budget_s
        tries_left, reduced = 1, 0
        while True:
            asked.requests += 1
            failure, spoke = await self._once(asked, self._request(messages, tools), deadline_s)
            if failure is None:
                return
            pause_s = max(PAUSE_S, failure.wait_s)
            if failure.option and reduced < len(OPTIONS):
                reduced += 1
                self._without.add(failure.option)
            elif failure.again and tries_left and not spoke and self._in_time(pause_s, deadline_s):
                tries_left -= 1
                await asyncio.sleep(pause_s)
            else:
                self._give(asked, failure)
                return

    def _in_time(self, pause_s: float, deadline_s: float) -> bool:
        return self._loop.time() + pause_s + LEAST_S < deadline_s

    def _request(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        """The question's fields; those that the server refused before are left out."""
        settings = self.settings
        modern = ("max_tokens" in self._without) if settings.base_url else True
        modern = modern and "max_completion_tokens" not in self._without
        options: dict[str, Any] = {
            "stream_options": {"include_usage": True},
            "temperature": settings.temperature,
            "max_completion_tokens" if modern else "max_tokens": settings.max_tokens,
        }
        kept = {name: value for name, value in options.items() if name not in self._without}
        offered = {"tools": tools} if tools else {}  # an empty list is refused by some servers
        return {"model": settings.model, "messages": messages, **offered, "stream": True, **kept}

    async def _once(
        self, asked: Asked, request: dict[str, Any], deadline_s: float
    ) -> tuple[Failure | None, bool]:
        """One request; why it failed, and whether anything was said before that."""
        if self._client is None:
            return Failure(words=self._missing), False
        import openai

        began_s = self._loop.time()
        first_s = min(deadline_s, began_s + self.settings.first_token_ms / 1000)
        reader, begun, spoke = Reader(), False, False
        try:
            async with asyncio.timeout_at(first_s) as limit:
                stream = await self._client.chat.completions.create(**request)
                try:
                    async for chunk in stream:
                        pieces = reader.feed(chunk)
                        if reader.begun and not begun:
                            begun = True
                            limit.reschedule(deadline_s)
                            self._give(asked, FirstToken(int((self._loop.time() - began_s) * 1e6)))
                        for piece in pieces:
                            spoke = True
                            self._give(asked, piece)
                finally:
                    await stream.close()
            rest = reader.end()
            if isinstance(rest[-1], Ended) and not rest[-1].finish:
                return broken_off(), spoke
            for piece in rest:
                self._give(asked, piece)
        except TimeoutError:
            return too_slow(first_token=not begun), spoke
        except openai.OpenAIError as error:
            return _failure_of(error, begun), spoke
        except Exception as error:  # whatever a server may send that the client cannot read
            return Failure(words=f"the answer cannot be read ({type(error).__name__})", again=True), spoke
        return None, spoke


def client_of(openai: Any, settings: BrainSettings, key: str) -> Any:
    """The client for these settings. It tries nothing a second time: the budget is ours."""
    url = settings.base_url or OPENAI_URL
    http_client = None
    if urlsplit(url).hostname in LOCAL:  # a proxy has no business between us and this machine
        http_client = openai.DefaultAsyncHttpx2Client(trust_env=False)
    return openai.AsyncOpenAI(
        api_key=key or NO_KEY,
        base_url=url,
        max_retries=0,
        timeout=settings.budget_ms / 1000,
        http_client=http_client,
    )


def _failure_of(error: Any, begun: bool) -> Failure:
    """An error of the client as ours."""
    import openai

    if isinstance(error, openai.APIStatusError):
        message, headers = str(error.message), error.response.headers
        return of_status(error.status_code, message, headers, str(error.param or ""))
    if isinstance(error, openai.APITimeoutError):
        return too_slow(first_token=not begun)
    if isinstance(error, openai.APIConnectionError):
        return broken_off() if begun else Failure(words="the server cannot be reached", again=True)
    return Failure(words=f"the server broke off: {clean(str(error))}", again=True)


__all__ = ["Arrived", "Asked", "Call", "Ended", "Failure", "FirstToken", "Server", "Words", "client_of"]
