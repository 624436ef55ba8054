"""When the final words of a turn are answered: after the cache's verdict and vad's word on the turn, or in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from engine.dialogue.final_words import OVERTAKEN_US, Due, FinalWords
from engine.protocol import CacheVerdict, SpeechStarted, Transcript, TurnEnded

BUDGET_US = 30_000
AT_US = 1_000_000

Step = Callable[[FinalWords, int], list[Due]]


def began(turn: int = 1) -> Step:
    def step(final: FinalWords, now_us: int) -> list[Due]:
        final.began(SpeechStarted(turn, 0))
        return []

    return step


def ended(turn: int = 1, mhm: bool = False) -> Step:
    event = TurnEnded(turn, 0, 900, 1000, 100, "", under_our_voice=mhm)
    return lambda final, now_us: _some(final.ended(event, now_us))


def words(turn: int = 1) -> Step:
    return lambda final, now_us: final.hear(
        Transcript(turn, f"words {turn}", True, "en", 0.9, 0, 900), now_us
    )


def verdict(turn: int = 1, template: str = "") -> Step:
    told = CacheVerdict(turn, bool(template), 0.9, template, cache_us=700)
    return lambda final, now_us: _some(final.judged(told, now_us))


def cut(final: FinalWords, now_us: int) -> list[Due]:
    heard = final.heed()
    return final.hear(heard, now_us) if heard is not None else []


def prepared(final: FinalWords, now_us: int) -> list[Due]:
    final.drop()
    return []


def _some(due: Due | None) -> list[Due]:
    return [] if due is None else [due]


NEVER = None
NOW = 0
BUDGET = BUDGET_US // 1000
OVERTAKEN = OVERTAKEN_US // 1000

# what happens, 1 ms apart | of which turns the words are answered | how many ms after the last of it
TABLE = {
    "all is known": ([began(), ended(), verdict(), words()], [1], NOW),
    "the verdict comes last": ([began(), ended(), words(), verdict()], [1], NOW),
    "vad's word comes last": ([began(), words(), verdict(), ended()], [1], NOW),
    "the verdict never comes": ([began(), ended(), words()], [1], BUDGET),
    "vad's word never comes": ([began(), verdict(), words()], [1], OVERTAKEN),
    "neither comes": ([began(), words()], [1], OVERTAKEN),
    "vad's word, but no verdict": ([began(), words(), ended()], [1], OVERTAKEN - 1),
    "a restart: nobody told of the beginning": ([verdict(), words()], [1], NOW),
    "the verdict is another turn's": ([verdict(1), words(2)], [2], BUDGET),
    "a mhm, said before its words": ([began(), ended(mhm=True), words()], [], NEVER),
    "a mhm, said after its words": ([began(), words(), verdict(), ended(mhm=True)], [], NEVER),
    "a mhm, and its verdict after all": ([began(), words(), ended(mhm=True), verdict()], [], NEVER),
    "a mhm that cut us, words first": ([began(), ended(mhm=True), verdict(), words(), cut], [1], NOW),
    "a mhm that cut us, cut first": ([began(), ended(mhm=True), verdict(), cut, words()], [1], NOW),
    "a mhm that cut us, vad's word last": ([began(), words(), verdict(), ended(mhm=True), cut], [1], NOW),
    "a mhm of before, cut by another turn": (
        [began(), ended(mhm=True), words(), began(2), cut, ended(2), verdict(2), words(2)], [2], NOW,
    ),
    "we are cut, and nothing was unheeded": ([began(), ended(), cut, verdict(), words()], [1], NOW),
    "what was prepared answers them": ([began(), words(), prepared], [], NEVER),
    "two turns at once": ([words(1), words(2), verdict(2)], [1, 2], NOW),
    "the older one comes last": ([words(2), words(1), verdict(1)], [1], NOW),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "answered", "after_ms"), TABLE.values(), ids=TABLE.keys())
def test_when_final_words_are_answered(steps, answered, after_ms):
    final, now_us, found = FinalWords(BUDGET_US), AT_US, []
    for step in steps:
        now_us += 1000
        found += step(final, now_us)
    if after_ms:
        due_us = now_us + after_ms * 1000
        assert final.due_us == due_us
        assert final.passed(due_us - 1) is None
        found += _some(final.passed(due_us))
    assert [due.words.turn for due in found] == answered
    assert final.due_us is None


def test_without_a_cache_words_are_answered_with_vad_s_word_on_their_turn():
    final = FinalWords(0)
    assert [due.cache_us for due in words()(final, AT_US)] == [0]
    began(2)(final, AT_US)
    assert words(2)(final, AT_US) == []
    assert [due.words.turn for due in ended(2)(final, AT_US + 5000)] == [2]


@pytest.mark.parametrize(("template", "served"), [("At {time}.", "At {time}."), ("", "")])
def test_what_the_cache_allows_is_served_and_what_it_took_is_told(template, served):
    final = FinalWords(BUDGET_US)
    words()(final, AT_US)
    (due,) = verdict(template=template)(final, AT_US + 2000)
    assert (due.served, due.asked_us, due.cache_us) == (served, AT_US + 2000, 700)


def test_a_cache_that_does_not_answer_took_its_whole_budget_and_the_brain_s_time_counts_from_there():
    final = FinalWords(BUDGET_US)
    words()(final, AT_US)
    due = final.passed(AT_US + BUDGET_US + 9000)
    assert due is not None
    assert (due.served, due.asked_us, due.cache_us) == ("", AT_US + BUDGET_US, BUDGET_US)


STEPS = st.sampled_from([began, words, verdict, ended])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(STEPS, st.integers(1, 3)), max_size=30))
def test_no_words_wait_for_ever_and_none_are_answered_that_were_not_heard(happens):
    final, now_us = FinalWords(BUDGET_US), AT_US
    heard = 0
    answered = 0
    for make, turn in happens:
        now_us += 1000
        heard += make is words
        answered += len(make(turn)(final, now_us))
        assert final.due_us is None or now_us <= final.due_us <= now_us + OVERTAKEN_US or final.passed(now_us)
    late = final.passed(now_us + OVERTAKEN_US)
    assert final.due_us is None
    assert answered + (late is not None) <= heard
