"""What operators do to calls that go on, through a whole engine: the agent is silent, their own voice on the line."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.audio.resample import Decimator
from engine.client import Client, Sound
from engine.errors import CallRefused
from engine.journal import read
from engine.protocol import (
    HEARING_FRAME_BYTES,
    Accepted,
    AgentFrame,
    AgentSilenced,
    Alert,
    ArmMic,
    CallClosed,
    CallState,
    EngineEvent,
    FarFrame,
    Flag,
    GetSnapshot,
    GoLive,
    HandBack,
    HangUp,
    Header,
    LeaseGranted,
    LineState,
    Message,
    MicFrame,
    MicState,
    MuteAgent,
    OperatorAct,
    OperatorLeft,
    Operators,
    OperatorWords,
    PlaceCall,
    PlaybackStarted,
    Presence,
    RenewLease,
    SayLine,
    Sentence,
    Snapshot,
    Spoken,
    Talk,
    Whisper,
    unpack,
)
from engine.scenario import find
from engine.settings import VoiceSettings
from engine.voices.espeak import EspeakVoice
from tests.calls.conftest import RunningEngine

pytestmark = [pytest.mark.timeout(90), pytest.mark.long]
WITHIN_S = 12.0  # until something comes about in a call, on a machine that has other work too
RENEW_S = 0.4
Wanted = Callable[[Header, Message], bool]


class Operator:
    """One operator at a console without a screen."""

    def __init__(self, engine: RunningEngine, name: str) -> None:
        self.client = Client(engine.address, operator=name)
        self.call = 0
        self.seen: list[tuple[Header, Message]] = []  # of the call
        self.house: list[Message] = []

    async def place(self, scenario: str = "en/accepts") -> int:
        """A call, from the moment that somebody has picked up."""
        await asyncio.sleep(0.5)  # a subscription takes effect a moment after it was made
        self.call = (await self.client.request(PlaceCall(scenario=str(find(scenario))), Accepted)).call
        await self.until(lambda _, m: isinstance(m, LineState) and m.state == "answered")
        return self.call

    async def until(
        self, wanted: Wanted, since: int = 0, within_s: float = WITHIN_S
    ) -> tuple[Header, Message]:
        """The first event after `since` others that is wanted."""
        end = time.monotonic() + within_s
        while True:
            self.take_in()
            for each in self.seen[since:]:
                if wanted(*each):
                    return each
            assert time.monotonic() < end, [type(message).__name__ for _, message in self.seen[since:]]
            await asyncio.sleep(0.01)

    def take_in(self) -> None:
        for header, message in self.client.drain():
            if header.call == self.call and self.call:
                self.seen.append((header, message))
            elif not header.call:
                self.house.append(message)

    async def ask(self, command: Message) -> None:
        await self.client.request(command, Accepted, self.call)

    async def armed(self) -> int:
        return (await self.client.request(ArmMic(), LeaseGranted, self.call)).lease

    @contextlib.asynccontextmanager
    async def holding(self, lease: int) -> AsyncIterator[None]:
        """The lease is renewed as a console does it."""

        async def renew() -> None:
            while True:
                await self.ask(RenewLease(lease))
                await asyncio.sleep(RENEW_S)

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()

    async def speak(self, lease: int, frames: list[bytes]) -> None:
        """In real time."""
        began = time.monotonic()
        for number, pcm in enumerate(frames):
            self.client.send(MicFrame(lease, pcm), self.call)
            await asyncio.sleep(max(0.0, began + (number + 1) * 0.02 - time.monotonic()))

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Heard]:
        """The sound of the call, with Presence once a second."""
        heard = Heard(self.client.listen(self.call))

        async def present() -> None:
            while True:
                self.client.send(Presence(listens_to=self.call))
                await asyncio.sleep(1)

        tasks = [asyncio.create_task(present()), asyncio.create_task(heard.hear())]
        try:
            yield heard
        finally:
            heard.sound.close()
            for task in tasks:
                task.cancel()

    def acts(self) -> list[OperatorAct]:
        self.take_in()
        return [message for _, message in self.seen if isinstance(message, OperatorAct)]

    def journal(self) -> list[Message]:
        folders = {message.journal for _, message in self.seen if isinstance(message, CallState)}
        return [message for _, _, message in read(Path(folders.pop()))]


class Heard:
    """What was on the line, and when it came."""

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self.far: list[bytes] = []
        self.agent_s: list[float] = []  # frames of the agent's voice
        self.operator_s: list[float] = []
        self.operator: list[np.ndarray] = []

    async def hear(self) -> None:
        async for header, frame in self.sound:
            if isinstance(frame, FarFrame):
                self.far.append(frame.pcm)
            elif isinstance(frame, AgentFrame) and header.flags & Flag.OPERATOR:
                self.operator_s.append(time.monotonic())
                self.operator.append(np.frombuffer(frame.pcm, np.int16))
            else:
                self.agent_s.append(time.monotonic())


@pytest.fixture
def anna(engine: RunningEngine) -> Iterator[Operator]:
    operator = Operator(engine, "anna")
    yield operator
    operator.client.close()


@pytest.fixture
def bert(engine: RunningEngine) -> Iterator[Operator]:
    operator = Operator(engine, "bert")
    yield operator
    operator.client.close()


def spoken(text: str) -> list[bytes]:
    """A voice as a microphone would give it: 16 kHz in frames of 20 ms."""
    pieces = [piece.pcm for piece in EspeakVoice(VoiceSettings()).say(text, "en")]
    pcm = np.concatenate(pieces)
    pcm = Decimator(3).feed(np.concatenate([pcm, np.zeros(-pcm.size % 3, np.int16)])).tobytes()
    pcm += bytes(-len(pcm) % HEARING_FRAME_BYTES)
    return [pcm[at : at + HEARING_FRAME_BYTES] for at in range(0, len(pcm), HEARING_FRAME_BYTES)]


def starts(_: Header, message: Message) -> bool:
    return isinstance(message, PlaybackStarted)


async def test_a_line_that_the_operator_types_is_spoken_to_the_far_end_also_while_the_agent_is_muted(
    anna: Operator,
):
    await anna.place()
    await anna.until(starts)  # the restaurant has greeted, and listens
    await anna.ask(MuteAgent())
    words = "We would also need a high chair."
    await anna.ask(SayLine(words))
    header, sentence = await anna.until(lambda _, m: isinstance(m, Sentence) and m.text == words)
    assert header.flags & Flag.OPERATOR
    assert isinstance(sentence, Sentence)
    _, report = await anna.until(
        lambda _, m: isinstance(m, Spoken) and m.utterance == sentence.utterance and m.done
    )
    assert isinstance(report, Spoken) and report.text == words and not report.cut
    assert OperatorAct("anna", "say", words) in anna.journal()
    await anna.ask(HangUp())


async def test_a_muted_agent_is_off_the_line_at_once_and_answers_when_it_may_speak_again(anna: Operator):
    await anna.place()
    async with anna.listening() as heard:
        await anna.until(starts)
        await anna.ask(MuteAgent())
        muted_s = time.monotonic()
        await anna.until(lambda _, m: isinstance(m, Spoken) and m.cut)
        await asyncio.sleep(2.5)
        late = [at - muted_s for at in heard.agent_s if at > muted_s]
        assert not late or max(late) < 0.3
        assert heard.far, "the far end is still heard"
        anna.take_in()
        since = len(anna.seen)
        await anna.ask(MuteAgent(False))
        await anna.until(starts, since)
    assert [act.action for act in anna.acts()] == ["place", "listen", "mute", "unmute"]
    await anna.ask(HangUp())


async def test_a_take_over_puts_the_operators_voice_on_the_line_and_the_agents_off_it(
    anna: Operator, bert: Operator
):
    bert.call = await anna.place()
    async with anna.listening() as heard:
        await anna.until(starts)
        lease = await anna.armed()
        with pytest.raises(CallRefused, match="taken by anna"):
            await bert.armed()
        async with anna.holding(lease):
            await anna.ask(GoLive(lease, "full"))
            live_s = time.monotonic()
            await anna.speak(lease, spoken("Hello, this is Anna. We will be four people."))
            await asyncio.sleep(0.3)
            assert not [at for at in heard.agent_s if at > live_s + 0.3]
            voice = np.concatenate(heard.operator)
            assert np.abs(voice.astype(int)).max() > 3000
            assert heard.operator_s[0] - live_s < 0.5
            _, words = await anna.until(lambda _, m: isinstance(m, OperatorWords))
            assert isinstance(words, OperatorWords) and "anna" in words.text.lower()
            anna.take_in()
            since = len(anna.seen)
            await anna.ask(HandBack(lease, "four people"))
        assert await anna.until(lambda _, m: m == OperatorLeft("four people", by="anna"), since)
        await anna.until(starts, since)
    record = anna.journal()
    acts = [(each.by, each.action) for each in record if isinstance(each, OperatorAct) and not each.refused]
    assert [each for each in acts if each[1] != "listen"] == [
        ("anna", "place"), ("anna", "arm"), ("anna", "go_live"), ("anna", "hand_back"),
    ]  # fmt: skip
    refused = [each for each in record if isinstance(each, OperatorAct) and each.refused]
    assert [(each.by, each.refused) for each in refused] == [("bert", "taken by anna")]
    assert [each.mode for each in record if isinstance(each, MicState)] == ["armed", "full", "off"]
    await anna.ask(HangUp())


async def test_nothing_of_a_microphone_is_on_the_line_after_it_is_off(anna: Operator):
    await anna.place()
    async with anna.listening() as heard:
        lease = await anna.armed()
        async with anna.holding(lease):
            await anna.ask(GoLive(lease, "ptt"))
            tone = (np.sin(np.arange(320) * 2 * np.pi * 440 / 16_000) * 12_000).astype(np.int16).tobytes()
            await anna.speak(lease, [tone] * 10)
            assert not heard.operator_s, "the key is not held yet"
            await anna.ask(Talk(lease, True))
            await anna.speak(lease, [tone] * 40)
            await anna.ask(Talk(lease, False))
            off_s = time.monotonic()
            await anna.speak(lease, [tone] * 20)
        assert len(heard.operator_s) > 30
        assert max(heard.operator_s) - off_s < 0.15, "40 ms are allowed for; a busy machine takes longer"
    await anna.ask(HangUp())


async def test_a_take_over_that_is_lost_leaves_the_agent_with_the_line_and_calls_for_somebody(anna: Operator):
    await anna.place()
    await anna.until(starts)
    lease = await anna.armed()
    await anna.ask(GoLive(lease, "full"))
    anna.take_in()
    since = len(anna.seen)
    _, left = await anna.until(lambda _, m: isinstance(m, OperatorLeft), within_s=4)
    assert left == OperatorLeft(lost=True, by="anna")
    await anna.until(lambda _, m: isinstance(m, AgentSilenced) and not m.reason, since)
    await anna.until(lambda _, m: isinstance(m, MicState) and m.mode == "off" and "no sign" in m.why)
    await anna.until(lambda _, m: isinstance(m, Alert) and m.kind == "needs_human")
    await anna.until(starts, since)
    with pytest.raises(CallRefused, match="no sign of anna's console"):
        await anna.ask(RenewLease(lease))
    await anna.ask(HangUp())


async def test_a_late_console_is_shown_who_did_what_and_the_journal_keeps_it(anna: Operator, bert: Operator):
    await anna.place()
    await anna.ask(MuteAgent())
    await anna.armed()
    anna.client.send(Presence())
    await asyncio.sleep(0.1)
    snapshot = await bert.client.request(GetSnapshot(), Snapshot)
    events = [unpack(list(each)) for each in snapshot.events]
    assert Operators(("anna",)) in [message for _, message in events]
    told = [message for header, message in events if header.call == anna.call]
    for message in (
        AgentSilenced("muted", "anna"),
        MicState("armed", "anna"),
        OperatorAct("anna", "mute"),
        OperatorAct("anna", "arm"),
    ):
        assert message in told
    bert.call = anna.call
    await bert.ask(HangUp())
    _, closed = await anna.until(lambda _, m: isinstance(m, CallClosed))
    assert isinstance(closed, CallClosed) and closed.outcome == "hung_up"
    record = anna.journal()
    assert OperatorAct("bert", "hang_up") in record
    assert MicState("off", "anna", why="the call has ended") in record


async def test_what_became_of_a_whisper_is_told_to_its_own_call_alone(anna: Operator, bert: Operator):
    await anna.place()
    await bert.place("de/accepts")
    await anna.ask(Whisper("ask for a high chair"))
    await anna.until(lambda _, message: isinstance(message, EngineEvent) and "high chair" in message.text)
    await anna.ask(HangUp())
    await anna.until(lambda _, message: isinstance(message, CallClosed))
    bert.take_in()
    told = [*anna.house, *(message for _, message in bert.seen)]
    assert not [
        message for message in told if isinstance(message, EngineEvent) and "high chair" in message.text
    ]
