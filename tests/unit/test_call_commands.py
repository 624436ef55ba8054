"""What `call-thing call` makes of its words."""

from __future__ import annotations

import pytest

from engine.call_commands import port_of
from engine.errors import CallRefused


@pytest.mark.parametrize("text", ["5080", "127.0.0.1:5080", "localhost:5080"])
def test_where_to_wait_is_a_port_with_or_without_the_host_that_is_listened_on(text: str):
    assert port_of(text, "127.0.0.1") == 5080


def test_an_ipv6_host_is_written_in_brackets():
    assert port_of("[::1]:5080", "::1") == 5080


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("192.0.2.7:5080", "received on sip.listen, which is 127.0.0.1"),
        ("127.0.0.1", "the port is missing"),
        ("0", "from 1 to 65535"),
        ("65536", "from 1 to 65535"),
        ("-1", "neither a name nor an IP address"),
        ("", "neither a name nor an IP address"),
    ],
)
def test_other_words_are_refused_with_the_next_step(text: str, words: str):
    with pytest.raises(CallRefused, match=words):
        port_of(text, "127.0.0.1")
