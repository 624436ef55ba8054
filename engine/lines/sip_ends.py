"""How a SIP call ended, in the words of LINE_ENDS. Pure.

Status codes after RFC 3261, section 21, and the IANA registry; the texts without a code are the stack's own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

STATUS = re.compile(r"^([3-6]\d\d)\b")
BY_STATUS: dict[int, str] = {
    401: "rejected",  # our account: no or wrong password
    403: "declined",
    404: "not_found",
    407: "rejected",
    408: "unavailable",
    410: "not_found",
    415: "rejected",
    480: "unavailable",
    484: "not_found",
    485: "not_found",
    486: "busy",
    487: "no_answer",  # of its own accord: with a CANCEL of ours we know why
    488: "rejected",
    600: "busy",
    603: "declined",
    604: "not_found",
    606: "rejected",
    607: "declined",
    608: "rejected",
}
BY_TEXT: tuple[tuple[str, str], ...] = (
    ("Call transfered", "transferred"),  # the stack's spelling
    ("rtp stream error", "network_away"),  # nothing was received for sip.rtp_timeout_s
    ("Network is unreachable", "network_away"),
    ("Network is down", "network_away"),
    ("no local address", "network_away"),
    ("Protocol error", "rejected"),  # TLS: the certificate is not the one it should be
    ("Connection timed out", "unreachable"),
    ("Connection refused", "unreachable"),
    ("No route to host", "unreachable"),
    ("Destination address required", "unreachable"),  # the name could not be resolved
    ("Host is down", "unreachable"),
    ("No such device or address", "unreachable"),
    ("by user", "near_end"),
)
EXPLAINED = {
    "Protocol error": "the TLS certificate of the other side could not be verified",
    "Destination address required": "the name of the other side could not be resolved",
    "rtp stream error": "nothing was heard any more",
}
NOTHING_IN_COMMON = (415, 488, 606)  # of what we had offered for the audio


class End(NamedTuple):
    """Reason of LINE_ENDS, and the other side's or the stack's words."""

    reason: str
    detail: str


def end_of(text: str, was_answered: bool, we_hung_up: bool) -> End:
    """How a call ended whose closing the stack told with `text`."""
    detail = next((words for sign, words in EXPLAINED.items() if sign in text), text)
    status = STATUS.match(text)
    if we_hung_up:
        return End("near_end", "")
    if status and not was_answered:
        code = int(status[1])
        if code in NOTHING_IN_COMMON:
            detail = f"no codec or encryption in common ({text})"
        return End(BY_STATUS.get(code) or _by_class(code), detail)
    for sign, reason in BY_TEXT:
        if sign in text:
            return End(reason, "" if reason in ("near_end", "transferred") else detail)
    if was_answered:
        return End("far_end", "")  # a BYE comes as "Connection reset by peer"
    return End("unreachable", detail)


def _by_class(code: int) -> str:
    if code < 400:
        return "redirected"
    return "unavailable" if 500 <= code < 600 else "rejected"
