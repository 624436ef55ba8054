"""A call as lines and as one object, and Ctrl-C: the call is hung up, also when it has just ended by itself."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from typing import Any

import pytest

from engine.errors import CallRefused
from engine.follow import Followed, Lines, _interrupt_hangs_up, as_json, print_result
from engine.protocol import (
    CallClosed,
    DigitHeard,
    Flag,
    HangUp,
    Header,
    LanguageSwitched,
    LineAction,
    LineQuality,
    LineState,
    Message,
    Sentence,
    Spoken,
    TurnLatency,
)
from engine.scenario import FOLDER, load


class EngineWithoutThatCall:
    """As a client sees an engine whose call has ended a moment ago."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, int]] = []

    async def request(self, command: Any, answer: type, call: int) -> Any:
        self.asked.append((command, call))
        raise CallRefused("There is no live call 3; it may have ended just now.")


async def test_an_interrupt_as_the_call_ends_is_not_an_error():
    client, troubles = EngineWithoutThatCall(), []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: troubles.append(context))
    with _interrupt_hangs_up(client, 3):  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGINT)
        while not client.asked:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    gc.collect()
    assert client.asked == [(HangUp("operator"), 3)]
    assert troubles == []


def shown(*messages: Message) -> list[str]:
    told: list[str] = []
    lines = Lines(told.append)
    for second, message in enumerate(messages):
        lines.step(Header(0, 1, Flag.NONE, 0, second * 1_000_000), message)
    return told


def test_what_happens_on_the_line_is_shown():
    assert shown(
        LineState("early_media"),
        LineState("held", "far_end"),
        LineState("resumed", "far_end"),
        DigitHeard("5", 120),
        LineAction("transfer", False, "the far end's side refused it"),
        LineAction("hold", True),
        LineState("ended", "busy", "486 Busy Here"),
    ) == [
        "00:00.0  line        early media",
        "00:01.0  line        held (far_end)",
        "00:02.0  line        resumed (far_end)",
        "00:03.0  line        key 5 pressed (120 ms)",
        "00:04.0  line        transfer failed: the far end's side refused it",
        "00:05.0  line        hold done",
        "00:06.0  line        ended (busy: 486 Busy Here)",
    ]


def test_a_change_of_language_is_shown_with_its_reason():
    assert shown(LanguageSwitched("de", 2, "two turns in German", "en")) == [
        "00:00.0  language    en → de: two turns in German"
    ]


def test_the_media_are_told_once_and_again_when_they_change():
    plain, secret = LineQuality("PCMU/8000"), LineQuality("PCMU/8000", "SDES")
    assert shown(LineQuality(), plain, plain, secret, secret) == [
        "00:01.0  line        PCMU/8000, not encrypted",
        "00:03.0  line        PCMU/8000, SDES",
    ]


def test_a_latency_says_from_where_it_is_counted():
    (line,) = shown(
        Sentence(1, 0, True, 4, "Fine.", "en"),
        TurnLatency(4, 0, 0, 0, 0, 0, 0, 0, 412.4, "wire"),
        Spoken(1, 0, "Fine.", True, True),
    )
    assert line.endswith("Fine.   [412 ms, wire]")


@pytest.mark.parametrize("measured", ["truth", "wire", "detector", None])
def test_the_result_says_from_where_latency_is_counted_and_how_the_line_did(capsys, measured):
    followed = Followed()
    followed.closed = CallClosed("booked")
    if measured:
        header = Header(0, 1, Flag.NONE, 0, 0)
        followed.report.step(header, TurnLatency(1, 0, 0, 0, 0, 0, 0, 0, 400.0, measured))
        followed.report.step(header, LineQuality("PCMU/8000", received=50, jitter_ms=2.5))
    result = as_json("en/accepts", load(FOLDER / "en" / "accepts.yaml"), followed)
    assert result["latency_measured"] == measured
    assert (result["line"]["jitter_ms"] if result["line"] else None) == (2.5 if measured else None)
    print_result(result)
    assert (f"({measured})" in capsys.readouterr().out) == bool(measured)
