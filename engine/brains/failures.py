"""What can go wrong with a model's server, in words for an operator, and whether asking again may help. Pure.

No word of it holds a key: servers repeat parts of it in their answers to a wrong one.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

WORDS: dict[int, str] = {
    401: "the server does not accept the key (401); look at brain.key_env or brain.key_file",
    403: "the key may not use this model or server (403)",
    404: "the server does not know the model or the path (404); look at brain.model and brain.base_url",
    408: "the server gave up waiting (408)",
    413: "the conversation is too long for the server (413)",
    429: "too many requests, or no credit left (429)",
}
LONGEST_WORDS = 160
# What some servers do not take, and what is to be asked without then.
OPTIONS = ("stream_options", "max_completion_tokens", "max_tokens", "temperature")
_SECRET = re.compile(r"\b(?:sk|key|Bearer)[-_ ][\w*.-]{4,}", re.IGNORECASE)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer, or no more of it."""

    words: str
    again: bool = False  # asking once more may help
    wait_s: float = 0.0  # what the server wants us to wait before
    option: str = ""  # of the request, which the server does not take


def broken_off() -> Failure:
    """The connection ended in the middle of the answer."""
    return Failure(words="the connection broke off", again=True)


def too_slow(first_token: bool) -> Failure:
    """Nothing came in time, or not all of it."""
    what = "it did not begin to answer in time" if first_token else "the answer took too long"
    return Failure(words=what, again=first_token)


def of_status(status: int, message: str, headers: Any = None, param: str = "") -> Failure:
    """An HTTP error. headers: a mapping, asked for Retry-After. param: the field that the server complains about."""
    wait_s = _retry_after_s(headers)
    if status in (400, 422):
        named = (param, *re.findall(r"\w+", message))
        option = next((each for each in named if each in OPTIONS), "")
        if option:
            return Failure(words=f"the server does not take {option}", again=True, option=option)
        return Failure(words=f"the server refused the request ({status}): {clean(message)}")
    words = WORDS.get(status) or f"the server failed ({status})"
    return Failure(words=words, again=status in (408, 409, 429) or status >= 500, wait_s=wait_s)


def clean(message: str) -> str:
    """A server's words in one short line, without anything that looks like a key."""
    plain = message.encode("utf-8", "ignore").decode()
    return _SECRET.sub("…", " ".join(plain.split()))[:LONGEST_WORDS]


def _retry_after_s(headers: Any) -> float:
    """Seconds; a date, or nothing that can be read, is 0."""
    try:
        return min(600.0, max(0.0, float((headers or {}).get("retry-after", 0))))
    except (TypeError, ValueError):
        return 0.0
