"""Training: steps of seed and number, so that one that was broken off goes on; a checkpoint every few minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import torch

from tools.ear import batches
from tools.ear.augment import Augmenter
from tools.ear.batches import Ready
from tools.ear.listening import Listened, listen
from tools.ear.losses import Losses, losses
from tools.ear.model import Ear, Shape
from tools.ear.muon import Muon
from tools.ear.tokens import Vocabulary

RATE, LAST_RATE_SHARE = 2e-3, 0.02
WARM_UP_STEPS, DECAY_FROM = 150, 0.45  # of the steps; most is gained while the rate falls
WHOLE_FROM, WHOLE_SHARE, WHOLE_CLIPS = 0.4, 0.3, 13  # batches filled up to the window, as a call gives them
HARD_FROM = 0.4  # of the steps; before, noise and strange voices become more, little by little
CLIP_NORM = 1.0
CHECKPOINT_S, TOLD_S = 420, 20
SMOOTH = 0.95


class Plan(NamedTuple):
    """What is trained."""

    shape: Shape
    steps: int
    seed: int
    start: Path | None = None  # checkpoint of an earlier training whose weights this one begins with


class Told(NamedTuple):
    """How far a training is."""

    step: int
    steps: int
    trained_s: float  # in this run and the ones before it
    audio_h: float  # heard so far
    losses: dict[str, float]
    listened: dict[str, Listened]  # not empty: it was just tried out


def device_at_hand() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train(
    plan: Plan,
    clips: list[Ready],
    tries: dict[str, list[Ready]],
    vocabulary: Vocabulary,
    phonemes: int,
    checkpoint: Path,
    told: Callable[[Told], None],
) -> Ear:
    """Train to the end, from the checkpoint on if there is one. tries: clips to try the ear with now and then."""
    device = device_at_hand()
    torch.manual_seed(plan.seed)
    ear = Ear(plan.shape, vocabulary.spoken, phonemes).to(device)
    optimizers = _optimizers(ear)
    change = Augmenter(plan.seed, device)
    step, before_s, audio_s = 0, 0.0, 0.0
    if plan.start and not checkpoint.exists():
        ear.load_state_dict(torch.load(plan.start, map_location=device)["ear"])
    if checkpoint.exists():
        kept = torch.load(checkpoint, map_location=device)
        ear.load_state_dict(kept["ear"])
        for optimizer, state in zip(optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        step, before_s, audio_s = kept["step"], kept["trained_s"], kept["audio_s"]
    began = kept_at = told_at = time.monotonic()
    means: dict[str, float] = {}
    ear.train()
    for some, whole, random in _steps(plan, clips, step):
        batch = batches.collate(some, vocabulary, random, whole).to(device)
        dice = torch.Generator().manual_seed(random.getrandbits(40))
        hard = 1.0 if plan.start else min(1.0, step / (plan.steps * HARD_FROM))
        batch = batch._replace(features=change(batch.features, batch.lengths, dice, hard))
        found = _step(ear, optimizers, batch, vocabulary.spoken, rate(step, plan))
        step += 1
        audio_s += float(batch.lengths.sum()) / 50
        for name, value in found._asdict().items():
            means[name] = SMOOTH * means.get(name, float(value)) + (1 - SMOOTH) * float(value)
        now = time.monotonic()
        trained_s = before_s + now - began
        listened = {}
        if now - kept_at > CHECKPOINT_S or step == plan.steps:
            _keep(checkpoint, ear, optimizers, step, trained_s, audio_s)
            listened = {name: listen(ear, each, vocabulary, device) for name, each in tries.items()}
            kept_at = time.monotonic()
        if listened or now - told_at > TOLD_S:
            told(Told(step, plan.steps, trained_s, audio_s / 3600, dict(means), listened))
            told_at = now
    return ear


def rate(step: int, plan: Plan) -> float:
    """The learning rate of a step. Weights that were trained before need no time at the full one."""
    done, from_there = step / plan.steps, 0.0 if plan.start else DECAY_FROM
    falling = min(1.0, max(LAST_RATE_SHARE, (1 - done) / (1 - from_there)))
    return RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * falling


def _steps(plan: Plan, clips: list[Ready], first: int) -> Iterator[tuple[list[Ready], bool, Random]]:
    """Clips of each step from `first` on, whether they fill the window, and dice for it."""
    step, epoch = 0, 0
    while step < plan.steps:
        for places in batches.plan(clips, plan.seed, epoch):
            if step == plan.steps:
                return
            if step >= first:
                random = Random(f"{plan.seed}/{epoch}/{step}")
                from_there = 0.0 if plan.start else WHOLE_FROM * plan.steps
                whole = step >= from_there and random.random() < WHOLE_SHARE
                chosen = random.sample(places, min(len(places), WHOLE_CLIPS)) if whole else places
                yield [clips[i] for i in chosen], whole, random
            step += 1
        epoch += 1


def _step(ear: Ear, optimizers: list[Any], batch: batches.Batch, blank: int, at_rate: float) -> Losses:
    for optimizer in optimizers:
        optimizer.zero_grad()
        for group in optimizer.param_groups:
            group["lr"] = at_rate
    found = losses(ear, batch, blank)
    found.total().backward()
    torch.nn.utils.clip_grad_norm_(ear.parameters(), CLIP_NORM)
    for optimizer in optimizers:
        optimizer.step()
    return Losses(*(each.detach() for each in found))


def _optimizers(ear: Ear) -> list[Any]:
    """Muon for the matrices of the layers, AdamW for the rest."""
    matrices = {
        name
        for name, weight in ear.named_parameters()
        if weight.ndim == 2 and name.startswith(("encoder", "decoder"))
    }
    weights = dict(ear.named_parameters())
    return [
        Muon([weights[name] for name in sorted(matrices)], lr=RATE),
        torch.optim.AdamW(
            [weight for name, weight in weights.items() if name not in matrices],
            lr=RATE,
            betas=(0.9, 0.98),
            weight_decay=0.01,
        ),
    ]


def _keep(path: Path, ear: Ear, optimizers: list[Any], step: int, trained_s: float, audio_s: float) -> None:
    part = path.with_suffix(".part")
    state = {
        "ear": ear.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "step": step,
        "trained_s": trained_s,
        "audio_s": audio_s,
    }
    torch.save(state, part)
    part.replace(path)
