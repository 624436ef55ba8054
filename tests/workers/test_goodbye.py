"""A child whose supervisor is gone: how long it has before it must go."""

from __future__ import annotations

import re
import socket
import time

import pytest

from engine.workers.__main__ import GOODBYE_S
from tests.fakes.sip.line_harness import LineHouse

LEFT_BEHIND_S = 2.0  # an engine that is killed has no process any more after so long
RINGS_AFTER_S = 0.7  # later than a simulated line's goodbye, sooner than the line gives up waiting for a word
COPIED = ("Via", "From", "Call-ID", "CSeq")
PATIENCE_S = 20.0


def ringing(invite: str) -> bytes:
    """180 to this INVITE."""
    headers = [line for line in invite.split("\r\n") if line.split(":")[0] in COPIED]
    to = re.search(r"^To:.*$", invite, re.MULTILINE)
    assert to is not None
    contact = "Contact: <sip:peer@127.0.0.1>"
    return "\r\n".join(
        ["SIP/2.0 180 Ringing", *headers, f"{to[0].rstrip()};tag=far", contact, "Content-Length: 0", "", ""]
    ).encode()


def test_no_line_is_left_behind_for_long():
    assert max(GOODBYE_S.values()) < LEFT_BEHIND_S


def test_a_line_whose_supervisor_is_gone_leaves_no_telephone_ringing_however_late_it_rings():
    pytest.importorskip("baresip", reason="baresip-python has no wheel for this machine: no SIP line here")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far, LineHouse() as house:
        far.settimeout(PATIENCE_S)
        far.bind(("127.0.0.1", 0))
        with house.line(f"sip:peer@127.0.0.1:{far.getsockname()[1]};transport=udp") as line:
            invite, caller = far.recvfrom(4096)
            assert line.process.stdin is not None
            line.process.stdin.close()
            time.sleep(RINGS_AFTER_S)  # the far end's own time, which nobody's clock stands for
            far.sendto(ringing(invite.decode()), caller)
            line.process.wait(PATIENCE_S)
            far.setblocking(False)
            heard = []
            while True:
                try:
                    heard.append(far.recv(4096).split()[0])
                except BlockingIOError:
                    break
            assert b"CANCEL" in heard
