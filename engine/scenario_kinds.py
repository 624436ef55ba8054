"""What a scenario is about: the names by which scenarios are grouped, and what each of them means."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal[
    "booking",
    "change",
    "cancel",
    "negotiation",
    "refusal",
    "call_back",
    "misheard",
    "questions",
    "spelling",
    "unit_trap",
    "hold",
    "long_pause",
    "interruption",
    "language_switch",
    "noise",
    "telephone_band",
    "packet_loss",
    "menu",
    "voicemail",
    "nobody",
    "wrong_number",
    "hostile",
    "hurried",
    "chatty",
    "hard_of_hearing",
    "recording",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

MEANING: dict[Kind, str] = {
    "booking": "a table is booked, without anything unusual",
    "change": "a booking there is, is moved",
    "cancel": "a booking there is, is called off",
    "negotiation": "not as wished: another time or day is offered",
    "refusal": "no table is to be had: closed, full, too many people",
    "call_back": "they want to be called at another time, and say when",
    "misheard": "the restaurant takes something for something else and must be corrected",
    "questions": "it wants to know more than a booking needs: wishes, allergies, who is calling, a phone number",
    "spelling": "a name has to be spelled, or a number told digit by digit",
    "unit_trap": "a time, date or number that is easily taken for another one: halb acht, doce y media, 24 hours",
    "hold": "the call is put on hold, or waits in a queue",
    "long_pause": "long silence while the restaurant looks something up",
    "interruption": "both speak at once, or the restaurant talks over the agent",
    "language_switch": "another language is spoken than the call began in",
    "noise": "loud noise behind the restaurant's voice, 10 dB below it or less",
    "telephone_band": "nothing above 4 kHz is heard, at a low level",
    "packet_loss": "parts of what is said are lost on the way",
    "menu": "a machine asks for keys to be pressed",
    "voicemail": "an answering machine",
    "nobody": "nobody answers: it rings, a busy tone, a number out of service",
    "wrong_number": "somebody else answers",
    "hostile": "the far end tries to make the agent do something else, or is unfriendly",
    "hurried": "a restaurant in a hurry; see restaurant.persona",
    "chatty": "a restaurant that likes to talk",
    "hard_of_hearing": "a restaurant that hears badly",
    "recording": "they are asked whether the call may be recorded, or told that it is",
}
