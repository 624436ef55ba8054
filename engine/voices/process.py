"""A voice in a process of its own, because of its licence or its weight: Piper, Coqui, or any program that speaks
the frames of frames.py.

The process is started at the first sentence, says one sentence after the other, and is started again when it has
ended, though not at once each time. What it writes to its standard error is thrown away: it may quote sentences.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from engine.protocol import LANGUAGES, LanguageCode
from engine.settings import ProcessVoiceSettings, VoiceSettings
from engine.voices.base import Piece, VoiceError, check_sounds
from engine.voices.child_process import Audio, Child
from engine.voices.marks import EstimatedMarks, Pace
from engine.voices.shaping import Shaper

RESTART_AFTER_S = 5.0


class ProcessVoice:
    """The adapter; asked from several threads at once. The process takes their sentences in turn."""

    def __init__(
        self,
        name: str,
        settings: VoiceSettings,
        command: Sequence[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """name: "piper" or "coqui". command: another program than its own."""
        self.name = name.capitalize()
        self.settings = settings
        self._own: ProcessVoiceSettings = getattr(settings, name)
        python = str(Path(self._own.python).expanduser()) if self._own.python else sys.executable
        self._command = list(command or (python, "-m", f"engine.voices.{name}_child"))
        self._clock = clock
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._started_s = -RESTART_AFTER_S
        self._number = 0
        self.paces = {language: Pace() for language in LANGUAGES}

    def identity(self, language: LanguageCode) -> str:
        """The file, as it is now, and the speaker."""
        named = getattr(self._own, language)
        changed = 0
        with contextlib.suppress(OSError):
            changed = Path(named).expanduser().stat().st_mtime_ns
        return f"{self.name} {named} {changed} {self._own.speaker}"

    def say(self, text: str, language: LanguageCode) -> ProcessSpeech:
        """The sentence, piece by piece as the process makes them."""
        return ProcessSpeech(self, text, language)

    def warm(self) -> None:
        """Start the process, which then loads its models. Raises VoiceError."""
        self.child()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def child(self) -> tuple[Child, int]:
        """The running process and a number for the next sentence. Raises VoiceError when it cannot be had now."""
        with self._lock:
            loads_s = self._clock() - self._started_s
            if self._child is not None and not self._child.ready.is_set() and loads_s > self._own.start_s:
                self._child.end()  # it would never be
            if self._child is None or self._child.ended:
                why = self._child.why if self._child is not None else ""
                if loads_s < RESTART_AFTER_S:
                    raise VoiceError(
                        why or f"{self.name}'s process has just ended. It is started again by itself."
                    )
                self._started_s = self._clock()
                self._child = Child(self.name, self._command, self._own)
            self._number += 1
            return self._child, self._number


class ProcessSpeech:
    """One sentence. `close` from any thread cancels it in the process."""

    def __init__(self, voice: ProcessVoice, text: str, language: LanguageCode) -> None:
        self._voice, self._text, self._language = voice, text, language
        self._asked: tuple[Child, int] | None = None
        self._closed = threading.Event()
        self._pieces = self._made()

    def __iter__(self) -> ProcessSpeech:
        return self

    def __next__(self) -> Piece:
        return next(self._pieces)

    def close(self) -> None:
        """No more of it."""
        self._closed.set()
        if self._asked is not None:
            child, number = self._asked
            child.cancel(number)

    def _made(self) -> Iterator[Piece]:
        if not self._text.strip():
            return
        marks = EstimatedMarks(self._text, self._voice.paces[self._language])
        shaper: Shaper | None = None
        samples = 0
        for rate_hz, audio in self._audio():
            shaper = shaper or Shaper(rate_hz)
            pcm = shaper.feed(audio)
            samples += pcm.size
            if pcm.size:
                yield Piece(pcm, marks.until(samples))
        if not self._closed.is_set():
            check_sounds(self._voice.name, self._text, samples)
            rest = shaper.finish() if shaper is not None else np.empty(0, np.int16)
            yield Piece(rest, marks.finish(samples + rest.size))

    def _audio(self) -> Iterator[Audio]:
        """What the process makes, as it comes. Raises VoiceError when it is too late."""
        settings = self._voice.settings
        child, number = self._asked = self._voice.child()
        if not child.ready.wait(settings.first_audio_ms / 1000):
            raise VoiceError(f"{self._voice.name} is still loading its models. It speaks as soon as it has.")
        heard = child.ask(number, self._text, self._language)
        until_s = time.monotonic() + settings.sentence_ms / 1000
        wait_s = settings.first_audio_ms / 1000
        try:
            while not self._closed.is_set():
                try:
                    got = heard.get(timeout=max(0.0, wait_s))
                except queue.Empty:
                    first_s, whole_s = settings.first_audio_ms / 1000, settings.sentence_ms / 1000
                    raise VoiceError(
                        f"{self._voice.name} is too slow here: it has {first_s:g} s for the first sound and "
                        f"{whole_s:g} s for a sentence. "
                        "Choose a smaller voice, or allow it more time in [voice]."
                    ) from None
                if got is None:
                    return
                if isinstance(got, VoiceError):
                    raise got
                yield got
                wait_s = until_s - time.monotonic()
        finally:
            child.cancel(number)
