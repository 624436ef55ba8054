"""What the scripted policy remembers between two events."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.dialogue.constraints import NOTHING, Granted

Stage = Literal["greeting", "asking", "confirming", "ending"]
Field = Literal["party_size", "date", "time", "name"]
FIELDS: tuple[Field, ...] = ("party_size", "date", "time", "name")


class SaidSentence(msgspec.Struct, frozen=True, array_like=True):
    """A sentence that playback has not reported yet."""

    key: str
    text: str


class Memory(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The policy's state; msgpack of it is the brain's checkpoint."""

    stage: Stage = "greeting"
    pending: str = "greeting"  # what the next turn is expected to be
    last_turn: int = 0
    date: str  # what we are after now: the task's, or what was agreed instead
    time: str
    told: tuple[Field, ...] = ()  # what the far end has been told, as far as it was heard
    disclosed: bool = False
    available: bool = False  # they said that there is a table
    full: bool = False  # they said that there is none
    read_back: bool = False  # all values were said aloud, and a yes is what is missing
    asked_yes: bool = False  # and it is what we said last; after "the name is …" a yes is to the name
    repeated: bool = False  # they repeated all values themselves
    range_asked: int = 0
    doubted: bool = False  # what sounded like a no has been asked about
    dates_tried: tuple[str, ...] = ()
    times_tried: tuple[str, ...] = ()  # each with its day: "2026-11-27 19:00"
    corrections: dict[str, int] = {}
    misunderstood: int = 0
    refusals: int = 0  # a plain no to what was read back
    half_yes: int = 0  # to it, with more beside the yes than was understood
    website: int = 0
    silences: int = 0
    goodbyes: int = 0
    heard_anything: bool = False
    tool: str = ""  # whose result is being waited for
    confirmed_by: dict[str, str] = {}
    last_keys: tuple[str, ...] = ()  # of our last utterance, to say it again
    reference: str = ""  # that they have said
    phone_given: bool = False
    wishes_told: bool = False
    same_answers: int = 0  # turns in a row that were answered alike
    other_date: str = ""  # the day we asked for last
    other_time: str = ""  # and the time
    call_back: str = ""  # when they want to be called again, as we have said it: "2026-11-27T17:00"
    call_backs_said: int = 0  # how many such moments
    when_asked: bool = False  # it was not that, and we have asked when
    unreported: tuple[SaidSentence, ...] = ()
    # operators
    language: str = ""  # that is spoken by now; "" = the task's
    anew: bool = False  # it has just changed: what is pending is asked in it once more, unless it is answered
    party_size: int = 0  # that was agreed in a take-over; 0 = the task's
    granted: Granted = NOTHING
    may_ask: bool = False  # somebody is there to ask
    offered_date: str = ""  # what they offered last, and would not do
    offered_time: str = ""
    offered_party: int = 0
    asked_about: tuple[str, ...] = ()  # offers that the person has been asked about
    declining: tuple[str, str, str] = ("", "", "")  # outcome, reason and last words, once that is settled
    denials: int = 0  # of declining
    wanted: tuple[str, ...] = ()  # wishes that are to be asked for
    asked_for: tuple[str, ...] = ()  # and those that have been
    closing: str = ""  # the outcome; what is missing is their word on the last wish
    outcome: tuple[str, str] = ("", "")  # that was decided, and why
    machine: bool = False  # an answering machine has greeted us: its tone is waited for
    beeped: bool = False  # there was a tone already
    menu_unclear: bool = (
        False  # a recorded menu has our key, and it was not understood: it is heard once more
    )
    back: bool = False  # we were on hold, with music: who speaks next may be somebody else
    unheard: bool = False  # they have not heard to its end that nothing is confirmed
    said_twice: bool = False  # and it has been said again
