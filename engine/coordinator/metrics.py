"""Prometheus' metrics and a health check of a coordinator, over HTTP in the coordinator's own event loop.

    GET /metrics   what metric_values.py makes of the latest status
    GET /healthz   200 while the coordinator is at work, 503 when its status is no longer renewed

Needs no package: the text format is a page, and so is what HTTP is needed here.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from engine.coordinator.metric_values import Histograms, families, text
from engine.coordinator.status import CoordinatorStatus
from engine.errors import StateError

HOST = "127.0.0.1"
LOOK_EVERY_S = 1.0  # so that no waiting time comes and goes unseen between two scrapes
STALE_S = 30.0  # a status older than this: the coordinator hangs
REQUEST_S = 5.0  # whoever has not sent a request by then is cut off
MOST_BYTES = 8192  # of a request; readuntil refuses more
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"

Answer = tuple[int, str, str]  # status, content type, body
REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


class Metrics:
    """What is answered to each path."""

    def __init__(self, latest: Callable[[], CoordinatorStatus], now: Callable[[], float] = time.time) -> None:
        """latest: called in the loop, once a second and for each request; it must not block."""
        self._latest, self._now = latest, now
        self._histograms = Histograms()

    def look(self) -> CoordinatorStatus:
        """Count what is new since the last look."""
        status = self._latest()
        self._histograms.take(status)
        return status

    def answer(self, method: str, path: str) -> Answer:
        """To one request."""
        if method not in ("GET", "HEAD"):
            return 405, PLAIN, "Only GET.\n"
        path = path.partition("?")[0]
        if path == "/metrics":
            told = families(self.look())
            return 200, METRICS_TYPE, text([*told, *self._histograms.families()])
        if path == "/healthz":
            return self._health(self._latest())
        return 404, PLAIN, "/metrics and /healthz are served here.\n"

    def _health(self, status: CoordinatorStatus) -> Answer:
        age_s = self._now() - status.at
        if age_s > STALE_S:
            return 503, PLAIN, f"The coordinator has done nothing for {age_s:.0f} s.\n"
        return 200, PLAIN, "draining\n" if status.draining else "ok\n"


class MetricsServer:
    """Serves until it is closed."""

    def __init__(self, server: asyncio.Server, looking: asyncio.Task[None]) -> None:
        self._server, self._looking = server, looking

    @property
    def port(self) -> int:
        """The one that was found where 0 was asked for."""
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        self._looking.cancel()
        self._server.close()
        with contextlib.suppress(asyncio.CancelledError):
            await self._looking


async def serve_metrics(
    host: str, port: int, latest: Callable[[], CoordinatorStatus], now: Callable[[], float] = time.time
) -> MetricsServer:
    """Serve on an address ("" = this machine alone). Raises StateError where it cannot be had."""
    metrics = Metrics(latest, now)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await _serve_one(metrics, reader, writer)

    try:
        server = await asyncio.start_server(answer, host or HOST, port, limit=MOST_BYTES)
    except OSError as error:
        raise StateError(
            f"coordinator.metrics_port: {host or HOST}:{port} cannot be served ({error.strerror}). "
            "Name another port, or 0 for none."
        ) from None
    return MetricsServer(server, asyncio.create_task(_keep_looking(metrics)))


async def _keep_looking(metrics: Metrics) -> None:
    while True:
        metrics.look()
        await asyncio.sleep(LOOK_EVERY_S)


async def _serve_one(metrics: Metrics, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request and its answer; the connection is closed after it."""
    try:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_S)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) == 3 and words[2].startswith("HTTP/1."):
            code, kind, body = metrics.answer(words[0], words[1])
        else:
            code, kind, body = 400, PLAIN, "This is no HTTP request.\n"
        data = body.encode()
        fields = f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        writer.write(f"HTTP/1.1 {code} {REASONS[code]}\r\n{fields}".encode())
        if words[0] != "HEAD":
            writer.write(data)
        await asyncio.wait_for(writer.drain(), REQUEST_S)
    except TimeoutError:
        return  # it does not read what it asked for
    finally:
        writer.close()
