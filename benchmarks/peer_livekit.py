"""LiveKit Agents as a peer of this engine: plays the files of a job to its own session, says what was heard and when.

    python peer_livekit.py JOB.json RESULT.json        in an environment of LiveKit's own, see benchmarks/peers.py

Voice detection, turn detection, interruptions, speech scheduling are LiveKit's; recogniser, model and voice are stubs
of 0 ms. No room and no server: audio goes in and out through the session's own seams. Nothing of this project is
imported.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from livekit import rtc
from livekit.agents import Agent, AgentSession, inference, llm, stt, tts, utils
from livekit.agents.voice.io import AudioInput, AudioOutput, AudioOutputCapabilities
from peer_job import Call, Job

OUT_HZ = 24_000
SETTLE_S = 1.0


def session_of(profile: str) -> dict[str, Any]:
    """What a profile is in LiveKit's words. On outbound telephone calls it does not wait for an echo canceller."""
    if profile == "default":
        return {}
    if profile == "timeout":
        return {"turn_handling": {"turn_detection": "vad", "endpointing": {"min_delay": 0.5}}}
    return {
        "vad": inference.VAD(min_silence_duration=0.2),
        "turn_handling": {
            "turn_detection": "vad",
            "endpointing": {"min_delay": 0.2},
            "interruption": {"min_duration": 0.1},
        },
    }


class FarEnd(AudioInput):
    """The file, frame by frame."""

    def __init__(self) -> None:
        super().__init__(label="file")
        self.frames = utils.aio.Chan[rtc.AudioFrame]()

    async def __anext__(self) -> rtc.AudioFrame:
        return await self.frames.__anext__()


class NearEnd(AudioOutput):
    """A line that plays what it is given, can be paused, and is silent at once when it is told to."""

    def __init__(self, call: Call) -> None:
        super().__init__(label="line", capabilities=AudioOutputCapabilities(pause=True), sample_rate=OUT_HZ)
        self._call = call
        self._given_s = self._played_s = 0.0
        self._handed_s = 0.0
        self._sounds_since_s: float | None = None
        self._paused = self._flushed = False
        self._ending: asyncio.Task[None] | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._given_s:
            self._handed_s = self._call.now_s()
            self._played_s = 0.0
            self.on_playback_started(created_at=time.time())
        self._given_s += frame.duration
        self._sound()

    def flush(self) -> None:
        super().flush()
        self._flushed = bool(self._given_s)
        self._sound()

    def pause(self) -> None:
        self._silence()
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._handed_s = self._call.now_s()
        self._sound()

    def clear_buffer(self) -> None:
        if self._given_s:
            self._silence()
            self._over(interrupted=True)

    def _sound(self) -> None:
        if self._paused or not self._given_s:
            return
        if self._sounds_since_s is None:
            self._sounds_since_s = self._call.now_s()
        if self._flushed and self._ending is None:
            self._ending = asyncio.create_task(self._end())

    async def _end(self) -> None:
        assert self._sounds_since_s is not None
        left_s = self._given_s - self._played_s - (self._call.now_s() - self._sounds_since_s)
        await asyncio.sleep(max(0.0, left_s))
        self._ending = None
        self._silence()
        self._over(interrupted=False)

    def _silence(self) -> None:
        """What has sounded until now is noted; nothing sounds from here on."""
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if self._sounds_since_s is None:
            return
        since_s, self._sounds_since_s = self._sounds_since_s, None
        sounded_s = min(self._call.now_s() - since_s, self._given_s - self._played_s)
        self._played_s += sounded_s
        self._call.heard(self._handed_s, since_s, since_s + sounded_s)

    def _over(self, interrupted: bool) -> None:
        position, self._given_s, self._flushed = self._played_s, 0.0, False
        self.on_playback_finished(playback_position=position, interrupted=interrupted)


class Ear(stt.STT):
    """Stands where a recogniser has to be; the agent's own node hears in its place."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        raise NotImplementedError


class Brain(llm.LLM):
    """Stands where a model has to be."""

    def chat(self, **_: Any) -> llm.LLMStream:
        raise NotImplementedError


class Voice(tts.TTS):
    """Stands where a voice has to be."""

    def __init__(self) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=OUT_HZ, num_channels=1)

    def synthesize(self, *_: Any, **__: Any) -> tts.ChunkedStream:
        raise NotImplementedError


class Stubs(Agent):
    """Recogniser, model and voice of 0 ms."""

    def __init__(self, call: Call) -> None:
        super().__init__(instructions="stub")
        self._call = call

    async def stt_node(self, audio: AsyncIterable[rtc.AudioFrame], _: Any) -> AsyncIterator[stt.SpeechEvent]:
        """Words as they are spoken; the final text as soon as speech truly pauses or ends."""
        given, shown = 0, ""
        stops = list(self._call.stops_s)
        async for _frame in audio:
            words = self._call.words_until(self._call.now_s())
            text = " ".join(word.text for word in words[given:])
            stopped = False
            while stops and stops[0] <= self._call.now_s():
                stops.pop(0)
                stopped = True
            if stopped and text:
                given, shown = len(words), ""
                yield _event(stt.SpeechEventType.FINAL_TRANSCRIPT, text)
            elif text and text != shown:
                shown = text
                yield _event(stt.SpeechEventType.INTERIM_TRANSCRIPT, text)

    async def llm_node(self, *_: Any) -> AsyncIterator[str]:
        """One sentence to every turn."""
        yield self._call.job.answer

    async def tts_node(self, text: AsyncIterable[str], _: Any) -> AsyncIterator[rtc.AudioFrame]:
        """A tone as long as the sentence, at once."""
        async for part in text:
            pcm = self._call.job.tone(part, OUT_HZ)
            yield rtc.AudioFrame(pcm, OUT_HZ, 1, len(pcm) // 2)

    async def on_user_turn_completed(self, *_: Any, **__: Any) -> None:
        self._call.decided()


def _event(kind: stt.SpeechEventType, text: str) -> stt.SpeechEvent:
    return stt.SpeechEvent(type=kind, alternatives=[stt.SpeechData(text=text, language="en")])


async def converse(call: Call, profile: str) -> None:
    """One file, from its first frame to its last."""
    session: AgentSession[None] = AgentSession(
        stt=Ear(),
        llm=Brain(),
        tts=Voice(),
        aec_warmup_duration=None,
        user_away_timeout=None,
        **session_of(profile),
    )
    far_end = FarEnd()
    session.input.audio, session.output.audio = far_end, NearEnd(call)

    async def speak() -> None:
        for at_s in call.speak_at_s:
            await asyncio.sleep(max(0.0, at_s - call.now_s()))
            session.say(call.job.long_answer)

    await session.start(Stubs(call))
    await asyncio.sleep(SETTLE_S)
    call.begin()
    speaking = asyncio.create_task(speak())
    async for pcm in call.frames():
        far_end.frames.send_nowait(rtc.AudioFrame(pcm, call.rate_hz, 1, len(pcm) // 2))
    speaking.cancel()
    with contextlib.suppress(asyncio.TimeoutError, RuntimeError):
        await asyncio.wait_for(session.aclose(), 5.0)


async def main() -> None:
    job = Job.read(Path(sys.argv[1]))
    for sentence in (job.answer, job.long_answer):
        job.tone(sentence, OUT_HZ)
    await job.run(lambda call: converse(call, job.profile))
    Path(sys.argv[2]).write_text(json.dumps(job.result()))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main())
    os._exit(0)  # what a library's threads still do is of no interest
