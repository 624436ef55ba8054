"""The waterfall of an answered turn."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from engine.latency import TurnClock, arrived_us
from engine.protocol import (
    CLOCK_MODULUS_US,
    FarEndTruth,
    Flag,
    Header,
    LineQuality,
    OperatorWords,
    PlaybackStarted,
    Sentence,
    Speculated,
    Transcript,
    TurnEnded,
    TurnLatency,
)

PARTS = ("endpoint_ms", "asr_ms", "cache_ms", "llm_ms", "tts_ms", "playback_ms", "hops_ms")


def at(us: int) -> Header:
    return Header(0, 1, Flag.NONE, 0, us % CLOCK_MODULUS_US)


def ended(turn: int = 1) -> TurnEnded:
    return TurnEnded(turn, 0, 1000, 1352, 350, "")


def heard(turn: int = 1, asr_us: int = 60_000) -> Transcript:
    return Transcript(turn, "yes", True, "en", 1.0, 0, 1000, asr_us)


def sentence(turn: int = 1, index: int = 0, llm_us: int = 5000) -> Sentence:
    return Sentence(1, index, False, turn, "Fine.", "en", cache_us=900, llm_us=llm_us)


def started(at_us: int, turn: int = 1) -> PlaybackStarted:
    return PlaybackStarted(1, turn, at_us % CLOCK_MODULUS_US, playback_us=400, tts_us=3000)


def play(clock: TurnClock, decided_us: int, voice_us: int, turn: int = 1) -> TurnLatency:
    assert clock.step(at(decided_us), ended(turn)) is None
    assert clock.step(at(decided_us + 61_000), heard(turn)) is None
    assert clock.step(at(decided_us + 67_000), sentence(turn)) is None
    latency = clock.step(at(voice_us), started(voice_us, turn))
    assert latency is not None
    return latency


def test_the_parts_have_their_owners_and_sum_to_the_whole():
    clock = TurnClock()
    clock.step(at(1_010_000), FarEndTruth("yes", 0, 1_000_000))
    latency = play(clock, 1_370_000, 1_445_000)
    assert latency == TurnLatency(1, 370.0, 60.0, 0.9, 5.0, 3.0, 0.4, 5.7, 445.0, "truth")


@pytest.mark.parametrize("words_first", [True, False])
def test_what_was_done_before_the_turn_was_judged_over_counts_nothing(words_first):
    clock = TurnClock()
    clock.step(at(1_010_000), FarEndTruth("yes", 0, 1_000_000))
    clock.step(at(1_200_000), ended())
    prepared = Sentence(1, 0, False, 1, "Fine.", "en", llm_us=100)
    events = [Speculated(1, True, sentences=1), prepared]
    words = [heard()]
    for event in [*words, *events] if words_first else [*events, *words]:
        clock.step(at(1_201_000), event)
    latency = clock.step(at(1_202_000), PlaybackStarted(1, 1, 1_202_000, playback_us=400))
    assert latency == TurnLatency(1, 200.0, 0.0, 0.0, 0.1, 0.0, 0.4, 1.5, 202.0, "truth")


@given(
    end=st.integers(0, 2**33),
    endpoint=st.integers(0, 2_900_000),
    after=st.integers(0, 5_000_000),
    asr=st.integers(0, 10**6),
    llm=st.integers(0, 10**6),
)
def test_the_parts_always_sum_to_the_whole(end, endpoint, after, asr, llm):
    clock = TurnClock()
    clock.step(at(end), FarEndTruth("yes", 0, end % CLOCK_MODULUS_US))
    clock.step(at(end + endpoint), ended())
    clock.step(at(end), heard(asr_us=asr))
    clock.step(at(end), sentence(llm_us=llm))
    latency = clock.step(at(end + endpoint + after), started(end + endpoint + after))
    assert latency is not None
    assert sum(getattr(latency, part) for part in PARTS) == pytest.approx(latency.voice_to_voice_ms, abs=0.04)
    assert latency.voice_to_voice_ms == pytest.approx((endpoint + after) / 1000, abs=0.01)


def test_without_a_truth_the_detector_s_own_end_counts():
    latency = play(TurnClock(), 1_000_000, 1_080_000)
    assert (latency.endpoint_ms, latency.measured) == (352.0, "detector")


def test_a_truth_too_old_belongs_to_another_utterance():
    clock = TurnClock()
    clock.step(at(1_000_000), FarEndTruth("hello", 0, 1_000_000))
    assert play(clock, 4_500_000, 4_580_000).endpoint_ms == 352.0


def test_a_truth_serves_one_turn():
    clock = TurnClock()
    clock.step(at(1_000_000), FarEndTruth("hello", 0, 1_000_000))
    assert play(clock, 1_400_000, 1_480_000, turn=1).endpoint_ms == 400.0
    assert play(clock, 2_900_000, 2_980_000, turn=2).endpoint_ms == 352.0


def test_a_truth_from_after_the_decision_belongs_to_another_utterance():
    clock = TurnClock()
    clock.step(at(1_000_000), ended())
    clock.step(at(1_050_000), FarEndTruth("and another thing", 0, 1_050_000))
    latency = clock.step(at(1_100_000), started(1_100_000))
    assert latency is not None
    assert latency.endpoint_ms == 352.0


def test_a_turn_has_one_answer():
    clock = TurnClock()
    play(clock, 1_000_000, 1_080_000)
    assert clock.step(at(2_000_000), started(2_000_000)) is None


def test_our_own_initiative_has_no_latency():
    assert TurnClock().step(at(5), started(5, turn=0)) is None


def test_the_first_of_each_part_counts_when_a_room_says_it_again():
    clock = TurnClock()
    clock.step(at(1_000_000), ended())
    for asr_us in (60_000, 900_000):
        clock.step(at(1_060_000), heard(asr_us=asr_us))
    clock.step(at(1_060_000), Transcript(1, "ye", False, "en", 1.0, 0, 1000, 7))
    for index in (0, 1):
        clock.step(at(1_060_000), sentence(index=index, llm_us=5000 + index))
    latency = clock.step(at(1_100_000), started(1_100_000))
    assert latency is not None
    assert (latency.asr_ms, latency.llm_ms, latency.cache_ms) == (60.0, 5.0, 0.9)


def quality(frame: int, arrived: int) -> LineQuality:
    return LineQuality("opus/48000", "SDES", frame, arrived % CLOCK_MODULUS_US)


def test_on_a_real_line_a_turn_is_counted_from_the_packet_with_its_last_audible_frame():
    clock = TurnClock()
    clock.step(at(900_000), quality(30, 600_000))
    audible = TurnEnded(1, 0, 1000, 1352, 350, "", audible_end_ms=960)  # its last frame is 47
    clock.step(at(1_420_000), audible)
    latency = clock.step(at(1_500_000), started(1_500_000))
    assert latency is not None
    assert (latency.measured, latency.endpoint_ms) == ("wire", (1_420_000 - 600_000 - 17 * 20_000) / 1000)
    assert latency.voice_to_voice_ms == 560.0


def test_without_an_audible_end_the_detector_s_end_is_looked_up_on_the_wire():
    clock = TurnClock()
    clock.step(at(900_000), quality(49, 980_000))
    latency = play(clock, 1_400_000, 1_480_000)  # ended at 1000 ms, in frame 49
    assert (latency.measured, latency.endpoint_ms) == ("wire", 420.0)


def test_the_newest_word_of_the_wire_counts_and_one_without_a_frame_does_not():
    clock = TurnClock()
    for word in (quality(49, 980_000), quality(99, 2_000_000), LineQuality("opus/48000")):
        clock.step(at(900_000), word)
    assert play(clock, 1_400_000, 1_480_000).endpoint_ms == 400.0  # the packets come 20 ms later by now


def test_a_simulated_line_s_truth_comes_before_the_wire():
    clock = TurnClock()
    clock.step(at(900_000), quality(49, 980_000))
    clock.step(at(1_010_000), FarEndTruth("yes", 0, 1_000_000))
    assert play(clock, 1_400_000, 1_480_000).measured == "truth"


@pytest.mark.parametrize("arrived", [1_400_001, -1_700_000])
def test_a_wire_that_cannot_be_right_is_not_believed(arrived):
    clock = TurnClock()
    clock.step(at(900_000), quality(49, arrived))
    latency = play(clock, 1_400_000, 1_480_000)
    assert (latency.measured, latency.endpoint_ms) == ("detector", 352.0)


@pytest.mark.parametrize("number", [70_000, 70_000 - 65_536])
def test_frames_are_found_on_the_wire_after_their_numbers_have_wrapped(number):
    assert arrived_us(quality(number, 5_000_000), (70_010 + 1) * 20) == 5_200_000


@given(
    frame=st.integers(0, 2**17),
    apart=st.integers(-3000, 3000),
    arrived=st.integers(0, CLOCK_MODULUS_US - 1),
    into_ms=st.integers(1, 20),
)
def test_a_packet_s_time_is_20_ms_a_frame_from_the_one_that_is_known(frame, apart, arrived, into_ms):
    end_ms = (frame + apart) * 20 + into_ms
    if end_ms > 0:
        expected = (arrived + apart * 20_000) % CLOCK_MODULUS_US
        assert arrived_us(quality(frame % 65_536, arrived), end_ms) == expected


WORDS = OperatorWords(1, "seven is fine", "en", 0.9, 0, 900)


def test_a_turn_that_an_operator_answered_has_no_latency_and_the_next_one_has():
    clock = TurnClock()
    clock.step(at(1_000_000), ended())
    clock.step(at(1_060_000), heard())
    clock.step(at(3_000_000), WORDS)
    assert clock.step(at(9_000_000), started(9_000_000)) is None
    assert play(clock, 20_000_000, 20_100_000, turn=2).voice_to_voice_ms == 452.0


def test_a_turn_that_the_agent_was_kept_from_answering_has_no_latency():
    clock = TurnClock()
    clock.forget()  # it is muted
    clock.step(at(1_000_000), ended())
    clock.step(at(1_060_000), heard(asr_us=1))
    clock.forget()  # and may speak again
    clock.step(at(31_000_000), sentence())
    assert clock.step(at(31_100_000), started(31_100_000)) is None


def test_turns_that_nobody_answers_have_no_latency():
    clock = TurnClock()
    for turn in range(1, 5):
        assert clock.step(at(turn * 1_000_000), ended(turn)) is None
        assert clock.step(at(turn * 1_000_000 + 60_000), heard(turn)) is None
    assert clock.step(at(9_000_000), started(9_000_000, turn=0)) is None
