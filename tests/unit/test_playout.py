"""What goes to the line, frame by frame, and what the far end has been given."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from engine.protocol import BargeIn, PlaybackStarted, SpeechAudio, Spoken, WordMark
from engine.turns.playout import FRAME_SAMPLES, FRAME_US, Playout

CUT, DUCK, RESUME = BargeIn("cut", 0), BargeIn("duck", 0), BargeIn("resume", 0)
TEXT = "a table for two"
MARKS = (1, 7, 11, 15)  # ends of its words


def speech(
    frames: float = 4,
    utterance: int = 1,
    index: int = 0,
    ends: bool = False,
    value: int = 100,
    piece: int = 0,
    of: int = 1,
) -> SpeechAudio:
    """A piece of TEXT's audio, its four words evenly spread over all pieces."""
    samples = int(frames * FRAME_SAMPLES)
    whole = samples * of
    starts = [whole * word // 4 for word in range(4)]
    mine = [m for m in zip(starts, MARKS, strict=True) if piece * samples <= m[0] < (piece + 1) * samples]
    return SpeechAudio(
        utterance=utterance,
        index=index,
        piece=piece,
        last=piece == of - 1,
        ends_utterance=ends and piece == of - 1,
        turn=utterance,
        text=TEXT,
        pcm=np.full(samples, value, np.int16).tobytes(),
        marks=tuple(WordMark(*mark) for mark in mine),
        tts_us=3000,
    )


def end_of(utterance: int, index: int) -> SpeechAudio:
    return SpeechAudio(utterance, index, 0, True, True, utterance, "", b"")


class Line:
    """Takes every frame when it is due."""

    def __init__(self) -> None:
        self.playout = Playout()
        self.now_us = 0
        self.frames: list[np.ndarray] = []
        self.times: list[int] = []
        self.reports: list[Spoken | PlaybackStarted] = []

    def add(self, *pieces: SpeechAudio) -> None:
        for piece in pieces:
            self.playout.add(piece, self.now_us)

    def play(self, frames: int = 1000) -> None:
        for _ in range(frames):
            if self.playout.due_us is None:
                return
            self.now_us = max(self.now_us, self.playout.due_us)
            pcm, reports = self.playout.frame(self.now_us)
            self.reports += reports
            if pcm is not None:
                self.frames.append(np.frombuffer(pcm, np.int16))
                self.times.append(self.now_us)

    def barge_in(self, action: BargeIn) -> list[Spoken]:
        reports = self.playout.barge_in(action)
        self.reports += reports
        return reports

    @property
    def spoken(self) -> list[Spoken]:
        return [report for report in self.reports if isinstance(report, Spoken)]

    @property
    def started(self) -> list[int]:
        return [report.utterance for report in self.reports if isinstance(report, PlaybackStarted)]


def test_the_first_frame_leaves_at_once_and_the_others_every_20_ms():
    line = Line()
    line.now_us = 12_345
    line.add(speech(3))
    line.play()
    assert line.times == [12_345, 12_345 + FRAME_US, 12_345 + 2 * FRAME_US]


def test_nothing_is_due_when_nothing_is_to_be_said():
    line = Line()
    assert line.playout.due_us is None
    line.add(speech(1, ends=True))
    line.play()
    assert line.playout.due_us is None
    line.now_us += 5_000_123
    line.add(speech(1, utterance=2))
    assert line.playout.due_us == line.now_us


def test_words_are_reported_when_they_have_been_played_whole():
    line = Line()
    line.add(speech(8, ends=True))
    told = {}
    for frame in range(1, 9):
        before = len(line.spoken)
        line.play(1)
        told[frame] = [report.text for report in line.spoken[before:]]
    assert told == {1: [], 2: ["a"], 3: [], 4: ["a table"], 5: [], 6: ["a table for"], 7: [], 8: [TEXT]}
    assert [report.done for report in line.spoken] == [False, False, False, True]
    assert line.spoken[-1].ends_utterance


def test_sentences_follow_each_other_within_a_frame():
    line = Line()
    line.add(speech(1.5, value=1), speech(1.5, index=1, value=2, ends=True))
    line.play()
    assert len(line.frames) == 3
    assert list(np.concatenate(line.frames)) == [1] * (FRAME_SAMPLES * 3 // 2) + [2] * (
        FRAME_SAMPLES * 3 // 2
    )


def test_the_last_frame_is_filled_up_with_silence():
    line = Line()
    line.add(speech(1.25))
    line.play()
    assert not line.frames[1][FRAME_SAMPLES // 4 :].any()


def test_playback_starts_once_per_utterance_with_its_times():
    line = Line()
    line.now_us = 1000
    line.add(speech(2), speech(2, index=1, ends=True))
    line.add(speech(2, utterance=2, ends=True))
    line.play()
    assert line.started == [1, 2]
    report = line.playout.started(PlaybackStarted(2, 2, 0, 0), 2**32 + 81_000)
    assert report == PlaybackStarted(2, 2, at_us=81_000, playback_us=2**32 + 80_000, tts_us=3000)


def test_an_empty_sentence_only_ends_its_utterance():
    line = Line()
    line.add(speech(1), end_of(1, 1))
    line.play()
    assert len(line.frames) == 1
    assert [(s.index, s.done, s.ends_utterance) for s in line.spoken] == [(0, True, False), (1, True, True)]


def test_an_empty_sentence_that_comes_late_is_reported_too():
    line = Line()
    line.add(speech(1))
    line.play()
    line.add(end_of(1, 1))
    line.play()
    assert line.spoken[-1].ends_utterance
    assert len(line.frames) == 1
    assert line.playout.due_us is None


def test_pieces_that_come_late_go_on_where_the_sentence_stopped():
    line = Line()
    line.add(speech(2, of=2, value=1))
    line.play()
    assert [s.done for s in line.spoken] == [False]
    line.now_us += 300_000
    line.add(speech(2, piece=1, of=2, value=2))
    line.play()
    assert [int(f[0]) for f in line.frames] == [1, 1, 2, 2]
    assert line.spoken[-1] == Spoken(1, 0, TEXT, True)
    assert line.started == [1]


def test_what_is_offered_again_is_not_said_again():
    line = Line()
    line.add(speech(2), speech(2))
    line.play()
    line.add(speech(2))
    line.play()
    assert len(line.frames) == 2
    assert line.playout.due_us is None


def test_a_cut_stops_at_once_and_reports_to_the_word():
    line = Line()
    line.add(speech(8), speech(8, index=1), end_of(1, 2))
    line.play(5)
    (report,) = line.barge_in(CUT)
    assert report == Spoken(1, 0, "a table", True, True, cut=True)
    assert line.playout.due_us is None
    line.add(speech(8, index=1), end_of(1, 2), speech(8, index=3))
    line.play()
    assert len(line.frames) == 5


def test_after_a_cut_the_next_utterance_is_said():
    line = Line()
    line.add(speech(8))
    line.play(2)
    line.barge_in(CUT)
    line.add(speech(2, utterance=2, value=7))
    line.play()
    assert [int(f[0]) for f in line.frames[2:]] == [7, 7]


def test_a_cut_reports_every_utterance_that_was_waiting():
    line = Line()
    line.add(speech(4), speech(4, utterance=2), speech(4, utterance=2, index=1, ends=True))
    line.play(1)
    assert line.barge_in(CUT) == [
        Spoken(1, 0, "a", True, True, cut=True),
        Spoken(2, 0, "", True, True, cut=True),
    ]


def test_a_cut_between_two_sentences_of_an_utterance_stops_the_rest():
    line = Line()
    line.add(speech(2))
    line.play()
    assert line.barge_in(CUT) == [Spoken(1, 1, "", True, True, cut=True)]
    line.add(speech(2, index=1), end_of(1, 2))
    line.play()
    assert len(line.frames) == 2


def test_a_cut_after_an_utterance_cuts_nothing():
    line = Line()
    line.add(speech(2, ends=True))
    line.play()
    assert line.barge_in(CUT) == []
    line.add(speech(2, utterance=2))
    line.play()
    assert len(line.frames) == 4


def test_a_duck_is_12_db_and_goes_away():
    line = Line()
    line.add(speech(4, value=1000))
    line.play(1)
    assert line.barge_in(DUCK) == []
    line.play(1)
    assert line.barge_in(RESUME) == []
    line.play(1)
    assert [int(f[0]) for f in line.frames] == [1000, 250, 1000]


def test_the_next_utterance_is_not_ducked():
    line = Line()
    line.add(speech(2, value=1000, ends=True))
    line.barge_in(DUCK)
    line.play()
    line.add(speech(1, utterance=2, value=1000))
    line.play()
    assert int(line.frames[-1][0]) == 1000


def test_a_late_playout_makes_up_for_two_frames_and_no_more():
    line = Line()
    line.add(speech(100))
    line.play(2)
    late_us = line.now_us + 1_000_000
    line.now_us = late_us
    line.play(5)
    assert line.times[2:] == [late_us, late_us, late_us, late_us + FRAME_US, late_us + 2 * FRAME_US]


STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 4), st.integers(0, 2), st.integers(0, 1)),
    st.tuples(st.just("play"), st.integers(1, 6)),
    st.tuples(st.sampled_from(["cut", "duck", "resume"])),
)


@settings(max_examples=300)
@given(steps=st.lists(STEPS, max_size=40))
def test_whatever_comes_in_whatever_order_nothing_is_said_twice_or_after_its_cut(steps):
    """Each piece has samples of its own value, so that what is played can be told."""
    line = Line()
    cut_until = 0
    for step in steps:
        if step[0] == "add":
            utterance, index, piece = step[1:]
            value = value_of(utterance, index, piece)
            line.add(speech(1.5, utterance, index, ends=index == 2, value=value, piece=piece, of=2))
        elif step[0] == "play":
            before = len(line.frames)
            line.play(step[1])
            assert all(played_utterance(value) > cut_until for value in values(line.frames[before:]))
        else:
            reports = line.barge_in(BargeIn(step[0], 0))
            assert reports == [] or step[0] == "cut"
            assert [r.utterance for r in reports] == sorted({r.utterance for r in reports})
            cut_until = max([cut_until, *(report.utterance for report in reports)])
            assert step[0] != "cut" or line.playout.due_us is None
    line.play(500)
    assert line.playout.due_us is None  # the queue drains
    played = np.concatenate(line.frames) if line.frames else np.empty(0, np.int16)
    for value in values(line.frames):
        assert np.count_nonzero(undone(played) == value) <= FRAME_SAMPLES * 3 // 2
    for report in line.spoken:
        assert len(report.text) <= heard_chars(undone(played), report)


def value_of(utterance: int, index: int, piece: int) -> int:
    """A sample that tells its piece, and still does when it is ducked to a quarter."""
    return (1000 + utterance * 100 + index * 10 + piece) * 4


def undone(pcm: np.ndarray) -> np.ndarray:
    """Samples with the duck taken back."""
    return np.where(pcm < 2000, pcm.astype(int) * 4, pcm.astype(int))


def values(frames: list[np.ndarray]) -> set[int]:
    return {int(value) for frame in frames for value in np.unique(undone(frame)) if value}


def played_utterance(value: int) -> int:
    return (value // 4 - 1000) // 100


def heard_chars(played: np.ndarray, report: Spoken) -> int:
    """How many characters of a sentence its played samples are worth: a word is whole when the next one begins."""
    mine = [value_of(report.utterance, report.index, piece) for piece in (0, 1)]
    samples, whole = int(np.count_nonzero(np.isin(played, mine))), FRAME_SAMPLES * 3
    return len(TEXT) if samples >= whole else (0, *MARKS)[samples * 4 // whole]


def test_an_agent_that_missed_the_report_of_a_sentence_gets_it_again_and_nobody_hears_it_twice():
    playout = Playout()
    assert playout.add(speech(frames=1), 0) == []
    frames = 0
    while playout.due_us is not None:
        pcm, _ = playout.frame(playout.due_us)
        frames += pcm is not None
    assert playout.add(speech(frames=1), 10**6) == [Spoken(1, 0, TEXT, True)]
    assert playout.due_us is None and frames == 1


def test_a_sentence_of_a_cut_utterance_that_is_offered_again_is_reported_as_cut():
    playout = Playout()
    playout.add(speech(frames=100), 0)
    playout.frame(0)
    playout.barge_in(CUT)
    assert playout.add(speech(index=1), 1) == [Spoken(1, 1, "", True, True, cut=True)]
