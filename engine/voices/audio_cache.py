"""Sentences that were spoken before, on disk: what a paid or slow voice has said once costs nothing the second time.

Only sentences without anybody's data are kept: those whose text is one of the language file's as it stands there, no
slot filled, or equals its own template. A sentence with a name, a date or a number of people in it never is. The text
itself is not written down: a file's name is a hash of engine, voice, speed, language and text.

One file is one sentence: a line with the SHA-256 of the rest, then int16 samples, 48 kHz, little-endian. What is
damaged is deleted and made again. espeak-ng is not kept: it is free, and a file saves less than ten milliseconds of a
sentence (benchmarks/voices.py) out of an answer's four hundred.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np

from engine.languages import load
from engine.protocol import LanguageCode, Sentence

log = logging.getLogger(__name__)

FOLDER = Path("cache", "voice")
SUFFIX = ".pcm"
DIGEST_BYTES = hashlib.sha256().digest_size


def holds_nobodys_data(sentence: Sentence) -> bool:
    """Whether the audio of a sentence may be kept. Pure, but for the language files."""
    text = sentence.text
    if "{" in text:
        return False
    return text == sentence.template or text in fixed_sentences(sentence.language)


def fixed_sentences(language: LanguageCode) -> frozenset[str]:
    """What the language file says without a slot in it."""
    say = load(language).say
    texts = (getattr(say, field) for field in say.__struct_fields__)
    return frozenset(text for text in texts if isinstance(text, str) and "{" not in text)


class AudioCache:
    """The folder. Asked from several threads; what fails on the disk is as if it were not there."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()  # least recently used first
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            there = [(path.stat(), path) for path in folder.glob(f"*{SUFFIX}")]
            for status, path in sorted(there, key=lambda each: each[0].st_mtime_ns):
                self._sizes[path.name] = status.st_size
            for left in folder.glob("*.part"):  # of a process that died while it wrote
                left.unlink()

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        with self._lock:
            return sum(self._sizes.values())

    def get(self, identity: str, language: LanguageCode, text: str) -> np.ndarray | None:
        """The sentence's audio, int16, shape (samples,), 48 kHz; None when it is not here, or damaged."""
        path = self._path(identity, language, text)
        try:
            held = path.read_bytes()
        except OSError:
            self._forget(path)
            return None
        pcm = held[DIGEST_BYTES:]
        if not pcm or len(pcm) % 2 or hashlib.sha256(pcm).digest() != held[:DIGEST_BYTES]:
            log.warning("a damaged file of the voice's cache was deleted")
            with contextlib.suppress(OSError):
                path.unlink()
            self._forget(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        with self._lock:
            self._sizes[path.name] = len(held)
            self._sizes.move_to_end(path.name)
        return np.frombuffer(pcm, "<i2").astype(np.int16)

    def put(self, identity: str, language: LanguageCode, text: str, pcm: np.ndarray) -> None:
        """Keep a whole sentence; the least recently used ones make room for it."""
        audio = pcm.astype("<i2").tobytes()
        size = DIGEST_BYTES + len(audio)
        if not audio or size > self._limit:
            return
        path = self._path(identity, language, text)
        part = path.with_suffix(f".{threading.get_ident()}.part")
        try:
            with open(part, "wb", opener=_private) as file:
                file.write(hashlib.sha256(audio).digest() + audio)
            part.replace(path)
        except OSError as error:
            log.warning("the voice's cache cannot be written (%s); sentences are made anew", error.strerror)
            with contextlib.suppress(OSError):
                part.unlink()
            return
        with self._lock:
            self._sizes[path.name] = size
            self._sizes.move_to_end(path.name)
            while sum(self._sizes.values()) > self._limit:
                oldest, _ = self._sizes.popitem(last=False)
                with contextlib.suppress(OSError):
                    (self._folder / oldest).unlink()

    def _path(self, identity: str, language: LanguageCode, text: str) -> Path:
        name = hashlib.sha256("\0".join((identity, language, text)).encode()).hexdigest()
        return self._folder / f"{name}{SUFFIX}"

    def _forget(self, path: Path) -> None:
        with self._lock:
            self._sizes.pop(path.name, None)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
