"""A call's report from its events alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from engine.protocol import (
    CacheVerdict,
    FarEndTruth,
    Flag,
    Header,
    LineQuality,
    PlaybackStarted,
    Reservation,
    ReservationChanged,
    Sentence,
    Spoken,
    Transcript,
    TurnEnded,
    TurnLatency,
)
from engine.report import PARTS, CallReport, parts_of, percentile, summary_of

LATENCY = TurnLatency(1, 352.0, 60.0, 1.0, 5.0, 3.0, 0.4, 6.0, 427.4)


def at(ms: int, flags: Flag = Flag.NONE) -> Header:
    return Header(0, 1, flags, 0, (2**32 - 1000 + ms * 1000) % 2**32)


def us(ms: int) -> int:
    return at(ms).time_us


def a_call() -> CallReport:
    report = CallReport()
    for header, message in [
        (at(0), TurnEnded(0, 0, 0, 0, 0, "")),  # the call begins here
        (at(1000), FarEndTruth("La Luna, hello?", us(200), us(1000))),
        (at(1350), TurnEnded(1, 210, 1000, 1352, 350, "")),
        (at(1410), Transcript(1, "la luna hello", True, "en", 0.9, 210, 1000, asr_us=60_000)),
        (at(1411), CacheVerdict(1, False, 0.4)),
        (at(1416), Sentence(1, 0, False, 1, "Good evening.", "en")),
        (at(1416), Sentence(1, 1, False, 1, "I am an AI.", "en")),
        (at(1416), Sentence(1, 2, True, 1, "", "en")),
        (at(1428), PlaybackStarted(1, 1, us(1427), 400)),
        (at(1428), LATENCY),
        (at(2300), Spoken(1, 0, "Good evening.", True)),
        (at(2900), Spoken(1, 1, "I am", True, True, cut=True)),
    ]:
        report.step(header, message)
    return report


def test_both_sides_turns_in_order_with_what_was_said_and_what_was_heard():
    far, agent = a_call().turns()
    assert (far["who"], far["text"], far["heard"], far["language"]) == (
        "restaurant", "La Luna, hello?", "la luna hello", "en",
    )  # fmt: skip
    assert (far["start_ms"], far["end_ms"]) == (200, 1000)
    assert (agent["who"], agent["text"], agent["heard"]) == (
        "agent",
        "Good evening. I am an AI.",
        "Good evening. I am",
    )
    assert (agent["start_ms"], agent["end_ms"]) == (1427, 2900)
    assert agent["cache"] == {"hit": False, "similarity": 0.4}
    assert agent["latency_ms"] == parts_of(LATENCY)
    assert (far["latency_measured"], agent["latency_measured"]) == (None, "detector")


def test_what_is_said_once_more_after_a_restart_is_not_counted_twice():
    report = a_call()
    for flags in (Flag.AGAIN, Flag.FINAL):
        report.step(at(3000, flags), Transcript(1, "la luna hello", True, "en", 0.9, 210, 1000))
    report.step(at(3000, Flag.AGAIN), Sentence(1, 0, False, 1, "Good evening.", "en"))
    assert [turn["heard"] for turn in report.turns()] == ["la luna hello", "Good evening. I am"]


def test_words_that_nobody_said_are_shown_without_a_text():
    report = a_call()
    report.step(at(9000), Transcript(2, "thank you", True, "en", 0.3, 8000, 8500))
    row = report.turns()[-1]
    assert (row["text"], row["heard"]) == (None, "thank you")


def test_words_that_nobody_heard_are_shown_empty():
    report = a_call()
    report.step(at(9000), FarEndTruth("Hello?", us(8000), us(8500)))
    row = report.turns()[-1]
    assert (row["text"], row["heard"], row["language"]) == ("Hello?", "", None)


def test_two_transcripts_of_one_truth_are_its_words_together():
    report = CallReport()
    report.step(at(0), TurnEnded(0, 0, 0, 0, 0, ""))
    report.step(at(3000), FarEndTruth("One moment. I will look.", us(100), us(3000)))
    report.step(at(1400), Transcript(1, "one moment", True, "en", 0.9, 400, 1400))
    report.step(at(3400), Transcript(2, "i will look", True, "en", 0.9, 2400, 3400))
    (row,) = report.turns()
    assert row["heard"] == "one moment i will look"


def test_the_reservation_is_the_last_one():
    report = a_call()
    assert report.reservation_fields()["status"] == "open"
    report.step(at(5000), ReservationChanged(Reservation("booked", "2025-06-06", "19:00", 2, "Anna"), "book"))
    fields = report.reservation_fields()
    assert (fields["status"], fields["party_size"], fields["confirmed_by"]) == ("booked", 2, {})


def test_an_empty_report_says_nothing():
    report = CallReport()
    assert report.turns() == []
    assert report.latencies() == []
    assert (report.latency_measured(), report.line_fields()) == (None, None)
    assert summary_of([])["asr"] == {"p50": None, "p95": None}


def test_the_summary_has_every_part():
    summary = summary_of([parts_of(LATENCY)] * 3)
    assert list(summary) == list(PARTS)
    assert summary["endpoint"] == {"p50": 352.0, "p95": 352.0}


@pytest.mark.parametrize(
    ("count", "share", "rank"),
    [(1, 0.5, 1), (2, 0.5, 1), (3, 0.5, 2), (4, 0.5, 2), (6, 0.5, 3), (20, 0.95, 19), (7, 0, 1)],
)
def test_percentiles_are_the_nearest_rank(count, share, rank):
    assert percentile([float(n) for n in range(count, 0, -1)], share) == rank


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1), share=st.floats(0.01, 1))
def test_a_percentile_has_its_share_of_the_values_at_or_under_it(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= math.floor(share * len(values))


def test_no_values_have_no_percentile():
    assert percentile([], 0.5) is None


@pytest.mark.parametrize(
    ("measured", "whole"),
    [
        (["truth"], "truth"),
        (["wire", "wire"], "wire"),
        (["truth", "wire"], "wire"),
        (["wire", "detector"], "detector"),
    ],
)
def test_latencies_are_as_good_as_the_weakest_of_them(measured, whole):
    report = CallReport()
    for turn, each in enumerate(measured):
        report.step(at(0), TurnLatency(turn, 0, 0, 0, 0, 0, 0, 0, 0, each))
    assert report.latency_measured() == whole


def test_the_last_word_of_the_line_on_its_media_is_kept():
    report = CallReport()
    for lost in (1, 3):
        report.step(at(0), LineQuality("PCMU/8000", "SDES", 49, 980_000, lost=lost, received=50, sent=50))
    fields = report.line_fields()
    assert fields is not None
    told = ("codec", "encryption", "lost", "late", "far_lost", "round_trip_ms", "jitter_ms", "far_jitter_ms")
    assert [fields[name] for name in told] == ["PCMU/8000", "SDES", 3, 0, 0, 0.0, 0.0, 0.0]
    assert fields.keys() == set(LineQuality.__struct_fields__) - {"frame", "arrived_us"}


def test_what_only_rtcp_tells_is_unknown_until_it_has_reported():
    report = CallReport()
    report.step(at(0), LineQuality("PCMU/8000", lost=1))
    fields = report.line_fields()
    assert fields is not None
    assert [name for name, value in fields.items() if value is None] == [
        "far_lost",
        "jitter_ms",
        "far_jitter_ms",
        "round_trip_ms",
    ]
