"""A bad network between two ends of one call, in user space: netem needs a kernel module that is often absent.

The caller dials the relay. SIP is passed on with the ports of the audio changed to the relay's own, so that RTP of both
directions goes through it, is lost, delayed and thereby reordered: the same in every run, by a seed.

    caller  <-- SIP, RTP -->  relay  <-- SIP, RTP -->  far end
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import random
import re
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.fakes.sip.programs import free_port

Address = tuple[str, int]
AUDIO = re.compile(rb"(?m)^m=audio (\d+) ")
RTCP = re.compile(rb"(?m)^a=rtcp:\d+")
LENGTH = re.compile(rb"(?mi)^(?:Content-Length|l): *\d+")


@dataclass(frozen=True)
class Weather:
    """What the network does to each packet of audio."""

    loss_percent: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0  # the delay is drawn from delay ± jitter
    seed: int = 1


class Relay:
    """Between a caller and one far end. Both are on 127.0.0.1; which side a packet is from is told by its socket."""

    def __init__(self, far_port: int, weather: Weather) -> None:
        """far_port: of the far end's SIP."""
        self.lost = self.passed = 0
        self._weather = weather
        self._random = random.Random(weather.seed)
        self._caller: Address | None = None
        self._far: Address = ("127.0.0.1", far_port)
        self._sip = _socket(free_port())
        self.uri = f"sip:peer@127.0.0.1:{self._sip.getsockname()[1]}"
        # by side (0: towards the caller, 1: towards the far end) and part (0: RTP, 1: RTCP)
        self._ports = [free_port(), free_port()]
        self._media = {(side, part): _socket(self._ports[side] + part) for side in (0, 1) for part in (0, 1)}
        self._targets: dict[tuple[int, int], Address] = {}
        self._due: list[tuple[float, int, tuple[int, int], bytes]] = []
        self._numbers = itertools.count()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for sock in (self._sip, *self._media.values()):
            sock.close()

    def _run(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self._sip, selectors.EVENT_READ, None)
        for place, sock in self._media.items():
            selector.register(sock, selectors.EVENT_READ, place)
        while not self._ended.is_set():
            wait_s = min(0.1, self._due[0][0] - time.monotonic()) if self._due else 0.1
            for key, _ in selector.select(max(0.0, wait_s)):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                with contextlib.suppress(OSError):
                    packet, sender = sock.recvfrom(65536)
                    if key.data is None:
                        self._pass_sip(packet, sender)
                    else:
                        self._pass_audio(key.data, packet, sender)
            self._deliver()

    def _pass_sip(self, packet: bytes, sender: Address) -> None:
        from_far = sender == self._far
        if not from_far:
            self._caller = sender
        to = self._caller if from_far else self._far
        if to is not None:
            self._sip.sendto(self._changed(packet, from_far), to)

    def _changed(self, packet: bytes, from_far: bool) -> bytes:
        """The message with the relay's port for the audio in it, and the length of its body set right."""
        head, _, body = packet.partition(b"\r\n\r\n")
        found = AUDIO.search(body)
        if found is None:
            return packet
        towards = 1 if from_far else 0  # the sockets that talk to whoever wrote this body
        for part in (0, 1):
            self._targets[towards, part] = ("127.0.0.1", int(found[1]) + part)
        shown = self._ports[1 - towards]
        body = AUDIO.sub(b"m=audio %d " % shown, body)
        body = RTCP.sub(b"a=rtcp:%d" % (shown + 1), body)
        return LENGTH.sub(b"Content-Length: %d" % len(body), head) + b"\r\n\r\n" + body

    def _pass_audio(self, place: tuple[int, int], packet: bytes, sender: Address) -> None:
        side, part = place
        self._targets[side, part] = sender
        weather = self._weather
        if part == 0 and self._random.uniform(0, 100) < weather.loss_percent:
            self.lost += 1
            return
        self.passed += part == 0
        delay_ms = weather.delay_ms + self._random.uniform(-weather.jitter_ms, weather.jitter_ms)
        due_s = time.monotonic() + max(0.0, delay_ms) / 1000
        heapq.heappush(self._due, (due_s, next(self._numbers), (1 - side, part), packet))

    def _deliver(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, place, packet = heapq.heappop(self._due)
            if place in self._targets:
                with contextlib.suppress(OSError):  # that end has closed its port
                    self._media[place].sendto(packet, self._targets[place])


def _socket(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    return sock


@contextlib.contextmanager
def relay(far_port: int, weather: Weather) -> Iterator[Relay]:
    """A relay for one call. Ends with the block."""
    with Relay(far_port, weather) as between:
        yield between
