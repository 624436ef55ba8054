"""A model hub on 127.0.0.1: the addresses the hub's client asks for, and the ways a network can be bad.

Point the client at it with HF_ENDPOINT=hub.url.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

REVISION = "0123456789abcdef0123456789abcdef01234567"


class FakeHub:
    """Serves one repository. What it does to its clients can be changed while it runs."""

    def __init__(self, repository: str, files: dict[str, bytes]) -> None:
        self.repository = repository
        self.files = files
        self.silent = False  # accept and never answer
        self.status = 0  # answer every request with this instead
        self.cut_after_bytes = 0  # of model.bin: then the connection breaks, once per request
        self.stall_after_bytes = 0  # of model.bin: then nothing more comes, but the connection stays
        self.corrupt = False  # model.bin arrives with one byte changed
        self.bytes_per_s = 0  # of model.bin
        self.waits_at: tuple[
            int, ...
        ] = ()  # bytes of model.bin: there it waits for one more `goes_on.release()`
        self.goes_on = threading.Semaphore(0)
        self.ranges: list[str] = []  # Range headers of requests for model.bin
        self.requests = 0
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub._answer(self, body=True)

            def do_HEAD(self) -> None:
                hub._answer(self, body=False)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler, body: bool) -> None:
        self.requests += 1
        if self.silent:
            self._ended.wait(60)
            return
        path = request.path.split("?")[0]
        if self.status:
            self._send(request, {}, b"{}", body, status=self.status)
        elif path == f"/api/models/{self.repository}":
            info = {
                "id": self.repository,
                "sha": REVISION,
                "siblings": [self._sibling(name) for name in self.files],
            }
            self._send(request, {}, json.dumps(info).encode(), body)
        elif path.startswith(f"/{self.repository}/resolve/{REVISION}/"):
            self._send_file(request, path.rsplit("/", 1)[1], body)
        else:
            self._send(request, {"X-Error-Code": "RepoNotFound"}, b"{}", body, status=404)

    def _sibling(self, name: str) -> dict[str, Any]:
        content = self.files[name]
        sibling: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": _blob_id(content)}
        if name == "model.bin":
            digest = hashlib.sha256(content).hexdigest()
            sibling["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 134}
        return sibling

    def _send_file(self, request: BaseHTTPRequestHandler, name: str, body: bool) -> None:
        content = self.files[name]
        start = 0
        wanted = request.headers.get("Range", "")
        if name == "model.bin" and body:
            self.ranges.append(wanted)
        if wanted.startswith("bytes="):
            start = int(wanted[6:].split("-")[0])
        headers = {"ETag": f'"{_blob_id(content)}"', "X-Repo-Commit": REVISION, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        data = content[start:]
        if name == "model.bin" and self.corrupt:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self._send(request, headers, data, body, 206 if start else 200, bad=name == "model.bin")

    def _send(
        self,
        request: BaseHTTPRequestHandler,
        headers: dict[str, str],
        data: bytes,
        body: bool,
        status: int = 200,
        bad: bool = False,
    ) -> None:
        request.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            **headers,
            "Content-Length": str(len(data)),
        }.items():
            request.send_header(name, value)
        request.end_headers()
        if not body:
            return
        try:
            for at in range(0, len(data), 50_000):
                if bad and self.cut_after_bytes and at >= self.cut_after_bytes:
                    request.close_connection = True
                    request.connection.shutdown(2)
                    return
                if bad and self.stall_after_bytes and at >= self.stall_after_bytes:
                    self._ended.wait(60)
                    return
                if bad and at in self.waits_at:
                    request.wfile.flush()
                    self.goes_on.acquire(timeout=60)
                request.wfile.write(data[at : at + 50_000])
                if bad and self.bytes_per_s:
                    time.sleep(50_000 / self.bytes_per_s)
        except OSError:  # the client has gone
            request.close_connection = True


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
