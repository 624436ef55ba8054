"""Greedy decoding in torch, to see how a training goes. What counts is measured through faster-whisper:
benchmarks/asr.py.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import torch

from engine.protocol import LANGUAGES
from tools.ear.batches import PROMPT, Ready, collate
from tools.ear.model import TOKENS_AT_MOST, Ear
from tools.ear.tokens import Vocabulary

TOGETHER = 40


class Listened(NamedTuple):
    """How clips were heard, by language."""

    wer_percent: dict[str, float]
    language_share: float
    examples: list[tuple[str, str]]  # (said, heard), of some that are wrong


@torch.no_grad()
def listen(ear: Ear, clips: list[Ready], vocabulary: Vocabulary, device: torch.device) -> Listened:
    """Recognise clips, the language found out."""
    ear.eval()
    wrong, words, right = dict.fromkeys(LANGUAGES, 0), dict.fromkeys(LANGUAGES, 0), 0
    examples: list[tuple[str, str]] = []
    for first in range(0, len(clips), TOGETHER):
        some = clips[first : first + TOGETHER]
        batch = collate(some, vocabulary, Random(0), whole=True, guess=False).to(device)
        heard = ear.encode(batch.features)
        found = _greedy(ear, heard, vocabulary)
        for clip, (language, text) in zip(some, found, strict=True):
            errors = edits(clip.text.split(), text.split())
            wrong[clip.language] += errors
            words[clip.language] += len(clip.text.split())
            right += language == clip.language
            if errors and len(examples) < 4:
                examples.append((clip.text, text))
    ear.train()
    rates: dict[str, float] = {code: round(100 * wrong[code] / max(1, words[code]), 1) for code in LANGUAGES}
    return Listened(rates, round(right / max(1, len(clips)), 3), examples)


def _greedy(ear: Ear, heard: torch.Tensor, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    device, count, end = heard.device, heard.shape[0], vocabulary.id("endoftext")
    start = torch.full((count, 1), vocabulary.id("startoftranscript"), device=device)
    codes = [vocabulary.id(code) for code in LANGUAGES]
    first = ear.decode(start, heard)[0][:, -1]
    spoken_in = [LANGUAGES[int(each)] for each in first[:, codes].argmax(-1)]
    tokens = torch.tensor([vocabulary.prompt(code) for code in spoken_in], device=device)
    over = torch.zeros(count, dtype=torch.bool, device=device)
    for _ in range(TOKENS_AT_MOST - PROMPT):
        logits = ear.decode(tokens, heard)[0][:, -1]
        logits[:, vocabulary.pieces : end] = -torch.inf
        logits[:, end + 1 :] = -torch.inf
        chosen = torch.where(over, end, logits.argmax(-1))
        tokens = torch.cat([tokens, chosen[:, None]], dim=1)
        over |= chosen == end
        if bool(over.all()):
            break
    texts = [vocabulary.text(row[PROMPT:].tolist()) for row in tokens]
    return list(zip(spoken_in, texts, strict=True))


def edits(said: list[str], heard: list[str]) -> int:
    """Words to change, add and take away."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        last, row = row, [i]
        for j, other in enumerate(heard, 1):
            row.append(min(row[-1] + 1, last[j] + 1, last[j - 1] + (word != other)))
    return row[-1]
