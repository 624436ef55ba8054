"""From an operator's microphone to words: through playback, vad and transcribe, one after the other."""

from __future__ import annotations

import difflib
import re

import numpy as np
import pytest

from engine.audio.silero import SileroNetwork
from engine.protocol import (
    AgentFrame,
    AgentSilenced,
    Flag,
    OperatorFrame,
    OperatorSpoke,
    OperatorWords,
    Talk,
    Transcript,
)
from engine.recognizers.whisper import WhisperRecognizer, folder_of
from engine.settings import RecognizerSettings
from engine.workers import playback, transcribe, vad
from tests.fakes.fake_bus import FakeClock, Wait, heard
from tests.fakes.far_ends import frames, silence, speech

SPOKEN = [
    ("A table for two people on Friday at seven.", "en"),
    ("Guten Abend, ein Tisch für zwei Personen bitte.", "de"),
    ("¿A qué nombre hago la reserva?", "es"),
    ("Voor hoeveel personen wilt u reserveren?", "nl"),
]


@pytest.fixture(scope="module")
def network():
    return SileroNetwork()


@pytest.fixture(scope="module")
def ear():
    settings = RecognizerSettings()
    return WhisperRecognizer(settings, folder_of(settings, None))


def on_the_line(bus_of, opened, pcm: np.ndarray, burst: int):
    """What playback sends of a microphone whose frames come in bursts."""
    bus = bus_of("playback")
    began_us = bus.clock.now_us
    bus.steps = [heard(opened()), heard(AgentSilenced("operator", "anna")), heard(Talk(1, True))]
    for number, each in enumerate(frames(pcm)):
        bus.steps += [heard(OperatorFrame(each.message.pcm))]
        bus.steps += [Wait(20 * burst)] * (number % burst == burst - 1)
    bus.steps += [Wait(200), heard(Talk(1, False))]
    playback.run(bus)
    return [(sent.at_us - began_us, sent) for sent in bus.sent if isinstance(sent.message, AgentFrame)]


def utterances(bus_of, opened, network, sent, ms: int) -> list[OperatorSpoke]:
    """What vad makes of it, beside a silent far end."""
    bus = bus_of("vad")
    bus.steps = [heard(opened())]
    for tick, far in enumerate(frames(silence(ms))):
        ours = [each for at_us, each in sent if tick * 20_000 <= at_us < (tick + 1) * 20_000]
        bus.steps += [heard(each.message, flags=each.flags, sequence=each.sequence) for each in ours]
        bus.steps += [far, Wait(20)]
    vad.run(bus, network)
    return bus.said(OperatorSpoke)


@pytest.mark.parametrize("burst", [1, 3])
@pytest.mark.parametrize(("text", "language"), SPOKEN)
def test_what_is_said_into_the_microphone_is_understood(bus_of, opened, network, ear, text, language, burst):
    pcm = np.concatenate([silence(300), speech(text, language), silence(300)])
    sent = on_the_line(bus_of, opened, pcm, burst)
    assert {each.flags for _, each in sent} == {Flag.OPERATOR}
    assert len(sent) == -(-pcm.size // 320)
    spoken = utterances(bus_of, opened, network, sent, pcm.size // 16 + 1000)
    assert [spoke.utterance for spoke in spoken] == [1]
    bus = bus_of("transcribe")
    bus.steps = [heard(opened(language)), *(heard(spoke) for spoke in spoken)]
    transcribe.run(bus, ear, FakeClock().read)
    (words,) = bus.said(OperatorWords)
    expected, found = (" ".join(re.findall(r"\w+", each.lower())) for each in (text, words.text))
    assert difflib.SequenceMatcher(None, expected, found).ratio() > 0.8, found
    assert words.language == language
    assert bus.said(Transcript) == []
