"""As whom a call is made, and where its password comes from."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from engine.errors import CallRefused, SettingsError
from engine.lines import accounts, socket_filter
from engine.lines.accounts import (
    LOOPBACK,
    account_for,
    ca_bundle,
    check,
    listing,
    sip_plan,
    transfer_address,
)
from engine.lines.passwords import password_names, password_of
from engine.settings import DialSettings, Settings, SipAccount, SipSettings

MAIN = SipAccount(provider="sip.example.net:5061", user="4930123456")
DTLS = msgspec.structs.replace(MAIN, encryption="dtls", transport="udp")
SIP = SipSettings(
    listen="192.0.2.1",
    allowed_peers=("203.0.113.0/28", "2001:db8::/32"),
    account="main",
    accounts={"main": MAIN},
)


def settings(account: SipAccount = MAIN, **sip) -> Settings:
    changed = msgspec.structs.replace(SIP, accounts={"main": account}, **sip)
    return Settings(sip=changed, dial=DialSettings(country="DE"))


def test_a_number_is_called_through_the_default_account():
    address, account = account_for("030 1234567", "", settings())
    assert address.uri == "sip:+49301234567@sip.example.net:5061;transport=tls"
    assert account == MAIN


def test_an_address_is_called_as_the_account_with_its_transport():
    address, _ = account_for("sip:anna@example.org", "main", settings())
    assert address.uri == "sip:anna@example.org;transport=tls"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_peer_on_this_machine_is_called_with_the_built_in_account(transport: str):
    address, account = account_for(f"sip:test@localhost:5070;transport={transport}", "", settings())
    assert address.uri == f"sip:test@127.0.0.1:5070;transport={transport}"
    assert account == msgspec.structs.replace(LOOPBACK, transport=transport)


def test_a_peer_on_this_machine_is_not_called_through_a_proxy_elsewhere():
    elsewhere = settings(msgspec.structs.replace(DTLS, proxy="proxy.example.net"))
    for to in ("sip:test@127.0.0.1", "sip:+49301234567@127.0.0.1"):
        with pytest.raises(CallRefused, match="proxy would be given that call"):
            account_for(to, "main", elsewhere)
        with pytest.raises(CallRefused, match="proxy would be given that call"):
            transfer_address(to, elsewhere.sip.accounts["main"], elsewhere)
    assert account_for("sip:test@127.0.0.1", "", elsewhere)[1].proxy == ""
    local = settings(msgspec.structs.replace(DTLS, proxy="[::1]:5060"))
    assert account_for("sip:test@127.0.0.1", "main", local)[1].proxy == "[::1]:5060"


def test_a_peer_on_this_machine_may_be_called_with_an_account_that_is_named():
    _, account = account_for("sip:test@127.0.0.1;transport=tls", "main", settings())
    assert account == MAIN


def test_a_number_through_a_provider_on_this_machine_keeps_its_account():
    account = SipAccount(provider="127.0.0.1:5070", transport="udp", encryption="off", user="me")
    address, used = account_for("+49 30 1234567", "", settings(account))
    assert (address.uri, used) == ("sip:+49301234567@127.0.0.1:5070;transport=udp", account)


def test_an_unknown_account_is_answered_with_those_there_are():
    with pytest.raises(CallRefused, match="Accounts: main"):
        account_for("+49 30 1234567", "mian", settings())
    with pytest.raises(CallRefused, match=r"Accounts: none; \[sip\.accounts\.NAME\]"):
        account_for("+49 30 1234567", "x", Settings())


@pytest.mark.parametrize("to", ["+49 30 1234567", "sip:anna@example.org", "sip:anna@192.0.2.77"])
def test_without_an_account_the_lines_for_the_settings_file_are_given(to: str):
    with pytest.raises(CallRefused) as refused:
        account_for(to, "", Settings())
    assert "[sip.accounts.main]" in str(refused.value) and 'provider = "sip.example.net"' in str(
        refused.value
    )


def test_keys_are_not_sent_in_the_clear():
    with pytest.raises(SettingsError, match="for everybody to read"):
        account_for("sip:anna@example.org;transport=udp", "", settings())
    assert account_for("sip:anna@example.org", "", settings(DTLS))[1] == DTLS


def test_from_loopback_nobody_else_is_called():
    with pytest.raises(SettingsError, match=r"sip\.listen is 127\.0\.0\.1"):
        account_for("sip:anna@example.org", "", settings(listen="127.0.0.1"))


def test_without_packet_filters_nobody_else_is_called(monkeypatch):
    monkeypatch.setattr(socket_filter, "available", lambda: False)
    with pytest.raises(SettingsError, match="keep strangers away"):
        account_for("sip:anna@example.org", "", settings())


def test_whoever_is_called_must_be_able_to_answer():
    with pytest.raises(SettingsError, match=r"198\.51\.100\.1 is not among sip\.allowed_peers"):
        account_for("sip:anna@198.51.100.1", "", settings(DTLS))
    account_for("sip:anna@203.0.113.5", "", settings(DTLS))
    account_for("sip:anna@[2001:db8::5]", "", settings(DTLS))
    with_proxy = msgspec.structs.replace(DTLS, proxy="203.0.113.6")
    account_for("sip:anna@198.51.100.1", "", settings(with_proxy))


@pytest.mark.parametrize(
    ("to", "servers", "who"),
    [
        ("sip:anna@203.0.113.5", {}, "The host that is called is 203.0.113.5"),
        ("sip:anna@[2001:db8::5]:5061", {}, "The host that is called is 2001:db8::5"),
        ("+49 30 1234567", {"provider": "203.0.113.5:5061"}, "The account's provider is 203.0.113.5"),
        ("sip:anna@example.org", {"proxy": "203.0.113.6"}, "The account's proxy is 203.0.113.6"),
    ],
)
def test_a_tls_server_is_called_by_the_name_that_its_certificate_has(
    to: str, servers: dict[str, str], who: str
):
    by_address = msgspec.structs.replace(MAIN, **servers)
    with pytest.raises(SettingsError, match="Write the name that is in the certificate") as refused:
        account_for(to, "", settings(by_address))
    assert who in str(refused.value)
    if servers:
        with pytest.raises(SettingsError, match="Write the name"):
            check(by_address)
    account_for(to, "", settings(msgspec.structs.replace(DTLS, **servers)))


def test_a_tls_server_on_this_machine_may_be_named_by_its_address():
    check(SipAccount(provider="127.0.0.1:5061", proxy="[::1]"))


def test_a_call_without_an_account_is_handed_over_on_this_machine_alone():
    at_home = Settings()
    assert (
        transfer_address("sip:b@127.0.0.1:5080", LOOPBACK, at_home).uri
        == "sip:b@127.0.0.1:5080;transport=udp"
    )
    for to in ("sip:b@example.org", "+49 30 1234567", "sip:b@127.0.0.1;transport=xyz", "112"):
        with pytest.raises(CallRefused):
            transfer_address(to, LOOPBACK, settings())


def test_the_password_comes_from_the_environment():
    account = msgspec.structs.replace(MAIN, password_env="SIP_PASSWORD")
    assert password_of(account, {"SIP_PASSWORD": "a b;c"}) == "a b;c"
    with pytest.raises(SettingsError, match="SIP_PASSWORD, which is not set"):
        password_of(account, {})
    assert password_of(MAIN, {"SIP_PASSWORD": "x"}) == ""


def in_file(path: Path) -> SipAccount:
    return msgspec.structs.replace(MAIN, password_file=str(path))


@pytest.mark.parametrize("content", ["hunter2", "hunter2\n", "hunter2\r\n"])
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_the_password_comes_from_a_file(tmp_path: Path, content: str, mode: int):
    file = tmp_path / "password"
    file.write_bytes(content.encode())
    file.chmod(mode)
    assert password_of(in_file(file), {}) == "hunter2"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o700])
def test_a_password_that_others_can_read_is_not_used(tmp_path: Path, mode: int):
    file = tmp_path / "password"
    file.write_text("hunter2")
    file.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {file}") as refused:
        password_of(in_file(file), {})
    assert "hunter2" not in str(refused.value)


def test_a_password_file_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch):
    file = tmp_path / "password"
    file.write_text("hunter2")
    file.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(SettingsError, match="belongs to another account"):
        password_of(in_file(file), {})


def test_what_is_no_password_file_is_named(tmp_path: Path):
    pipe, empty, odd = tmp_path / "pipe", tmp_path / "empty", tmp_path / "odd"
    os.mkfifo(pipe, 0o600)
    for file, content in ((empty, b"\n"), (odd, b"\xff\xfe")):
        file.write_bytes(content)
        file.chmod(0o600)
    for path in (pipe, empty, odd, tmp_path, tmp_path / "none"):
        with pytest.raises(SettingsError, match=str(path)):
            password_of(in_file(path), {})


@pytest.mark.parametrize("password", ['a"b', "a\\b", "a\nb", "a\0b", "x" * 300])
def test_a_password_that_the_stack_cannot_take_is_not_given_to_it(password: str):
    account = msgspec.structs.replace(MAIN, password_env="P")
    with pytest.raises(SettingsError, match="cannot take it") as refused:
        password_of(account, {"P": password})
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"provider": "host;x=1"},
        {"provider": "a b"},
        {"proxy": "sip:host"},
        {"proxy": "h>"},
        {"user": ""},
        {"user": "a@b"},
        {"user": "a;b"},
        {"user": 'a"'},
        {"user": "a\n"},
        {"auth_user": "a;b"},
        {"auth_user": "a b"},
    ],
    ids=str,
)
def test_words_that_would_break_the_stacks_own_lines_are_refused(changed):
    (field,) = changed
    address, _ = account_for("sip:anna@example.org", "", settings())
    with pytest.raises(SettingsError, match=f"The account's {field}"):
        sip_plan(address, msgspec.structs.replace(MAIN, **changed), SIP, {})


def test_the_systems_certificates_are_found_or_tls_is_refused(tmp_path: Path, monkeypatch):
    bundle = tmp_path / "certificates.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\n")
    monkeypatch.setattr(accounts, "_usual_bundles", lambda: [tmp_path / "none", bundle])
    assert ca_bundle(SipSettings()) == bundle
    monkeypatch.setattr(accounts, "_usual_bundles", lambda: [tmp_path / "none"])
    address, account = account_for("sip:anna@example.org", "", settings())
    with pytest.raises(SettingsError, match="not called unverified"):
        sip_plan(address, account, SIP, {})
    assert ca_bundle(SipSettings(ca_file=str(bundle))) == bundle
    with pytest.raises(SettingsError, match="no readable file of certificates"):
        ca_bundle(SipSettings(ca_file=str(tmp_path)))


def test_the_usual_places_have_certificates():
    assert accounts._usual_bundles()


def test_the_list_of_accounts_shows_no_password():
    account = msgspec.structs.replace(MAIN, password_env="P")
    sip = msgspec.structs.replace(SIP, accounts={"main": account, "free": MAIN})
    rows = listing(sip, {"P": "hunter2"})
    assert [(row["account"], row["default"], row["password"]) for row in rows] == [
        ("main", True, "password found"),
        ("free", False, "no password needed"),
    ]
    assert "hunter2" not in str(rows)
    assert "P, which is not set" in str(listing(sip, {})[0]["trouble"])
    assert password_names(sip) == {"P"}


def test_the_list_of_accounts_names_what_would_refuse_every_call():
    [row] = listing(msgspec.structs.replace(SIP, listen="127.0.0.1"), {})
    assert "sip.listen is 127.0.0.1" in str(row["trouble"])
    elsewhere = msgspec.structs.replace(DTLS, provider="198.51.100.1")
    [row] = listing(msgspec.structs.replace(SIP, accounts={"main": elsewhere}), {})
    assert "not among sip.allowed_peers" in str(row["trouble"])
    here = msgspec.structs.replace(DTLS, provider="127.0.0.1:5070")
    [row] = listing(SipSettings(accounts={"main": here}), {})
    assert row["trouble"] == ""
