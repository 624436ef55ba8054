"""SIP that no decent far end sends, over UDP: a stack has to live through it."""

from __future__ import annotations

import random
import socket

BODY = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
)


class BadSender:
    """Sends packets to one port of 127.0.0.1 and never answers. What comes back is kept."""

    def __init__(self, port: int, seed: int = 1) -> None:
        self._to = ("127.0.0.1", port)
        self._random = random.Random(seed)
        self._count = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)

    def __enter__(self) -> BadSender:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def without_contact(self) -> None:
        """One INVITE that lacks the header every INVITE must have, and is right in everything else."""
        self._send(self.invite(contact=False).encode())

    def good(self) -> None:
        """One INVITE with nothing wrong."""
        self._send(self.invite().encode())

    def mutated(self) -> None:
        """One INVITE in which some bytes, lines or pieces were changed, left out or repeated."""
        packet = bytearray(self.invite().encode())
        for _ in range(self._random.randint(1, 6)):
            self._random.choice((self._flip, self._cut, self._repeat, self._swap_lines))(packet)
        self._send(bytes(packet))

    def invite(self, contact: bool = True) -> str:
        """A right one, each time of a new call."""
        self._count += 1
        number, port = self._count, self._socket.getsockname()[1]
        body = BODY.format(port=port)
        lines = [
            f"INVITE sip:call-thing@127.0.0.1:{self._to[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{port}x{number};rport",
            "Max-Forwards: 70",
            f"From: <sip:stranger@127.0.0.1:{port}>;tag=t{port}x{number}",
            f"To: <sip:call-thing@127.0.0.1:{self._to[1]}>",
            f"Call-ID: {port}x{number}@127.0.0.1",
            "CSeq: 1 INVITE",
            *([f"Contact: <sip:stranger@127.0.0.1:{port}>"] if contact else []),
            "Content-Type: application/sdp",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines) + "\r\n\r\n" + body

    def answers(self) -> list[bytes]:
        """What has come back since the last look."""
        packets = []
        try:
            while True:
                packets.append(self._socket.recv(65536))
        except BlockingIOError:
            return packets

    def _send(self, packet: bytes) -> None:
        self._socket.sendto(packet[:60_000], self._to)

    def _flip(self, packet: bytearray) -> None:
        packet[self._random.randrange(len(packet))] = self._random.randrange(256)

    def _cut(self, packet: bytearray) -> None:
        at = self._random.randrange(len(packet))
        del packet[at : at + self._random.randint(1, 40)]

    def _repeat(self, packet: bytearray) -> None:
        at = self._random.randrange(len(packet))
        packet[at:at] = packet[at : at + self._random.randint(1, 40)] * self._random.choice((1, 2, 100))

    def _swap_lines(self, packet: bytearray) -> None:
        lines = bytes(packet).split(b"\r\n")
        one, other = self._random.randrange(len(lines)), self._random.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        packet[:] = b"\r\n".join(lines)
