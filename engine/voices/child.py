"""A voice's own process, seen from inside: reads what to say, speaks one sentence after the other, can be stopped.

Standard library alone: this runs under whichever interpreter has the voice's package.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from engine.voices import frames

Synthesize = Callable[[str, str], Iterator[tuple[int, bytes]]]
"""(text, language) → (rate in Hz, int16 samples) in pieces."""


class NotHere(Exception):
    """Raised while loading: what is missing, and the next step."""


def serve(load: Callable[[dict[str, Any]], Synthesize]) -> int:
    """Until standard input ends. load: makes the voice of its settings; may raise NotHere."""
    heard = os.fdopen(os.dup(0), "rb")
    said = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    first = frames.read(heard)
    if first is None or first.kind != frames.CONFIGURE:
        return 1
    try:
        synthesize = load(json.loads(first.body))
    except NotHere as missing:
        frames.write(said, frames.FAILED, frames.NUMBER.pack(0), str(missing).encode())
        return 0
    except (
        Exception
    ) as error:  # a package, a model: whatever breaks in them is told, never the text of a sentence
        words = f"it could not be loaded ({type(error).__name__}: {error})"
        frames.write(said, frames.FAILED, frames.NUMBER.pack(0), words.encode())
        return 0
    frames.write(said, frames.READY)
    _Mouth(heard, said, synthesize).run()
    return 0


class _Mouth:
    """One sentence after the other, while another thread listens."""

    def __init__(self, heard: Any, said: Any, synthesize: Synthesize) -> None:
        self._heard, self._said, self._synthesize = heard, said, synthesize
        self._waiting: queue.SimpleQueue[frames.Frame | None] = queue.SimpleQueue()
        self._unwanted: set[int] = set()

    def run(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        while (frame := self._waiting.get()) is not None:
            if frame.number not in self._unwanted:
                self._say(frame)
            self._unwanted.discard(frame.number)

    def _listen(self) -> None:
        while (frame := frames.read(self._heard)) is not None:
            if frame.kind == frames.CANCEL:
                self._unwanted.add(frame.number)
            elif frame.kind == frames.SAY:
                self._waiting.put(frame)
        os._exit(0)  # the engine is gone, and a synthesis in the middle is for nobody

    def _say(self, frame: frames.Frame) -> None:
        number = frames.NUMBER.pack(frame.number)
        language = frame.body[4:6].decode()
        text = frame.body[6:].decode()
        try:
            for rate_hz, audio in self._synthesize(text, language):
                if frame.number in self._unwanted:
                    return
                frames.write(self._said, frames.AUDIO, frames.AUDIO_HEAD.pack(frame.number, rate_hz), audio)
        except NotHere as missing:
            frames.write(self._said, frames.FAILED, number, str(missing).encode())
            return
        except Exception as error:  # its text may quote the sentence
            words = f"it could not say the sentence ({type(error).__name__})"
            frames.write(self._said, frames.FAILED, number, words.encode())
            return
        frames.write(self._said, frames.DONE, number)


def files_of(settings: dict[str, Any], what: str) -> dict[str, str]:
    """Language → path, for those that are named. Raises NotHere when none is, or one does not exist."""
    named = {code: settings[code] for code in ("en", "de", "es", "nl") if settings.get(code)}
    if not named:
        raise NotHere(f"no voice is named. Set {what} in the settings, one for each language.")
    for code, path in named.items():
        if not os.path.exists(os.path.expanduser(path)):  # noqa: PTH110, PTH111
            raise NotHere(f"the voice for {code} is not there: {path}. Put it there, or mend {what}.")
    return {code: os.path.expanduser(path) for code, path in named.items()}  # noqa: PTH111


def interpreter() -> str:
    """For a next step that names the right pip."""
    return sys.executable
