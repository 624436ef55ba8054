"""What operators and alerts add to the made-up calls: material for pictures and tests of the console."""

from __future__ import annotations

from engine.protocol import (
    AgentSilenced,
    Alert,
    CallState,
    Message,
    MicState,
    OperatorAct,
    OperatorLeft,
    Operators,
    OperatorWords,
    ToolDecided,
    ToolPending,
    TurnLatency,
)
from tests.fakes.sample_call import turn_latency

NOW_MS = 33_600
OfCall = tuple[int, int, Message]  # ms, call, message


def _state(name: str, restaurant: str, language: str, outcome: str = "") -> CallState:
    return CallState(name, restaurant, language, "simulated", "en/accepts", outcome=outcome)  # type: ignore[arg-type]


def shift(now_ms: int = NOW_MS) -> list[OfCall]:
    """Many calls at once: some need somebody, one is live, one waits for a word, some have ended."""
    places = [
        (5, "Osteria Lina", "de", "listening"),
        (6, "Taverna Nikos", "de", "thinking"),
        (7, "Bar Marisol", "es", "on_hold"),
        (8, "Eetcafé De Brug", "nl", "speaking"),
        (9, "Zum Löwen", "de", "ringing"),
        (10, "Bistro Nord", "de", "dialling"),
        (11, "The Long Room at the Old Harbour Office", "en", "listening"),
    ]
    steps: list[OfCall] = [(0, 0, Operators(("anna", "ben"), {"ben": 6}))]
    for number, (call, name, language, state) in enumerate(places):
        steps.append((1_000 + 900 * number, call, _state("dialling", name, language)))
        steps.append((now_ms - 6_000 + 300 * number, call, _state(state, name, language)))
    soon_us, later_us = (now_ms + 12_000) * 1000, (now_ms + 21_000) * 1000
    book = {"date": "2026-05-15", "time": "20:30", "party_size": 4}
    words = {"time": "Half past eight is what I have."}
    otherwise = "The agent says that it will call back."
    steps += [
        (now_ms - 8_000, 5, ToolPending(1, "approval", "book", soon_us, otherwise, book, words)),
        (now_ms - 7_990, 5, Alert(1, "approval", "book waits for your word", deadline_us=soon_us)),
        (now_ms - 5_000, 11, Alert(2, "wants_person", "asks for a human being", deadline_us=later_us)),
        (now_ms - 9_000, 7, Alert(3, "long_hold", "on hold for more than 45 s")),
        (now_ms - 3_000, 7, Alert(3, "long_hold", "on hold for more than 45 s", "acknowledged", by="ben")),
        (now_ms - 2_000, 0, Alert(4, "room_restarted", "tts was restarted")),
        (now_ms - 6_000, 8, AgentSilenced("muted", "ben")),
        (now_ms - 4_000, 6, AgentSilenced("operator", "ben")),
        (now_ms - 4_000, 6, MicState("ptt", "ben", True)),
    ]
    return steps


def acts(now_ms: int = NOW_MS) -> list[OfCall]:
    """What an operator did in the sample call (number 4), and a tool of it that waits."""
    asked = ToolPending(
        2, "question", "ask_principal", (now_ms + 9_000) * 1000, "The agent declines politely.",
        question="They offer a table on the terrace. Is that all right?",
    )  # fmt: skip
    booking = ToolPending(
        1, "approval", "note_name", (now_ms - 9_000) * 1000, "It asks again.", {"name": "Brandt"}
    )
    return [
        (12_000, 4, OperatorAct("anna", "whisper", "ask for a high chair")),
        (15_500, 4, OperatorAct("anna", "mark", "terrace?", at_us=15_400_000)),
        (16_000, 4, MicState("ptt", "anna", True)),
        (
            16_800,
            4,
            OperatorWords(1, "One moment, I am the person in charge here.", "en", 0.91, 15_000, 16_700),
        ),
        (16_900, 4, OperatorLeft("booked for four", by="anna")),
        (16_900, 4, MicState("off", "anna", why="handed back")),
        (22_660, 4, booking),
        (22_680, 4, ToolDecided(1, True, "anna")),
        (now_ms - 1_000, 4, asked),
        (
            now_ms - 990,
            4,
            Alert(9, "question", "asks about the terrace", deadline_us=(now_ms + 9_000) * 1000),
        ),
    ]


def turns(count: int, now_ms: int = NOW_MS) -> list[OfCall]:
    """Answered turns of another call, so that there are percentiles."""
    steps: list[OfCall] = []
    for turn in range(1, count + 1):
        measured: TurnLatency = turn_latency(
            turn, asr=50 + turn % 7 * 6, cache=3, llm=30 + turn % 5 * 9, tts=55
        )
        steps.append((now_ms - 30_000 + 900 * turn, 2, measured))
    return steps
