"""May this be dialled, and now? Pure: an address, a time and counts in, a refusal or nothing out.

Kinds of numbers that are called: fixed lines, mobiles (restaurants have both), numbers that may be either, toll-free
numbers, and internet telephony of one country. Never called: emergency and short service numbers; premium rate, shared
cost, universal access and personal numbers, which may cost the caller anything and by which no restaurant is reached;
pagers and voicemail; satellite and other numbers of no country; and whatever the numbering plan has no kind for.

Hours count by the clock of the number's place. Where it has several zones it must be a good time in all of them, since
nobody knows in which the phone rings: toll-free numbers of a wide country are hardly ever called. Where the place is
not known (a SIP address with a name) the clock is UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import PhoneNumberType, timezone

from engine.errors import CallRefused
from engine.lines.sip_address import SHORT_DIGITS, SipAddress, e164, parse
from engine.settings import DialSettings
from engine.settings_checks import hours

EMERGENCY = frozenset({"112", "911", "999", "000", "110", "111", "119"})
"""Of the world's larger countries; 112 and 911 are understood by every mobile network."""
CALLED_KINDS = (
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
)
NO_COUNTRY = (
    "001"  # what phonenumbers calls satellites, international networks and worldwide toll-free numbers
)
UNKNOWN_ZONE = "Etc/Unknown"
PAY_PER_CALL = re.compile(r"\+1[0-9]{3}976[0-9]{4}")
"""North America's exchange 976, in every area code; phonenumbers has it as fixed lines."""


def read(text: str, rules: DialSettings, provider: str = "") -> SipAddress:
    """Whom a person wants called. Raises CallRefused.

    A number in the user part of an address becomes +COUNTRY NUMBER, so that what is judged is what is dialled; on
    this machine it is left alone, since test peers have numbers of their own.
    """
    address = parse(text, rules.country, provider)
    if address.is_loopback or len(address.digits) <= SHORT_DIGITS:
        return address
    number = e164(_as_typed(address), rules.country)
    return SipAddress(number, address.host, address.port, address.transport)


def may_dial(
    address: SipAddress, now: datetime, rules: DialSettings, dialled_today: int
) -> CallRefused | None:
    """Why this address must not be dialled, or None.

    now: with its time zone. dialled_today: how often it was dialled within the last 24 hours.
    """
    words = (
        _emergency(address, rules) or _listed(address, rules)
        if address.is_loopback
        else _emergency(address, rules)
        or _short(address)
        or _listed(address, rules)
        or _kind(address, rules)
        or _hour(address, now, rules)
        or _too_often(dialled_today, rules)
    )
    return CallRefused(words) if words else None


def key(address: SipAddress) -> str:
    """What calls are counted by: the number, through whatever provider, or the address without its port."""
    if not address.is_loopback and re.fullmatch(r"\+[0-9]+", address.user):
        return address.user
    return f"{address.user}@{address.bracketed_host}".lower()


def _as_typed(address: SipAddress) -> str:
    return ("+" if address.user.startswith("+") else "") + address.digits


def _emergency(address: SipAddress, rules: DialSettings) -> str:
    digits = address.digits
    if not digits:
        return ""
    countries = [rules.country.upper()] if rules.country else []
    number = _number(address)
    if number is not None:
        countries.append(phonenumbers.region_code_for_number(number) or "")
    national = str(number.national_number) if number is not None else digits
    if digits in EMERGENCY or any(
        phonenumbers.is_emergency_number(dialled, country)
        for dialled in {digits, national}
        for country in filter(None, countries)
    ):
        return "That is an emergency number. Those are never called by a machine."
    return ""


def _short(address: SipAddress) -> str:
    if not 0 < len(address.digits) <= SHORT_DIGITS:
        return ""
    return "So short a number is an emergency or service number, and those are never called."


def _listed(address: SipAddress, rules: DialSettings) -> str:
    plain = {key(address), f"{address.user}@{address.bracketed_host}", address.uri.partition(";")[0]}
    if address.port is not None:
        plain.add(f"{address.user}@{address.bracketed_host}:{address.port}")
    if re.fullmatch(r"\+[0-9]+", address.user):
        plain.add(address.user)
    digits = address.digits
    disguised = {f"+{digits}", f"+{digits.removeprefix('00')}"} if digits else set()
    if _matches(plain | disguised, rules.refused):
        return "That address is on the list dial.refused in the settings."
    if rules.allowed and not _matches(plain, rules.allowed):
        return "That address is not on the list dial.allowed in the settings; add it there to call it."
    return ""


def _matches(names: Iterable[str], patterns: tuple[str, ...]) -> bool:
    # a pattern may say sip: or leave it out
    known = {bare for name in names for bare in (name.lower(), name.lower().removeprefix("sip:"))}
    for pattern in patterns:
        wanted = pattern.lower().removeprefix("sip:")
        if wanted.startswith("+") and "@" not in wanted:
            wanted = re.sub(r"[ ()./-]", "", wanted)
        if wanted.endswith("*"):
            if any(name.startswith(wanted[:-1]) for name in known):
                return True
        elif wanted in known:
            return True
    return False


def _number(address: SipAddress) -> phonenumbers.PhoneNumber | None:
    """The address as a telephone number, where it is one with its country's code."""
    if not re.fullmatch(r"\+[0-9]+", address.user):
        return None
    try:
        return phonenumbers.parse(address.user, None)
    except phonenumbers.NumberParseException:
        return None


def _kind(address: SipAddress, rules: DialSettings) -> str:
    if not address.digits:
        return ""
    number = _number(address)
    if number is None or not phonenumbers.is_valid_number(number):
        return "That number is in no country's numbering plan. Write it with + and the country's code."
    kind = phonenumbers.number_type(number)
    if PAY_PER_CALL.fullmatch(address.user):
        kind = PhoneNumberType.PREMIUM_RATE
    worldwide = phonenumbers.region_code_for_number(number) == NO_COUNTRY
    if kind not in CALLED_KINDS or (worldwide and kind != PhoneNumberType.TOLL_FREE):
        name = phonenumbers.PhoneNumberType.to_string(kind).lower().replace("_", " ")
        of = "of no country" if worldwide else f"of the kind: {name}"
        return f"That is a number {of}. Called are fixed lines, mobiles, toll-free numbers and internet telephony."
    return ""


def _hour(address: SipAddress, now: datetime, rules: DialSettings) -> str:
    begin, end = hours(rules.hours)
    number = _number(address)
    zones = timezone.time_zones_for_number(number) if number is not None else ()
    for name in [zone for zone in zones if zone != UNKNOWN_ZONE] or ["UTC"]:
        try:
            there = now.astimezone(UTC if name == "UTC" else ZoneInfo(name))
        except ZoneInfoNotFoundError:
            return f"The time in {name} is not known: this machine has no time zones. sudo apt-get install tzdata"
        minute = there.hour * 60 + there.minute
        good = begin <= minute < end if begin < end else minute >= begin or minute < end
        if not good:
            return f"It is {there:%H:%M} there ({name}); calls are made {rules.hours} (dial.hours in the settings)."
    return ""


def _too_often(dialled_today: int, rules: DialSettings) -> str:
    if dialled_today < rules.calls_per_day:
        return ""
    return (
        f"It was called {dialled_today} times within 24 hours, and dial.calls_per_day in the settings is "
        f"{rules.calls_per_day}. Try again tomorrow."
    )
