"""What an utterance means: intents and values, in any of the four languages."""

from __future__ import annotations

from typing import Literal

import msgspec

Intent = Literal[
    "greeting",
    "ask_date",
    "ask_time",
    "ask_party_size",
    "ask_restaurant",  # which of their houses, or which restaurant at all
    "ask_name",
    "ask_phone",
    "ask_spelling",
    "ask_who",  # who is calling, on whose behalf
    "ask_robot",  # are you a machine
    "ask_repeat",
    "ask_wishes",  # allergies, inside or outside, an occasion
    "confirm_request",  # "so four people at seven?": wants a yes or a no
    "booking_confirmed",  # "your table is confirmed"
    "booking_cancelled",  # "your booking is cancelled"
    "noted",  # "done", "noted": whatever it was that was asked for
    "unsure",  # "yes, probably"
    "condition",  # "yes, but …", "if you pay a deposit"
    "offer_alternative",  # "I can offer half past seven"
    "offer_to_book",
    "available",  # "we have a table at seven", "seven works"
    "full",
    "closed",
    "decline",  # no, without a reason we know
    "hold",  # one moment, let me check
    "anything_else",
    "give_info",
    "call_back",
    "thanks",
    "goodbye",
    "voicemail",
    "wrong_number",
    "use_website",
    "do_not_call",
    "party_limit",  # "only up to ten people"; the limit is `party_limit`
    # what a caller says; the simulated restaurant hears with the same reading
    "request_book",
    "request_change",
    "request_cancel",
    "ask_alternative",  # "would something between six and eight be possible?"
    "still_there",
    "discloses",  # "this is an AI assistant"
]


class Meaning(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The reading of one utterance. Values stand in the order in which they were said."""

    intents: frozenset[Intent] = frozenset()
    dates: tuple[str, ...] = ()  # ISO
    times: tuple[str, ...] = ()  # HH:MM, 24 h
    party_sizes: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    party_limit: int = 0  # the most people they take
    digits: str = ""  # of a phone number or reference, joined
    polarity: bool | None = None  # yes, no, neither
    nothing_else: bool = False  # what they offer is all that they have: "only at T", "not before T"
    none_of_them: bool = False  # of several times or days that are named none is to be had
