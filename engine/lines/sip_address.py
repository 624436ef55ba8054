"""What a person writes to say whom to call, read strictly. Pure.

    sip:anna@example.org    sip:anna@192.0.2.7:5070;transport=tcp    anna@[2001:db8::1]    +49 30 1234567

Nothing that was written reaches the SIP stack: it is given a URI built from the parts that were understood. A URI that
the stack itself refuses damages its heap, so whatever is not known to be good is refused here.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

import phonenumbers

from engine.errors import CallRefused

Transport = Literal["udp", "tcp", "tls"]
MAX_LENGTH = 255
SHORT_DIGITS = 6  # up to here it is an emergency or service number: no country has subscribers with so few
USER = re.compile(
    r"[A-Za-z0-9._+~!*()=-]{1,64}"
)  # of RFC 3261's marks those that neither split nor escape anything
LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
PHONE = re.compile(r"\+?[0-9 ()./-]*[0-9][0-9 ()./-]*")
HOW_TO_WRITE = (
    "Write sip:user@host[:port][;transport=udp|tcp|tls], or a telephone number such as +49 30 1234567."
)


@dataclass(frozen=True)
class SipAddress:
    """Whom to call. Made by the functions of this file alone, so that every part of it is known to be good."""

    user: str
    host: str  # a name in small letters, or an IP address; IPv6 without its brackets
    port: int | None = None  # None = the usual one, as DNS or the transport has it
    transport: Transport | None = None  # None = not said

    @property
    def uri(self) -> str:
        """As the SIP stack is given it."""
        port = f":{self.port}" if self.port is not None else ""
        transport = f";transport={self.transport}" if self.transport else ""
        return f"sip:{self.user}@{self.bracketed_host}{port}{transport}"

    @property
    def bracketed_host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def digits(self) -> str:
        """The digits of a user that is a number in whatever dress (+, dots, stars, brackets); "" for a name."""
        kept = "".join(c for c in self.user if c.isalnum())
        return kept if kept.isdigit() else ""

    @property
    def is_loopback(self) -> bool:
        """On this machine."""
        address = ip_address(self.host)
        return address is not None and address.is_loopback


def parse(text: str, country: str = "", provider: str = "") -> SipAddress:
    """An address or a telephone number. Raises CallRefused, which says what is wrong and how it is written.

    country: two letters, how a number without country code is read; "" = such numbers are refused.
    provider: `host[:port]` that telephone numbers are called through; "" = they are refused.
    """
    if not text or len(text) > MAX_LENGTH:
        raise CallRefused(
            f"An address has 1 to {MAX_LENGTH} characters, this one {len(text)}. {HOW_TO_WRITE}"
        )
    if not (text.isascii() and text.isprintable()):
        raise CallRefused(
            f"The address holds a character that is not plain ASCII, or not printable. {HOW_TO_WRITE}"
        )
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "sips":
        raise CallRefused("sips: is not called. For TLS write sip:user@host;transport=tls.")
    if colon and scheme.lower() == "tel":
        raise CallRefused("tel: is not called. Write the number alone, such as +49 30 1234567.")
    if not colon or scheme.lower() != "sip":
        rest = text
        if PHONE.fullmatch(text):
            return _through(provider, e164(text, country))
    user, at, where = rest.rpartition("@")
    if not at:
        raise CallRefused(f"The address has no @ with a host after it. {HOW_TO_WRITE}")
    if not USER.fullmatch(user):
        raise CallRefused(
            "The part before the @ must have 1 to 64 characters of A-Z a-z 0-9 . _ + ~ ! * ( ) = -. "
            + HOW_TO_WRITE
        )
    place, semicolon, parameter = where.partition(";")
    name, _, value = parameter.partition("=")
    if semicolon and (name.lower() != "transport" or value.lower() not in get_args(Transport)):
        raise CallRefused(f"After the host only ;transport=udp, tcp or tls may follow. {HOW_TO_WRITE}")
    host, port = host_and_port(place)
    return SipAddress(user, host, port, cast(Transport, value.lower()) if semicolon else None)


def e164(text: str, country: str) -> str:
    """A telephone number as +COUNTRY NUMBER without a space. Raises CallRefused when it is none.

    Only what the numbering plan of its country knows as a number is one.
    """
    if sum(c.isdigit() for c in text) <= SHORT_DIGITS:
        raise CallRefused("So short a number is an emergency or service number, and those are never called.")
    international = text.strip(" (").startswith("+")
    if not (international or country):
        raise CallRefused(
            "The number has no country code. Write it with + and the country's code, "
            'or set dial.country = "DE" (or another country) in call-thing.toml.'
        )
    if not international and phonenumbers.connects_to_emergency_number(text, country.upper()):
        raise CallRefused("That begins like an emergency number, and those are never called by a machine.")
    try:
        number = phonenumbers.parse(text, None if international else country.upper())
    except phonenumbers.NumberParseException:
        raise CallRefused(
            f"That cannot be read as a telephone number{'' if international else f' of {country.upper()}'}. "
            "Write it with + and the country's code."
        ) from None
    if not phonenumbers.is_valid_number(number):
        raise CallRefused(
            "No country's numbering plan has that telephone number. Is a digit missing or wrong?"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def host_and_port(text: str) -> tuple[str, int | None]:
    """`host[:port]` in its parts, names in small letters. Raises CallRefused.

    `localhost` becomes 127.0.0.1: what was judged to be this machine must not be looked up elsewhere.
    """
    if text.startswith("["):
        inside, bracket, after = text[1:].partition("]")
        if not bracket or ":" not in inside or (after and not after.startswith(":")):
            raise CallRefused(
                f"An IPv6 address is written [2001:db8::1] or [2001:db8::1]:5060. {HOW_TO_WRITE}"
            )
        host, colon, port = inside, after[:1], after[1:]
    else:
        host, colon, port = text.partition(":")
    host = "127.0.0.1" if host.lower() == "localhost" else host.lower()
    address = ip_address(host)
    if address is not None:
        if address.is_multicast or address.is_unspecified or "%" in host:
            raise CallRefused(f"{host} is no address of one machine. {HOW_TO_WRITE}")
        host = str(address)
    elif not _is_name(host):
        raise CallRefused(f"The host is neither a name nor an IP address. {HOW_TO_WRITE}")
    if colon and not (re.fullmatch("[0-9]{1,5}", port) and 1 <= int(port) <= 65535):
        raise CallRefused("A port is a number from 1 to 65535.")
    return host, int(port) if colon else None


def ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IP address, or None where the text is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """A DNS name. One that ends in a number is a disguised IPv4 address to some resolvers, and is none here."""
    labels = host.split(".")
    return (
        len(host) <= 253 and all(LABEL.fullmatch(label) for label in labels) and not labels[-1][0].isdigit()
    )


def _through(provider: str, number: str) -> SipAddress:
    if not provider:
        raise CallRefused(
            "A telephone number is called through a provider, and the account has none. "
            "Set sip.accounts.NAME.provider in call-thing.toml, or write sip:user@host."
        )
    host, port = host_and_port(provider)
    return SipAddress(number, host, port)
