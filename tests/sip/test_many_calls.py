"""Eight calls at the same time through one engine, each in a process of its own, to far ends that know only theirs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest
import soxr

from engine.client import Client
from engine.protocol import (
    LANGUAGES,
    LINE_RATE_HZ,
    Accepted,
    CallClosed,
    DigitHeard,
    HangUp,
    LanguageCode,
    LineState,
    Message,
    PlaceCall,
    SendDigits,
    Sentence,
    Spoken,
)
from engine.settings import VoiceSettings
from engine.voices.espeak import EspeakVoice
from tests.calls.conftest import RunningEngine
from tests.fakes.sip.rtp_peer import RtpPeer, rtp_peer
from tests.fakes.sip.sipp import Sipp, sipp
from tests.fakes.sip.sipp_steps import answer, be_hung_up, hang_up, pause, scenario, sdp
from tests.fakes.sip.tones import G711_RATE_HZ, audible

pytest.importorskip("baresip", reason="baresip-python has no wheel for this machine: no SIP line here")
pytestmark = [pytest.mark.timeout(120), pytest.mark.long]
CALLS = 8
PATIENCE_S = 40.0
THEY_HANG_UP_MS = 15_000  # after the answer; our first sentence, to a far end that is silent, is over after 9
WINDOW = G711_RATE_HZ // 5  # 200 ms: a syllable, which no two sentences have alike
SAME = 0.8  # correlation of a window with the voice that it is; G.711 and two resamplings cost some of it
OWN = 0.5  # share of such windows from which a sentence is what was heard; alone it is 0.75 and more
PRESSED = 3  # times: on a busy machine a key may be too short to be noticed
NAMES = ("Anna Walker", "Bartholomew Quick")
TASK = """\
title: One of many
language: {language}
task:
  restaurant: Golden Lantern
  today: 2025-12-01
  date: 2025-12-05
  time: 19:30
  party_size: 4
  name: {name}
restaurant:
  steps:
    greet:
      say: "{name}"
expected:
  outcome: hung_up
  reservation: {{status: open}}
"""


class Far(NamedTuple):
    """One far end, and what is said to it."""

    file: Path
    audio: RtpPeer
    sip: Sipp
    key: str  # that both sides press, no two calls the same


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    running = RunningEngine(tmp_path / "state")
    yield running
    running.process.stop()


def far_ends(folder: Path, stack: ExitStack) -> list[Far]:
    """In four languages for two names each; the first half waits to be hung up, the others do it themselves."""
    ends = []
    for number in range(CALLS):
        file = folder / f"many-{number}.yaml"
        file.write_text(TASK.format(language=LANGUAGES[number % 4], name=NAMES[number // 4]))
        audio = stack.enter_context(rtp_peer())
        end = be_hung_up() if number < CALLS // 2 else pause(THEY_HANG_UP_MS) + hang_up()
        sip = stack.enter_context(sipp(scenario(answer(sdp(audio.port)), end), folder))
        ends.append(Far(file, audio, sip, str(number)))
    return ends


class Seen:
    """What the engine says of its calls, kept by call."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.of: dict[int, list[Message]] = {}

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        give_up_s = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > give_up_s:
                pytest.fail(f"{what}: not seen; seen was { {call: m[-5:] for call, m in self.of.items()} }")
            for header, message in self._client.drain():
                self.of.setdefault(header.call, []).append(message)
            await asyncio.sleep(0.02)

    def answered(self, call: int) -> bool:
        return any(isinstance(m, LineState) and m.state == "answered" for m in self.of.get(call, ()))

    def said(self, call: int) -> str:
        """The first sentence that was spoken to its end."""
        return next((m.text for m in self.of.get(call, ()) if isinstance(m, Spoken) and m.done), "")

    def to_say(self, call: int) -> list[str]:
        """All sentences of ours, whether they have been spoken already or not."""
        return [m.text for m in self.of[call] if isinstance(m, Sentence) and m.text]

    def keys(self, call: int) -> str:
        return "".join(m.digit for m in self.of.get(call, ()) if isinstance(m, DigitHeard))

    def closed(self, call: int) -> CallClosed | None:
        return next((m for m in self.of.get(call, ()) if isinstance(m, CallClosed)), None)


def windows_of(heard: np.ndarray, voice: np.ndarray) -> float:
    """The share of what was heard, counted in windows that are not silent, that is this voice. Both at 8 kHz."""
    size = 1 << int(np.ceil(np.log2(len(voice) + WINDOW)))
    spectrum = np.fft.rfft(voice, size)
    energy = np.convolve(voice**2, np.ones(WINDOW), "valid")
    windows = [heard[at : at + WINDOW] for at in range(0, len(heard) - WINDOW, WINDOW)]
    loud = [window for window in windows if audible(window)]
    found = 0
    for window in loud:
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(window, size)), size)[: len(energy)]
        found += float(np.max(product / np.sqrt(energy * np.sum(window**2) + 1))) > SAME
    return found / max(1, len(loud))


async def test_eight_calls_at_once_hear_nothing_of_each_other_and_end_as_they_should(
    engine: RunningEngine, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        client = Client(engine.address, LineState, DigitHeard, Sentence, Spoken, CallClosed)
        stack.callback(client.close)
        fars = far_ends(tmp_path, stack)
        await asyncio.sleep(0.5)  # a subscription takes effect a moment after it was made
        seen = Seen(client)
        places = [PlaceCall(scenario=str(far.file), line="sip", to=far.sip.uri) for far in fars]
        accepted = await asyncio.gather(*(client.request(place, Accepted) for place in places))
        calls = {each.call: far for each, far in zip(accepted, fars, strict=True)}
        await seen.until(lambda: all(map(seen.answered, calls)), "all are answered")
        children = psutil.Process(engine.address.pid).children()
        lines = [child for child in children if child.cmdline()[-1:] == ["line"]]
        assert len(lines) == CALLS
        for call, far in calls.items():
            far.audio.press(far.key * PRESSED)
            await client.request(SendDigits(far.key * PRESSED), Accepted, call)
        await seen.until(lambda: all(map(seen.keys, calls)), "their keys are heard")
        await seen.until(lambda: all(far.audio.keys for far in fars), "our keys are heard")
        await seen.until(lambda: all(map(seen.said, calls)), "all have said their first sentence")
        heard = {call: far.audio.pcm.astype(float) for call, far in calls.items()}
        for call in list(calls)[: CALLS // 2]:
            await client.request(HangUp(), Accepted, call)
        await seen.until(lambda: all(map(seen.closed, calls)), "all have ended")
        assert [far.sip.verdict() for far in fars] == [""] * CALLS
    outcomes = [closed.outcome for closed in map(seen.closed, calls) if closed is not None]
    assert outcomes == ["hung_up"] * (CALLS // 2) + ["far_end_hung_up"] * (CALLS // 2)
    assert not psutil.wait_procs(lines, timeout=6)[1]
    assert [set(seen.keys(call)) for call in calls] == [{far.key} for far in fars]
    assert [set(far.audio.keys) for far in fars] == [{far.key} for far in fars]
    voices = {call: spoken(seen.to_say(call), LANGUAGES[n % 4]) for n, call in enumerate(calls)}
    for number, call in enumerate(calls):
        shares = [windows_of(heard[call], voice) for voice in voices.values()]
        others = [share for other, share in enumerate(shares) if other % 4 != number % 4]
        assert shares[number] > OWN, (number, shares)
        assert max(others) < shares[number] / 2, (number, shares)


def spoken(sentences: list[str], language: LanguageCode) -> np.ndarray:
    """Sentences in the agent's voice, at 8 kHz."""
    voice = EspeakVoice(VoiceSettings())
    pieces = [piece.pcm.astype(float) for text in sentences for piece in voice.say(text, language)]
    return np.asarray(soxr.resample(np.concatenate(pieces), LINE_RATE_HZ, G711_RATE_HZ))
