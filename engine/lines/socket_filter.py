"""Who may send us packets: a filter in the kernel, on the sockets of the SIP stack.

The stack takes SIP from anybody who reaches its port, and its RTP sockets listen on every address of the machine. A
socket filter (Linux, SO_ATTACH_FILTER; no privilege needed) drops what comes from elsewhere before the stack sees it.
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK: tuple[Network, ...] = (ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv6Network("::1/128"))

SO_ATTACH_FILTER = 26  # asm-generic/socket.h
NETWORK_HEADER = -0x100000 & 0xFFFFFFFF  # SKF_NET_OFF: offsets from the IP header
IPV4_SOURCE, IPV6_SOURCE = 12, 8
# BPF_LD|BPF_W|BPF_ABS, BPF_LD|BPF_B|BPF_ABS, BPF_ALU|BPF_AND|BPF_K, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
LOAD_WORD, LOAD_BYTE, AND, JUMP_EQUAL, RETURN = 0x20, 0x30, 0x54, 0x15, 0x06
WHOLE, NOTHING = 0xFFFFFFFF, 0


def available() -> bool:
    """Whether this system has such filters."""
    return sys.platform == "linux"


def program(networks: Iterable[Network]) -> bytes:
    """The filter's instructions: packets from one of the networks pass whole, others not at all. Pure."""
    code: list[tuple[int, int, int, int]] = []
    for network in networks:
        first = int(network.network_address)
        mask = int(network.netmask)
        version, offset, words = (4, IPV4_SOURCE, 1) if network.version == 4 else (6, IPV6_SOURCE, 4)
        check: list[tuple[int, int]] = []  # mask and value of each word that matters
        for word in range(words):
            shift = 32 * (words - 1 - word)
            check.append((mask >> shift & WHOLE, first >> shift & WHOLE))
        steps = 3 + 3 * len(check) + 1
        code += [(LOAD_BYTE, 0, 0, NETWORK_HEADER), (AND, 0, 0, 0xF0)]
        code.append((JUMP_EQUAL, 0, steps - 3, version << 4))
        for word, (bits, value) in enumerate(check):
            left = steps - 3 - 3 * (word + 1)
            code += [(LOAD_WORD, 0, 0, NETWORK_HEADER + offset + 4 * word), (AND, 0, 0, bits)]
            code.append((JUMP_EQUAL, 0, left, value))
        code.append((RETURN, 0, 0, WHOLE))
    code.append((RETURN, 0, 0, NOTHING))
    return b"".join(struct.pack("HBBI", *step) for step in code)


def attach(fd: int, networks: tuple[Network, ...]) -> None:
    """Let only packets from these networks into a socket. Raises OSError. A filter that is there is replaced."""
    code = program(networks)
    kept = ctypes.create_string_buffer(code)  # the kernel copies it during the call
    wanted = struct.pack("HP", len(code) // 8, ctypes.addressof(kept))
    with socket.socket(fileno=os.dup(fd)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, wanted)


def sockets_of_this_process(kind: str) -> dict[int, int]:
    """Descriptors of our "udp" or listening "tcp" sockets and their ports; nothing where there is no /proc."""
    ports: dict[str, int] = {}
    for family in (kind, f"{kind}6"):
        try:
            lines = Path(f"/proc/self/net/{family}").read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if kind == "udp" or fields[3] == "0A":  # listening
                ports[fields[9]] = int(fields[1].rpartition(":")[2], 16)
    found: dict[int, int] = {}
    try:
        names = os.listdir("/proc/self/fd")  # noqa: PTH208  a name may be gone before it is looked at
    except OSError:
        return {}
    for name in names:
        try:
            target = os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115
        except OSError:
            continue
        if target.startswith("socket:[") and target[8:-1] in ports:
            found[int(name)] = ports[target[8:-1]]
    return found
