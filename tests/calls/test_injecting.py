"""A real call on the simulated line whose conditions were set anew, and into which an operator injects things."""

from __future__ import annotations

import asyncio

import pytest

from engine.client import Client
from engine.errors import CallRefused
from engine.protocol import (
    Accepted,
    CallClosed,
    CallOpened,
    CallState,
    FarEndTruth,
    InjectEvent,
    Message,
    PlaceCall,
    Sentence,
    Spoken,
    Transcript,
)
from engine.scenario import find

SAID = "one moment please"


async def test_a_call_is_placed_with_other_values_disturbed_and_ended_by_the_far_end(engine):
    client = Client(engine.address, operator="anna")
    heard: list[Message] = []

    async def until(kind: type[Message], holds=lambda message: True, timeout_s: float = 25.0):
        async with asyncio.timeout(timeout_s):
            while True:
                for place, message in enumerate(heard):
                    if isinstance(message, kind) and holds(message):
                        del heard[: place + 1]
                        return message
                await asyncio.sleep(0.02)
                heard.extend(message for _, message in client.drain())

    async def ask(command: Message, call: int = 0) -> Accepted:
        return await client.request(command, Accepted, call)

    try:
        await asyncio.sleep(0.5)  # a subscription takes effect a moment after it was made
        scenario = str(find("en/accepts").resolve())
        with pytest.raises(CallRefused, match=r"task\.party_size: lots will not do"):
            await ask(PlaceCall(scenario=scenario, variables={"task.party_size": "lots"}))
        anew = {"task.party_size": "6", "restaurant.ring_s": "0", "restaurant.noise_dbfs": "-50"}
        call = (await ask(PlaceCall(scenario=scenario, variables=anew))).call

        await until(CallState, lambda message: message.state == "listening")
        await until(FarEndTruth)  # their greeting
        await until(Spoken, lambda message: message.ends_utterance)  # our request
        await ask(InjectEvent(what="say", text=SAID), call)
        await until(FarEndTruth, lambda message: message.text == SAID)
        await until(Transcript, lambda message: message.final and SAID in message.text)
        await until(Sentence, lambda message: "six" in message.text)  # the restaurant goes on, and so do we
        await ask(InjectEvent(what="noise", seconds=1, level_dbfs=-35), call)
        await ask(InjectEvent(what="hang_up"), call)
        closed = await until(CallClosed)
        assert closed.outcome == "far_end_hung_up"
    finally:
        client.close()


def test_no_room_of_the_agent_is_told_the_variables_of_the_restaurant():
    assert "variables" not in CallOpened.__struct_fields__
