"""The requests of the Docker-compatible API that a spawner needs, over its unix socket; Docker and Podman answer them.

Of Docker's API 1.41, which Podman 4 speaks too. The standard library is enough for it: no package is needed.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from engine.coordinator.spawner import SpawnError

VERSION = "/v1.41"
TIMEOUT_S = 30.0
LOG_LINES = 50
FRAME = struct.Struct(">BxxxI")  # of a log: which stream, and how many bytes follow
MARGIN_S = 10.0  # a stop is answered when it is done
HOST_ENV = "DOCKER_HOST"


class NoContainer(SpawnError):
    """There is no container of this name."""


class NoImage(SpawnError):
    """There is no image of this name on this machine."""


class ContainerApi:
    """Blocking; every method raises SpawnError, where nobody answers with what to install."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, name: str, body: Mapping[str, Any]) -> None:
        """Raises NoImage."""
        status, said = self._ask("POST", f"/containers/create?{urlencode({'name': name})}", body)
        if status == http.client.NOT_FOUND:
            raise NoImage(_words(said))
        _check(status, said, http.client.CREATED)

    def start(self, name: str) -> None:
        status, said = self._ask("POST", f"/containers/{quote(name)}/start")
        _check(status, said, http.client.NO_CONTENT, http.client.NOT_MODIFIED)

    def state(self, name: str) -> dict[str, Any]:
        """`State` of a container. Raises NoContainer."""
        status, said = self._ask("GET", f"/containers/{quote(name)}/json")
        if status == http.client.NOT_FOUND:
            raise NoContainer(f"There is no container {name}.")
        _check(status, said, http.client.OK)
        state = said.get("State") if isinstance(said, dict) else None
        return state if isinstance(state, dict) else {}

    def labelled(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """All that run and have these labels, as the API lists them."""
        wanted = json.dumps({"label": [f"{key}={value}" for key, value in labels.items()]})
        status, said = self._ask("GET", f"/containers/json?{urlencode({'filters': wanted})}")
        _check(status, said, http.client.OK)
        return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []

    def log(self, name: str) -> str:
        """The end of what it said on standard error. Raises NoContainer."""
        status, said = self._ask("GET", f"/containers/{quote(name)}/logs?stderr=true&tail={LOG_LINES}")
        if status == http.client.NOT_FOUND:
            raise NoContainer(f"There is no container {name}.")
        _check(status, said, http.client.OK)
        return parted(said) if isinstance(said, bytes) else ""

    def stop(self, name: str, grace_s: int) -> None:
        """SIGTERM, and SIGKILL after so long. One that is not there, or does not run, is none to stop."""
        path = f"/containers/{quote(name)}/stop?{urlencode({'t': grace_s})}"
        status, said = self._ask("POST", path, timeout_s=grace_s + MARGIN_S)
        _check(
            status, said, http.client.NO_CONTENT, http.client.NOT_MODIFIED, http.client.NOT_FOUND
        )  # 304: it has ended

    def remove(self, name: str) -> None:
        """Killed, if it still runs. One that is not there, or is being removed, is none to remove."""
        status, said = self._ask("DELETE", f"/containers/{quote(name)}?force=true&v=true")
        _check(
            status, said, http.client.OK, http.client.NO_CONTENT, http.client.NOT_FOUND, http.client.CONFLICT
        )

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, timeout_s: float = TIMEOUT_S
    ) -> tuple[int, Any]:
        connection = _UnixConnection(self.path, timeout_s)
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, VERSION + path, sent, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise SpawnError(
                f"{self.path}: no Docker and no Podman answers there ({why}). {INSTALL}"
            ) from None
        finally:
            connection.close()
        try:
            return answer.status, json.loads(data) if data else None
        except ValueError:
            return answer.status, data


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


INSTALL = (
    "Debian, Ubuntu: sudo apt-get install podman && sudo systemctl enable --now podman.socket; or install Docker. "
    "Where it listens elsewhere, name that: coordinator.container.socket. Engines need no container: "
    'coordinator.spawner = "local".'
)


def socket_path(
    chosen: str, environment: Mapping[str, str], candidates: tuple[Path, ...] | None = None
) -> Path:
    """Where to ask: the settings' word, the environment's, or where one listens. Raises SpawnError where none does."""
    if chosen:
        return Path(chosen.removeprefix("unix://")).expanduser()
    host = environment.get(HOST_ENV, "")
    if host.startswith("unix://"):
        return Path(host.removeprefix("unix://"))
    if host:
        raise SpawnError(
            f"{HOST_ENV}={host}: containers of another machine are not supported. Unset it here."
        )
    if candidates is None:
        candidates = usual_places(environment)
    for path in candidates:
        if path.is_socket() and os.access(path, os.W_OK):
            return path
    places = ", ".join(map(str, candidates))
    raise SpawnError(f"No Docker and no Podman listens here ({places}). {INSTALL}")


def usual_places(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where Podman and Docker listen, the own account's first."""
    runtime = environment.get("XDG_RUNTIME_DIR")
    own = (Path(runtime, "podman/podman.sock"), Path(runtime, "docker.sock")) if runtime else ()
    return (*own, Path("/run/podman/podman.sock"), Path("/var/run/docker.sock"))


def parted(log: bytes) -> str:
    """The text of a log, whose pieces have heads."""
    pieces, place = [], 0
    while place + FRAME.size <= len(log):
        _, length = FRAME.unpack_from(log, place)
        place += FRAME.size
        pieces.append(log[place : place + length])
        place += length
    return b"".join(pieces).decode("utf-8", "replace")


def _check(status: int, said: Any, *expected: int) -> None:
    if status not in expected:
        raise SpawnError(f"The container service refused: {_words(said)} (status {status}).")


def _words(said: Any) -> str:
    words = said.get("message") or said.get("cause") if isinstance(said, dict) else said
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words or "it gave no reason")
    return text.strip()
