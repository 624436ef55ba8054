"""Clips in memory, and batches of clips of about the same length. A batch is given by seed and number alone, so that
a training that was broken off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.protocol import LANGUAGES, LanguageCode
from tools.ear import shards
from tools.ear.clip import LABEL_MS, Clip
from tools.ear.model import TOKENS_AT_MOST
from tools.ear.tokens import Vocabulary

WINDOW_FRAMES = 400
BATCH_FRAMES = 5000  # 100 s of audio
LENGTH_NOISE = 12  # frames: not always the same clips together
GUESS_SHARE = 0.12  # of the tokens so far are replaced: who listens does not need them
IGNORED = -100
PROMPT = 4  # tokens before the text


class Ready(NamedTuple):
    """A clip with its labels as numbers."""

    features: np.ndarray  # float16, shape (80, frames)
    tokens: np.ndarray
    language: LanguageCode
    phonemes: np.ndarray  # class of each label frame; 0 = none
    spans: np.ndarray  # float32, shape (tokens, 2): label frames in which each token is spoken
    text: str


class Batch(NamedTuple):
    """Tensors of a step."""

    features: Tensor  # (batch, 80, frames)
    lengths: Tensor  # frames of each clip
    tokens: Tensor  # given to the decoder, (batch, length)
    targets: Tensor  # wanted of it, IGNORED where nothing is
    phonemes: Tensor  # (batch, label frames)
    spans: Tensor  # (batch, length, 2), -1 = none
    texts: list[np.ndarray]  # token numbers of each clip's text, for CTC

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        moved = (each.to(device) if isinstance(each, Tensor) else each for each in self)
        return Batch(*moved)


def phoneme_names(clips: Iterable[Clip]) -> list[str]:
    """All classes of frames; the first is "none"."""
    return ["", *sorted({name for clip in clips for name in clip.phonemes if name})]


def ready(clip: Clip, vocabulary: Vocabulary, phonemes: dict[str, int]) -> Ready:
    """A clip with numbers for its labels."""
    ids, spans = vocabulary.encoded(clip.text)
    frames = clip.ends_ms.astype(np.float32) / LABEL_MS
    return Ready(
        clip.features,
        np.array(ids, np.int64),
        clip.language,
        np.array([phonemes.get(name, 0) for name in clip.phonemes], np.int64),
        np.array([[frames[first], frames[last]] for first, last in spans], np.float32).reshape(-1, 2),
        clip.text,
    )


def load(folder: Path, vocabulary: Vocabulary, phonemes: list[str]) -> list[Ready]:
    """All training clips of a folder."""
    numbers = {name: number for number, name in enumerate(phonemes)}
    paths = sorted(folder.glob("clips-???.npz"))
    found = (ready(clip, vocabulary, numbers) for path in paths for clip in shards.read(path))
    return [clip for clip in found if clip.tokens.size <= TOKENS_AT_MOST - PROMPT - 1]


def plan(clips: list[Ready], seed: int, epoch: int) -> list[list[int]]:
    """The batches of one pass over all clips, as places in the list."""
    random = Random(f"{seed}/{epoch}")
    order = sorted(
        range(len(clips)), key=lambda i: clips[i].features.shape[1] + LENGTH_NOISE * random.random()
    )
    batches: list[list[int]] = []
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) + 1) * clips[i].features.shape[1] > BATCH_FRAMES:
            batches.append(batch)
            batch = []
        batch.append(i)
    batches.append(batch)
    random.shuffle(batches)
    return batches


def collate(
    clips: list[Ready], vocabulary: Vocabulary, random: Random, whole: bool, guess: bool = True
) -> Batch:
    """Clips as a batch, filled up with zeros: a little, or to the whole window as faster-whisper does."""
    longest = max(clip.features.shape[1] for clip in clips)
    frames = WINDOW_FRAMES if whole else min(WINDOW_FRAMES, longest + random.randint(0, 24))
    frames += frames % 2
    length = PROMPT + max(clip.tokens.size for clip in clips)
    features = np.zeros((len(clips), clips[0].features.shape[0], frames), np.float32)
    tokens = np.full((len(clips), length), vocabulary.id("endoftext"))
    targets = np.full((len(clips), length), IGNORED)
    phonemes = np.full((len(clips), frames // 2), IGNORED)
    spans = np.full((len(clips), length, 2), -1, np.float32)
    dice = np.random.default_rng(random.getrandbits(32))
    for row, clip in enumerate(clips):
        size, count = clip.features.shape[1], clip.tokens.size
        features[row, :, :size] = clip.features
        nobody = count == 0 and not clip.phonemes.any()
        said_in = random.choice(LANGUAGES) if nobody else clip.language
        written = [*vocabulary.prompt(said_in), *clip.tokens, vocabulary.id("endoftext")]
        tokens[row, : len(written) - 1] = written[:-1]
        targets[row, PROMPT - 1 : len(written) - 1] = written[PROMPT:]
        targets[row, 0] = vocabulary.id("nospeech" if nobody else clip.language)
        labels = clip.phonemes[: frames // 2]
        phonemes[row, : labels.size] = labels
        spans[row, PROMPT - 1 : PROMPT - 1 + count] = clip.spans  # the place before a token asks where it is
        if guess and count:
            wrong = np.flatnonzero(dice.random(count) < GUESS_SHARE) + PROMPT
            wrong = wrong[wrong < length]
            tokens[row, wrong] = dice.integers(0, vocabulary.pieces, wrong.size)
    lengths = np.array([clip.features.shape[1] for clip in clips])
    arrays = (features, lengths, tokens, targets, phonemes, spans)
    tensors = [torch.from_numpy(each) for each in arrays]
    return Batch._make([*tensors, [clip.tokens for clip in clips]])
