"""The one thing a turn is mainly doing, out of everything that was read in it."""

from __future__ import annotations

from engine.dialogue.meaning import Intent, Meaning

REFUSALS: frozenset[Intent] = frozenset({"full", "closed", "decline", "party_limit"})
PROPOSALS: frozenset[Intent] = frozenset({"offer_alternative", "offer_to_book", "confirm_request"})
# What decides about the call stands before what it is decided by, and politeness stands last: "your table is booked,
# is there anything else? have a nice evening" is mainly a confirmation.
ORDER: tuple[Intent, ...] = (
    "voicemail",
    "wrong_number",
    "do_not_call",
    "booking_cancelled",
    "offer_alternative",
    "confirm_request",
    "party_limit",
    "closed",
    "full",
    "decline",
    "booking_confirmed",
    "condition",
    "use_website",
    "call_back",
    "request_cancel",
    "request_change",
    "request_book",
    "ask_alternative",
    "ask_robot",
    "ask_who",
    "ask_repeat",
    "ask_restaurant",
    "ask_time",
    "ask_date",
    "ask_party_size",
    "ask_name",
    "ask_spelling",
    "ask_phone",
    "ask_wishes",
    "hold",
    "noted",
    "offer_to_book",
    "available",
    "give_info",
    "unsure",
    "still_there",
    "goodbye",
    "anything_else",
    "thanks",
    "discloses",
    "greeting",
)


def main_intent(meaning: Meaning) -> Intent | None:
    """What the turn is mainly doing; None when nothing was understood.

    A refusal that comes with a proposal is a counter-offer; without one it is a refusal, also where it is asked
    whether something else can be done.
    """
    intents = meaning.intents
    concrete = meaning.times or meaning.dates or "offer_alternative" in intents
    if intents & REFUSALS and intents & PROPOSALS and concrete:
        return "offer_alternative"
    return next((intent for intent in ORDER if intent in intents), None)
