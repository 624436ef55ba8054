"""What came of an evaluation: written by `call-thing evaluate`, read by its report and by the next one's comparison.

The names are those of `--json`. Times are in milliseconds, money in US dollars; None is "not known", never 0.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.protocol import LanguageCode

FORMAT = 1  # of a stored evaluation; another number is refused when one is compared with it

Verdict = Literal["passed", "failed", "skipped"]


class Percentiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the answered turns; None where there was none."""

    p50: float | None = None
    p95: float | None = None


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call of one scenario."""

    scenario: str  # "en/accepts", or the path of a file that is not of the package
    language: LanguageCode  # of the scenario
    kinds: list[str]  # what it is about: "noise", "spelling", "hold", …; the scenario's own list
    run: int  # from 1: which repetition
    verdict: Verdict
    outcome: str = ""
    differences: list[str] = []  # what was not as expected, or why it was skipped
    turns: int = 0  # of the far end that were heard
    answered: int = 0  # of those, by us
    cut_offs: int = 0  # turns that were judged over while the far end had not ended (by what was truly said)
    talk_over_ms: float = 0.0  # both voices on the line at once, without what the far end began
    words: int = 0  # that the far end truly said
    word_errors: int = 0  # substituted, inserted and lost
    latency_ms: list[float] = []  # voice to voice, a turn each
    usd: float | None = None
    seconds: float = 0.0  # of the call, by its own clock
    lost_frames: int = 0
    late_frames: int = 0  # of our voice, that left more than one frame too late
    lag_ms: float = 0.0  # p99 of how late the engine's event loops were, in this call
    behind_ms: float = 0.0  # by how much the far end's audio fell behind its own clock
    journal: str = ""  # folder of the call's record; "" = none (in text)


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All runs of a language, or of a kind."""

    runs: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    success: float | None = None  # passed of passed and failed
    turns: int = 0
    cut_offs: int = 0
    talk_over_ms: float = 0.0
    wer: float | None = None  # word errors by words, 0..1
    latency_ms: Percentiles = Percentiles()
    usd: float | None = None


class Difference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure of two evaluations, before and now, and whether chance explains the difference."""

    about: str  # "all", a language, or a scenario
    figure: str  # "success", "latency p50", "latency p95", "word errors", "cut-offs"
    before: float
    now: float
    low: float | None = None  # 95 % interval of now - before; None: too few runs to say
    high: float | None = None
    verdict: Literal["better", "worse", "chance", "unknown"] = "unknown"


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With an earlier evaluation: everything that both have."""

    began: str  # the earlier one
    version: str
    differences: list[Difference]
    gone: list[str] = []  # scenarios that only the earlier one has
    new: list[str] = []  # and that only this one has


class Evaluation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about one `call-thing evaluate`."""

    scenarios: int  # different ones
    passed: int  # runs, as all that follows
    failed: int
    skipped: int
    by_language: dict[str, Share]
    by_kind: dict[str, Share]
    latency_ms: Percentiles
    runs: list[Run]
    all: Share = Share()
    text: bool = False  # without audio
    stub: bool = False  # recordings as far ends, and services of 0 ms: only what the machine carries
    brain: str = ""  # as in brain.kind
    began: str = ""  # date and time, UTC
    seconds: float = 0.0  # that it took
    version: str = ""  # of call-thing
    real_time: bool | None = None  # whether the machine kept up; None: in text
    remarks: list[str] = []  # for people: why it did not, …
    comparison: Comparison | None = None
    format: int = FORMAT
