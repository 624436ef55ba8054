"""A real HTTP server that speaks as much of Qdrant's REST as the client of the cache uses.

It answers out of the client's own local mode, runs in a thread of its own on a free port of 127.0.0.1, and can be made
slow, faulty or deaf. Its collections outlive `stop()`, as a server's do.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from aiohttp import web
from qdrant_client import QdrantClient, models


class FakeQdrant:
    """A context manager. `keys`: the keys of the requests; `delay_s`: before each answer; `status`: of each answer."""

    def __init__(self) -> None:
        self.held = QdrantClient(":memory:")
        self.keys: list[str] = []
        self.asked: list[str] = []
        self.delay_s = 0.0
        self.status = 200
        self.port = 0
        self._lock = threading.Lock()  # the local mode is not made for two threads

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeQdrant:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """On the same port as before, where it had one."""
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True)
        self._loop.run_until_complete(site.start())
        self.port = runner.addresses[0][1]
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _answer(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("api-key", ""))
        self.asked.append(f"{request.method} /{request.match_info['path']}")
        body = await request.json() if request.can_read_body else {}
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.status != 200:
            return web.json_response(
                {"status": {"error": "something is wrong"}, "time": 0}, status=self.status
            )
        with self._lock:
            result = self._result(request.method, request.match_info["path"].split("/"), body)
        return web.json_response({"result": result, "status": "ok", "time": 0.0})

    def _result(self, method: str, path: list[str], body: dict[str, Any]) -> Any:
        match method, path:
            case "GET", ["collections"]:
                return _plain(self.held.get_collections())
            case "GET", ["collections", name, "exists"]:
                return {"exists": self.held.collection_exists(name)}
            case "PUT", ["collections", name]:
                vectors = {key: models.VectorParams(**value) for key, value in body["vectors"].items()}
                return self.held.create_collection(name, vectors_config=vectors)
            case "PUT", ["collections", name, "points"]:
                return _plain(
                    self.held.upsert(name, [models.PointStruct(**point) for point in body["points"]])
                )
            case "POST", ["collections", name, "points"]:
                return [_plain(point) for point in self.held.retrieve(name, body["ids"])]
            case "POST", ["collections", name, "points", "query"]:
                found = self.held.query_points(
                    name, query=body["query"]["nearest"], using=body.get("using"), limit=body["limit"]
                )
                return _plain(found)
            case "POST", ["collections", name, "points", "scroll"]:
                points, following = self.held.scroll(name, limit=body["limit"], offset=body.get("offset"))
                return {"points": [_plain(point) for point in points], "next_page_offset": following}
            case "POST", ["collections", name, "points", "delete"]:
                return _plain(self.held.delete(name, models.PointIdsList(points=body["points"])))
        raise AssertionError(f"the stand-in does not know {method} {path}")


def _plain(answer: Any) -> Any:
    return answer.model_dump(mode="json")
