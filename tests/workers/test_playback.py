"""playback: one frame every 20 ms by the test's clock."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from engine.protocol import (
    AgentFrame,
    AgentSilenced,
    BargeIn,
    CallClosed,
    Flag,
    FlushVoice,
    OperatorFrame,
    PlaybackStarted,
    Sentence,
    SpeechAudio,
    Spoken,
    Talk,
    VoicePlayed,
    WordMark,
)
from engine.workers import playback
from tests.fakes.fake_bus import Do, Wait, heard

FRAME = 960


@pytest.fixture
def bus(bus_of):
    return bus_of("playback")


def audio(
    frames: int = 5, utterance: int = 1, index: int = 0, ends: bool = True, text: str = "Good evening"
) -> SpeechAudio:
    marks = (WordMark(0, 4), WordMark(frames * FRAME // 2, len(text)))
    pcm = np.full(frames * FRAME, 1000, np.int16).tobytes()
    return SpeechAudio(utterance, index, 0, True, ends, 3, text, pcm, marks, tts_us=2500)


def times(bus, call=1):
    return [sent.at_us for sent in bus.sent if isinstance(sent.message, AgentFrame) and sent.call == call]


def test_frames_leave_every_20_ms_from_the_moment_the_audio_came(bus, opened):
    bus.steps = [heard(opened()), Wait(7.3), heard(audio()), Wait(500)]
    playback.run(bus)
    assert times(bus) == [1_007_300 + n * 20_000 for n in range(5)]
    assert bus.wake_at_us is None
    assert {sent.flags for sent in bus.sent if isinstance(sent.message, AgentFrame)} == {Flag.SYNTHETIC}


def test_the_start_and_the_words_are_reported_as_they_leave(bus, opened):
    bus.steps = [heard(opened()), heard(audio()), Wait(500)]
    playback.run(bus)
    assert bus.said(PlaybackStarted) == [PlaybackStarted(1, 3, 1_000_000, 0, 2500)]
    assert [(s.text, s.done, s.ends_utterance) for s in bus.said(Spoken)] == [
        ("Good", False, False), ("Good evening", True, True),
    ]  # fmt: skip
    kinds = [type(sent.message) for sent in bus.sent[:2]]
    assert kinds == [AgentFrame, PlaybackStarted]


def test_frames_that_a_busy_machine_sent_late_are_told_with_the_words(bus, opened):
    def busy() -> None:
        bus.clock.now_us += 75_000  # nobody looks at what is due meanwhile

    bus.steps = [heard(opened()), heard(audio(10)), Wait(105), Do(busy), Wait(500)]
    playback.run(bus)
    # one hole, not one for each frame after it: the clock goes on from there
    assert [(said.text, said.late_frames) for said in bus.said(Spoken)] == [("Good", 0), ("Good evening", 1)]
    assert times(bus)[6] == 1_180_000


def test_a_cut_stops_with_the_frame_and_is_reported(bus, opened):
    bus.steps = [heard(opened()), heard(audio(50)), Wait(650), heard(BargeIn("cut", 0)), Wait(500)]
    playback.run(bus)
    assert len(times(bus)) == 33
    assert bus.sent[-1].message == Spoken(1, 0, "Good", True, True, cut=True)
    assert bus.sent[-1].flags == Flag.CUT
    assert bus.wake_at_us is None


def test_a_hold_is_silent_at_once_and_we_go_on_from_the_word_that_was_broken_off(bus, opened):
    bus.steps = [
        heard(opened()), heard(audio(50)), Wait(650), heard(BargeIn("hold", 0)), Wait(500), heard(BargeIn("resume", 0)),
        Wait(1000),
    ]  # fmt: skip
    playback.run(bus)
    sent = times(bus)
    assert len([at for at in sent if 1_650_000 < at < 2_150_000]) == 1  # it fades
    assert sent[34] == 2_150_000
    assert len(sent) == 34 + 25  # the second of two words begins after 25 of 50 frames
    assert [(s.text, s.done) for s in bus.said(Spoken)] == [("Good", False), ("Good evening", True)]


def test_a_hold_empties_a_line_with_its_own_clock(bus, opened):
    bus.steps = [
        ahead(opened), heard(audio(6)), Wait(7), heard(VoicePlayed(0, 1_006_000)), Wait(33), heard(BargeIn("hold", 0)),
        Wait(4), heard(VoicePlayed(1, 1_043_000, flushed=True)), Wait(500), heard(BargeIn("resume", 0)), Wait(5),
    ]  # fmt: skip
    playback.run(bus)
    assert len(bus.said(FlushVoice)) == 1
    assert [at for at in times(bus) if at > 1_040_000] == [1_544_000] * 3


def test_calls_keep_their_own_time(bus, opened):
    bus.steps = [
        heard(opened(), 1), heard(opened(), 2), heard(audio(3), 1), Wait(5), heard(audio(3), 2), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    assert times(bus, 1) == [1_000_000, 1_020_000, 1_040_000]
    assert times(bus, 2) == [1_005_000, 1_025_000, 1_045_000]


def test_a_restarted_room_says_what_is_offered_again_from_the_sentence_s_beginning(bus, opened):
    bus.steps = [heard(opened(room="playback")), heard(audio(3), flags=Flag.AGAIN), Wait(500)]
    playback.run(bus)
    assert len(times(bus)) == 3


def test_audio_of_an_unknown_or_closed_call_is_ignored(bus, opened):
    bus.steps = [
        heard(audio(3), 9), heard(opened()), heard(audio(30)), Wait(50), heard(CallClosed("booked")), Wait(500),
        heard(audio(3, utterance=2)), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    assert len(times(bus)) == 3
    assert times(bus, 9) == []
    assert bus.wake_at_us is None


def test_a_room_that_was_held_up_does_not_rush_through_its_audio(bus, opened, clock):
    def held_up():
        clock.now_us += 1_000_000

    bus.steps = [heard(opened()), heard(audio(20)), Wait(50), Do(held_up), Wait(500)]
    playback.run(bus)
    after = [at for at in times(bus) if at >= 2_050_000]
    assert after.count(2_050_000) <= 3
    assert np.diff([at for at in after if at > 2_050_000]).tolist() == [20_000] * (
        len(after) - after.count(2_050_000) - 1
    )


def ahead(opened, **more):
    return heard(msgspec.structs.replace(opened(**more), lead_ms=60))


def numbers(bus):
    return [sent.sequence for sent in bus.sent if isinstance(sent.message, AgentFrame)]


def test_a_line_with_its_own_clock_is_sent_the_lead_and_a_frame_for_each_that_has_left(bus, opened):
    bus.steps = [
        ahead(opened), heard(audio(6)), Wait(7), heard(VoicePlayed(0, 1_006_000)), Wait(20),
        heard(VoicePlayed(1, 1_026_000)), Wait(20),
    ]  # fmt: skip
    playback.run(bus)
    assert times(bus) == [1_000_000] * 3 + [1_007_000, 1_027_000]
    assert numbers(bus) == [0, 1, 2, 3, 4]
    assert bus.said(PlaybackStarted) == [PlaybackStarted(1, 3, 1_006_000, 6000, 2500)]
    assert next(s.at_us for s in bus.sent if isinstance(s.message, PlaybackStarted)) == 1_007_000


def test_a_cut_empties_the_line_and_tells_what_it_had_played(bus, opened):
    bus.steps = [
        ahead(opened), heard(audio(6)), Wait(7), heard(VoicePlayed(0, 1_006_000)), Wait(43), heard(BargeIn("cut", 0)),
        Wait(4), heard(VoicePlayed(3, 1_053_000, flushed=True)), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    flush, progress, told = (s for s in bus.sent if s.at_us >= 1_050_000)
    assert (flush.message, flush.at_us) == (FlushVoice(), 1_050_000)
    assert progress.message == Spoken(1, 0, "Good", False)
    assert (told.message, told.flags) == (Spoken(1, 0, "Good", True, True, cut=True), Flag.CUT)
    assert bus.wake_at_us is None


def test_a_line_that_does_not_answer_the_cut_is_not_waited_for_longer_than_60_ms(bus, opened):
    bus.steps = [ahead(opened), heard(audio(6)), Wait(10), heard(BargeIn("cut", 0)), Wait(500)]
    playback.run(bus)
    assert bus.sent[-1].message == Spoken(1, 0, "", True, True, cut=True)
    assert bus.sent[-1].at_us == 1_070_000


def test_a_restarted_room_empties_a_line_with_its_own_clock_first(bus, opened):
    bus.steps = [
        ahead(opened, room="playback"), heard(audio(3)), Wait(5), heard(VoicePlayed(99, 5, flushed=True)), Wait(100),
    ]  # fmt: skip
    playback.run(bus)
    assert [type(sent.message) for sent in bus.sent[:2]] == [FlushVoice, AgentFrame]
    assert times(bus) == [1_005_000] * 3
    assert numbers(bus) == [0, 1, 2]


def operator_frame(value: int = 3000):
    return heard(OperatorFrame(np.full(320, value, np.int16).tobytes()))


def flags(bus):
    return [sent.flags for sent in bus.sent if isinstance(sent.message, AgentFrame)]


TAKEN_OVER, MUTED = heard(AgentSilenced("operator", "anna")), heard(AgentSilenced("muted", "anna"))
GIVEN_BACK = heard(AgentSilenced(""))


def test_an_operator_who_takes_over_silences_the_agent_at_once_and_is_heard_instead(bus, opened):
    bus.steps = [
        heard(opened()), heard(audio(50)), Wait(105), TAKEN_OVER, heard(Talk(1, True)),
        *(step for _ in range(5) for step in (operator_frame(), Wait(20))),
        heard(audio(50, utterance=2)), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    assert flags(bus) == [Flag.SYNTHETIC] * 6 + [Flag.OPERATOR] * 5
    assert times(bus)[6:] == [1_125_000 + n * 20_000 for n in range(5)]
    cuts = [sent for sent in bus.sent if isinstance(sent.message, Spoken) and sent.message.cut]
    assert [(sent.message.utterance, sent.message.text) for sent in cuts] == [(1, ""), (2, "")]
    assert (cuts[0].at_us, cuts[0].flags) == (1_105_000, Flag.CUT)
    assert len(bus.said(PlaybackStarted)) == 1
    assert numbers(bus) == list(range(11))
    assert bus.wake_at_us is None


def test_what_an_operator_typed_is_said_by_a_muted_agent_in_the_agent_s_voice(bus, opened):
    bus.steps = [
        heard(opened()), MUTED, heard(audio(3)), heard(audio(3, utterance=2), flags=Flag.OPERATOR), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    assert flags(bus) == [Flag.SYNTHETIC] * 3
    assert [(s.utterance, s.cut) for s in bus.said(Spoken) if s.done] == [(1, True), (2, False)]


def test_the_microphone_s_last_frames_do_not_leave_after_it_is_off(bus, opened):
    bus.steps = [
        heard(opened()), TAKEN_OVER, operator_frame(), operator_frame(), operator_frame(), Wait(45),
        heard(Talk(1, False, "key")), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    assert times(bus) == [1_020_000, 1_040_000]
    assert bus.wake_at_us is None


def test_a_line_with_its_own_clock_is_emptied_when_the_microphone_is_off(bus, opened):
    bus.steps = [
        ahead(opened), TAKEN_OVER, operator_frame(), operator_frame(), operator_frame(), Wait(30),
        heard(Talk(1, False, "key")), Wait(3), heard(VoicePlayed(0, 1_032_000, flushed=True)), Wait(50),
        GIVEN_BACK, heard(audio(3)), Wait(100),
    ]  # fmt: skip
    playback.run(bus)
    (flush,) = (sent for sent in bus.sent if isinstance(sent.message, FlushVoice))
    assert (flush.at_us, flush.flags) == (1_030_000, Flag.CUT)
    assert flags(bus) == [Flag.OPERATOR] * 3 + [Flag.SYNTHETIC] * 3
    assert times(bus)[3:] == [1_083_000] * 3


def test_a_room_that_is_restarted_while_an_operator_speaks_lets_only_the_operator_speak(bus, opened):
    taken_over = msgspec.structs.replace(opened(room="playback"), silenced="operator")
    bus.steps = [heard(taken_over), heard(audio(20), flags=Flag.AGAIN), operator_frame(), Wait(100)]
    playback.run(bus)
    assert flags(bus) == [Flag.OPERATOR]
    assert [(s.utterance, s.cut) for s in bus.said(Spoken)] == [(1, True)]


def test_one_call_s_operator_is_not_heard_in_another(bus, opened):
    bus.steps = [
        heard(opened(), 1), heard(opened(), 2), heard(AgentSilenced("operator"), 2), operator_frame(), Wait(100),
        heard(audio(3), 1), Wait(100),
    ]  # fmt: skip
    playback.run(bus)
    assert (len(times(bus, 1)), times(bus, 2)) == (3, [])


def said(text: str = "Good evening", index: int = 0, last: bool = False) -> Sentence:
    return Sentence(1, index, last, 3, text, "en")


def test_audio_made_ahead_is_unheard_until_its_sentence_is_said_and_leaves_in_that_moment(bus, opened):
    bus.steps = [
        heard(opened()),
        heard(said(), flags=Flag.AHEAD),
        heard(audio(), flags=Flag.AHEAD),
        Wait(300),
        heard(said()),
        Wait(500),
    ]
    playback.run(bus)
    assert times(bus) == [1_300_000 + n * 20_000 for n in range(5)]
    assert bus.said(PlaybackStarted) == [PlaybackStarted(1, 3, 1_300_000, 0, 0)]


def test_audio_made_ahead_that_comes_after_its_sentence_is_counted_from_there(bus, opened):
    bus.steps = [
        heard(opened()),
        heard(said(), flags=Flag.AHEAD),
        heard(said()),
        Wait(30),
        heard(audio(), flags=Flag.AHEAD),
        Wait(500),
    ]
    playback.run(bus)
    assert bus.said(PlaybackStarted) == [PlaybackStarted(1, 3, 1_030_000, 0, 30_000)]


def test_what_was_thrown_away_is_never_heard(bus, opened):
    bus.steps = [
        heard(opened()),
        heard(said(), flags=Flag.AHEAD),
        heard(audio(), flags=Flag.AHEAD),
        heard(said("Pardon?")),
        heard(audio(2, text="Pardon?")),
        Wait(500),
    ]
    playback.run(bus)
    assert len(times(bus)) == 2
    assert [spoken.text for spoken in bus.said(Spoken)][-1] == "Pardon?"


def test_a_cut_takes_what_is_still_being_made_of_its_utterance(bus, opened):
    bus.steps = [
        heard(opened()),
        *(heard(said(index=n), flags=Flag.AHEAD) for n in range(2)),
        heard(audio(50, ends=False), flags=Flag.AHEAD),
        *(heard(said(index=n)) for n in range(2)),
        Wait(100),
        heard(BargeIn("cut", 0)),
        Wait(100),
        heard(audio(5, index=1), flags=Flag.AHEAD),
        Wait(500),
    ]
    playback.run(bus)
    assert len(times(bus)) <= 6
    assert bus.wake_at_us is None


def test_audio_made_ahead_is_refused_like_any_other_while_an_operator_speaks(bus, opened):
    bus.steps = [
        heard(opened()),
        heard(said(), flags=Flag.AHEAD),
        heard(audio(), flags=Flag.AHEAD),
        heard(AgentSilenced("operator")),
        heard(said()),
        Wait(500),
        heard(AgentSilenced("")),
        Wait(500),
    ]
    playback.run(bus)
    assert times(bus) == []
    assert [spoken.cut for spoken in bus.said(Spoken)] == [True]
