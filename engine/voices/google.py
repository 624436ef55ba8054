"""Google Cloud Text-to-Speech: a sentence streams in while it is made; voices that cannot stream give it whole.

The service tells no word's time in a stream: marks are estimated by share of characters (marks.py). It is reached
through the client library's transport, whose calls can be cancelled from another thread; the client's own methods
wait for the first audio before they return anything that could be.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.protocol import LANGUAGES, LanguageCode
from engine.settings import VoiceSettings
from engine.voices.base import Piece, VoiceError, check_sounds
from engine.voices.google_service import Transport, cannot_stream, failure, transport_of, without_header
from engine.voices.marks import EstimatedMarks, Pace
from engine.voices.shaping import Shaper

RATE_HZ = 24_000  # what Chirp 3 HD voices are made at
LIST_TIMEOUT_S = 10.0


class GoogleVoice:
    """The adapter; asked from several threads at once, one sentence each."""

    def __init__(
        self, settings: VoiceSettings, transport: Callable[[], Transport] | Transport | None = None
    ) -> None:
        """transport: a ready one, or what makes it at the first sentence; None = `transport_of(settings)`."""
        self._settings = settings
        self._transport = transport if transport is not None else lambda: transport_of(settings)
        self._lock = threading.Lock()
        self._paces = {language: Pace() for language in LANGUAGES}
        self._whole: set[str] = set()  # voices that do not stream

    def identity(self, language: LanguageCode) -> str:
        """Voice and speed."""
        return f"google {getattr(self._settings.google, language)} {self._settings.google.speaking_rate:g}"

    def say(self, text: str, language: LanguageCode) -> GoogleSpeech:
        """The sentence as it streams in; whole where the voice cannot stream."""
        return GoogleSpeech(self, text, language)

    def voices(self, language: LanguageCode | None = None) -> list[tuple[str, tuple[str, ...], int]]:
        """What the service offers: (name, language codes, rate in Hz). Asks the network; raises VoiceError."""
        import grpc
        from google.cloud import texttospeech as tts

        request = tts.ListVoicesRequest(language_code=language or "")
        try:
            answer = self.transport().list_voices(request, timeout=LIST_TIMEOUT_S)
        except grpc.RpcError as error:
            raise failure(error, "", LIST_TIMEOUT_S) from None
        return [
            (voice.name, tuple(voice.language_codes), voice.natural_sample_rate_hertz)
            for voice in answer.voices
        ]

    def warm(self) -> None:
        """Find the credentials, connect, and look whether the voices are there. Raises VoiceError, SettingsError."""
        there = {name for name, _, _ in self.voices()}
        for language in LANGUAGES:
            name = getattr(self._settings.google, language)
            if name not in there:
                raise VoiceError(f'Google has no voice "{name}". Choose another one: call-thing voices --ask')

    def close(self) -> None:
        """Hang up on the service, if it was ever reached."""
        if not callable(self._transport):
            self._transport.close()

    def transport(self) -> Transport:
        """The connection, made when it is first needed."""
        with self._lock:
            if callable(self._transport):
                self._transport = self._transport()
            return self._transport

    def _streamed(self, text: str, language: LanguageCode) -> Any:
        from google.cloud import texttospeech as tts

        config = tts.StreamingSynthesizeConfig(
            voice=self._selected(language),
            streaming_audio_config=tts.StreamingAudioConfig(
                audio_encoding=tts.AudioEncoding.PCM,
                sample_rate_hertz=RATE_HZ,
                speaking_rate=self._settings.google.speaking_rate,
            ),
        )
        requests = [
            tts.StreamingSynthesizeRequest(streaming_config=config),
            tts.StreamingSynthesizeRequest(input=tts.StreamingSynthesisInput(text=text)),
        ]
        return self.transport().streaming_synthesize(
            iter(requests), timeout=self._settings.sentence_ms / 1000
        )

    def _at_once(self, text: str, language: LanguageCode) -> Any:
        from google.cloud import texttospeech as tts

        request = tts.SynthesizeSpeechRequest(
            input=tts.SynthesisInput(text=text),
            voice=self._selected(language),
            audio_config=tts.AudioConfig(
                audio_encoding=tts.AudioEncoding.LINEAR16,
                sample_rate_hertz=RATE_HZ,
                speaking_rate=self._settings.google.speaking_rate,
            ),
        )
        # the whole sentence is its first audio
        return self.transport().synthesize_speech.future(
            request, timeout=self._settings.first_audio_ms / 1000
        )

    def _selected(self, language: LanguageCode) -> Any:
        from google.cloud import texttospeech as tts

        name = getattr(self._settings.google, language)
        return tts.VoiceSelectionParams(language_code="-".join(name.split("-")[:2]), name=name)


class GoogleSpeech:
    """One sentence. `close` from any thread cancels the call at the service."""

    def __init__(self, voice: GoogleVoice, text: str, language: LanguageCode) -> None:
        self._voice = voice
        self._name = getattr(voice._settings.google, language)
        self._text, self._language = text, language
        self._first_s = voice._settings.first_audio_ms / 1000
        self._sentence_s = voice._settings.sentence_ms / 1000
        self._call: Any = None  # the call in flight
        self._closed = False
        self._for_first = False  # it is, or was, waited for the first audio
        self._pieces = self._made()

    def __iter__(self) -> GoogleSpeech:
        return self

    def __next__(self) -> Piece:
        return next(self._pieces)

    def close(self) -> None:
        """No more of it; whoever waits for a piece is told at once that there are none."""
        self._closed = True
        if self._call is not None:
            self._call.cancel()

    def _made(self) -> Iterator[Piece]:
        if not self._text.strip():
            return
        marks = EstimatedMarks(self._text, self._voice._paces[self._language])
        shaper = Shaper(RATE_HZ)
        samples = 0
        for audio, is_all in self._audio():
            pcm = np.concatenate([shaper.feed(audio), shaper.finish()]) if is_all else shaper.feed(audio)
            samples += pcm.size
            if is_all:
                check_sounds("Google's voice", self._text, samples)
                yield Piece(pcm, marks.finish(samples))
                return
            if pcm.size:
                yield Piece(pcm, marks.until(samples))
        if not self._closed:
            check_sounds("Google's voice", self._text, samples)
            rest = shaper.finish()
            yield Piece(rest, marks.finish(samples + rest.size))

    def _audio(self) -> Iterator[tuple[bytes, bool]]:
        """What the service sends, headerless, int16 at RATE_HZ, and whether it is the whole sentence at once.

        Raises VoiceError.
        """
        import grpc

        if self._name not in self._voice._whole:
            try:
                yield from self._stream()
                return
            except grpc.RpcError as error:
                if self._closed:
                    return
                if not cannot_stream(error):
                    raise failure(error, self._name, self._limit_s()) from None
                self._voice._whole.add(self._name)
        try:
            self._for_first = True
            self._begin(self._voice._at_once(self._text, self._language))
            yield without_header(self._call.result().audio_content), True
        except (grpc.RpcError, grpc.FutureCancelledError) as error:
            if not self._closed:
                raise failure(error, self._name, self._limit_s()) from None

    def _stream(self) -> Iterator[tuple[bytes, bool]]:
        self._begin(self._voice._streamed(self._text, self._language))
        late = threading.Timer(self._first_s, self._is_late)
        late.daemon = True
        late.start()
        try:
            for answer in self._call:
                if answer.audio_content:  # an answer without a sound in it does not end the wait for one
                    late.cancel()
                    yield answer.audio_content, False
        finally:
            late.cancel()

    def _begin(self, call: Any) -> None:
        self._call = call
        if self._closed:  # while the call was being made
            call.cancel()

    def _is_late(self) -> None:
        self._for_first = True
        self._call.cancel()

    def _limit_s(self) -> float:
        """How long it was waited for in vain."""
        return self._first_s if self._for_first else self._sentence_s
