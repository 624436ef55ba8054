"""[vad] [turns] [recognizer]: how the far end is heard, and when it is our turn."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.settings.section import Milliseconds, Section, Share


class VadSettings(Section):
    enter: Share = 0.5
    """Speech probability at which a window counts as speech; Silero's default."""
    exit: Share = 0.35
    """Below this a window is quiet again; enter minus 0.15, as in Silero's own iterator."""
    window_ms: Milliseconds = 400
    """Span over which speech and silence are judged; slides with every 32 ms window."""
    silence_dbfs: Annotated[float, msgspec.Meta(ge=-120, le=0)] = -55.0
    """At or below this level a window is silence whatever the model thinks."""


class TurnSettings(Section):
    hangover_ms: Milliseconds = 350
    """Silence after which a turn is over when nothing special was asked and its words are not known."""
    hangover_yes_no_ms: Milliseconds = 250
    """The same after a question that "yes" or "no" answers, and after such an answer."""
    whole_ms: Milliseconds = 160
    """Silence that ends a turn whose words are a whole question or statement. Longer than closed lips and a short
    breath; every ms more is waited for at every turn."""
    fragment_ms: Milliseconds = 512
    """The same for words without a verb ("for four people on Friday"): half of the time more comes."""
    open_ms: Milliseconds = 1200
    """The same for words after which something must follow ("the kitchen closes at"), for numbers said digit by digit
    and names that are spelled. People who look something up pause for about a second."""
    hold_ms: Milliseconds = 1600
    """The same when they have asked us to wait: an answer any sooner would interrupt somebody who reads a diary."""
    longest_ms: Milliseconds = 2400
    """No silence is waited for longer than this, whatever speaks for it."""
    false_end_ms: Milliseconds = 150
    """What is waited for longer after each turn that was taken for finished and went on; half of it is forgotten with
    each turn that was not."""
    model: Literal["off", "smart-turn"] = "off"
    """"smart-turn": a network that hears whether a voice has finished is asked at every pause, beside the words; the
    extra `turn-model` brings it. It takes 60 ms of a core, in a thread of its own."""
    pause_ms: Milliseconds = 64
    """Silence after which the turn is transcribed on suspicion: so long before `whole_ms` that its words are there."""
    speculate: Literal["off", "words", "reply"] = "reply"
    """What is done at a pause already, in case the turn is over: "words": they are recognised; "reply": the answer is
    prepared as well, unheard, and thrown away should they go on."""
    barge_in_hold: Share = 0.7
    """Speech probability of one window over our voice at which our voice is silent and waits."""
    barge_in_cut_ms: Milliseconds = 1200
    """Speech over our voice that is an interruption even where no words are known. Our voice has been silent since
    the first window of it; an "okay, yes" lasts about a second."""


class RecognizerSettings(Section):
    model: str = "sim-ear"
    """"sim-ear" (simulated lines only), a Whisper size brought by `call-thing models pull`, or a folder."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where a model runs; "auto": on a GPU if there is one that works. `call-thing doctor` says which it is."""
    compute_type: str = "auto"
    """Arithmetic of the model; "auto": int8 on a CPU, float16 on a GPU, or the best that it has."""
    window: Literal["auto", "speech", "whole"] = "auto"
    """What a Whisper model looks at: "speech", the utterance and a margin, which is several times faster; "whole", 30 s
    filled up with silence, as it was trained; "auto", what `benchmarks/asr.py --keep` has found to be right for it,
    else "speech"."""
    window_floor_ms: Milliseconds = 10_000
    """With "speech", never less than this. Models with a shorter window of their own always get the whole of it."""
    window_margin_ms: Milliseconds = 2_000
    """With "speech", silence after the last word."""
    names: bool = True
    """Whether a Whisper model is told the names of the task, which nobody can spell by ear."""
    partial_every_ms: Milliseconds = 240
    """How often a turn in progress is transcribed."""
