"""What came of a rerun: as one JSON object, and as lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from engine.evaluation.word_errors import errors
from engine.protocol import LanguageCode
from engine.rerun.comparing import Difference, Pair
from engine.rerun.running import Rerun
from engine.rerun.turns import Turn


def as_json(
    found: Rerun, language: LanguageCode, differences: list[Difference] | None = None
) -> dict[str, Any]:
    """differences: others than those from then, of a case; then those from then are remarks."""
    compared = found.comparison
    remarks = compared.remarks if differences is None else [*compared.differences, *compared.remarks]
    cut_offs = {
        "then": sum(turn.cut_off for turn in found.then.turns),
        "now": sum(turn.cut_off for turn in found.now.turns),
    }
    return {
        "call": found.call,
        "real_time_factor": found.real_time_factor,
        "turns": sum(bool(turn.words) for turn in found.now.turns),
        "differences": msgspec.to_builtins(compared.differences if differences is None else differences),
        "remarks": msgspec.to_builtins(remarks),
        "diverged_at": compared.parted_at,
        "wer": _wer(compared.pairs, language),
        "cut_offs": cut_offs if found.then.truths else None,
        "truths": len(found.then.truths),
        "by_turn": [msgspec.to_builtins(pair) for pair in compared.pairs],
        "our_side": found.ours,
        "seconds": round(found.seconds, 2),
        "took_s": round(found.took_s, 3),
        "starting_s": round(found.starting_s, 3),
        "in_real_time": found.paced,
    }  # fmt: skip


def table(found: Rerun, differences: list[Difference] | None = None) -> Iterator[str]:
    """Turn by turn, with what is different beneath it: "!" matters, "~" does not. differences: see as_json."""
    compared = found.comparison
    told = list(compared.differences if differences is None else differences)
    softly = list(compared.remarks if differences is None else [*compared.differences, *compared.remarks])
    yield f"{'turn':>4}  {'begins':>8} {'ends':>8} {'waited':>7} {'answered':>9}  words"
    for pair in compared.pairs:
        rows = pair.now or pair.then
        for turn in rows:
            yield _row(turn) + ("" if pair.now else "   (then)")
        numbers: set[int | None] = {turn.turn for turn in pair.then} if pair.then else {None}
        yield from _beneath(told, softly, numbers, rows[-1])
    yield from (f"      ! {each.text}" for each in told)
    yield from (f"      ~ {each.text}" for each in softly)
    yield ""
    pace = "in real time" if found.paced else f"{found.real_time_factor:g} times as fast as it was"
    yield f"{found.call}: {found.seconds:.1f} s, held again in {found.took_s:.1f} s, {pace}"
    matter = len(compared.differences if differences is None else differences)
    yield "no differences" if not matter else f"{matter} difference{'s' if matter > 1 else ''}"


def _beneath(
    told: list[Difference], softly: list[Difference], numbers: set[int | None], last: Turn
) -> Iterator[str]:
    """Those of these turns, which are taken out of the lists. Turns of now alone have their difference by time."""
    for mark, those in (("!", told), ("~", softly)):
        for each in list(those):
            if each.turn in numbers and (each.turn is not None or _is_of(each, last)):
                those.remove(each)
                yield f"      {mark} {each.text}"


def _is_of(difference: Difference, turn: Turn) -> bool:
    return bool(difference.now) and (turn.start_ms, turn.end_ms) in [tuple(span) for span in difference.now]


def _row(turn: Turn) -> str:
    answered = "–" if turn.latency_ms is None else f"{turn.latency_ms:.0f} ms"
    words = turn.words or (f"({turn.dropped})" if turn.dropped else "(no words)")
    waited = turn.decided_ms - turn.end_ms
    return f"{turn.turn:>4}  {clock(turn.start_ms):>8} {clock(turn.end_ms):>8} {waited:>4} ms {answered:>9}  {words}"


def clock(ms: int) -> str:
    """As minutes and seconds."""
    return f"{ms // 60_000}:{ms % 60_000 / 1000:05.2f}"


def _wer(pairs: list[Pair], language: LanguageCode) -> float | None:
    """Of all that was said, against what was heard then, or was corrected to."""
    wrong = words = 0
    for pair in pairs:
        one = errors(pair.said, " ".join(turn.words for turn in pair.now), language)
        wrong, words = wrong + one.wrong, words + one.words
    return round(wrong / words, 4) if words else None
