"""Make the ear: `make ear`, or `python -m tools.ear`.

Three steps, each of which goes on where it was broken off:

1. clips      sentences, voices and lines become training clips                (--clips files, on all cores)
2. training   from nothing to weights                                          (--steps)
3. export     the folder that faster-whisper loads, and a first look at it     (--out)

Measure the result with: python benchmarks/asr.py --model build/ear/model
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from random import Random

# Before torch and numpy are loaded: clips are made by a process a core, training uses all cores itself.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

FOLDER, FILES, STEPS, SEED = Path("build/ear"), 14, 6600, 20261123
TRIED = 12  # clips of a language and kind, while training


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for clips, checkpoint and model")
    parser.add_argument("--clips", type=int, default=FILES, help="files of 4000 clips, 2.7 hours each")
    parser.add_argument("--steps", type=int, default=STEPS, help="of training, 100 s of audio each")
    parser.add_argument(
        "--start", type=Path, metavar="FOLDER", help="of an earlier training: go on from its weights"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of training")
    parser.add_argument("--out", type=Path, help="where the model goes; default: model/ in the folder")
    parser.add_argument("--only-clips", action="store_true", help="stop before training: needs no torch")
    given = parser.parse_args()
    make_clips(given)
    if given.only_clips:
        return 0
    return train_and_export(given)


def make_clips(given: argparse.Namespace) -> None:
    """Step 1."""
    from tools.ear import shards

    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    before = {name: os.environ.get(name) for name in threads}
    os.environ.update(threads)
    began = time.monotonic()
    shards.build(
        given.folder,
        given.clips,
        given.seed,
        lambda done, count: say(f"clips     {done:3} of {count} files   {passed(began)}"),
    )
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def train_and_export(given: argparse.Namespace) -> int:
    """Steps 2 and 3."""
    try:
        import torch
    except ImportError:
        say("Training needs torch, which is not installed here: docs/ear.md says how. The clips are made.")
        return 1
    from engine.protocol import LANGUAGES
    from tools.ear import batches, bigrams, clip, lexicon, mixture, shards, speaker, tokens, voices
    from tools.ear.export import export
    from tools.ear.model import Shape
    from tools.ear.train import Plan, Told, device_at_hand, train

    torch.set_num_threads(given.threads)
    if given.start:  # its weights stand for these tokens and phonemes
        for name in ("tokens.json", "tokenizer.json", "phonemes.json"):
            shutil.copy(given.start / name, given.folder / name)
    paths = sorted(given.folder.glob("clips-???.npz"))
    if (given.folder / "tokens.json").exists():
        vocabulary = tokens.read(given.folder)
        phonemes = json.loads((given.folder / "phonemes.json").read_text(encoding="utf-8"))
    else:
        some = [each for path in paths[:2] for each in shards.read(path)]
        vocabulary = tokens.trained((each.text for each in some), given.folder)
        phonemes = batches.phoneme_names(some)
        (given.folder / "phonemes.json").write_text(json.dumps(phonemes), encoding="utf-8")
    ready = batches.load(given.folder, vocabulary, phonemes)
    hours = sum(each.features.shape[1] for each in ready) / 50 / 3600
    say(f"training  {len(ready)} clips, {hours:.0f} h, {len(phonemes)} phonemes, on {device_at_hand()}")

    espeak, random = speaker.Speaker(), Random(given.seed + 1)
    numbers = {name: number for number, name in enumerate(phonemes)}

    def tried(maker) -> list[batches.Ready]:  # type: ignore[no-untyped-def]
        found: list[batches.Ready] = []
        for language in LANGUAGES:
            while sum(each.language == language for each in found) < TRIED:
                said, voice = maker(language, random), voices.trained(language, random)
                made = clip.spoken_clip(espeak, said, voice, language, random)
                if made is not None:
                    found.append(batches.ready(made, vocabulary, numbers))
        return found

    tries = {"known": tried(mixture.known_pattern), "new": tried(mixture.held_out)}

    def told(news: Told) -> None:
        means = "  ".join(f"{name} {value:.3f}" for name, value in news.losses.items())
        say(
            f"training  step {news.step} of {news.steps}  {news.trained_s / 60:.1f} min  "
            f"{news.audio_h:.0f} h heard  {means}"
        )
        for name, heard in news.listened.items():
            say(f"          {name}: wrong words % {heard.wer_percent}  language {heard.language_share}")
            for pair in heard.examples[:2]:
                say(f"              {pair[0]}\n           -> {pair[1]}")

    plan = Plan(Shape(), given.steps, given.seed, given.start and given.start / "checkpoint.pt")
    ear = train(plan, ready, tries, vocabulary, len(phonemes), given.folder / "checkpoint.pt", told)
    out = given.out or given.folder / "model"
    export(ear, vocabulary, given.folder / "tokenizer.json", out)
    lexicon.write(out)
    bigrams.write(out)
    size = sum(each.stat().st_size for each in out.iterdir()) / 1e6
    say(f"model     {out}, {size:.1f} MB. Measure it: python benchmarks/asr.py --model {out}")
    return 0


def passed(began: float) -> str:
    """Since then, for people."""
    return f"{(time.monotonic() - began) / 60:.1f} min"


def say(line: str) -> None:
    """A line of progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
