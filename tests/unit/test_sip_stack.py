"""Which socket is whose, and what is told of faults, without a stack behind it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

pytest.importorskip("baresip", reason="baresip-python has no wheel for this machine: no SIP line here")

from engine.lines import sip_stack, socket_filter
from engine.lines.sip_stack import Stack
from engine.settings import SipSettings

SECRET = "sip:+15551234@pbx.test"


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Descriptors and ports of this process."""
    sockets: dict[int, int] = {5: 5060}
    monkeypatch.setattr(socket_filter, "available", lambda: True)
    monkeypatch.setattr(
        socket_filter, "sockets_of_this_process", lambda kind: dict(sockets) if kind == "udp" else {}
    )
    return sockets


@pytest.fixture
def stack() -> Stack:
    stack = object.__new__(Stack)
    stack._settings, stack._audio_ports, stack._networks = SipSettings(rtp_ports="20000-20998"), set(), ()
    return stack


def test_a_call_s_audio_port_is_its_own_though_another_has_a_higher_descriptor(
    stack: Stack, sockets: dict[int, int]
):
    sockets.update({20: 20000, 21: 20001})
    assert stack.new_audio_port() == 20000
    sockets.update({22: 20400, 23: 20401})
    assert stack.new_audio_port() == 20400
    del sockets[20], sockets[21]  # the first call ends; its descriptors are used again
    sockets.update({20: 20102, 21: 20103})
    assert stack.new_audio_port() == 20102
    assert (stack.audio_socket(20102), stack.audio_socket(20400)) == (20, 22)


def test_a_call_without_audio_sockets_has_no_audio_port(stack: Stack, sockets: dict[int, int]):
    assert stack.new_audio_port() is None
    assert stack.audio_socket(None) is None
    assert stack.audio_socket(20000) is None


def test_a_socket_that_is_closed_while_it_is_filtered_stops_nobody(
    stack: Stack, sockets: dict[int, int], monkeypatch: pytest.MonkeyPatch
):
    def attach(fd: int, networks: Any) -> None:
        if fd == 20:
            sockets.pop(20, None)
            raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(socket_filter, "attach", attach)
    sockets[20] = 20000
    stack.guard()
    assert 20 not in sockets  # it was tried


def test_a_socket_that_cannot_be_filtered_is_not_used(
    stack: Stack, sockets: dict[int, int], monkeypatch: pytest.MonkeyPatch
):
    def attach(fd: int, networks: Any) -> None:
        raise OSError(92, "Protocol not available")

    monkeypatch.setattr(socket_filter, "attach", attach)
    with pytest.raises(OSError, match="Protocol not available"):
        stack.guard()


async def test_a_fault_in_the_stack_s_thread_is_told_without_naming_anybody(caplog: pytest.LogCaptureFixture):
    async def fail() -> None:
        raise KeyError(SECRET)

    stack = object.__new__(Stack)
    stack._loop = asyncio.get_running_loop()
    with caplog.at_level(logging.ERROR, sip_stack.__name__):
        stack.run(fail())
        await asyncio.sleep(0.01)
    assert "KeyError" in caplog.text and "in fail" in caplog.text
    assert SECRET not in caplog.text
