"""What becomes of somebody who speaks over us, in virtual time: callers, detector, judge, playout, without rooms.

    .venv/bin/python -m benchmarks.barge_in [--json] [--asr-ms 40] [--no-words]

Counted from the true onset in the audio to the last audible sample of ours, whose 20 ms frames lie anywhere beside
the far end's. Words are those of the text, `--asr-ms` after each pause, as a recogniser of that speed would tell them.
"""

from __future__ import annotations

import json
from typing import Annotated, NamedTuple

import numpy as np
import typer

from benchmarks.interruptions import RATE_HZ, Clip, clips
from engine.audio.levels import level_dbfs
from engine.audio.silero import SileroNetwork, SpeechStream
from engine.protocol import BargeIn, SpeechAudio, SpeechPaused, WordMark
from engine.settings import TurnSettings, VadSettings
from engine.turns.barge_in import BargeInJudge
from engine.turns.endpointing import Endpointer, Window
from engine.turns.playout import FADE_SAMPLES, FRAME_SAMPLES, Playout

FRAME_US = 20_000
HOP_US = 1_000  # from room to room, with the detector's own time
LETS_GO_US = 250_000  # the detector may leave the last, quiet sounds of a text out
OUR_WORD_FRAMES = 15
OUR_WORDS = 30


class Outcome(NamedTuple):
    """What became of one clip."""

    clip: Clip
    silence_ms: float | None  # from its onset to our last audible sample; None: we went on
    action: str  # the last one
    reason: str
    settled_ms: float | None  # from its end to that
    whole: bool  # every word of ours was said, and only the broken one twice


def outcome_of(clip: Clip, network: SileroNetwork, asr_ms: int | None, phase_us: int) -> Outcome:
    """Play the clip over our voice. asr_ms: None = no words come."""
    judge = BargeInJudge(VadSettings(), TurnSettings())
    endpointer = Endpointer(VadSettings(), TurnSettings())
    stream, playout = SpeechStream(network), Playout()
    playout.add(_our_sentence(), phase_us)
    ours: list[tuple[int, np.ndarray]] = []
    actions: list[tuple[int, BargeIn]] = []
    words_at_us: int | None = None
    onset_us, end_us = int(clip.onset_s * 1e6), int(clip.end_s * 1e6)

    def act(action: BargeIn | None, now_us: int) -> None:
        if action is not None:
            actions.append((now_us, action))
            playout.barge_in(action, now_us)

    def play(until_us: int) -> None:
        while playout.due_us is not None and playout.due_us <= until_us:
            due_us = playout.due_us
            pcm, _ = playout.frame(due_us)
            if pcm is not None:
                ours.append((due_us, np.frombuffer(pcm, np.int16)))

    for frame in range(clip.pcm.size * 50 // RATE_HZ):
        now_us = (frame + 1) * FRAME_US + HOP_US
        play(now_us)
        if words_at_us is not None and now_us >= words_at_us:
            act(judge.words(clip.text, clip.language, True), words_at_us + HOP_US)  # type: ignore[arg-type]
            words_at_us = None
        piece = clip.pcm[frame * 320 : (frame + 1) * 320]
        for probability, samples in stream.feed(piece):
            end_ms = (frame + 1) * 20 - stream.waiting_samples // 16
            window = Window(probability, level_dbfs(samples), end_ms)
            act(judge.step(window, playout.due_us is not None), now_us)
            for event in endpointer.step(window):
                if (
                    isinstance(event, SpeechPaused)
                    and asr_ms is not None
                    and event.end_ms * 1000 > end_us - LETS_GO_US
                ):
                    words_at_us = now_us + asr_ms * 1000
    play(60_000_000)
    held = next((at for at, action in actions if action.action in ("hold", "cut") and at > onset_us), None)
    audible = [at + _audible_us(pcm) for at, pcm in ours if held is not None and at <= held + FRAME_US]
    last = actions[-1] if actions else (onset_us, BargeIn("resume", 0, "not noticed"))
    return Outcome(
        clip,
        None if held is None else (audible[-1] - onset_us) / 1000,
        last[1].action,
        last[1].reason,
        (last[0] - end_us) / 1000,
        _said_whole([pcm for _, pcm in ours]),
    )


def _our_sentence() -> SpeechAudio:
    """Thirty words of 300 ms; the samples of each have a value of its own."""
    size = OUR_WORD_FRAMES * FRAME_SAMPLES
    pcm = np.concatenate([np.full(size, 1000 + word, np.int16) for word in range(OUR_WORDS)])
    marks = tuple(WordMark(word * size, 2 * word + 1) for word in range(OUR_WORDS))
    return SpeechAudio(2, 0, 0, True, True, 0, " ".join("x" * OUR_WORDS), pcm.tobytes(), marks)


def _audible_us(pcm: np.ndarray) -> int:
    audible = np.flatnonzero(pcm)
    return int(audible[-1] + 1) * FRAME_US // FRAME_SAMPLES if audible.size else 0


def _said_whole(frames: list[np.ndarray]) -> bool:
    said = [int(pcm[FADE_SAMPLES + 1]) - 1000 for pcm in frames]
    said = [word for word in said if 0 <= word < OUR_WORDS]
    steps = np.diff(said)
    return bool(set(said) == set(range(OUR_WORDS)) and (steps >= -1).all() and (steps <= 1).all())


def main(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    asr_ms: Annotated[int, typer.Option(help="How long the recogniser takes at a pause.")] = 40,
    no_words: Annotated[bool, typer.Option(help="As if there were no recogniser.")] = False,
) -> None:
    """Print what became of every clip, and the figures."""
    network, random = SileroNetwork(), np.random.default_rng(1)
    outcomes = [
        outcome_of(clip, network, None if no_words else asr_ms, int(random.integers(0, FRAME_US)))
        for clip in clips()
    ]
    cuts = [each for each in outcomes if each.clip.kind == "interruption"]
    others = [each for each in outcomes if each.clip.kind == "backchannel"]
    waits = [each.silence_ms for each in cuts if each.silence_ms is not None]
    figures = {
        "interruptions": len(cuts),
        "noticed": len(waits),
        "barge_in_ms": {f"p{q}": round(float(np.percentile(waits, q)), 1) for q in (50, 95)},
        "cut": sum(each.action == "cut" for each in cuts),
        "backchannels": len(others),
        "resumed": sum(each.action != "cut" and each.whole for each in others),
        "held_by_noises": sum(each.silence_ms is not None for each in others if not each.clip.text),
    }
    if as_json:
        print(json.dumps(figures))
        return
    for each in outcomes:
        waited = "went on" if each.silence_ms is None else f"{each.silence_ms:4.0f} ms"
        settled = f"{each.settled_ms:+5.0f} ms" if each.settled_ms is not None else ""
        text = each.clip.text or "(a noise)"
        print(f"{each.clip.name:22} {text:34} {waited:8} {each.action:7} {settled} {each.reason}")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    typer.run(main)
