"""The tools: what arguments each takes, and what it does to the reservation. The only way the record changes."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from engine.protocol import Reservation

Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="ISO date")]
Time = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="HH:MM, 24 hours")]
Text = Annotated[str, msgspec.Meta(max_length=500)]


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
    """Press keys for a phone menu."""

    digits: Annotated[str, msgspec.Meta(pattern=r"^[0-9*#]{1,20}$")]


class WaitOnHold(Arguments, frozen=True):
    """Stay silent until somebody speaks again."""


class LeaveMessage(Arguments, frozen=True):
    """Speak a message after the tone of an answering machine."""

    text: Text = ""


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
    "end_call": EndCall,
}
CONFIRMED_FIELDS = ("date", "time", "party_size", "name")


class BadArguments(ValueError):
    """The tool does not exist or does not take this; the text says why, for a model."""


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments without those that are null: a model in strict mode must name every one."""
    kept = {name: value for name, value in arguments.items() if value is not None}
    if isinstance(kept.get("confirmed_by"), dict):
        kept["confirmed_by"] = {field: words for field, words in kept["confirmed_by"].items() if words}
    return kept


def parse(tool: str, arguments: dict[str, Any], typed: bool = False) -> Arguments:
    """The arguments as a struct; null is read as left out. Raises BadArguments.

    typed: a person wrote them, so that "4" is a number too.
    """
    kind = ARGUMENTS.get(tool)
    if kind is None:
        raise BadArguments(f"There is no tool {tool!r}; there are {', '.join(ARGUMENTS)}.")
    try:
        return msgspec.convert(given(arguments), kind, strict=not typed)
    except msgspec.ValidationError as error:
        raise BadArguments(f"{tool}: {error}") from error


def apply(reservation: Reservation, tool: str, arguments: dict[str, Any], words: str) -> Reservation:
    """The record after `tool`; the same again when it is applied twice. Raises BadArguments.

    words: what the far end said last; kept beside every value that no earlier words confirmed.
    """
    wanted = parse(tool, arguments)
    if isinstance(wanted, Book):
        changed = Reservation(
            status="changed" if isinstance(wanted, Change) else "booked",
            date=wanted.date,
            time=wanted.time,
            party_size=wanted.party_size,
            name=wanted.name,
            phone=wanted.phone,
            reference=wanted.reference,
            confirmed_by={field: wanted.confirmed_by.get(field, words) for field in CONFIRMED_FIELDS},
        )
    elif isinstance(wanted, Cancel):
        changed = msgspec.structs.replace(reservation, status="cancelled", confirmed_by={"cancelled": words})
    elif isinstance(wanted, Decline) and reservation.status == "open":
        changed = msgspec.structs.replace(reservation, status="declined")
    else:
        return reservation
    same = msgspec.structs.replace(changed, confirmed_by=reservation.confirmed_by) == reservation
    return reservation if same else changed
