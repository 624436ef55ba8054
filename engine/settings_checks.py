"""What no type can say of the settings: values that must fit one another. Pure; the first complaint is enough."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.settings import DialSettings, Settings, SipAccount, SipSettings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Complaint = tuple[str, str]  # the field with dots, and what is wrong with it
MAX_PEERS = 50  # a jump of the kernel's packet filter reaches so far
WIDEST = {
    4: 8,
    6: 16,
}  # prefix length; wider is nearly everybody, and the SIP stack must not be open to everybody
MIN_RTP_PORTS = 20  # a call takes two, and a port is not free again at once
HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
MINUTES_A_DAY = 24 * 60


def complaint(settings: Settings) -> Complaint | None:
    """The first field that cannot be meant, or None."""
    return _of_sip(settings.sip) or _of_dial(settings.dial)


def networks(peers: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks from which packets are taken. Raises ValueError naming the one that is none."""
    if len(peers) > MAX_PEERS:
        raise ValueError(f"has {len(peers)} entries, {MAX_PEERS} is the most; write networks instead")
    found: list[Network] = []
    for peer in peers:
        try:
            network = ipaddress.ip_network(peer, strict=False)
        except ValueError:
            raise ValueError(
                f'"{peer}" is no address and no network. A name does not do, since its address may change: '
                "ask your provider for theirs, such as 203.0.113.0/28"
            ) from None
        if network.prefixlen < WIDEST[network.version]:
            raise ValueError(
                f'"{peer}" lets nearly everybody in, and one strange packet can end a call. '
                "Name the addresses of your provider"
            )
        found.append(network)
    return tuple(found)


def port_range(text: str) -> tuple[int, int]:
    """First and last port of "low-high". Raises ValueError."""
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", text)
    low, high = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1024 <= low < high <= 65535 or low % 2 or high % 2:
        raise ValueError(f'"{text}" must be LOW-HIGH, two even ports from 1024 to 65534')
    if high - low < MIN_RTP_PORTS:
        raise ValueError(f'"{text}" must span at least {MIN_RTP_PORTS} ports')
    return low, high


def hours(text: str) -> tuple[int, int]:
    """When calls are made, in minutes after midnight; the second may be the smaller one: past midnight.

    "00:00-24:00" is the whole day. Raises ValueError.
    """
    match = HOURS.fullmatch(text)
    begin, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
    if begin == end or begin >= MINUTES_A_DAY or end > MINUTES_A_DAY:
        raise ValueError(f'"{text}" must be two different times, such as 09:00-21:00')
    return begin, end


def is_loopback(address: str) -> bool:
    """Whether the text is an IP address of this machine alone."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_one_address(text: str) -> bool:
    """The other side is told where to send its audio, and that is one place."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_multicast)


def _of_sip(sip: SipSettings) -> Complaint | None:
    if not _is_one_address(sip.listen):
        return "sip.listen", f'"{sip.listen}" must be one IP address of this machine, such as 192.0.2.10'
    try:
        networks(sip.allowed_peers)
    except ValueError as error:
        return "sip.allowed_peers", str(error)
    try:
        port_range(sip.rtp_ports)
    except ValueError as error:
        return "sip.rtp_ports", str(error)
    local = is_loopback(sip.listen)
    if not local and not sip.allowed_peers:
        return "sip.allowed_peers", (
            f"must not be empty when sip.listen is {sip.listen}: name the addresses of your provider, "
            'such as ["203.0.113.0/28"]'
        )
    if not sip.codecs:
        return "sip.codecs", 'must not be empty, such as ["opus", "pcmu", "pcma"]'
    if not local and not {"pcmu", "pcma"} & set(sip.codecs):
        return "sip.codecs", "must have pcmu or pcma, which is what telephones understand"
    if sip.account and sip.account not in sip.accounts:
        return "sip.account", f'there is no account "{sip.account}". Accounts: {_names(sip)}'
    for name, account in sip.accounts.items():
        if words := _of_account(account):
            return f"sip.accounts.{name}", words
    return None


def _names(sip: SipSettings) -> str:
    return ", ".join(sip.accounts) or "none"


def _of_account(account: SipAccount) -> str:
    """What is wrong with an account, or ""."""
    if not account.provider:
        return 'provider is missing: the domain of your SIP provider, such as "sip.example.net"'
    host = account.provider.rpartition(":")[0] or account.provider
    local = host.strip("[]").lower() == "localhost" or is_loopback(host.strip("[]"))
    if account.encryption == "sdes" and account.transport != "tls" and not local:
        return (
            f'encryption "sdes" sends its keys over {account.transport} for everybody to read. '
            'Set transport = "tls" or encryption = "dtls", or "off" if you mean it'
        )
    if account.password_env and account.password_file:
        return "has a password_env and a password_file; keep one of them"
    return ""


def _of_dial(dial: DialSettings) -> Complaint | None:
    try:
        hours(dial.hours)
    except ValueError as error:
        return "dial.hours", str(error)
    if dial.country and not re.fullmatch("[A-Za-z]{2}", dial.country):
        return "dial.country", f'"{dial.country}" must be two letters, such as "DE"'
    for field, patterns in (("dial.allowed", dial.allowed), ("dial.refused", dial.refused)):
        for pattern in patterns:
            number = re.fullmatch(r"\+[0-9 ()./-]*\*?", pattern)
            address = "@" in pattern or pattern.lower().startswith("sip:")
            if pattern != "*" and (not (number or address) or "*" in pattern[:-1]):
                return field, (
                    f'"{pattern}" would never match. Write numbers with + and the country\'s code, addresses as '
                    "user@host, and a * only at the end"
                )
    return None
