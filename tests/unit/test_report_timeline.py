"""A journal's events as what a report draws: one clock, turns with reasons, words with times, what else happened."""

from __future__ import annotations

import base64
from itertools import pairwise

from engine.protocol import (
    AgentSilenced,
    BargeIn,
    CacheVerdict,
    CallClosed,
    CallState,
    FarEndTruth,
    Flag,
    LineState,
    Message,
    PlaybackStarted,
    RecordingConsent,
    Reservation,
    ReservationChanged,
    Sentence,
    SoundHeard,
    SoundKept,
    Speculated,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnEnded,
    TurnLatency,
    Voice,
    Weight,
)
from engine.protocol.rooms import Level
from engine.reports.clocks import in_a_row
from engine.reports.parts import CallPicture, Fact, Reason, Span, Word
from engine.reports.timeline import timeline
from engine.reports.words import word_times

CLOCK_US = (1 << 32) - 5_000_000  # the header's clock wraps five seconds after the call began
BEGAN_MS = 3_000  # the far end's audio
HEADER = {
    "journal": 2,
    "wall": "2026-05-11T18:40:12+00:00",
    "clock_us": CLOCK_US,
    "line": "simulated",
    "recorded": True,
}
SUMMARY = {"outcome": "booked", "audio": {"began_us": BEGAN_MS * 1000}}


WEIGHTS = (Weight("unknown", 350), Weight("a whole question", -190))


def clock(ms: int) -> int:
    """Header clock so long after the call began."""
    return (CLOCK_US + ms * 1000) % (1 << 32)


def drawn(
    *steps: tuple[int, Message], header: dict | None = None, summary: dict | None = SUMMARY
) -> CallPicture:
    """Steps: ms since the call began, and what was said."""
    events = [(ms * 1000, Flag.NONE, message) for ms, message in steps]
    return timeline("call", {**HEADER, **(header or {})}, summary, events)


def turn_of(*more: tuple[int, Message]):
    heard = (
        (3_500, SpeechStarted(1, 500)),
        (3_900, Transcript(1, "good", False, "en", 0.9, 500, 800)),
        (4_300, Transcript(1, "good evening", False, "en", 0.9, 500, 1_200)),
        (4_800, SpeechPaused(1, 1_500)),
        (4_900, SpeechResumed(1)),
        (5_700, SpeechPaused(1, 2_500)),
        (5_720, TurnEnded(1, 500, 2_500, 2_660, 160, "a whole question", weights=WEIGHTS)),
        (5_730, Transcript(1, "good evening the lantern", True, "en", 0.97, 500, 2_500)),
    )  # fmt: skip
    [turn] = drawn(*heard, *more).turns
    return turn


def test_a_turn_stands_at_its_place_in_the_call_and_not_in_the_sound():
    turn = turn_of()
    assert (turn.start_ms, turn.end_ms, turn.decided_ms) == (3_500, 5_500, 5_660)
    assert (turn.hangover_ms, turn.reason) == (160, "a whole question")
    assert turn.weights == [Reason("unknown", 350), Reason("a whole question", -190)]
    assert (turn.text, turn.confidence, turn.language) == ("good evening the lantern", 0.97, "en")


def test_its_pauses_last_until_speech_returned_or_the_turn_was_judged_over():
    assert turn_of().pauses == [(4_500, 4_900), (5_500, 5_660)]


def test_words_end_when_a_partial_first_had_them():
    assert turn_of().words[:2] == [Word(3_500, 3_800, "good"), Word(3_800, 4_200, "evening")]
    assert turn_of().words[-1].end_ms == 5_500


def test_a_word_that_a_partial_took_back_gives_no_time():
    words = word_times(
        "table at half past", [(100, "table"), (200, "table for"), (300, "table at ha")], 0, 400
    )
    assert [word.text for word in words] == ["table", "at", "half", "past"] and words[0].end_ms == 100
    assert words[1].end_ms == 300 and words[-1].end_ms == 400


def test_words_never_overlap_nor_leave_their_turn():
    words = word_times("a b c d", [(900, "a"), (100, "a b"), (5_000, "a b c")], 0, 1_000)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(words))
    assert words[0].start_ms == 0 and words[-1].end_ms == 1_000
    assert word_times("", [], 0, 10) == []


def test_what_was_truly_said_is_told_where_a_simulated_line_knows_it():
    turn = turn_of((5_800, FarEndTruth("good evening, The Lantern", clock(3_480), clock(5_480))))
    assert turn.truth == "good evening, The Lantern"


def test_the_latency_ends_at_the_first_frame_even_when_the_clock_wraps():
    latency = TurnLatency(1, 200.0, 10.0, 3.0, 40.0, 30.0, 1.0, 16.0, 300.0, "truth")
    answer = (5_900, PlaybackStarted(1, 1, clock(5_800), 500, 30_000))
    turn = turn_of((5_740, Sentence(1, 0, True, 1, "Hello.", "en")), answer, (5_901, latency))
    assert turn.latency is not None
    assert (turn.latency.start_ms, turn.latency.end_ms) == (5_500.0, 5_800)
    assert sum(ms for _, ms in turn.latency.parts) == turn.latency.whole_ms == 300.0


def test_cache_verdict_and_prepared_answers_belong_to_their_turn():
    verdict = CacheVerdict(1, False, 0.83, nearest="good evening", verdict="below 0.85", threshold=0.85)
    turn = turn_of((5_740, verdict), (5_745, Speculated(1, False, "they went on")))
    assert turn.cache is not None and (turn.cache.hit, turn.cache.similarity, turn.cache.threshold) == (
        False,
        0.83,
        0.85,
    )
    assert [(each.kept, each.reason) for each in turn.prepared] == [(False, "they went on")]


def test_what_was_cut_off_is_not_said():
    picture = drawn(
        (6_000, Sentence(1, 0, False, 1, "Hello, this is an assistant.", "en")),
        (6_000, Sentence(1, 1, True, 1, "I would like a table.", "en")),
        (6_050, PlaybackStarted(1, 1, clock(6_020), 500)),
        (6_400, Spoken(1, 0, "Hello,", False)),
        (6_700, Spoken(1, 0, "Hello, this is", False)),
        (6_800, Spoken(1, 0, "Hello, this is", True, True, True)),
    )
    [said] = picture.utterances
    assert (said.start_ms, said.end_ms, said.cut) == (6_020, 6_800, True)
    assert (said.said, said.text) == ("Hello, this is", "Hello, this is an assistant. I would like a table.")
    assert said.words[0] == Word(6_020, 6_400, "Hello,") and said.words[-1].end_ms == 6_800


def test_sounds_waits_and_silences_last_until_they_are_over():
    picture = drawn(
        (5_000, SoundHeard("music", True, 1_000, "steady pitch")),
        (6_000, ToolPending(1, "approval", "book", 0, "not booked", {"time": "19:30"})),
        (7_000, AgentSilenced("muted", "anna")),
        (8_000, SoundHeard("music", False, 4_500)),
        (8_500, ToolDecided(1, True, "anna")),
        (9_000, LineState("ended", "far_end")),
    )
    spans = {each.kind: (each.at_ms, each.end_ms) for each in picture.happenings}
    assert spans["music"] == (4_000, 7_500)
    assert spans["waits"] == (6_000, 8_500)
    assert spans["silenced"] == (7_000, 9_000)  # to the end of the call
    assert spans["approval"] == (8_500, 0)


def test_a_refused_tool_says_why_and_the_record_tells_only_what_is_new():
    first = Reservation("open", "2026-05-15", "20:00", 4)
    picture = drawn(
        (6_000, ToolCalled("book", {"time": "23:00"}, "outside of what was allowed", True)),
        (6_100, ReservationChanged(first, "propose", "eight then")),
        (6_200, ReservationChanged(Reservation("booked", "2026-05-15", "20:00", 4, reference="K7"), "book")),
    )
    refused, proposed, booked = picture.happenings
    assert (refused.tone, refused.facts[-1]) == ("bad", Fact("refused", "outside of what was allowed"))
    assert Fact("date", "2026-05-15") in proposed.facts
    assert [fact.name for fact in booked.facts] == ["status", "reference", "by"] and booked.tone == "good"
    assert Fact("reference", "K7") in picture.result


def test_barge_ins_stand_where_they_were_heard():
    [barge] = drawn((6_000, BargeIn("cut", 2_900, "they said “no”"))).happenings
    assert (barge.at_ms, barge.facts) == (5_900, [Fact("why", "they said “no”")])


def test_what_they_want_of_being_recorded_is_told():
    picture = drawn((6_000, RecordingConsent("refused", "please do not")), header={"recording": "consent"})
    [told] = picture.happenings
    assert told.lane == "recording" and told.tone == "warn" and told.facts == [Fact("words", "please do not")]
    assert any("asked for" in note for note in picture.notes)


def test_states_follow_one_another_without_gaps():
    states = [(0, "ringing"), (1_000, "listening"), (2_000, "listening"), (3_000, "speaking")]
    steps = [(ms, CallState(state, "X", "en", "simulated")) for ms, state in states]
    picture = drawn(*steps, (4_000, CallClosed("booked")))
    assert picture.states == [
        Span(0, 1_000, "ringing"),
        Span(1_000, 3_000, "listening"),
        Span(3_000, 4_000, "speaking"),
    ]


def test_the_meters_have_a_byte_for_each_window_and_nothing_where_nothing_is_known():
    far = Voice("far", 320, 1.0, -90.0, (Level(0.0, 0.0),))
    meter = drawn((4_000, far), (4_010, Voice("agent", 96, 1.0, 0.0))).meter
    assert meter is not None and (meter.start_ms, meter.step_ms) == (BEGAN_MS, 32)
    assert base64.b64decode(meter.far_probability) == bytes([0] * 8 + [1, 255])
    assert base64.b64decode(meter.far_level) == bytes([0] * 8 + [255, 1])
    assert base64.b64decode(meter.agent_level) == bytes([0, 0, 255])


def test_without_a_recording_the_media_clock_is_found_by_what_came_soonest():
    ended = TurnEnded(1, 500, 2_500, 2_660, 160, "whole")
    picture = drawn((3_540, Voice("far", 500, 0.0, -90.0)), (5_800, ended), summary=None)
    assert picture.turns[0].decided_ms == 2_660 + 3_040
    assert "no summary" in picture.notes[0]
    by_journal = drawn((4_000, SoundKept(16_000, "", 2_900_000)), (5_800, ended), summary=None)
    assert by_journal.turns[0].decided_ms == 2_660 + 2_900


def test_calls_of_more_than_71_minutes_go_on_where_the_journals_clock_begins_anew():
    hour_us = 3_600_000_000
    steps = [(hour_us // 2 * half % (1 << 32), Flag.NONE, LineState("held")) for half in range(4)]
    steps = [(us - (1 << 32) if us >= 1 << 31 else us, flags, message) for us, flags, message in steps]
    assert [us for us, _, _ in in_a_row(steps)] == [hour_us // 2 * half for half in range(4)]


def test_an_empty_journal_is_an_empty_picture():
    picture = timeline("call", {}, None, [])
    assert picture.turns == picture.utterances == picture.happenings == [] and picture.length_ms == 0
