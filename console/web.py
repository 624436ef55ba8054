"""The console as a web page on this machine: one console process for each visitor, through textual-serve.

The page is for this machine's user alone: served on 127.0.0.1, opened with the key in its address, and read-only
unless the operator wants otherwise. Every console ends with its page, and all of them with the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import shlex
import signal
import socket
import sys
from typing import Any

from aiohttp import WSCloseCode, web
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from console.options import HOST
from engine.errors import CallThingError, ExitCode

MAX_VISITORS = 8  # each is a process of some 50 MB
GRACE_S = 2.5  # a console that was told to end takes less than 1 s, one that is stuck ends itself within 2 s
CLOSING_S = 1.0  # for a browser to say goodbye


class PageError(CallThingError):
    exit_code = ExitCode.BAD_INPUT


class Visitor(AppService):
    """One visitor's console process, which is really gone once it was stopped."""

    async def run(self) -> None:
        """From its start to its end, and the page's with it: one that stayed open would be dead, or never begin."""
        try:
            await super().run()
        except asyncio.CancelledError:
            if told_to_stop():
                raise
            await self._read_last_words()
        await self.remote_close()

    async def _read_last_words(self) -> None:
        """Of a console that ended so early that textual-serve's reader was cancelled before its first step."""
        assert self._process is not None and self._process.stderr is not None
        words = await self._process.stderr.read()
        sys.stdout.write(words.decode("utf-8", "replace"))

    async def stop(self) -> None:
        """Ask it to end; then take its input away; then kill it."""
        process = self._process
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await super().stop()
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), GRACE_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def told_to_stop() -> bool:
    """Whether this very task was cancelled, and not one that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Page(Server):
    """The page and its visitors."""

    def __init__(self, command: list[str], port: int) -> None:
        """command: of one visitor's console. port: on which the page is really served."""
        line = f"exec {shlex.join(command)}"  # no shell stays between us and the console
        super().__init__(line, HOST, port, title="Call-Thing", public_url=f"http://{HOST}:{port}")
        self.key = secrets.token_urlsafe(16)
        self._cookie = f"call-thing-{port}"  # cookies do not tell the ports of a machine apart
        self._visitors: dict[Visitor, web.WebSocketResponse] = {}

    @property
    def url(self) -> str:
        """What opens the page."""
        return f"{self.public_url}/?key={self.key}"

    async def application(self) -> web.Application:
        """The page as aiohttp serves it."""
        page = await self._make_app()
        page.middlewares.append(self._guard)
        page.on_response_prepare.append(self._headers)
        return page

    async def on_startup(self, app: web.Application) -> None:
        """Silent: standard output is for the address."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Close the pages; each takes its console with it."""
        farewell = (
            page.close(code=WSCloseCode.GOING_AWAY, message=b"the server was stopped")
            for page in self._visitors.values()
        )
        await asyncio.gather(*farewell, return_exceptions=True)
        await asyncio.gather(*(visitor.stop() for visitor in list(self._visitors)), return_exceptions=True)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Other users of this machine, and other pages in the same browser, stay outside."""
        if request.path.startswith("/static/"):
            return await handler(request)
        origin = request.headers.get("Origin", self.public_url)
        if origin != self.public_url or f"http://{request.host}" != self.public_url:  # or another name for us
            raise web.HTTPForbidden(text="This page is opened from nowhere else.")
        given = request.query.get("key") or request.cookies.get(self._cookie, "")
        if not hmac.compare_digest(given.encode(errors="replace"), self.key.encode()):
            raise web.HTTPForbidden(text="Open the whole address that call-thing console --web has printed.")
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.set_cookie(self._cookie, self.key, httponly=True, samesite="Strict")
        return response

    async def _headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Nothing is fetched from elsewhere, and no other page shows this one in a frame."""
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data:; connect-src ws://{HOST}:{self.port}; frame-ancestors 'none'"
        )
        response.headers["Referrer-Policy"] = "no-referrer"

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One visitor, from the opened page to the closed one."""
        page = web.WebSocketResponse(heartbeat=15, timeout=CLOSING_S)
        await page.prepare(request)
        if len(self._visitors) >= MAX_VISITORS:
            await page.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many visitors")
            return page
        visitor = Visitor(
            self.command,
            write_bytes=page.send_bytes,
            write_str=page.send_str,
            close=page.close,  # type: ignore[arg-type]  # it says whether it was open, which nobody asks
            download_manager=self.download_manager,
        )
        self._visitors[visitor] = page
        try:
            size = (
                to_int(request.query.get(side, ""), usual) for side, usual in (("width", 80), ("height", 24))
            )
            await visitor.start(*size)
            await self._process_messages(page, visitor)
        except (AssertionError, LookupError, TypeError, ValueError):
            await page.close(code=WSCloseCode.UNSUPPORTED_DATA)  # this is no page of ours that talks
        finally:
            await visitor.stop()
            self._visitors.pop(visitor, None)
        return page


def serve(command: list[str], port: int) -> None:
    """Serve the page until Ctrl-C. Its address goes to standard output. Raises PageError when the port is taken."""
    with listening(port) as sock:
        asyncio.run(_serve(Page(command, sock.getsockname()[1]), sock))


def listening(port: int) -> socket.socket:
    """A socket on this machine alone. Raises PageError."""
    sock = socket.socket()
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
        sock.listen()
    except OSError as error:
        sock.close()
        raise PageError(
            f"Port {port} of {HOST} cannot be used ({error.strerror}). Another one: --port N; any: --port 0."
        ) from None
    return sock


async def _serve(page: Page, sock: socket.socket) -> None:
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    runner = web.AppRunner(await page.application(), access_log=None, shutdown_timeout=GRACE_S)
    await runner.setup()
    try:
        await web.SockSite(runner, sock).start()
        commands = "" if "--readonly" in page.command else " Its visitors may give commands."
        sys.stderr.write(f"The console is served until Ctrl-C, on this machine alone.{commands} Open:\n")
        sys.stdout.write(f"{page.url}\n")
        sys.stdout.flush()
        with contextlib.redirect_stdout(sys.stderr):  # where textual-serve puts the last words of a console
            await ending.wait()
    finally:
        await runner.cleanup()
