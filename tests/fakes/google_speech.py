"""Google's speech service on 127.0.0.1: the real messages over real gRPC, the voice a tone, the trouble scripted.

A sentence lasts 60 ms a character, with 50 ms of silence before and after it. `steps` says what becomes of the next
calls, one each; when they are used up, all goes well. What was asked stands in `asked`.
"""

from __future__ import annotations

import io
import threading
import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
from google.cloud import texttospeech as tts
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcTransport

SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"
MS_A_CHARACTER = 60
SILENCE_MS = 50
PIECE_MS = 100
VOICES = {
    "en-US-Chirp3-HD-Aoede": "en-US",
    "de-DE-Chirp3-HD-Aoede": "de-DE",
    "es-ES-Chirp3-HD-Aoede": "es-ES",
    "nl-NL-Chirp3-HD-Aoede": "nl-NL",
    "en-US-Standard-C": "en-US",
}
TONE_HZ = 440


@dataclass
class Step:
    """What becomes of one call."""

    error: grpc.StatusCode | None = None
    details: str = "scripted"
    after_pieces: int = 0  # so many are sent before the error
    before: threading.Event | None = None  # no sound until it is set
    hollow: threading.Event | None = None  # an answer without a sound is sent, the others when it is set
    silent: bool = False  # it ends well and has sent nothing
    between: threading.Event | None = None  # the first piece is sent, the others when it is set


@dataclass
class Asked:
    """One call as the service saw it."""

    method: str
    voice: str
    text: str
    rate_hz: int
    ended: threading.Event = field(default_factory=threading.Event)
    cancelled: bool = False
    pieces: int = 0


def spoken(text: str, rate_hz: int) -> np.ndarray:
    """The tone for a text, int16, with its silence."""
    silence = np.zeros(rate_hz * SILENCE_MS // 1000, np.int16)
    at = np.arange(rate_hz * MS_A_CHARACTER * len(text) // 1000) / rate_hz
    tone = (8000 * np.sin(2 * np.pi * TONE_HZ * at)).astype(np.int16)
    return np.concatenate([silence, tone, silence])


class GoogleSpeech:
    """The service; a context manager. `transport()` is what the adapter is given."""

    def __init__(self, *steps: Step, streams: bool = True) -> None:
        """streams: whether its Chirp voices do; the others never do."""
        self.streams = streams
        self.steps = list(steps)
        self.asked: list[Asked] = []
        self._server = grpc.server(ThreadPoolExecutor(16))
        handlers = {
            "StreamingSynthesize": grpc.stream_stream_rpc_method_handler(
                self._stream,
                tts.StreamingSynthesizeRequest.deserialize,
                tts.StreamingSynthesizeResponse.serialize,
            ),
            "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                self._whole, tts.SynthesizeSpeechRequest.deserialize, tts.SynthesizeSpeechResponse.serialize
            ),
            "ListVoices": grpc.unary_unary_rpc_method_handler(
                self._list, tts.ListVoicesRequest.deserialize, tts.ListVoicesResponse.serialize
            ),
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        self.port = self._server.add_insecure_port("127.0.0.1:0")

    def __enter__(self) -> GoogleSpeech:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        for step in self.steps:
            for event in (step.before, step.between, step.hollow):
                if event is not None:
                    event.set()
        self._server.stop(grace=0).wait(5)

    def transport(self) -> Any:
        return TextToSpeechGrpcTransport(channel=grpc.insecure_channel(f"127.0.0.1:{self.port}"))

    def _step(self) -> Step:
        return self.steps.pop(0) if self.steps else Step()

    def _stream(self, requests: Any, context: grpc.ServicerContext) -> Any:
        first = next(requests)
        if not first.streaming_config.voice.name or first.input.text:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first message must be a streaming_config")
        config = first.streaming_config
        texts = [request.input.text for request in requests]
        rate_hz = config.streaming_audio_config.sample_rate_hertz
        asked = Asked("stream", config.voice.name, "".join(texts), rate_hz)
        self._note(asked, context)
        self._check(config.voice, context)
        if config.streaming_audio_config.audio_encoding != tts.AudioEncoding.PCM:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT, "Streaming supports PCM, ALAW, MULAW and OGG_OPUS"
            )
        if "Chirp3-HD" not in config.voice.name or not self.streams:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                "Currently, only Chirp 3: HD voices are supported for streaming synthesis.",
            )
        step = self._step()
        self._wait(step.before, context)
        if step.error and not step.after_pieces:
            context.abort(step.error, step.details)
        if step.hollow is not None:
            yield tts.StreamingSynthesizeResponse()
            self._wait(step.hollow, context)
        pcm = spoken("" if step.silent else asked.text, rate_hz)
        size = rate_hz * PIECE_MS // 1000
        for number, at in enumerate(range(0, pcm.size, size)):
            if step.error and number == step.after_pieces:
                context.abort(step.error, step.details)
            if number:
                self._wait(step.between, context)
            if not context.is_active():
                return
            asked.pieces += 1
            yield tts.StreamingSynthesizeResponse(audio_content=pcm[at : at + size].tobytes())

    def _whole(self, request: Any, context: grpc.ServicerContext) -> Any:
        asked = Asked("whole", request.voice.name, request.input.text, request.audio_config.sample_rate_hertz)
        self._note(asked, context)
        self._check(request.voice, context)
        step = self._step()
        self._wait(step.before, context)
        if step.error:
            context.abort(step.error, step.details)
        file = io.BytesIO()
        with wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(asked.rate_hz)
            wav.writeframes(spoken(asked.text, asked.rate_hz).tobytes())
        return tts.SynthesizeSpeechResponse(audio_content=file.getvalue())

    def _list(self, request: Any, context: grpc.ServicerContext) -> Any:
        step = self._step()
        if step.error:
            context.abort(step.error, step.details)
        voices = [
            tts.Voice(name=name, language_codes=[code], natural_sample_rate_hertz=24_000)
            for name, code in VOICES.items()
            if code.startswith(request.language_code)
        ]
        return tts.ListVoicesResponse(voices=voices)

    def _note(self, asked: Asked, context: grpc.ServicerContext) -> None:
        self.asked.append(asked)

        def ended() -> None:
            asked.cancelled = context.code() is None and not asked.ended.is_set()
            asked.ended.set()

        context.add_callback(ended)

    def _check(self, voice: Any, context: grpc.ServicerContext) -> None:
        if VOICES.get(voice.name) != voice.language_code:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Voice '{voice.name}' does not exist.")

    def _wait(self, event: threading.Event | None, context: grpc.ServicerContext) -> None:
        while event is not None and context.is_active() and not event.wait(0.01):
            pass
