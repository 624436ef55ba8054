"""Then and now, turn by turn."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.rerun.comparing import Comparison, compare, grouped
from engine.rerun.turns import Heard, Tool, Turn

BOOK = Tool("book", {"time": "19:30"}, refused=False)


def turn(number: int, start_ms: int, end_ms: int, words: str = "good evening", **more: Any) -> Turn:
    more = {"decided_ms": end_ms + 160, "hangover_ms": 160, "language": "en"} | more
    made = Turn(number, start_ms, end_ms, more.pop("decided_ms"), more.pop("hangover_ms"), "", False, words)
    return msgspec.structs.replace(made, **more)


def heard(*turns: Turn, opening: tuple[str, ...] = ()) -> Heard:
    return Heard(list(turns), list(opening), [])


def kinds(found: Comparison) -> tuple[list[str], list[str]]:
    return [each.what for each in found.differences], [each.what for each in found.remarks]


def of(then: Turn, now: Turn, **more: Any) -> tuple[list[str], list[str]]:
    return kinds(compare(heard(then), heard(now), "en", **more))


def test_the_same_call_has_no_differences() -> None:
    call = heard(
        turn(1, 0, 900), turn(2, 3000, 4000, tools=[BOOK], said=["fine"], hit=True), opening=("hello",)
    )
    found = compare(call, call, "en")
    assert kinds(found) == ([], []) and len(found.pairs) == 2 and found.parted_at is None


def test_turns_belong_together_that_overlap() -> None:
    groups = grouped([turn(1, 0, 900), turn(2, 3000, 6000)], [turn(1, 3100, 4000), turn(2, 4500, 6000)])
    assert [([t.turn for t in a], [t.turn for t in b]) for a, b in groups] == [([1], []), ([2], [1, 2])]


def test_a_turn_that_falls_apart_cuts_them_off() -> None:
    then = heard(turn(1, 0, 3000, "for four people on friday"))
    now = heard(turn(1, 0, 1000, "for four people"), turn(2, 1500, 3000, "on friday"))
    found = compare(then, now, "en")
    assert kinds(found)[0] == ["split", "cut_off"]  # the words together are the same
    assert found.pairs[0].wer == 0.0


def test_what_fell_apart_then_and_does_no_more_cuts_nobody_off() -> None:
    then = heard(turn(1, 0, 1000, "for four people", cut_off=True), turn(2, 1500, 3000, "on friday"))
    differences, remarks = kinds(compare(then, heard(turn(1, 0, 3000, "for four people on friday")), "en"))
    assert differences == ["merged"] and remarks == ["cut_off"]


def test_a_turn_that_is_not_heard_any_more_and_one_that_nobody_heard_then() -> None:
    found = compare(heard(turn(1, 0, 900)), heard(turn(1, 5000, 5900, "noise in the room")), "en")
    assert kinds(found)[0] == ["missing", "new"]


def test_sounds_without_words_are_nothing_to_compare() -> None:
    assert kinds(compare(heard(), heard(turn(1, 0, 300, "")), "en")) == ([], [])


def test_words_count_as_they_are_said() -> None:
    assert of(turn(1, 0, 900, "At 7:30, please!"), turn(1, 0, 900, "at seven thirty please")) == ([], [])
    assert of(turn(1, 0, 900, "at seven"), turn(1, 0, 900, "at eleven")) == (["words"], [])


def test_words_are_held_against_what_was_really_said() -> None:
    then, now = turn(1, 0, 900, "at heaven"), turn(1, 0, 900, "at seven")
    assert of(then, now, corrected={1: "at seven"}) == ([], ["words"])
    assert of(now, then, corrected={1: "at seven"}) == (["words"], [])


def test_a_longer_wait_matters_and_a_shorter_one_is_told() -> None:
    slow, quick = turn(1, 0, 900, decided_ms=2100), turn(1, 0, 900)
    assert of(quick, slow) == (["decided"], [])
    assert of(slow, quick) == ([], ["decided"])


def test_latencies_are_compared_where_they_were_measured_alike() -> None:
    then = turn(1, 0, 900, latency_ms=200.0, measured="truth")
    assert of(then, turn(1, 0, 900, latency_ms=700.0, measured="truth")) == (["latency"], [])
    assert of(then, turn(1, 0, 900, latency_ms=700.0, measured="detector")) == ([], [])


def test_after_we_said_something_else_what_we_do_is_not_held_against_us() -> None:
    then = heard(turn(1, 0, 900, said=["for four"]), turn(2, 3000, 4000, "at seven", tools=[BOOK], hit=True))
    now = heard(turn(1, 0, 900, said=["for five"]), turn(2, 3000, 4000, "at eleven"))
    found = compare(then, now, "en")
    assert found.parted_at == 1 and "diverged at turn 1" in found.differences[0].text
    assert kinds(found) == (["parted", "words"], ["cache", "tools"])  # what is heard is judged on


def test_another_tool_or_cache_verdict_matters_before_that() -> None:
    then = turn(1, 0, 900, tools=[BOOK], hit=True)
    assert of(then, turn(1, 0, 900, tools=[Tool("book", {"time": "20:00"}, refused=False)], hit=False)) == (
        ["cache", "tools"],
        [],
    )


def test_another_opening_parts_before_the_first_turn() -> None:
    found = compare(
        heard(turn(1, 0, 900), opening=("hello",)), heard(turn(1, 0, 900), opening=("good day",)), "en"
    )
    assert found.parted_at == 0 and kinds(found)[0] == ["parted"]


def test_hearing_alone_asks_nothing_of_our_answers() -> None:
    then, now = turn(1, 0, 900, said=["for four"], hit=True), turn(1, 0, 900)
    assert of(then, now, answers=False) == ([], [])
