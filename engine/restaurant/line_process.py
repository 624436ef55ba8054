"""The line process of one call: started, watched, ended."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import subprocess
import sys

from engine.errors import EngineError
from engine.wiring import House
from engine.workers.__main__ import plan

GOODBYE_S = 2.0  # for the line to hang up once its standard input has ended; it needs half a second
KEEPALIVE = b"\r\n\r\n"  # RFC 5626, section 3.5.1: what every SIP socket takes without a word


class LineProcess:
    """A fresh interpreter with the SIP stack in it."""

    def __init__(self, house: House) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine.workers", "line"],
            stdin=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended already: its exit code tells
            self._process.stdin.write(plan(house))
            self._process.stdin.flush()

    @property
    def code(self) -> int | None:
        """Its exit code, None while it lives."""
        return self._process.poll()

    def end(self) -> None:
        """Hang up and end, at last by force."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def check_free(host: str, port: int) -> None:
    """Raises EngineError when SIP cannot be received there."""
    try:
        with _udp(host) as sock:
            sock.bind((host, port))
    except OSError as error:
        why = {
            errno.EADDRINUSE: "something else receives there. Choose another port with --sip, or end that",
            errno.EADDRNOTAVAIL: "this machine has no such address. `ip address` lists those it has",
            errno.EACCES: "that port needs privileges. Choose one above 1023",
        }.get(error.errno or 0, f"{error.strerror}. Choose another address with --sip")
        raise EngineError(f"Cannot receive SIP on {host}, UDP port {port}: {why}.") from None


def receives(host: str, port: int) -> bool:
    """Does something receive there by now? Asked without a packet that anybody would answer."""
    with _udp(host) as sock:
        sock.setblocking(False)
        sock.connect((host, port))
        try:
            sock.send(KEEPALIVE)
            sock.recv(1)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return True


def _udp(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
