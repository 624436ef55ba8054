"""As whom a SIP call is made: an account of the settings, or the built-in one for peers on this machine."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.errors import CallRefused, SettingsError
from engine.lines import socket_filter
from engine.lines.dial_guard import read
from engine.lines.passwords import password_of
from engine.lines.sip_address import USER, SipAddress, host_and_port, ip_address, parse
from engine.settings import Settings, SipAccount, SipSettings
from engine.settings_checks import is_loopback, networks
from engine.wiring import SipPlan

LOOPBACK = SipAccount(transport="udp", encryption="off")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # of Debian and its children
AUTH_USER = re.compile(r"[A-Za-z0-9._+~!*()=@-]{1,64}")
ACCOUNT_LINES = """[sip]
listen = "192.0.2.10"                # address of this machine
allowed_peers = ["203.0.113.0/28"]   # addresses of the provider
account = "main"

[sip.accounts.main]
provider = "sip.example.net"
user = "4930123456"
password_env = "SIP_PASSWORD\""""


def named(sip: SipSettings, name: str) -> SipAccount | None:
    """The account of this name, or the default one for ""; None when there is no default.

    Raises CallRefused for a name that is not there.
    """
    wanted = name or sip.account
    if not wanted:
        return None
    if wanted not in sip.accounts:
        there = ", ".join(sip.accounts) or "none; [sip.accounts.NAME] in call-thing.toml makes one"
        raise CallRefused(f'There is no account "{ascii(wanted)[1:-1]}". Accounts: {there}.')
    return sip.accounts[wanted]


def account_for(text: str, name: str, settings: Settings) -> tuple[SipAddress, SipAccount]:
    """Whom to call, and as whom. Raises CallRefused or SettingsError; nothing is looked up, no secret is read."""
    account = named(settings.sip, name)
    number = "@" not in text
    if account is None and number:
        read(text, settings.dial, "provider.invalid")  # what is wrong with the number itself is said first
        raise CallRefused(f"A telephone number needs an account with a provider. {how_to_get_one()}")
    address = read(text, settings.dial, account.provider if account and number else "")
    if address.is_loopback and not name and not number:
        account = msgspec.structs.replace(LOOPBACK, transport=address.transport or "udp")
    if account is None:
        raise CallRefused(
            f"Without an account only peers on this machine (127.0.0.1) are called. {how_to_get_one()}"
        )
    return reachable(address, account, settings.sip)


def transfer_address(text: str, account: SipAccount, settings: Settings) -> SipAddress:
    """To whom a call of this account is handed over. Raises CallRefused or SettingsError."""
    address = read(text, settings.dial, account.provider if "@" not in text else "")
    return reachable(address, account, settings.sip)[0]


def reachable(address: SipAddress, account: SipAccount, sip: SipSettings) -> tuple[SipAddress, SipAccount]:
    """Address and account with the transport that they agree on. Raises CallRefused or SettingsError."""
    transport = address.transport or account.transport
    address = SipAddress(address.user, address.host, address.port, transport)
    account = msgspec.structs.replace(account, transport=transport)
    if address.is_loopback:
        if account.proxy and not SipAddress(account.user, *host_and_port(account.proxy)).is_loopback:
            raise CallRefused(
                "The account's proxy would be given that call, and for the proxy 127.0.0.1 is another machine. "
                "Peers on this machine are called without an account, or with one that has no proxy."
            )
        return address, account
    if account == msgspec.structs.replace(LOOPBACK, transport=transport):
        raise CallRefused("A call without an account reaches peers on this machine (127.0.0.1) alone.")
    if transport == "tls":
        for what, place in (*_servers(account), ("called", address.bracketed_host)):
            _has_a_name(what, place)
    if account.encryption == "sdes" and transport != "tls":
        raise SettingsError(
            f'The account\'s encryption "sdes" sends its keys over {transport} for everybody to read. '
            'Call with ;transport=tls, or set encryption = "dtls", or "off" if you mean it, in call-thing.toml.'
        )
    if is_loopback(sip.listen):
        raise SettingsError(
            f"sip.listen is {sip.listen}, from where only this machine is reached. Set it to an address of this "
            "machine that your provider can reach, and sip.allowed_peers to the provider's, in call-thing.toml."
        )
    strangers_are_kept_away()
    first = host_and_port(account.proxy)[0] if account.proxy else address.host
    target = ip_address(first)
    if target is not None and not any(target in network for network in networks(sip.allowed_peers)):
        raise SettingsError(
            f"{first} is not among sip.allowed_peers, so that its answer would be dropped. Add it in call-thing.toml."
        )
    return address, account


def sip_plan(
    address: SipAddress, account: SipAccount, sip: SipSettings, environment: Mapping[str, str]
) -> SipPlan:
    """What the line process is told, with the password. Raises SettingsError."""
    check(account)
    if account.transport == "tls":
        ca_bundle(sip)
    return SipPlan(to=address.uri, account=account, password=password_of(account, environment))


def at_home(to: str, sip: SipSettings) -> SipSettings:
    """The settings for a call to this address: a peer on this machine is called from this machine's own address.

    From another one the system lets nothing reach it. sip.port stays with the address that it was chosen for.
    """
    address = parse(to) if to else None
    if address is None or not address.is_loopback or is_loopback(sip.listen):
        return sip
    listen = "::1" if ":" in address.host else "127.0.0.1"
    return msgspec.structs.replace(sip, listen=listen, port=0)


def check(account: SipAccount) -> None:
    """Whether the SIP stack can be given these words. Raises SettingsError naming the field."""
    for field, text in _servers(account):
        try:
            host_and_port(text)
        except CallRefused as refusal:
            raise SettingsError(f"The account's {field} must be host or host:port. {refusal}") from None
        if account.transport == "tls":
            _has_a_name(field, text)
    if not USER.fullmatch(account.user):
        raise SettingsError(
            "The account's user must have 1 to 64 characters of A-Z a-z 0-9 . _ + ~ ! * ( ) = -."
        )
    if account.auth_user and not AUTH_USER.fullmatch(account.auth_user):
        raise SettingsError("The account's auth_user has a character that SIP cannot carry, or more than 64.")


def _servers(account: SipAccount) -> list[tuple[str, str]]:
    """The account's servers, by their fields."""
    fields = (("provider", account.provider), ("proxy", account.proxy))
    return [(field, place) for field, place in fields if place]


def _has_a_name(what: str, place: str) -> None:
    """A certificate is checked against a name, and the stack checks none against an address. Raises SettingsError."""
    host = host_and_port(place)[0]
    address = ip_address(host)
    if address is not None and not address.is_loopback:
        who = "The host that is called" if what == "called" else f"The account's {what}"
        raise SettingsError(
            f"{who} is {host}, an IP address, and the certificate of a TLS server is checked against its name. "
            "Write the name that is in the certificate."
        )


def strangers_are_kept_away() -> None:
    """Raises SettingsError where they cannot be."""
    if not socket_filter.available():
        raise SettingsError(
            "This system cannot keep strangers away from the SIP port (Linux can). "
            "Only peers on this machine are called here, or may call."
        )


def trouble(account: SipAccount, sip: SipSettings, environment: Mapping[str, str]) -> str:
    """Why no call could be made with this account from here, or ""."""
    try:
        check(account)
        if account.transport == "tls":
            ca_bundle(sip)
        password_of(account, environment)
        reachable(SipAddress(account.user, *host_and_port(account.provider)), account, sip)
    except (SettingsError, CallRefused) as error:
        return str(error)
    return ""


def listing(sip: SipSettings, environment: Mapping[str, str]) -> list[dict[str, str | bool]]:
    """The accounts for people and programs; no password is in it."""
    return [
        {
            "account": name,
            "default": name == sip.account,
            "provider": account.provider,
            "user": account.user,
            "transport": account.transport,
            "encryption": account.encryption,
            "password": _password_there(account, environment),
            "trouble": trouble(account, sip, environment),
        }
        for name, account in sip.accounts.items()
    ]


def _password_there(account: SipAccount, environment: Mapping[str, str]) -> str:
    try:
        return "password found" if password_of(account, environment) else "no password needed"
    except SettingsError:
        return "no password found"


def ca_bundle(sip: SipSettings) -> Path:
    """Certificates that TLS servers are verified with. Raises SettingsError: without them nothing is verified."""
    if sip.ca_file:
        path = Path(sip.ca_file).expanduser().absolute()
        if not _is_bundle(path):
            raise SettingsError(
                f"{path}: sip.ca_file is no readable file of certificates. Leave it out to use the system's."
            )
        return path
    for path in _usual_bundles():
        if _is_bundle(path):
            return path
    raise SettingsError(
        "No certificates were found to verify a TLS server with, and it is not called unverified. "
        "sudo apt-get install ca-certificates, or set sip.ca_file in call-thing.toml."
    )


def _usual_bundles() -> list[Path]:
    paths = [CERTIFICATES]
    standard = ssl.get_default_verify_paths().cafile
    if standard:
        paths.append(Path(standard))
    try:
        import certifi
    except ImportError:
        return paths
    return [*paths, Path(certifi.where())]


def _is_bundle(path: Path) -> bool:
    try:
        return str(path).isprintable() and "BEGIN CERTIFICATE" in path.read_text("utf-8", "replace")
    except OSError:
        return False


def how_to_get_one() -> str:
    """What makes an account, for somebody who has none."""
    return f"Put this into call-thing.toml, with the values of your provider:\n\n{ACCOUNT_LINES}"
