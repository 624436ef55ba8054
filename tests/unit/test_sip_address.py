"""Whom a person wants called, read strictly: what the SIP stack is given is built, never passed on."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, strategies as st

from engine.errors import CallRefused
from engine.lines.sip_address import SipAddress, parse

GOOD_URI = re.compile(
    r"sip:[A-Za-z0-9._+~!*()=-]{1,64}@(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?"
    r"(?:;transport=(?:udp|tcp|tls))?"
)


@pytest.mark.parametrize(
    ("written", "uri"),
    [
        ("sip:anna@example.org", "sip:anna@example.org"),
        ("anna@example.org", "sip:anna@example.org"),
        ("SIP:anna@Example.ORG", "sip:anna@example.org"),
        ("sip:anna@192.0.2.7:5070;transport=tcp", "sip:anna@192.0.2.7:5070;transport=tcp"),
        ("sip:anna@example.org;Transport=TLS", "sip:anna@example.org;transport=tls"),
        ("anna@[::1]", "sip:anna@[::1]"),
        ("anna@[2001:DB8:0:0::1]:5061", "sip:anna@[2001:db8::1]:5061"),
        ("table.4_kitchen-2@localhost:5080", "sip:table.4_kitchen-2@127.0.0.1:5080"),
        ("sip:+49301234567@sbc.example.net", "sip:+49301234567@sbc.example.net"),
    ],
)
def test_an_address_is_built_anew_from_its_parts(written: str, uri: str):
    assert parse(written).uri == uri
    assert parse(uri).uri == uri


@pytest.mark.parametrize(
    "written",
    [
        "",
        "b",
        "garbage uri",
        "sip:",
        "sip:b",
        "sip:@host",
        "sip:b@",
        "sip:b@host;",
        "sip:b@host;transport=xyz",
        "sip:b@host;transport=udp;lr",
        "sip:b@host;user=phone",
        "sip:b@host?Replaces=1",
        "sip:b:secret@host",
        "sip:b%41@host",
        "sip:b@host:0",
        "sip:b@host:65536",
        "sip:b@host:99999",
        "sip:b@host:+5",
        "sip:b@host:",
        "sip: b@host",
        " sip:b@host",
        "sip:b@host ",
        "sip:b@ho st",
        "sip:b@host\n",
        "sip:b\0@host",
        "sip:b@host\0",
        "sip:b@h\u00f6st",
        "sip:\u0661\u0661\u0662@host",
        "sip:b@@host",
        "sip:b@c@host",
        "sip:b@-host",
        "sip:b@host..org",
        "sip:b@host.org.",
        "sip:b@127.1",
        "sip:b@2130706433",
        "sip:b@0x7f000001.1",
        "sip:b@0177.0.0.1",
        "sip:b@0.0.0.0",
        "sip:b@224.0.0.1",
        "sip:b@::1",
        "sip:b@[::1",
        "sip:b@[::1]x",
        "sip:b@[127.0.0.1]",
        "sip:b@[fe80::1%eth0]",
        "sip:b,c@host",
        'sip:"b"@host',
        "<sip:b@host>",
        "sip:b@" + "h" * 64,
        "sip:" + "b" * 65 + "@host",
        "sip:b@" + ".".join(["h" * 60] * 5),
        "http://b@host",
        "mailto:b@host",
    ],
)
def test_everything_else_is_refused(written: str):
    with pytest.raises(CallRefused):
        parse(written, "DE", "sip.example.net")


def test_sips_and_tel_are_refused_with_what_to_write_instead():
    with pytest.raises(CallRefused, match="transport=tls"):
        parse("sips:b@host")
    with pytest.raises(CallRefused, match="number alone"):
        parse("tel:+49301234567", "DE", "sip.example.net")


@pytest.mark.parametrize(
    "written", ["+49 30 1234567", "+49301234567", "+49 (30) 123-45 67", "030 1234567", "030/1234567"]
)
def test_a_telephone_number_is_called_through_the_provider(written: str):
    assert parse(written, "de", "sip.example.net:5061").uri == "sip:+49301234567@sip.example.net:5061"


def test_a_number_needs_a_country_and_a_provider():
    with pytest.raises(CallRefused, match=r"dial\.country"):
        parse("030 1234567", "", "sip.example.net")
    with pytest.raises(CallRefused, match="provider"):
        parse("+49 30 1234567")


@pytest.mark.parametrize("written", ["112", "110", "+112", "1-1-2", "(911)", "9 9 9", "+49 110", "11833"])
def test_a_short_number_is_never_a_number_to_call(written: str):
    with pytest.raises(CallRefused, match="never called"):
        parse(written, "DE", "sip.example.net")


@pytest.mark.parametrize("written", ["+49 30 1", "+999 1234567", "123456789012345678", "+49 112 112 112"])
def test_a_number_of_no_numbering_plan_is_refused(written: str):
    with pytest.raises(CallRefused):
        parse(written, "DE", "sip.example.net")


def test_a_number_in_disguise_is_seen_as_its_digits():
    for user in ("112", "+112", "1.1.2", "*112*", "(1)(1)(2)", "1-1-2", "~1!1=2"):
        assert SipAddress(user, "example.org").digits == "112"
    assert SipAddress("anna2", "example.org").digits == ""


PIECES = st.sampled_from(
    ["sip:", "sips:", "tel:", "@", ":", ";", "transport=", "udp", "[", "]", "::1", "127.0.0.1", "example.org",
     "b", "+49", "301234567", " ", "%00", "\0", "\n", "\u202e", "?", "<", ">", '"', "5060", "99999", ".", "-"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=12).map("".join)))
@example("sip:b@host;transport=udp\n")
@example("b@[::ffff:127.0.0.1]")
def test_any_text_is_refused_or_becomes_a_uri_that_the_stack_takes(text: str):
    try:
        address = parse(text, "DE", "sip.example.net")
    except CallRefused:
        return
    assert GOOD_URI.fullmatch(address.uri)
    assert parse(address.uri) == address


@given(
    st.from_regex(r"[A-Za-z0-9._+~!*()=-]{1,64}", fullmatch=True),
    st.one_of(
        st.ip_addresses(v=4), st.ip_addresses(v=6), st.sampled_from(["example.org", "a.b", "localhost"])
    ),
    st.one_of(st.none(), st.integers(1, 65535)),
    st.sampled_from([None, "udp", "tcp", "tls"]),
)
def test_every_good_address_round_trips(user, host, port, transport):
    written = f"[{host}]" if ":" in str(host) else str(host)
    text = f"sip:{user}@{written}" + (f":{port}" if port else "")
    try:
        address = parse(text + (f";transport={transport}" if transport else ""))
    except CallRefused:
        assert getattr(host, "is_multicast", False) or getattr(host, "is_unspecified", False)
        return
    assert (address.user, address.port, address.transport) == (user, port, transport)
    assert GOOD_URI.fullmatch(address.uri) and parse(address.uri) == address
