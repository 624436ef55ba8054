"""Who hears whom, with which keys, over which sockets.

The supervisor opens all listening sockets itself and lends each room its own as a file descriptor: a port can never be
taken by somebody else, and what connects while a room is down is accepted by its successor.
"""

from __future__ import annotations

import socket
from typing import Any

import msgspec
import zmq

from engine.settings import Settings, SipAccount

WIRING: dict[str, tuple[str, ...]] = {
    "capture": ("supervisor",),  # and the lines, which push to it
    "vad": ("supervisor", "capture", "transcribe", "agent", "playback"),
    "transcribe": ("supervisor", "capture", "vad"),
    "cache": ("supervisor", "transcribe", "agent"),
    "agent": ("supervisor", "capture", "vad", "transcribe", "cache", "playback"),
    "tts": ("supervisor", "agent", "playback"),
    "playback": ("supervisor", "vad", "agent", "tts"),  # and the lines, which push what they have played
    "line": ("supervisor", "playback"),  # pushes to capture and playback, and its truth to the supervisor
    "supervisor": ("capture", "vad", "transcribe", "cache", "agent", "tts", "playback"),
}
ROOM_ZAP_DOMAIN = "rooms"
RECONNECT_MS = 10  # a restarted room is heard again at once; the listening socket itself never goes away
HIGH_WATER_MARK = 5000  # messages; about 30 s of everything one call says


class Keys(msgspec.Struct, frozen=True):
    """CURVE key pairs in Z85, made anew at each engine start: one for what binds, one for what connects."""

    server_public: bytes
    server_secret: bytes
    client_public: bytes
    client_secret: bytes

    @classmethod
    def generate(cls) -> Keys:
        """Fresh keys from the system's random source."""
        return cls(*zmq.curve_keypair(), *zmq.curve_keypair())


class SipPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One SIP call: whom to dial as whom, or whom to answer. Everything in it has been checked."""

    to: str = ""  # `sip:user@host[:port][;transport=…]`; "" = wait for a call and answer it
    port: int = 0  # of sip.listen, to wait on; 0 = sip.port
    account: SipAccount
    password: str = ""  # in no message, no log, no settings: it travels here alone


class LinePlan(msgspec.Struct, frozen=True):
    """What one line process is for."""

    kind: str  # "simulated", "recorded" or "sip"
    call: int
    scenario: str = ""  # of the simulated restaurant
    sip: SipPlan | None = None
    variables: dict[str, str] = {}  # of the scenario, set anew for this call
    recording: str = ""  # file that is the far end of a recorded line
    channel: int = 0  # of that file
    acted: bool = False  # a language model plays the restaurant: this process needs its key


class House(msgspec.Struct, frozen=True):
    """What a child process is told at its start, on its standard input."""

    room: str
    incarnation: int
    ports: dict[str, int]  # room → PUB port; also "lines", "played" and "truth", which are PULL ports
    fds: dict[
        str, int
    ]  # the listening sockets lent to this child: "pub"; "lines" to capture, "played" to playback
    keys: Keys
    settings: Settings
    line: LinePlan | None = None  # for a line process


def listening_socket(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A bound, listening TCP socket. Raises OSError when the port is taken."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(128)
    sock.set_inheritable(True)
    return sock


def bind_to(
    sock: zmq.Socket[Any], fd: int, port: int, keys: Keys, zap_domain: str, host: str = "127.0.0.1"
) -> None:
    """Let a ZeroMQ socket accept on a lent listening socket, as a CURVE server."""
    sock.linger = 0
    sock.sndhwm = sock.rcvhwm = HIGH_WATER_MARK
    sock.curve_server = True
    sock.curve_secretkey = keys.server_secret
    sock.zap_domain = zap_domain.encode()
    sock.setsockopt(zmq.USE_FD, fd)
    sock.bind(f"tcp://{host}:{port}")


def connect_to(sock: zmq.Socket[Any], port: int, keys: Keys, host: str = "127.0.0.1") -> None:
    """Connect a ZeroMQ socket as a CURVE client."""
    sock.linger = 0
    sock.sndhwm = sock.rcvhwm = HIGH_WATER_MARK
    sock.reconnect_ivl = RECONNECT_MS
    sock.curve_serverkey = keys.server_public
    sock.curve_publickey = keys.client_public
    sock.curve_secretkey = keys.client_secret
    sock.connect(f"tcp://{host}:{port}")


class AllowList:
    """pyzmq's credentials provider: the public keys that may connect."""

    def __init__(self, *keys: bytes) -> None:
        self.keys = set(keys)

    def callback(self, domain: str, key: bytes) -> bool:
        """Whether the client with this public key may connect."""
        return key in self.keys
