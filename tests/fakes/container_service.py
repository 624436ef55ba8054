"""A stand-in for Docker or Podman on a unix socket: a container is a process, tests/fakes/spawned_engine.py.

It answers what engine/coordinator/spawners/container_api.py asks, with the statuses of Docker's API, and notes it all.
"""

from __future__ import annotations

import json
import os
import signal
import socketserver
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

LIGHT = (sys.executable, "-m", "tests.fakes.spawned_engine")
IMAGE = "localhost/call-thing"


class Container:
    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self.process: subprocess.Popen[bytes] | None = None
        self.said = b""

    def start(self, flags: tuple[str, ...]) -> None:
        inside = dict(each.split("=", 1) for each in self.body["Env"])
        self.process = subprocess.Popen(
            [*LIGHT, *flags, *self.body["Cmd"]],
            env={**os.environ, **inside},
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def state(self) -> dict[str, Any]:
        if self.process is None:
            return {"Status": "created", "Running": False}
        running = self.process.poll() is None
        if not running and not self.said and self.process.stderr is not None:
            self.said = self.process.stderr.read()
            _kill(self.process)  # with the first process of a container go all of them
        return {"Status": "running" if running else "exited", "Running": running}

    def stop(self, grace_s: float) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            _kill(self.process)
            self.process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


class ContainerService:
    """`requests` holds (method, path, query, body) of everything that was asked."""

    def __init__(self, path: Path, flags: tuple[str, ...] = ()) -> None:
        self.path, self.flags = path, flags
        self.containers: dict[str, Container] = {}
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        service = self

        class Handler(_Handler):
            def answer(self, method: str, body: Any) -> tuple[int, Any]:
                parts = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                service.requests.append((method, parts.path, query, body))
                return service.answer(method, parts.path.split("/")[2:], query, body)

        self._server = _UnixServer(str(path), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, method: str, path: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        match method, path:
            case "POST", ["containers", "create"]:
                if body["Image"] != IMAGE:
                    return 404, {"message": f"No such image: {body['Image']}"}
                if query["name"] in self.containers:
                    return 409, {"message": "the name is in use"}
                self.containers[query["name"]] = Container(body)
                return 201, {"Id": query["name"], "Warnings": []}
            case "GET", ["containers", "json"]:
                return 200, self._labelled(json.loads(query["filters"])["label"])
            case _, ["containers", name, *_] if name not in self.containers:
                return 404, {"message": f"no such container: {name}"}
        container = self.containers[path[1]]
        match method, path[2:]:
            case "POST", ["start"]:
                container.start(self.flags)
                return 204, None
            case "GET", ["json"]:
                return 200, {"Id": path[1], "State": container.state()}
            case "GET", ["logs"]:
                container.state()
                return 200, struct.pack(">BxxxI", 2, len(container.said)) + container.said
            case "POST", ["stop"]:
                container.stop(float(query["t"]))
                return 204, None
            case "DELETE", []:
                container.stop(0)
                del self.containers[path[1]]
                return 204, None
        return 400, {"message": f"{method} {path}"}

    def _labelled(self, wanted: list[str]) -> list[dict[str, Any]]:
        found = []
        for name, each in self.containers.items():
            labels = each.body["Labels"]
            there = {f"{key}={value}" for key, value in labels.items()}
            if each.state()["Running"] and there.issuperset(wanted):
                found.append({"Names": [f"/{name}"], "Labels": labels, "State": "running"})
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for container in self.containers.values():
            container.stop(0)


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, method: str, body: Any) -> tuple[int, Any]:
        raise NotImplementedError

    def _serve(self, method: str) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, said = self.answer(method, json.loads(data) if data else None)
        sent = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: Any) -> None: ...
