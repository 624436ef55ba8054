"""What a step of training is judged by."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as f

from tools.ear.batches import IGNORED, Batch
from tools.ear.model import Ear

LANGUAGE_WEIGHT, PHONEME_WEIGHT, LOOK_WEIGHT, CTC_WEIGHT = 0.3, 1.0, 0.3, 0.2
LOOK_FRAMES = 4  # around a token's time in which half of the heads shall look for it: 160 ms


class Losses(NamedTuple):
    """Means over the batch."""

    words: Tensor  # the next token, the language included
    language: Tensor
    phonemes: Tensor  # of each frame: espeak-ng tells when it speaks which
    look: Tensor  # the decoder looks where the word is
    ctc: Tensor

    def total(self) -> Tensor:
        """Weighted."""
        return (
            self.words
            + LANGUAGE_WEIGHT * self.language
            + PHONEME_WEIGHT * self.phonemes
            + LOOK_WEIGHT * self.look
            + CTC_WEIGHT * self.ctc
        )


def losses(ear: Ear, batch: Batch, blank: int) -> Losses:
    """Of a batch. blank: CTC's class for nothing."""
    device = batch.features.device.type
    with torch.autocast(
        device, torch.bfloat16, enabled=device == "cuda"
    ):  # slower than 32 bits on many a CPU
        heard = ear.encode(batch.features)
        logits, weights = ear.decode(batch.tokens, heard)
        frames, ctc = ear.phoneme_head(heard), ear.ctc_head(heard)
    logits, frames = logits.float(), frames.float()
    return Losses(
        f.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORED),
        f.cross_entropy(logits[:, 0], batch.targets[:, 0]),
        f.cross_entropy(frames.flatten(0, 1), batch.phonemes.flatten(), ignore_index=IGNORED),
        _look(weights.float(), batch.spans),
        _ctc(ctc.float(), batch, blank),
    )


def _look(weights: Tensor, spans: Tensor) -> Tensor:
    """How much of half of the heads' attention lies around the time at which each token is spoken."""
    frame = torch.arange(weights.shape[-1], device=weights.device)
    near = (frame >= spans[..., :1] - LOOK_FRAMES) & (frame <= spans[..., 1:] + LOOK_FRAMES)
    guided = weights[:, : weights.shape[1] // 2]
    mass = (guided * near[:, None]).sum(-1).mean(1)
    has_time = spans[..., 1] >= 0
    return -(mass[has_time] + 1e-4).log().mean() if has_time.any() else weights.sum() * 0


def _ctc(logits: Tensor, batch: Batch, blank: int) -> Tensor:
    targets = torch.tensor([token for text in batch.texts for token in text.tolist()], dtype=torch.long)
    return f.ctc_loss(
        logits.log_softmax(-1).transpose(0, 1),
        targets.to(logits.device),
        ((batch.lengths + 1) // 2).clamp(max=logits.shape[1]).cpu(),
        torch.tensor([text.size for text in batch.texts]),
        blank=blank,
        zero_infinity=True,
    )
