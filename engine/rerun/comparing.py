"""Then and now, turn by turn: what is different, and whether it matters. Pure.

Turns belong together that overlap in time. What we said may part: from then on the far end answers somebody else, and
what we do is not held against it any more; what is heard still is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from engine.evaluation.word_errors import errors, words_of
from engine.protocol import LANGUAGES, LanguageCode
from engine.rerun.turns import Heard, Tool, Turn, cuts

MOVED_MS = 160  # five of the detector's windows
DECIDED_MS = 300  # a turn that is judged over by so much sooner or later: more than what a busy machine does
SLOWER_MS = 200

What = Literal[
    "missing", "new", "split", "merged", "moved", "decided", "cut_off", "words", "language", "cache", "tools",
    "parted", "latency",
]  # fmt: skip


class Difference(msgspec.Struct, frozen=True):
    """One. `turn`: of then; None: there was none."""

    turn: int | None
    what: What
    then: Any
    now: Any
    text: str


class Pair(msgspec.Struct, frozen=True):
    """What belongs together: mostly one turn of then and one of now."""

    then: list[Turn]
    now: list[Turn]
    said: str = ""  # what is taken for said: the words of then, or what somebody has made of them
    wer: float | None = None  # of today's words; None: nothing was said
    wer_then: float | None = None  # of those of then, where somebody has corrected them


class Comparison(NamedTuple):
    """All of a call."""

    pairs: list[Pair]
    differences: list[Difference]  # that matter
    remarks: list[Difference]  # that do not: better than then, or after we had parted
    parted_at: int | None  # the turn of then after which we said something else


def compare(
    then: Heard,
    now: Heard,
    language: LanguageCode,
    corrected: Mapping[int, str] | None = None,
    answers: bool = True,
) -> Comparison:
    """language: of the call. corrected: what was really said, by then's turn. answers: compare what we did, too."""
    judged = _Judged(language, corrected or {}, answers)
    if answers and then.opening != now.opening:
        judged.part(None, then.opening, now.opening)
    pairs = []
    for before, after in grouped(then.turns, now.turns):
        if any(turn.words for turn in (*before, *after)):
            pairs.append(judged.pair(before, after))
    return Comparison(pairs, judged.differences, judged.remarks, judged.parted_at)


def grouped(then: list[Turn], now: list[Turn]) -> list[tuple[list[Turn], list[Turn]]]:
    """Turns that overlap, in the order of time; every turn once."""
    spans = [
        (turn.start_ms, turn.end_ms, side, turn) for side, turns in enumerate((then, now)) for turn in turns
    ]
    groups: list[tuple[list[Turn], list[Turn]]] = []
    until_ms = -1
    for start_ms, end_ms, side, turn in sorted(spans, key=lambda each: each[:3]):
        if start_ms >= until_ms or not groups:
            groups.append(([], []))
        groups[-1][side].append(turn)
        until_ms = max(until_ms, end_ms)
    return groups


class _Judged:
    """What was found so far."""

    def __init__(self, language: LanguageCode, corrected: Mapping[int, str], answers: bool) -> None:
        self.differences: list[Difference] = []
        self.remarks: list[Difference] = []
        self.parted_at: int | None = None
        self._answers, self._parted = answers, False
        self._language, self._corrected = language, corrected

    def pair(self, then: list[Turn], now: list[Turn]) -> Pair:
        """Turns that belong together."""
        pair = self._with_words(then, now)
        first = then[0].turn if then else None
        spans = [[(turn.start_ms, turn.end_ms) for turn in side] for side in (then, now)]
        if not then:
            self._differs(None, "new", None, spans[1], f'heard now alone: "{_words(now)}"')
        elif not now:
            self._differs(first, "missing", spans[0], None, f'not heard now: "{_words(then)}"')
        elif len(then) != len(now):
            what: What = "split" if len(now) > len(then) else "merged"
            self._differs(first, what, spans[0], spans[1], f"{len(then)} turns then, {len(now)} now")
        else:
            for before, after in zip(then, now, strict=True):
                self._times(before, after)
        if then and now:
            self._cut_off(then, now)
            self._heard(pair)
            if self._answers:
                self._did(then, now)
        return pair

    def part(self, turn: int | None, then: list[str], now: list[str]) -> None:
        """From here on we say something else than then."""
        self._parted, self.parted_at = True, turn or 0
        where = f"diverged at turn {turn}" if turn else "diverged at the opening"
        text = f"{where}: we said {_quoted(then)}, and say {_quoted(now)} now"
        self.differences.append(Difference(turn, "parted", then, now, text))

    def _times(self, then: Turn, now: Turn) -> None:
        starts, ends = now.start_ms - then.start_ms, now.end_ms - then.end_ms
        if max(abs(starts), abs(ends)) > MOVED_MS:
            before, after = (then.start_ms, then.end_ms), (now.start_ms, now.end_ms)
            text = f"begins {_later(starts)}, ends {_later(ends)}"
            self._differs(then.turn, "moved", before, after, text)
        waits, waited = now.decided_ms - now.end_ms, then.decided_ms - then.end_ms
        if abs(waits - waited) > DECIDED_MS:
            text = f"judged over {waits} ms after its end ({now.reason}), then {waited} ms ({then.reason})"
            self._tell(waits < waited, Difference(then.turn, "decided", waited, waits, text))
        if then.under_our_voice != now.under_our_voice:
            where = "under our voice" if now.under_our_voice else "a turn of its own"
            self._differs(then.turn, "decided", then.under_our_voice, now.under_our_voice, f"now {where}")
        if now.latency_ms is not None and then.latency_ms is not None and now.measured == then.measured:
            slower_ms = now.latency_ms - then.latency_ms
            if slower_ms > SLOWER_MS:
                text = f"answered after {now.latency_ms:.0f} ms, then after {then.latency_ms:.0f}"
                self._tell(
                    self._parted, Difference(then.turn, "latency", then.latency_ms, now.latency_ms, text)
                )

    def _cut_off(self, then: list[Turn], now: list[Turn]) -> None:
        """By what was truly said; where nobody knows that, by the extent of then's turn."""
        before = [turn.turn for turn in then if turn.cut_off]
        after = [
            n for n in now if n.cut_off or (len(now) > 1 and any(cuts(n, t.start_ms, t.end_ms) for t in then))
        ]
        if bool(before) != bool(after):
            text = "cuts them off while they speak" if after else "does not cut them off any more"
            self._tell(not after, Difference(then[0].turn, "cut_off", bool(before), bool(after), text))

    def _with_words(self, then: list[Turn], now: list[Turn]) -> Pair:
        truly = " ".join(self._corrected.get(turn.turn, turn.words) for turn in then)
        is_corrected = any(turn.turn in self._corrected for turn in then)
        language = _language(then or now, self._language)
        wer = errors(truly, _words(now), language).rate if then else None
        wer_then = errors(truly, _words(then), language).rate if is_corrected else None
        return Pair(then, now, truly, wer, wer_then)

    def _heard(self, pair: Pair) -> None:
        then, now, turn = _words(pair.then), _words(pair.now), pair.then[0].turn
        language = _language(pair.then, self._language)
        if words_of(then, language) != words_of(now, language):
            better = pair.wer_then is not None and (pair.wer or 0.0) <= pair.wer_then
            rate = "" if pair.wer is None else f", WER {pair.wer:.0%}"
            rate += "" if pair.wer_then is None else f", then {pair.wer_then:.0%}"
            text = f'"{now}" is heard, then "{then}"{rate}'
            self._tell(better, Difference(turn, "words", then, now, text))
        before, after = pair.then[-1].language, pair.now[-1].language
        if before != after and then and now:
            self._differs(turn, "language", before, after, f"heard in {after}, then in {before}")

    def _did(self, then: list[Turn], now: list[Turn]) -> None:
        turn = then[0].turn
        hits = ([each.hit for each in then], [each.hit for each in now])
        if any(hits[0]) != any(hits[1]):
            words = [f"{'served' if any(hit) else 'not served'}" for hit in hits]
            text = f"cache: {words[1]} ({now[-1].verdict}), then {words[0]} ({then[-1].verdict})"
            self._tell(self._parted, Difference(turn, "cache", any(hits[0]), any(hits[1]), text))
        tools = [[tool for each in side for tool in each.tools] for side in (then, now)]
        if tools[0] != tools[1]:
            text = f"tools: {_calls(tools[1])}, then {_calls(tools[0])}"
            plain = [msgspec.to_builtins(side) for side in tools]
            self._tell(self._parted, Difference(turn, "tools", plain[0], plain[1], text))
        said = [[text for each in side for text in each.said] for side in (then, now)]
        if said[0] != said[1] and not self._parted:
            self.part(turn, said[0], said[1])

    def _differs(self, turn: int | None, what: What, then: Any, now: Any, text: str) -> None:
        self.differences.append(Difference(turn, what, then, now, text))

    def _tell(self, harmless: bool, difference: Difference) -> None:
        (self.remarks if harmless else self.differences).append(difference)


def _words(turns: list[Turn]) -> str:
    return " ".join(turn.words for turn in turns if turn.words)


def _language(turns: list[Turn], otherwise: LanguageCode) -> LanguageCode:
    return next((code for turn in turns for code in LANGUAGES if code == turn.language), otherwise)


def _later(ms: int) -> str:
    return "as then" if not ms else f"{abs(ms)} ms {'later' if ms > 0 else 'sooner'}"


def _quoted(said: list[str]) -> str:
    return f'"{" ".join(said)}"' if said else "nothing"


def _calls(tools: list[Tool]) -> str:
    calls = []
    for each in tools:
        arguments = ", ".join(f"{name} {value}" for name, value in each.arguments.items())
        calls.append(f"{each.tool}({arguments})" + (" refused" if each.refused else ""))
    return "; ".join(calls) or "none"
