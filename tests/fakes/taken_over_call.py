"""A made-up call in which an operator has a hand: whisper, say, approval, take-over, mark, language, alerts."""

from __future__ import annotations

from engine.protocol import (
    AgentSilenced,
    Alert,
    BargeIn,
    CallClosed,
    CallState,
    Flag,
    LineState,
    Message,
    MicState,
    OperatorAct,
    OperatorLeft,
    OperatorWords,
    Reservation,
    ReservationChanged,
    Sentence,
    SpeechStarted,
    Spoken,
    ToolCalled,
    ToolDecided,
    ToolPending,
)
from tests.fakes.sample_call import Numbering, Step, _answer, _heard, _miss, turn_latency

RESTAURANT = "Osteria Lina"
ME = "anna"
BOOKING = {"date": "2026-05-15", "time": "20:00", "party_size": 4, "name": "Brandt"}
SAID = "We would also need a high chair, please."
PENDING_MS = 19_000  # the approval waits from here
DECIDED_MS = 24_000  # to here
LIVE_MS = 31_500  # the operator has the line from here
BACK_MS = 39_500  # to here
END_MS = 47_000


def _state(state: str, language: str = "en", **more: str) -> CallState:
    return CallState(state, RESTAURANT, language, "simulated", "en/operated", **more)  # type: ignore[arg-type]


def _act(action: str, words: str = "", refused: str = "", at_us: int = 0) -> OperatorAct:
    return OperatorAct(ME, action, words, refused, at_us)


def operated(start_us: int = 0) -> list[Step]:
    """The whole call. start_us: the header's clock at its beginning, for deadlines and marks."""
    asked = Reservation("open", "2026-05-15", "20:00", 4, "Brandt", confirmed_by={"time": "Eight is fine."})
    booked = Reservation(
        "booked",
        "2026-05-15",
        "20:00",
        4,
        "Brandt",
        "",
        "L-77",
        {"time": "Eight is fine.", "name": "Brandt."},
    )
    deadline_us = start_us + (PENDING_MS + 20_000) * 1000
    steps: list[Step] = [(0, _state("dialling")), (900, LineState("answered"))]
    steps += _heard(1_000, 1, "Osteria Lina, good evening.")
    steps += _answer(
        3_400,
        1,
        1,
        ("Good evening, a table for four on Friday at eight, please.",),
        _miss(1, 0.4, "below 0.85"),
    )
    steps.append((3_420, turn_latency(1, asr=60, cache=3, llm=40, tts=55)))
    steps.append((6_000, _act("whisper", "ask for a high chair")))
    steps += _heard(7_000, 2, "Eight is fine. And the name?")
    steps += _answer(10_200, 2, 2, ("The name is Brandt.",), _miss(2, 0.7, "below 0.85"))
    steps.append((10_230, turn_latency(2, asr=58, cache=3, llm=44, tts=51)))
    steps.append((10_240, ReservationChanged(asked, "note_name", "And the name?")))
    steps += [(12_000, _act("mark", "check the spelling", at_us=start_us + 11_800_000))]
    steps += [(13_000, _act("say", SAID)), (13_010, Sentence(90, 0, True, 0, SAID, "en"))]
    steps += [(14_000, Spoken(90, 0, "We would also need", False)), (15_000, Spoken(90, 0, SAID, True, True))]
    steps += _heard(16_000, 3, "Of course. Shall I book it?")
    steps += [
        (
            PENDING_MS,
            ToolPending(
                1, "approval", "book", deadline_us, "the agent says that it will call back", BOOKING,
                {"time": "Eight is fine.", "name": "And the name?"},
            ),
        ),
        (PENDING_MS + 5, Alert(11, "approval", "book waits for your word", deadline_us=deadline_us)),
        (PENDING_MS + 2_000, Alert(11, "approval", "book waits for your word", "acknowledged", deadline_us, ME)),
        (DECIDED_MS - 5, _act("approve", "book")),
        (DECIDED_MS, ToolDecided(1, True, ME, arguments=BOOKING)),
        (DECIDED_MS + 3, Alert(11, "approval", "book waits for your word", "over")),
        (DECIDED_MS + 10, ToolCalled("book", BOOKING, "L-77", turn=3)),
        (DECIDED_MS + 12, ReservationChanged(booked, "book", "Shall I book it?")),
    ]  # fmt: skip
    steps += _heard(25_000, 4, "May I speak to a person about the high chair?")
    steps += [
        (28_000, Alert(12, "wants_person", "asks for a person")),
        (30_000, _act("arm")),
        (30_010, MicState("armed", ME)),
        (LIVE_MS - 5, _act("go_live", "full")),
        (LIVE_MS, MicState("full", ME, talking=True)),
        (LIVE_MS + 1, AgentSilenced("operator", ME)),
        (LIVE_MS + 3_000, OperatorWords(1, "Hello, Anna here, one high chair please.", "en", 0.88, 31_600, 34_300)),
    ]  # fmt: skip
    steps += [(35_000, SpeechStarted(5, 35_000)), (35_100, BargeIn("duck", 35_090))]
    steps += _heard(35_000, 5, "No problem, it is noted.")
    steps += [
        (38_000, OperatorWords(2, "Thank you.", "en", 0.93, 37_200, 37_900)),
        (BACK_MS - 5, _act("hand_back", "one high chair is noted")),
        (BACK_MS, MicState("off", ME, why="handed back")),
        (BACK_MS + 1, OperatorLeft("one high chair is noted", by=ME)),
        (BACK_MS + 2, AgentSilenced("", ME)),
        (BACK_MS + 3, Alert(12, "wants_person", "asks for a person", "over")),
        (40_000, _act("language", "it")),
        (40_100, _act("language", "de")),
        (40_110, _state("listening", "de")),
        (40_500, _act("transfer", "to the office", refused="sip:office is not on the allow list")),
        (41_000, _act("mute")),
        (41_001, AgentSilenced("muted", ME)),
        (42_500, AgentSilenced("", ME)),
    ]
    steps += _answer(43_000, 6, 5, ("Vielen Dank, auf Wiederhören.",), _miss(5, 0.2, "below 0.85"))
    steps += [(46_500, LineState("ended", "near_end")), (END_MS - 10, CallClosed("booked"))]
    steps.append((END_MS, _state("ended", "de", outcome="booked", journal="journal/0007")))
    steps = [(at_ms, _here(message, at_ms)) for at_ms, message in steps]
    return sorted(steps, key=lambda step: step[0])


def _here(message: Message, at_ms: int) -> Message:
    """The states between the lines, as this call's."""
    if not isinstance(message, CallState) or message.restaurant == RESTAURANT:
        return message
    return _state(message.state, "de" if at_ms > BACK_MS else "en")


def flags_of(message: Message) -> Flag:
    """The header's flags: the line that the operator typed carries one."""
    typed = isinstance(message, Sentence | Spoken) and message.utterance == 90
    return Flag.OPERATOR if typed else Flag.NONE


def numbered(call: int, steps: list[Step], start_us: int = 0):  # type: ignore[no-untyped-def]
    """The steps as an engine would send them: (header, message)."""
    numbering = Numbering(start_us)
    for at_ms, message in steps:
        yield numbering.header(message, call, at_ms)._replace(flags=flags_of(message)), message
