"""The audio of a far end that speaks G.711: our own RTP, so that SIPp needs to do SIP alone.

Sends a tone and keys (RFC 4733), keeps what it hears. It sends to wherever packets come from.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tests.fakes.sip.programs import free_port
from tests.fakes.sip.tones import G711_RATE_HZ, from_mu_law, to_mu_law, tone

RTP = struct.Struct("!BBHII")
EVENT = struct.Struct("!BBH")  # RFC 4733: event, end bit and volume, duration in samples
PCMU = 0
TELEPHONE_EVENT = 101
PACKET_S = 0.02
PACKET_SAMPLES = int(G711_RATE_HZ * PACKET_S)
KEYS = "0123456789*#ABCD"
VERSION, MARKER, SOURCE = 0x80, 0x80, 0x5EED
END, VOLUME = 0x80, 10
KEY_PACKETS = 5  # one key is held for 100 ms


@dataclass
class Heard:
    """What came in."""

    pcm: list[np.ndarray] = field(default_factory=list)
    keys: dict[int, str] = field(
        default_factory=dict
    )  # by the RTP time at which a key was pressed: repeats are one
    packets: int = 0


class RtpPeer:
    """One end of a G.711 stream on 127.0.0.1."""

    def __init__(self, frequency_hz: float = 0.0) -> None:
        """frequency_hz: of the tone it sends; 0 = silence."""
        self.port = free_port()
        self.frequency_hz = frequency_hz
        self.heard = Heard()
        self.keys_to_press: list[str] = []
        self._far: tuple[str, int] | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", self.port))
        self._socket.settimeout(0.1)
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._hear, self._say)]

    def __enter__(self) -> RtpPeer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def press(self, keys: str) -> None:
        """Press these keys, one after the other."""
        self.keys_to_press.extend(keys)

    @property
    def pcm(self) -> np.ndarray:
        """All the audio that was heard, at 8 kHz."""
        return np.concatenate(self.heard.pcm) if self.heard.pcm else np.zeros(0, np.int16)

    @property
    def keys(self) -> str:
        """The keys that were heard, in order."""
        return "".join(self.heard.keys[at] for at in sorted(self.heard.keys))

    def _hear(self) -> None:
        while not self._ended.is_set():
            try:
                packet, self._far = self._socket.recvfrom(2048)
            except OSError:
                continue
            if len(packet) <= RTP.size:
                continue
            _, kind, _, at, _ = RTP.unpack_from(packet)
            self.heard.packets += 1
            if kind & 0x7F == PCMU:
                self.heard.pcm.append(from_mu_law(packet[RTP.size :]))
            elif kind & 0x7F == TELEPHONE_EVENT:
                event, _, _ = EVENT.unpack_from(packet, RTP.size)
                self.heard.keys[at] = KEYS[event] if event < len(KEYS) else "?"

    def _say(self) -> None:
        due_s = time.monotonic()
        for sequence, (kind, at, payload) in enumerate(self._packets()):
            if self._far is not None:
                self._send(kind, sequence, at, payload)
            due_s += PACKET_S
            if self._ended.wait(max(0.0, due_s - time.monotonic())):
                return

    def _packets(self) -> Iterator[tuple[int, int, bytes]]:
        """Payload type with its marker bit, RTP time and payload of one packet after the other, without end."""
        voice = to_mu_law(tone(self.frequency_hz, 1.0, G711_RATE_HZ))  # whole periods: it can be repeated
        at = 0
        while True:
            if self.keys_to_press:
                key = KEYS.index(self.keys_to_press.pop(0))
                for step in range(KEY_PACKETS):
                    end = END if step == KEY_PACKETS - 1 else 0
                    event = EVENT.pack(key, end | VOLUME, (step + 1) * PACKET_SAMPLES)
                    yield TELEPHONE_EVENT | (MARKER if step == 0 else 0), at, event
                at += KEY_PACKETS * PACKET_SAMPLES
            for _ in range(KEY_PACKETS):
                yield PCMU, at, voice[at % G711_RATE_HZ :][:PACKET_SAMPLES]
                at += PACKET_SAMPLES

    def _send(self, kind: int, sequence: int, at: int, payload: bytes) -> None:
        header = RTP.pack(VERSION, kind, sequence & 0xFFFF, at & 0xFFFFFFFF, SOURCE)
        with contextlib.suppress(OSError):  # the far end has closed its port
            self._socket.sendto(header + payload, self._far)


@contextlib.contextmanager
def rtp_peer(frequency_hz: float = 0.0) -> Iterator[RtpPeer]:
    """An RTP end for one call."""
    with RtpPeer(frequency_hz) as peer:
        yield peer
