"""The parts of a scenario, as types: what each field means, its unit and its default."""

from __future__ import annotations

import string
from typing import Annotated, Literal, get_args

import msgspec

from engine.dialogue.meaning import Intent
from engine.protocol import LanguageCode, Outcome, Reservation, Task
from engine.scenario_kinds import Kind

Fact = Literal["party_size", "date", "time", "name", "phone"]
FACTS: tuple[Fact, ...] = get_args(Fact)  # in the order in which a restaurant asks for them
SLOTS: dict[str, Fact] = {**{fact: fact for fact in FACTS}, "day": "date"}  # what {…} may stand in a `say`
Personality = Literal["patient", "hurried", "chatty", "hard_of_hearing", "llm"]  # scenarios/README.md
Recording = Literal["allows", "refuses", "ignores"]
PATIENCE = 4  # times a step is entered, or a thing is asked or said, before a restaurant gives the call up
NEW = "new_"  # before a slot: what the step offers, such as {new_time}


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every part of a scenario refuses fields that it does not know."""


class Facts(Part, frozen=True, kw_only=True):
    """What a restaurant may know of a booking."""

    party_size: int = 0
    date: str = ""  # ISO
    time: str = ""  # HH:MM, 24 h
    name: str = ""
    phone: str = ""

    def given(self) -> dict[Fact, str | int]:
        """The facts that are set."""
        return {fact: value for fact in FACTS if (value := getattr(self, fact))}


class When(Part, frozen=True, kw_only=True):
    """Conditions on what was heard in the agent's last turn (and on what is known); all that are given must hold."""

    intents: tuple[Intent, ...] = ()  # one of these was meant
    says: tuple[str, ...] = ()  # one of these words or phrases was said
    polarity: bool | None = None  # yes or no was said
    party_size: int | Literal["any", "none"] | None = (
        None  # this was said, something was said, nothing was said
    )
    date: str = ""  # ISO, "any" or "none"
    time: str = ""  # HH:MM, "any" or "none"
    name: str = ""  # in any case
    phone: str = ""  # only its digits count
    known: tuple[Fact, ...] = ()  # all of these are known by now
    visits: int = 0  # the step has been entered at least so often, up to PATIENCE


class Branch(Part, frozen=True, kw_only=True):
    """Where to go when `when` holds; without `when`, always."""

    go: str
    when: When = When()


class Step(Part, frozen=True, kw_only=True):
    """One turn of the restaurant: what it does, and what it makes of the answer."""

    say: str = ""  # with {slots}; a slot whose fact is unknown is asked for first
    language: LanguageCode | None = None  # of `say`, where it is not the restaurant's
    play: Literal["", "music", "ringback", "busy", "information", "beep", "silence"] = ""  # before `say`
    seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 1.0  # of `play`
    after_ms: Annotated[int, msgspec.Meta(ge=0, le=20_000)] | None = None  # reaction time
    needs: tuple[Fact, ...] = ()  # asked for before the step, one by one, unless known
    offer: Facts = Facts()  # fills {new_time} and so on in `say`; believed once the agent says yes
    remember: Facts = Facts()  # believed from here on
    interrupt_after_words: Annotated[int, msgspec.Meta(ge=0)] = (
        0  # of the answer; it is taken as heard by then
    )
    next: tuple[Branch, ...] = ()  # after the agent's answer; the first that holds
    then: str = ""  # go on there without waiting for an answer
    on_silence: str = ""  # go there when the agent says nothing
    keys: dict[str, str] = {}  # a recorded menu: where each key leads; it hears nothing else
    hang_up: bool = False  # after `say`

    @property
    def slots(self) -> frozenset[Fact]:
        """The facts that the restaurant must know to `say` this."""
        names = (name for _, name, _, _ in string.Formatter().parse(self.say) if name)
        return frozenset(SLOTS[name] for name in names if not name.startswith(NEW))


class Restaurant(Part, frozen=True, kw_only=True):
    """The far end: its voice, its line and its part in the conversation."""

    language: LanguageCode | None = None  # None = the scenario's, which is the task's
    voice: str = ""  # espeak's name, such as en-us+m3; "" = the language's own
    rate_wpm: Annotated[int, msgspec.Meta(ge=80, le=260)] = 165
    pitch: Annotated[int, msgspec.Meta(ge=0, le=99)] = 50
    level_dbfs: Annotated[float, msgspec.Meta(ge=-60, le=0)] = -20.0
    noise_dbfs: Annotated[float, msgspec.Meta(ge=-90, le=0)] | None = -60.0  # None = digital silence
    snr_db: Annotated[float, msgspec.Meta(ge=-10, le=60)] | None = (
        None  # voice to noise; instead of noise_dbfs
    )
    noise: Literal["white", "pub", "street"] = "white"
    band: Literal["landline", "telephone", "wide"] = "telephone"  # 300 to 3400 Hz in A-law, 4 kHz, 8 kHz
    packet_loss: Annotated[float, msgspec.Meta(ge=0, le=30)] = 0.0  # percent of what we hear of it
    loss_burst: Annotated[float, msgspec.Meta(ge=1, le=10)] = 2.0  # packets of 20 ms that are lost in a row
    persona: Personality = "patient"
    ring_s: Annotated[float, msgspec.Meta(ge=0, le=120)] = 2.0
    answers: bool = True
    machine: bool = False  # an answering machine: plays its steps and hears nothing
    after_ms: Annotated[int, msgspec.Meta(ge=0, le=20_000)] = (
        400  # reaction time of every step that names none
    )
    silence_s: Annotated[float, msgspec.Meta(gt=0, le=120)] = 8.0  # until it wonders whether anybody is there
    recording: Recording = "allows"  # what it says when it is asked whether the call may be recorded
    steps: dict[str, Step] = {}

    @property
    def played_by_model(self) -> bool:
        """Does a model play it? What is recorded, or never answers, needs none."""
        recorded = self.machine or any(step.keys for step in self.steps.values())
        return self.persona == "llm" and self.answers and not recorded


class Expected(Part, frozen=True, kw_only=True):
    """How the call must end, and which fields of the record must hold."""

    outcome: Outcome
    reservation: dict[str, str | int] = {}  # never empty in a file

    def differences(self, outcome: str, reservation: Reservation) -> list[str]:
        """What is not as expected, in words; empty when all is well."""
        wrong = [] if outcome == self.outcome else [f"outcome: expected {self.outcome}, got {outcome}"]
        for field, value in self.reservation.items():
            got = getattr(reservation, field)
            if got != value:
                wrong.append(f"{field}: expected {value}, got {got or 'nothing'}")
        return wrong


class Scenario(Part, frozen=True, kw_only=True):
    """One simulated call."""

    title: str
    language: LanguageCode
    kinds: list[Kind] = []  # what it is about; those that come with the project have at least one
    recording_policy: Literal["", "announce", "consent"] = (
        ""  # where the settings say "on"; see settings.recording
    )
    task: Task
    restaurant: Restaurant
    expected: Expected

    @property
    def spoken(self) -> LanguageCode:
        """The restaurant's language."""
        return self.restaurant.language or self.language


VOICES: dict[LanguageCode, str] = {"en": "en-us+m3", "de": "de+m3", "es": "es+m3", "nl": "nl+m3"}
