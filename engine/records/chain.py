"""The chain that makes a journal evidence: every line carries a hash of itself and of the line before. Pure.

    {"n":7,…,"data":{…},"hash":"<64 hex digits>"}

The hash is SHA-256 over the hash of the line before (its 64 digits) and the bytes of this line as they would be without
its hash: {"n":7,…,"data":{…}}. What the first line follows is START. The summary is the chain's last link.

There is no key in it: it proves that nothing was lost or changed on the way, not who wrote it. Whoever rewrites a
journal from some line to its end, the summary with it, has a journal that is whole. To rule that out, keep the
summary's hash somewhere else.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

START = "0" * 64
_LAST = re.compile(rb',"hash":"([0-9a-f]{64})"}\Z')
_LAST_OF_SUMMARY = re.compile(rb',\n  "hash": "([0-9a-f]{64})"\n}\n\Z')


class Link(NamedTuple):
    """One line taken apart."""

    body: bytes  # as it would be without its hash
    hash: str  # as the line states it


def hash_of(before: str, body: bytes) -> str:
    """64 lower-case hex digits."""
    return hashlib.sha256(before.encode() + body).hexdigest()


def sealed(before: str, body: bytes) -> tuple[bytes, str]:
    """A JSON object as a line of the chain, without its end of line, and the line's hash."""
    digest = hash_of(before, body)
    return b'%b,"hash":"%b"}' % (body[:-1], digest.encode()), digest


def taken_apart(line: bytes) -> Link | None:
    """A line without its end of line; None where it has no hash in its place."""
    found = _LAST.search(line)
    return Link(line[: found.start()] + b"}", found[1].decode()) if found else None


def sealed_summary(before: str, body: bytes) -> bytes:
    """A JSON object, indented by 2 and ending in a line break, as the chain's last link."""
    return b'%b,\n  "hash": "%b"\n}\n' % (body[: -len(b"\n}\n")], hash_of(before, body).encode())


def summary_taken_apart(text: bytes) -> Link | None:
    """None where it has no hash in its place."""
    found = _LAST_OF_SUMMARY.search(text)
    return Link(text[: found.start()] + b"\n}\n", found[1].decode()) if found else None
