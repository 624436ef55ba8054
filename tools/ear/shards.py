"""Training clips on disk: made once, by as many processes as there are cores, a file of them after the other."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from engine.protocol import LANGUAGES, LanguageCode
from tools.ear.clip import Clip, make
from tools.ear.speaker import Speaker

CLIPS = 4000  # in a file
LANGUAGE_CODES: tuple[LanguageCode, ...] = LANGUAGES


class Shard(NamedTuple):
    """Clips as arrays, one behind the other."""

    features: np.ndarray  # float16, shape (frames, 80)
    lengths: np.ndarray  # frames of each clip
    texts: np.ndarray
    languages: np.ndarray
    phonemes: np.ndarray  # of each clip, joined by "|"
    ends_ms: np.ndarray
    ends: np.ndarray  # how many of them each clip has


def name_of(number: int) -> str:
    """Of a file."""
    return f"clips-{number:03}.npz"


def build(folder: Path, count: int, seed: int, told: Callable[[int, int], None]) -> None:
    """Make the files 0 … count-1 that are not there yet. told(files that are there, files in all)."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [number for number in range(count) if not (folder / name_of(number)).exists()]
    told(count - len(missing), count)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        work = [pool.submit(_build_one, folder, number, seed) for number in missing]
        for done, future in enumerate(as_completed(work), 1):
            future.result()
            told(count - len(missing) + done, count)


def _build_one(folder: Path, number: int, seed: int) -> None:
    dice = zlib.crc32(f"{seed}/{number}".encode())
    random, speaker = Random(dice), Speaker(dice)
    made: list[Clip] = []
    while len(made) < CLIPS:
        clip = make(speaker, LANGUAGE_CODES[len(made) % len(LANGUAGE_CODES)], random)
        if clip is not None:
            made.append(clip)
    part = folder / f"{name_of(number)}.part.npz"
    np.savez(part, **stored(made)._asdict())
    part.replace(folder / name_of(number))  # a file is whole or not there


def stored(clips: list[Clip]) -> Shard:
    """Clips as arrays."""
    return Shard(
        np.concatenate([clip.features.T for clip in clips]),
        np.array([clip.features.shape[1] for clip in clips]),
        np.array([clip.text for clip in clips]),
        np.array([clip.language for clip in clips]),
        np.array(["|".join(clip.phonemes) for clip in clips]),
        np.concatenate([clip.ends_ms for clip in clips]),
        np.array([clip.ends_ms.size for clip in clips]),
    )


def read(path: Path) -> Iterator[Clip]:
    """The clips of a file."""
    with np.load(path) as file:
        shard = Shard(**{name: file[name] for name in Shard._fields})
    at = np.concatenate([[0], np.cumsum(shard.lengths)])
    end = np.concatenate([[0], np.cumsum(shard.ends)])
    for i, text in enumerate(shard.texts):
        yield Clip(
            shard.features[at[i] : at[i + 1]].T,
            str(text),
            str(shard.languages[i]),  # type: ignore[arg-type]
            str(shard.phonemes[i]).split("|"),
            shard.ends_ms[end[i] : end[i + 1]],
        )
