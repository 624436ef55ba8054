"""What is never dialled, whoever asks for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from engine.errors import CallRefused
from engine.lines.dial_guard import key, may_dial, read
from engine.lines.sip_address import SipAddress
from engine.settings import DialSettings

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
GERMANY = DialSettings(country="DE")
PROVIDER = "sip.example.net"


def refusal(text: str, rules: DialSettings = GERMANY, now: datetime = NOON, dialled_today: int = 0) -> str:
    """Why it must not be called; "" when it may be."""
    try:
        refused = may_dial(read(text, rules, PROVIDER), now, rules, dialled_today)
    except CallRefused as error:
        return str(error)
    return str(refused or "")


@pytest.mark.parametrize(
    "text",
    [
        "+49 30 1234567",  # fixed
        "+49 1512 3456789",  # mobile
        "+1 212 555 0123",  # either
        "+49 800 1234567",  # toll free
        "+49 32 212345678",  # internet telephony
        "sip:anna@example.org",
        "sip:+49301234567@sbc.example.net",
    ],
)
def test_ordinary_numbers_and_addresses_may_be_called(text: str):
    assert refusal(text, DialSettings(country="DE", hours="00:00-24:00")) == ""


@pytest.mark.parametrize(
    "rules", [DialSettings(), GERMANY, DialSettings(country="US")], ids=["none", "DE", "US"]
)
@pytest.mark.parametrize("host", ["example.org", "127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize(
    "user", ["112", "110", "911", "999", "+112", "1-1-2", "1.1.0", "(911)", "*999", "=1+1~2"]
)
def test_an_emergency_number_is_called_nowhere_and_in_no_dress(user: str, host: str, rules: DialSettings):
    assert "emergency" in refusal(f"sip:{user}@{host}", rules)


@pytest.mark.parametrize(
    "text", ["112", "110", "1 1 2", "+49 112", "+49110", "+44 999", "+1 911", "9 1 1", "112 112 1"]
)
def test_an_emergency_number_is_not_called_through_a_provider(text: str):
    assert refusal(text)
    assert refusal(text, DialSettings(allowed=("+*", "*"), country="DE"))


def test_an_emergency_number_of_the_settings_country_is_known():
    assert "emergency" in refusal("sip:117@127.0.0.1", DialSettings(country="CH"))


@pytest.mark.parametrize("user", ["11833", "118000", "4711", "+4711", "22-5.55"])
def test_a_short_number_is_called_at_no_real_host(user: str):
    assert "short" in refusal(f"sip:{user}@example.org")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("+49 900 1234567", "premium rate"),
        ("+1 900 234 5678", "premium rate"),
        ("+1 212 976 1234", "premium rate"),
        ("sip:+12129761234@example.org", "premium rate"),
        ("+34 803 123 456", "premium rate"),
        ("+34 902 123 456", "shared cost"),
        ("+31 900 1234", "premium rate"),
        ("0900 1234567", "premium rate"),
        ("sip:09001234567@example.org", "premium rate"),
        ("sip:0900-123-4567@example.org", "premium rate"),
        ("sip:00499001234567@example.org", "premium rate"),
        ("+49 1805 123456", "shared cost"),
        ("+44 845 4641234", "premium rate"),
        ("+49 18 500123456", "uan"),
        ("+49 700 12345678", "personal number"),
        ("+882 13 000000", "no country"),
        ("+881 612 345678", "no country"),
        ("+979 123 456 789", "no country"),
    ],
)
def test_what_may_cost_anything_is_not_called(text: str, kind: str):
    rules = DialSettings(country="DE", hours="00:00-24:00", allowed=("+*",))
    assert kind in refusal(text, rules)


@pytest.mark.parametrize(
    "text", ["sip:4930@example.org", "sip:12345678@example.org", "sip:*31*01234@example.org"]
)
def test_digits_that_are_no_known_number_are_not_called_at_a_real_host(text: str):
    assert refusal(text)
    assert refusal(text, DialSettings())


def test_what_is_judged_is_what_is_dialled():
    for written in (
        "sip:030.1234567@example.org",
        "sip:+49-30-1234567@example.org",
        "sip:0049301234567@example.org",
    ):
        assert read(written, GERMANY).uri == "sip:+49301234567@example.org"
    assert read("030 1234567", GERMANY, PROVIDER).uri == "sip:+49301234567@sip.example.net"
    assert read("sip:0301234567@127.0.0.1:5070", GERMANY).uri == "sip:0301234567@127.0.0.1:5070"


@pytest.mark.parametrize(
    "pattern", ["+49 30 1234567", "+49301234567", "+49 30*", "+4930123456*", "*", "sip:+49301234567@*"]
)
def test_a_refused_number_is_refused_in_every_dress(pattern: str):
    rules = DialSettings(country="DE", refused=(pattern,))
    for text in (
        "+49 30 1234567",
        "030 1234567",
        "sip:030-1234567@example.org",
        "sip:+49301234567@example.org:5070",
    ):
        assert "dial.refused" in refusal(text, rules)


@pytest.mark.parametrize("pattern", ["anna@example.org", "sip:Anna@Example.org", "anna@*"])
def test_a_refused_address_is_refused_whatever_its_port_and_transport(pattern: str):
    rules = DialSettings(refused=(pattern,))
    for text in ("sip:anna@example.org", "ANNA@example.org:5070", "sip:anna@example.org;transport=tls"):
        assert "dial.refused" in refusal(text, rules)
    assert refusal("bert@example.org", rules) == ""


def test_with_an_allowed_list_nothing_else_is_called():
    rules = DialSettings(country="DE", allowed=("+49 30*", "anna@example.org"))
    assert refusal("+49 30 1234567", rules) == ""
    assert refusal("sip:anna@example.org", rules) == ""
    assert "dial.allowed" in refusal("+49 89 1234567", rules)
    assert "dial.allowed" in refusal("sip:anna@example.net", rules)
    assert "dial.allowed" in refusal("sip:+49891234567@example.org", rules)


def test_refused_wins_over_allowed():
    rules = DialSettings(allowed=("+*",), refused=("+4930*",))
    assert "dial.refused" in refusal("+49 30 1234567", rules)


def test_the_hours_are_those_of_the_place_that_is_called():
    ten_in_berlin = datetime(2026, 6, 3, 8, 0, tzinfo=UTC)
    assert refusal("+49 30 1234567", now=ten_in_berlin) == ""
    assert "04:00 there (America/New_York)" in refusal("+1 212 555 0123", now=ten_in_berlin)
    assert "09:00-21:00" in refusal("+1 212 555 0123", now=ten_in_berlin)


@pytest.mark.parametrize(("utc_hour", "called"), [(6, False), (7, True), (18, True), (19, False)])
def test_the_first_hour_counts_and_the_last_does_not(utc_hour: int, called: bool):
    now = datetime(2026, 6, 3, utc_hour, 0, tzinfo=UTC)  # two hours later in Berlin
    assert (refusal("+49 30 1234567", now=now) == "") is called


def test_winter_time_is_winter_time():
    assert refusal("+49 30 1234567", now=datetime(2026, 12, 3, 8, 30, tzinfo=UTC)) == ""
    assert refusal("+49 30 1234567", now=datetime(2026, 12, 3, 7, 30, tzinfo=UTC))


def test_hours_may_go_past_midnight():
    rules = DialSettings(hours="18:00-02:00")
    at = [
        refusal("anna@example.org", rules, datetime(2026, 6, 3, hour, tzinfo=UTC)) == ""
        for hour in (1, 3, 12, 19)
    ]
    assert at == [True, False, False, True]


def test_a_place_that_is_not_known_has_the_clock_of_utc():
    assert refusal("anna@example.org") == ""
    assert "(UTC)" in refusal("anna@example.org", now=datetime(2026, 6, 3, 22, tzinfo=UTC))


def test_it_must_be_a_good_time_in_every_zone_of_a_number():
    assert "there" in refusal("+1 800 555 1212", now=datetime(2026, 6, 3, 16, tzinfo=UTC))


def test_nobody_is_called_more_than_so_often_a_day():
    assert refusal("+49 30 1234567", dialled_today=2) == ""
    assert "3 times within 24 hours" in refusal("+49 30 1234567", dialled_today=3)


@pytest.mark.parametrize(
    "text", ["sip:test@127.0.0.1:5070", "sip:test@localhost", "sip:4711@127.0.0.2", "t@[::1]"]
)
def test_a_test_peer_on_this_machine_is_called_at_any_time_and_as_often_as_one_likes(text: str):
    night = datetime(2026, 6, 3, 2, tzinfo=UTC)
    assert refusal(text, now=night, dialled_today=1000) == ""
    assert "dial.refused" in refusal(text, DialSettings(refused=("*",)))
    assert "dial.allowed" in refusal(text, DialSettings(allowed=("+49*",)))


def test_calls_are_counted_by_number_whatever_the_provider_and_else_by_address():
    assert key(SipAddress("+49301234567", "a.example")) == key(
        SipAddress("+49301234567", "b.example", 5070, "tls")
    )
    assert key(SipAddress("Anna", "a.example", 5070)) == key(SipAddress("anna", "a.example", None, "tcp"))
    assert key(SipAddress("anna", "a.example")) != key(SipAddress("anna", "b.example"))


@given(st.from_regex(r"[0-9+.*()=!~-]{1,12}", fullmatch=True), st.sampled_from(["", "DE", "US", "GB"]))
def test_no_dressed_up_digits_reach_a_real_host_but_as_a_full_number(user: str, country: str):
    rules = DialSettings(country=country, hours="00:00-24:00")
    try:
        address = read(f"sip:{user}@example.org", rules)
    except CallRefused:
        return
    if may_dial(address, NOON, rules, 0) is None:
        assert not address.digits or (address.user.startswith("+") and len(address.digits) > 6)
