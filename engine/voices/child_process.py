"""One running process of a voice, seen from the engine: asked, heard, cancelled, ended."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import struct
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.protocol import LanguageCode
from engine.settings import ProcessVoiceSettings
from engine.voices import frames
from engine.voices.base import VoiceError

ROOT = Path(__file__).parents[2]  # the child finds `engine` here, also under another interpreter
END_WAIT_S = 2.0
KEPT_VARIABLES = {
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TZ",
    "TMPDIR",
    "VIRTUAL_ENV",
    "TTS_HOME",
    "ORT_DISABLE_TELEMETRY",
}
KEPT_PREFIXES = ("LC_", "LD_", "DYLD_", "XDG_", "CUDA_", "NVIDIA_", "OMP_", "MKL_")

Audio = tuple[int, bytes]  # rate in Hz, int16 samples
Heard = Audio | VoiceError | None  # None: that was all


def environment_for_voice(environment: Mapping[str, str]) -> dict[str, str]:
    """What a voice's process is given of the engine's environment: nothing in which a key or a password could be."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in KEPT_VARIABLES or name.startswith(KEPT_PREFIXES)
    }
    path = os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH", ""))))
    return {**kept, "PYTHONPATH": path}


class Child:
    """One running process."""

    def __init__(self, name: str, command: list[str], own: ProcessVoiceSettings) -> None:
        self.ended = False
        self.why = ""  # it said that it cannot speak at all, or how it ended
        self.ready = threading.Event()  # also set when it has ended
        self._name = name
        self._sentences: dict[int, queue.SimpleQueue[Heard]] = {}
        self._lock = threading.Lock()
        self._writing = (
            threading.Lock()
        )  # not `_lock`: a process that reads slowly must not keep us from listening
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment_for_voice(os.environ),
            )
        except OSError as error:
            raise VoiceError(
                f"{name} cannot be started: {command[0]}: {error.strerror}. Mend voice.{name.lower()}.python."
            ) from None
        configuration = {field: getattr(own, field) for field in own.__struct_fields__}
        with contextlib.suppress(OSError):  # it has ended already, which the listener is about to notice
            self._write(frames.CONFIGURE, json.dumps(configuration).encode())
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, number: int, text: str, language: LanguageCode) -> queue.SimpleQueue[Heard]:
        """Have it say a sentence; what comes of it."""
        heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        with self._lock:
            self._sentences[number] = heard
        with contextlib.suppress(OSError):  # it has ended, and the listener tells every sentence so
            self._write(frames.SAY, frames.NUMBER.pack(number), language.encode(), text.encode())
        if self.ended:  # between the first line and now
            heard.put(VoiceError(self.why))
        return heard

    def cancel(self, number: int) -> None:
        """Nobody wants this sentence any more. The process is told where it is still at it."""
        with self._lock:
            wanted = self._sentences.pop(number, None)
        if wanted is not None:
            with contextlib.suppress(OSError):
                self._write(frames.CANCEL, frames.NUMBER.pack(number))
            wanted.put(None)

    def end(self) -> None:
        """Its standard input ends, and so does it; where it does not, it is killed."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(END_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _write(self, kind: int, *parts: bytes) -> None:
        stdin: Any = self._process.stdin
        with self._writing:
            try:
                frames.write(stdin, kind, *parts)
            except ValueError:  # closed
                raise OSError("closed") from None

    def _listen(self) -> None:
        stdout: Any = self._process.stdout
        try:
            while (frame := frames.read(stdout)) is not None:
                self._take(frame)
        except (ValueError, struct.error) as error:
            self.why = (
                f"{self._name}'s process wrote what is no frame ({error}). "
                f"Check voice.{self._name.lower()}.python."
            )
            self._process.kill()
        code = self._process.wait()
        if not self.why:
            self.why = f"{self._name}'s process ended (exit code {code}). It is started again by itself."
        with self._lock:
            self.ended = True
            left, self._sentences = list(self._sentences.values()), {}
        for heard in left:
            heard.put(VoiceError(self.why))
        self.ready.set()

    def _take(self, frame: frames.Frame) -> None:
        if frame.kind == frames.READY:
            self.ready.set()
            return
        number = frame.number
        if number == 0:
            self.why = f"{self._name}: {frame.body[4:].decode(errors='replace')}"
            return  # it ends now
        with self._lock:
            last = frame.kind != frames.AUDIO
            heard = self._sentences.pop(number, None) if last else self._sentences.get(number)
        if heard is None:
            return  # cancelled
        if frame.kind == frames.AUDIO:
            _, rate_hz = frames.AUDIO_HEAD.unpack_from(frame.body)
            heard.put((rate_hz, frame.body[frames.AUDIO_HEAD.size :]))
        elif frame.kind == frames.DONE:
            heard.put(None)
        else:
            heard.put(VoiceError(f"{self._name}: {frame.body[4:].decode(errors='replace')}"))
