"""The parts of which voices are made: marks by estimate, silence cut away, a voice that rests after a failure."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, strategies as st

from engine.protocol import LINE_RATE_HZ, WordMark
from engine.voices import frames
from engine.voices.child_process import ROOT, environment_for_voice
from engine.voices.health import FIRST_REST_US, LONGEST_REST_US, Health
from engine.voices.marks import EstimatedMarks, Pace, first_unsaid, shared_marks
from engine.voices.shaping import Shaper


def test_words_of_a_whole_sentence_share_its_length_by_their_characters():
    assert shared_marks("ab cdefgh ij", 1200) == (WordMark(0, 2), WordMark(300, 9), WordMark(1000, 12))


@given(st.text(max_size=80), st.lists(st.integers(0, 30_000), max_size=8))
def test_marks_rise_stay_in_the_audio_and_end_at_the_texts_end_whatever_is_said(text, sizes):
    marks, total = EstimatedMarks(text, Pace()), 0
    given_marks: list[WordMark] = []
    for size in sizes:
        total += size
        given_marks += marks.until(total)
    given_marks += marks.finish(total)
    samples = [mark.sample for mark in given_marks]
    ends = [mark.char_end for mark in given_marks]
    assert samples == sorted(samples) and ends == sorted(ends)
    if total and text.split():
        assert samples[-1] < total
        assert ends[-1] == len(text.rstrip())
        assert len(ends) == len(text.split())


def test_the_pace_is_learnt_and_leans_to_the_slow_side():
    pace = Pace()
    for _ in range(30):
        pace.learn("x" * 10, 30_000)
    assert 3_000 < pace.samples_per_character < 3_200


def test_a_sentence_that_broke_off_goes_on_with_the_word_that_sounded_last():
    text = "We are four people."
    marks = list(shared_marks(text, 19_000))
    assert text[first_unsaid(text, marks[:3]) :] == "four people."
    assert first_unsaid(text, marks[:1]) == 0 == first_unsaid(text, [])


@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=40),
    st.sampled_from([8000, 16000, 22050, 24000, 48000]),
)
def test_audio_is_the_same_however_it_is_cut(cuts, rate_hz):
    at = np.arange(rate_hz // 4) / rate_hz
    quiet = np.zeros(rate_hz // 10)
    pcm = np.concatenate(
        [quiet, 9000 * np.sin(2 * np.pi * 200 * at), quiet, 9000 * np.sin(2 * np.pi * 300 * at), quiet]
    )
    audio = pcm.astype("<i2").tobytes()
    whole = Shaper(rate_hz)
    expected = np.concatenate([whole.feed(audio), whole.finish()])
    parts, shaper, begin = [], Shaper(rate_hz), 0
    for cut in cuts:
        parts.append(shaper.feed(audio[begin : begin + cut]))
        begin += cut
    parts += [shaper.feed(audio[begin:]), shaper.finish()]
    got = np.concatenate(parts)
    assert abs(got.size - expected.size) <= 2
    size = min(got.size, expected.size)
    assert np.abs(got[:size].astype(int) - expected[:size]).max() <= 2
    assert size / LINE_RATE_HZ == pytest.approx(
        0.6, abs=0.012
    )  # the pause inside stays, the silence around goes


def test_silence_alone_is_no_sound():
    shaper = Shaper(24_000)
    assert shaper.feed(bytes(48_000)).size == 0
    assert shaper.finish().size == 0


def test_a_voice_that_failed_rests_longer_each_time_and_is_told_of_once():
    health = Health("It", "espeak-ng")
    assert health.may_ask(0)
    first = health.failed("It is gone.", 0)
    assert first is not None and first.level == "warning" and first.room == "tts"
    assert not health.may_ask(FIRST_REST_US - 1)
    now_us, rests = FIRST_REST_US, []
    for _ in range(8):
        assert health.may_ask(now_us)
        assert not health.may_ask(now_us)  # one sentence tries
        assert health.failed("It is gone.", now_us) is None
        rests.append(next(us for us in range(0, 10**9, 10**6) if health._again_us <= now_us + us))
        now_us += rests[-1]
    assert rests == sorted(rests) and rests[-1] == LONGEST_REST_US
    back = health.worked()
    assert back is not None and (back.level, back.text) == ("info", "It is back")
    assert health.worked() is None
    assert health.may_ask(now_us)


def test_a_trial_that_comes_to_nothing_is_followed_by_another_one():
    """The sentence that tried was cut before anything was known."""
    health = Health("It", "espeak-ng")
    health.failed("It is gone.", 0)
    assert health.may_ask(FIRST_REST_US)
    assert not health.may_ask(FIRST_REST_US + 1)
    assert health.may_ask(2 * FIRST_REST_US)


def test_frames_come_back_as_they_were_written_and_a_broken_one_is_the_end():
    stream = io.BytesIO()
    frames.write(stream, frames.SAY, frames.NUMBER.pack(7), b"en", "Grüße".encode())
    frames.write(stream, frames.READY)
    stream.seek(0)
    first = frames.read(stream)
    assert first is not None and first.number == 7 and first.body[4:].decode() == "enGrüße"
    second = frames.read(stream)
    assert second is not None and second.kind == frames.READY
    with pytest.raises(ValueError, match="without a sentence"):
        _ = second.number
    assert frames.read(stream) is None
    assert frames.read(io.BytesIO(stream.getvalue()[:8])) is None
    with pytest.raises(ValueError, match="is the most"):
        frames.read(io.BytesIO(b"\x0c\xff\xff\xff\xff"))


def test_a_voices_process_is_given_no_key_and_no_password():
    given = environment_for_voice(
        {"PATH": "/bin", "LC_ALL": "C", "OPENAI_API_KEY": "x", "SIP_PASSWORD": "y", "PYTHONPATH": "/mine"}
    )
    assert given == {"PATH": "/bin", "LC_ALL": "C", "PYTHONPATH": f"{ROOT}:/mine"}
