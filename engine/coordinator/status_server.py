"""A coordinator's status for whoever may read its state directory: asked for, and told whenever it changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from engine.coordinator.status import CoordinatorStatus
from engine.coordinator.status_wire import TOPIC, CoordinatorAddress, announce, packed, withdraw
from engine.wiring import AllowList, Keys, bind_to, listening_socket

ZAP_DOMAIN = "coordinator"


class StatusServer:
    """Make it inside the running event loop; `close` it when done."""

    def __init__(self, folder: Path, now: Callable[[], CoordinatorStatus]) -> None:
        """folder: the state directory. now: how it stands. Raises StateError where it cannot be announced."""
        self._folder, self._now = folder, now
        keys = Keys.generate()
        self._context = zmq.asyncio.Context()
        self._gate = AsyncioAuthenticator(self._context)
        self._gate.start()
        self._gate.configure_curve_callback(ZAP_DOMAIN, AllowList(keys.client_public))
        self._asked = self._context.socket(zmq.ROUTER)
        self._published = self._context.socket(zmq.PUB)
        self._publish_now: Any = zmq.Socket.shadow(self._published)  # what publishes never has to wait
        ask_port, publish_port = self._bound(self._asked, keys), self._bound(self._published, keys)
        self._answering = asyncio.create_task(self._answer())
        address = CoordinatorAddress(
            pid=os.getpid(),
            host="127.0.0.1",
            ask_port=ask_port,
            publish_port=publish_port,
            server_public=keys.server_public.decode(),
            client_public=keys.client_public.decode(),
            client_secret=keys.client_secret.decode(),
        )
        try:
            announce(folder, address)
        except BaseException:
            self.close()
            raise

    def _bound(self, sock: zmq.asyncio.Socket, keys: Keys) -> int:
        lent = listening_socket()
        port: int = lent.getsockname()[1]
        bind_to(sock, lent.detach(), port, keys, ZAP_DOMAIN)
        return port

    async def _answer(self) -> None:
        while True:
            who, *_ = await self._asked.recv_multipart()
            await self._asked.send_multipart([who, packed(self._now())])

    def publish(self) -> None:
        """It stands otherwise than before."""
        self._publish_now.send_multipart([TOPIC, packed(self._now())])

    def close(self) -> None:
        """Clients find nobody from here on."""
        withdraw(self._folder)
        self._answering.cancel()
        self._gate.stop()
        self._asked.close(linger=0)
        self._published.close(linger=0)
        self._context.term()
