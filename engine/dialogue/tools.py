"""The tools: what arguments each takes, and what it does to the reservation. The only way the record changes."""

from __future__ import annotations

import re
import unicodedata
from datetime import date as calendar_date
from typing import Annotated, Any

import msgspec

from engine.protocol import Reservation

Date = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="ISO date")]
Time = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="HH:MM, 24 hours")]
Text = Annotated[str, msgspec.Meta(max_length=500)]
LONGEST_WORDS = 500  # characters kept of the words behind a value


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every tool's arguments are."""


class Book(Arguments, frozen=True):
    """Record the booking that the restaurant has confirmed aloud."""

    date: Date
    time: Time
    party_size: Annotated[int, msgspec.Meta(ge=1, le=99)]
    name: Text
    phone: Text = ""
    reference: Text = ""
    confirmed_by: dict[str, str] = {}  # field → the restaurant's words; where missing, its last words


class Change(Book, frozen=True):
    """Record the change of an existing booking that the restaurant has confirmed aloud."""


class Cancel(Arguments, frozen=True):
    """Record that the restaurant has cancelled the booking."""

    date: Date | None = None
    time: Time | None = None
    name: Text = ""


class Decline(Arguments, frozen=True):
    """Nothing that the person would accept is to be had."""

    reason: Text = ""


class AskPrincipal(Arguments, frozen=True):
    """Ask the person, through the operator, for something outside what is allowed.

    What the restaurant offers goes beside the question: a yes allows these values for the rest of the call.
    """

    question: Text
    date: Date | None = None
    time: Time | None = None
    party_size: Annotated[int, msgspec.Meta(ge=1, le=99)] | None = None
    note: Text = ""


class PressDigits(Arguments, frozen=True):
    """Press a key that a recorded menu offers."""

    digits: Annotated[str, msgspec.Meta(pattern=r"^[0-9*#]$", description="one key")]


class WaitOnHold(Arguments, frozen=True):
    """Stay silent until somebody speaks again."""


class LeaveMessage(Arguments, frozen=True):
    """Speak a message after the tone of an answering machine."""

    text: Text = ""


class CallBack(Arguments, frozen=True):
    """Record when the restaurant wants to be called again; without date and time: at no time in particular."""

    date: Date | None = None
    time: Time | None = None


class EndCall(Arguments, frozen=True):
    """Hang up after the last words."""

    reason: Text = ""


ARGUMENTS: dict[str, type[Arguments]] = {
    "book": Book,
    "change": Change,
    "cancel": Cancel,
    "decline": Decline,
    "ask_principal": AskPrincipal,
    "press_digits": PressDigits,
    "wait_on_hold": WaitOnHold,
    "leave_message": LeaveMessage,
    "call_back": CallBack,
    "end_call": EndCall,
}
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # control and format characters, and no characters
CONFIRMED_FIELDS = ("date", "time", "party_size", "name")


class BadArguments(ValueError):
    """The tool does not exist or does not take this; the text says why, for a model."""


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments without those that are null: a model in strict mode must name every one."""
    kept = {name: value for name, value in dict(arguments).items() if value is not None}
    if isinstance(kept.get("confirmed_by"), dict):
        said = kept["confirmed_by"].items()
        kept["confirmed_by"] = {field: words for field, words in said if words}
    return kept


def parse(tool: str, arguments: dict[str, Any], typed: bool = False) -> Arguments:
    """The arguments as a struct; null is read as left out. Raises BadArguments.

    typed: a person wrote them, so that "4" is a number too.
    """
    kind = ARGUMENTS.get(tool)
    if kind is None:
        raise BadArguments(f"There is no tool {tool!r}; there are {', '.join(ARGUMENTS)}.")
    try:
        parsed = msgspec.convert(given(arguments), kind, strict=not typed)
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise BadArguments(f"{tool}: {error}") from error
    for name, value in msgspec.structs.asdict(parsed).items():
        if trouble := _trouble(name, value):
            raise BadArguments(f"{tool}: {trouble}")
    return parsed


def _trouble(name: str, value: Any) -> str:
    """What a pattern cannot tell: a day that does not exist, a line end behind a value, signs that nobody sees."""
    if not isinstance(value, str):
        return ""
    if name == "date":
        try:
            calendar_date.fromisoformat(value.strip())
        except ValueError:
            return f"{value!r} is no day of the calendar - at `$.date`"
    if name in ("date", "time", "digits") and not re.fullmatch(r"[0-9:#*-]+", value):
        return f"{value!r} holds more than figures - at `$.{name}`"
    if any(unicodedata.category(character) in UNSEEN for character in value):
        return f"holds signs that cannot be said - at `$.{name}`"
    return ""


def apply(
    reservation: Reservation, tool: str, arguments: dict[str, Any], words: str, turn: int = 0
) -> Reservation:
    """The record after `tool`; the same again when it is applied twice. Raises BadArguments.

    words, turn: what the far end said last, and in which turn; kept beside every value that no earlier words
    confirmed. A phone number or reference that is known already is not lost by a second call without it.
    """
    wanted = parse(tool, arguments)
    if isinstance(wanted, Book):
        known = reservation if same_booking(reservation, wanted) else Reservation()
        changed = Reservation(
            status="changed" if isinstance(wanted, Change) else "booked",
            date=wanted.date,
            time=wanted.time,
            party_size=wanted.party_size,
            name=wanted.name,
            phone=wanted.phone or known.phone,
            reference=wanted.reference or known.reference,
            confirmed_by={
                field: wanted.confirmed_by.get(field, words)[:LONGEST_WORDS] for field in CONFIRMED_FIELDS
            },
            confirmed_turn=turn,
        )
    elif isinstance(wanted, Cancel):
        changed = msgspec.structs.replace(
            reservation,
            status="cancelled",
            call_back="",
            confirmed_by={"cancelled": words[:LONGEST_WORDS]},
            confirmed_turn=turn,
        )
    elif isinstance(wanted, Decline) and reservation.status == "open":
        changed = msgspec.structs.replace(reservation, status="declined", confirmed_turn=turn, call_back="")
    elif isinstance(wanted, CallBack) and reservation.status == "open":
        at = f"{wanted.date}T{wanted.time}" if wanted.date and wanted.time else ""
        return msgspec.structs.replace(reservation, call_back=at)
    else:
        return reservation
    behind = {"confirmed_by": reservation.confirmed_by, "confirmed_turn": reservation.confirmed_turn}
    return reservation if msgspec.structs.replace(changed, **behind) == reservation else changed


def same_booking(reservation: Reservation, wanted: Book) -> bool:
    """Does the record hold this booking already, whatever was learnt besides?"""
    status = "changed" if isinstance(wanted, Change) else "booked"
    return reservation.status == status and all(
        getattr(reservation, field) == getattr(wanted, field) for field in CONFIRMED_FIELDS
    )
