"""What of the far end's voice reaches the disk: nothing before they know or agree, and nothing at all after a no."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.errors import SettingsError
from engine.journal import AUDIO, EVENTS, SUMMARY, read
from engine.lines.placing import Placement, line_for, recorded_as
from engine.live_call import LiveCall
from engine.protocol import (
    AgentFrame,
    FarSound,
    Flag,
    Header,
    PlaceCall,
    RecordingConsent,
    SoundKept,
    Spoken,
)
from engine.records.finishing import finish
from engine.records.past import past_call
from engine.records.sound import read_samples, sound_file
from engine.records.telling import told
from engine.records.verify import verify
from engine.scenario import find
from engine.settings import RecordingSettings, Settings
from engine.settings_sources import load
from tests.fakes.kept_calls import CALL, TASK

FAR, OURS = 3000, 5000  # amplitudes


class Call:
    """One call of a second and more: both sides make a sound all the time."""

    def __init__(self, journals: Path, policy: str) -> None:
        placed = recorded_as(Placement(TASK), policy)
        self.live = LiveCall(1, CALL, "simulated", placed, journals, 0)
        self.folder = self.live.journal.folder
        self.frames = 0

    def lasts(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            at_us = self.frames * 20_000
            header = Header(0, 1, Flag.NONE, self.frames % 65_536, at_us)
            self.live.frame(header, FarSound(at_us, np.full(320, FAR, np.int16).tobytes()))
            self.live.frame(header, AgentFrame(np.full(960, OURS, np.int16).tobytes()))
            self.frames += 1

    def told(self, state: str, words: str = "") -> None:
        """As the supervisor does it: what follows from it first, then the journal."""
        message = RecordingConsent(state, words, 2)  # type: ignore[arg-type]
        header = Header(0, 1, Flag.NONE, 0, self.frames * 20_000)
        self.live.take(header, message)
        self.live.journal.append(header, message)

    def ends(self) -> None:
        self.live.settle()
        assert self.live.close() is None

    def on_disk(self) -> np.ndarray:
        return read_samples(self.folder / AUDIO).pcm


@pytest.fixture(params=["announce", "consent"])
def policy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


YES = {"announce": "announced", "consent": "given"}


def test_before_they_know_or_agree_nothing_of_their_voice_reaches_the_disk(tmp_path, policy):
    call = Call(tmp_path, policy)
    for second in range(4):
        call.lasts(1)
        there = call.on_disk()
        assert not there[:, 0].any()
        assert second == 0 or np.count_nonzero(there[:, 1] > OURS / 2) > 10_000  # ours may be there before
    call.ends()
    assert not call.on_disk()[:, 0].any()
    assert verify(call.folder).verdict == "whole"


def test_from_then_on_both_voices_are_there(tmp_path, policy):
    call = Call(tmp_path, policy)
    call.lasts(3)
    call.told(YES[policy])
    call.lasts(2)
    call.ends()
    far = call.on_disk()[:, 0]
    assert not far[: 3 * 16_000].any()
    assert (far[3 * 16_000 :] == FAR).all() and far.size == 5 * 16_000


def test_what_they_said_before_is_not_stored_though_it_comes_late(tmp_path, policy):
    """On a busy machine frames wait for seconds; when they were heard counts."""
    call = Call(tmp_path, policy)
    call.lasts(1)
    header = Header(0, 1, Flag.NONE, 0, 3_000_000)
    call.live.take(header, RecordingConsent(YES[policy], turn=2))  # type: ignore[arg-type]
    call.lasts(4)  # from the second second on
    call.ends()
    far = call.on_disk()[:, 0]
    assert not far[: 3 * 16_000].any()
    assert (far[3 * 16_000 :] == FAR).all() and far.size == 5 * 16_000


def test_a_yes_before_anything_was_heard_is_one(tmp_path, policy):
    call = Call(tmp_path, policy)
    call.told(YES[policy])
    call.lasts(2)
    call.ends()
    assert call.on_disk()[:, 0].all()


def test_that_a_sentence_is_on_its_way_is_not_enough(tmp_path):
    call = Call(tmp_path, "announce")
    call.live.take(Header(0, 1, Flag.NONE, 0, 0), Spoken(1, 1, "This call is recorded.", False))
    call.lasts(2)
    assert not call.on_disk()[:, 0].any()


def test_who_has_not_agreed_is_not_recorded_and_may_be_asked_again(tmp_path):
    call = Call(tmp_path, "consent")
    for state in ("asked", "none", "asked", "given", "asked"):
        call.told(state)
        call.lasts(1)
    call.ends()
    loud = call.on_disk()[:, 0].reshape(5, 16_000).any(axis=1)
    assert loud.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("state", ["refused", "stopped"])
def test_after_a_no_their_voice_is_deleted_and_nothing_more_is_recorded(tmp_path, policy, state):
    call = Call(tmp_path, policy)
    call.told(YES[policy])
    call.lasts(5)
    assert call.on_disk()[:, 0].any()
    call.told(state, "please stop recording")
    call.lasts(0.1)
    there = call.on_disk()
    assert not there[:, 0].any() and there[:, 1].any()
    call.told(YES[policy])  # whatever comes then
    call.lasts(5)
    call.ends()
    assert np.array_equal(call.on_disk(), there)
    assert 4.9 < len(there) / 16_000 < 5.1
    report = verify(call.folder)
    assert (report.verdict, report.damage) == ("whole", ())
    finish(call.folder)
    assert np.array_equal(read_samples(sound_file(call.folder)).pcm, there)
    assert verify(call.folder).verdict == "whole"


def test_a_no_with_the_last_words_counts_too(tmp_path):
    call = Call(tmp_path, "announce")
    call.told("announced")
    call.lasts(3)
    call.told("stopped")
    call.ends()
    assert not call.on_disk()[:, 0].any()
    assert verify(call.folder).verdict == "whole"


def test_what_was_said_of_the_sound_before_holds_no_longer(tmp_path):
    call = Call(tmp_path, "announce")
    call.told("announced")
    call.lasts(5)
    call.told("stopped")
    call.lasts(1)
    messages = [message for _, _, message in read(call.folder)]
    wish = next(n for n, each in enumerate(messages) if getattr(each, "state", "") == "stopped")
    before = [each for each in messages[:wish] if isinstance(each, SoundKept)]
    (after,) = [each for each in messages[wish:] if isinstance(each, SoundKept)]
    assert len(before) > 2 and after.samples >= before[-1].samples and after.sha256 != before[-1].sha256
    assert verify(call.folder).verdict == "unfinished"


def test_an_engine_killed_before_it_deleted_has_that_done_by_the_next(tmp_path):
    call = Call(tmp_path, "announce")
    call.told("announced")
    call.lasts(9)
    call.told("stopped")  # and nothing after it
    report = verify(call.folder)
    assert (report.verdict, report.damage) == ("unfinished", ())
    assert any("deleted their voice" in note for note in report.notes)
    finish(call.folder)
    samples = read_samples(sound_file(call.folder)).pcm
    assert not samples[:, 0].any() and samples[:, 1].any()
    assert verify(call.folder).verdict == "unfinished"


def test_their_voice_put_back_after_a_no_is_damage(tmp_path):
    call = Call(tmp_path, "announce")
    call.told("announced")
    call.lasts(4)
    before = (call.folder / AUDIO).read_bytes()
    call.told("stopped")
    call.lasts(1)
    call.ends()
    now = (call.folder / AUDIO).read_bytes()
    (call.folder / AUDIO).write_bytes(now[:200] + before[200 : len(now)] + now[len(before) :])
    assert verify(call.folder).verdict == "damaged"


def test_lists_and_tellings_say_how_it_was_agreed(tmp_path):
    from datetime import UTC, datetime

    call = Call(tmp_path, "consent")
    call.told("asked")
    call.told("given", "yes sure")
    call.lasts(1)
    call.ends()
    there = past_call(call.folder, datetime.now(UTC))
    text = "\n".join(told(there, read(call.folder)))
    assert "audio.wav, with consent" in text
    assert "they agree: yes sure" in text
    assert json.loads((call.folder / EVENTS).read_text("utf-8").splitlines()[0])["recording"] == "consent"
    assert (call.folder / SUMMARY).exists()


# --- settings -------------------------------------------------------------------------------------------


def placed(recording: RecordingSettings, to: str = "", recognizer: str = "sim-ear") -> Placement:
    settings = Settings(recording=recording)
    settings = msgspec.structs.replace(
        settings, recognizer=msgspec.structs.replace(settings.recognizer, model=recognizer)
    )
    scenario = str(find("en/accepts"))
    command = PlaceCall(scenario=scenario, line="sip", to=to) if to else PlaceCall(scenario=scenario)
    return line_for(command, settings, {})


@pytest.mark.parametrize(
    ("policy", "record", "asks"),
    [("on", True, ""), ("off", False, ""), ("announce", True, "announce"), ("consent", True, "consent")],
)
def test_a_simulated_line_is_recorded_as_the_settings_say(policy, record, asks):
    found = placed(RecordingSettings(simulated=policy))
    assert (found.record, found.asks) == (record, asks)


def test_without_settings_simulated_lines_are_recorded_without_a_word_and_real_ones_not_at_all():
    assert (placed(RecordingSettings()).record, placed(RecordingSettings()).asks) == (True, "")
    real = recorded_as(Placement(TASK), RecordingSettings().sip)
    assert (real.record, real.asks) == (False, "")


def test_a_far_end_on_this_machine_is_a_test_and_is_told_only_where_that_is_wanted():
    peer = placed(RecordingSettings(), to="sip:test@127.0.0.1:5070")
    assert (peer.record, peer.asks) == (True, "")
    told_so = placed(RecordingSettings(sip="announce"), to="sip:test@127.0.0.1:5070")
    assert (told_so.record, told_so.asks) == (True, "announce")


def test_a_real_line_is_never_recorded_without_a_word(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('[recording]\nsip = "on"\n')
    with pytest.raises(SettingsError, match="recording"):
        load(path, {})


def test_a_call_that_is_not_recorded_has_no_file(tmp_path):
    call = Call(tmp_path, "off")
    call.lasts(2)
    call.ends()
    assert sound_file(call.folder) is None
    assert verify(call.folder).verdict == "whole"
