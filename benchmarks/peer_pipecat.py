"""Pipecat as a peer of this engine: plays the files of a job to its own pipeline, says what was heard of it and when.

    python peer_pipecat.py JOB.json RESULT.json        in an environment of Pipecat's own, see benchmarks/peers.py

Voice detection, turn strategies, aggregators, transports are Pipecat's; recogniser, model and voice are stubs of 0 ms.
Nothing of this project is imported: its packages are not installed there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from loguru import logger
from peer_job import FRAME_S, Call, Job
from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    UserStoppedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy, TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

OUT_HZ = 24_000


class Agrees(LocalSmartTurnAnalyzerV3):
    """The turn model runs, and what it says is taken as "complete"."""

    async def analyze_end_of_turn(self) -> tuple[EndOfTurnState, Any]:
        _, metrics = await super().analyze_end_of_turn()
        return EndOfTurnState.COMPLETE, metrics


def turns_of(profile: str) -> LLMUserAggregatorParams:
    """What a profile is in Pipecat's words."""
    if profile == "default":
        return LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    if profile == "agreed":
        stop = [TurnAnalyzerUserTurnStopStrategy(turn_analyzer=Agrees())]
        return LLMUserAggregatorParams(
            vad_analyzer=SileroVADAnalyzer(), user_turn_strategies=UserTurnStrategies(stop=stop)
        )
    quiet_s = {"timeout": 0.6, "fast": 0.0, "fastest": 0.0}[profile]
    vad = {
        "timeout": VADParams(),
        "fast": VADParams(start_secs=0.1),
        "fastest": VADParams(start_secs=0.1, min_volume=0.0),
    }[profile]
    strategies = UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=quiet_s)])
    return LLMUserAggregatorParams(
        vad_analyzer=SileroVADAnalyzer(params=vad), user_turn_strategies=strategies
    )


class FarEnd(BaseInputTransport):
    """The file, frame by frame, each when its last sample would have been spoken."""

    def __init__(self, call: Call) -> None:
        super().__init__(TransportParams(audio_in_enabled=True, audio_in_sample_rate=call.rate_hz))
        self._call = call

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def play(self) -> None:
        async for pcm in self._call.frames():
            await self.push_audio_frame(InputAudioRawFrame(pcm, self._call.rate_hz, 1))


class NearEnd(BaseOutputTransport):
    """A line that takes a chunk while the one before it sounds."""

    def __init__(self, call: Call) -> None:
        super().__init__(TransportParams(audio_out_enabled=True, audio_out_sample_rate=OUT_HZ))
        self._call = call
        self._sounds_until_s = 0.0

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        now_s, lasts_s = self._call.now_s(), len(frame.audio) / 2 / frame.sample_rate
        begins_s = max(now_s, self._sounds_until_s)
        if any(frame.audio):
            self._call.heard(now_s, begins_s, begins_s + lasts_s)
        self._sounds_until_s = begins_s + lasts_s
        await asyncio.sleep(max(0.0, self._sounds_until_s - lasts_s - self._call.now_s()))
        return True


class Ear(FrameProcessor):
    """Words as they are spoken, and the final text as soon as the voice detector hears a pause."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._given, self._shown = 0, ""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        text = " ".join(word.text for word in self._call.words_until(self._call.now_s())[self._given :])
        if isinstance(frame, InputAudioRawFrame) and text and text != self._shown:
            self._shown = text
            await self.push_frame(InterimTranscriptionFrame(text, "far end", ""))
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and text:
            self._given, self._shown = len(self._call.words_until(self._call.now_s())), ""
            await self.push_frame(TranscriptionFrame(text, "far end", "", finalized=True))


class Brain(FrameProcessor):
    """One sentence to every turn."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, UserStoppedSpeakingFrame) and direction == FrameDirection.DOWNSTREAM:
            self._call.decided()
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        await self.push_frame(LLMTextFrame(self._call.job.answer))
        await self.push_frame(LLMFullResponseEndFrame())


class Voice(TTSService):
    """A tone as long as the sentence, at once."""

    def __init__(self, call: Call) -> None:
        nothing = TTSSettings(model=None, voice=None, language=None)
        super().__init__(push_start_frame=True, push_stop_frames=True, sample_rate=OUT_HZ, settings=nothing)
        self._call = call

    def can_generate_metrics(self) -> bool:
        return False

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        yield TTSAudioRawFrame(
            audio=self._call.job.tone(text, OUT_HZ),
            sample_rate=OUT_HZ,
            num_channels=1,
            context_id=context_id,
        )


async def converse(call: Call, profile: str) -> None:
    """One file, from its first frame to its last."""
    context = LLMContext()
    pair = LLMContextAggregatorPair(context, user_params=turns_of(profile))
    far_end, near_end = FarEnd(call), NearEnd(call)
    stages = [far_end, Ear(call), pair.user(), Brain(call), Voice(call), near_end, pair.assistant()]
    params = PipelineParams(audio_in_sample_rate=call.rate_hz, audio_out_sample_rate=OUT_HZ)
    worker = PipelineWorker(
        Pipeline(stages),
        params=params,
        cancel_on_idle_timeout=False,
        idle_timeout_secs=None,
        enable_rtvi=False,
    )
    started = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def on_started(*_: Any) -> None:
        started.set()

    async def speak() -> None:
        for at_s in call.speak_at_s:
            await asyncio.sleep(max(0.0, at_s - call.now_s()))
            await worker.queue_frames([TTSSpeakFrame(call.job.long_answer)])

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await started.wait()
    await asyncio.sleep(50 * FRAME_S)
    call.begin()
    speaking = asyncio.create_task(speak())
    await far_end.play()
    speaking.cancel()
    await worker.cancel()
    await running


async def main() -> None:
    job = Job.read(Path(sys.argv[1]))
    for sentence in (job.answer, job.long_answer):
        job.tone(sentence, OUT_HZ)
    await job.run(lambda call: converse(call, job.profile))
    Path(sys.argv[2]).write_text(json.dumps(job.result()))


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    asyncio.run(main())
    sys.stderr.flush()
    os._exit(0)  # what a library's threads still do is of no interest
