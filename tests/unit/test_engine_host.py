"""The address on which an engine receives consoles and coordinators."""

from __future__ import annotations

import socket
import sys

import pytest

from engine.errors import EngineError
from engine.house_sockets import HouseSockets, address_to_bind
from engine.settings import EngineSettings

ONLY_LINUX = pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no 127.0.0.2")


def closed(sockets: HouseSockets) -> None:
    for listener in sockets._listeners.values():
        listener.close()
    sockets.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1", "10.0.0", "example.org", "", "224.0.0.1"])
def test_what_is_not_one_ipv4_address_is_refused(host):
    with pytest.raises(EngineError, match="is no address to listen on"):
        address_to_bind(host)


@pytest.mark.parametrize(("host", "address"), [("localhost", "127.0.0.1"), ("10.1.2.3", "10.1.2.3")])
def test_an_address_of_a_private_network_is_taken(host, address):
    assert address_to_bind(host) == address


async def test_without_a_setting_it_is_loopback():
    sockets = HouseSockets(EngineSettings())
    try:
        assert sockets.address("epoch").host == "127.0.0.1"
    finally:
        closed(sockets)


@ONLY_LINUX
async def test_clients_are_received_there_and_rooms_on_loopback_alone():
    sockets = HouseSockets(EngineSettings(host="127.0.0.2"))
    try:
        assert sockets.address("epoch").host == "127.0.0.2"
        hosts = {name: listener.getsockname()[0] for name, listener in sockets._listeners.items()}
        assert hosts == {
            "commands": "127.0.0.2", "events": "127.0.0.2", "supervisor": "127.0.0.1", "truth": "127.0.0.1",
        }  # fmt: skip
        with socket.create_connection(("127.0.0.2", sockets.ports["commands"]), 1):
            pass
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", sockets.ports["commands"]), 1)
    finally:
        closed(sockets)


def test_an_address_that_this_machine_does_not_have_is_said():
    with pytest.raises(EngineError, match=r"192\.0\.2\.77 is no address of this machine"):
        HouseSockets(EngineSettings(host="192.0.2.77"))  # of documentation: nobody's
