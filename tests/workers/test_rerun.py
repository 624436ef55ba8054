"""A call held by the rooms in virtual time, recorded by them, and held again."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from engine.errors import StateError
from engine.languages.recorded_words import recorded_words
from engine.options import Chosen
from engine.protocol import HEARING_RATE_HZ, LineState, OperatorAct, RecordingConsent, Sentence, Transcript
from engine.records.verify import verify
from engine.rerun import case as cases, real_pace
from engine.rerun.case import Expected, unmet
from engine.rerun.case_making import Wish, make, mark_of
from engine.rerun.past_call import PastCall, read_call
from engine.rerun.recorded_words import RecordedWords
from engine.rerun.running import How, rerun
from engine.rerun.telling import as_json, table
from engine.settings import Settings
from tests.fakes.past_calls import GREETING, OFFER, far_end, past_of, record, recorded

AS_THEN = How(recognizer="recorded")


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> PastCall:
    return recorded(tmp_path_factory.mktemp("recorded"))


def test_a_call_in_virtual_time_is_recorded_as_an_engine_would(past: PastCall) -> None:
    assert verify(past.folder).verdict == "whole"
    words = [each.text for _, _, each in past.events if isinstance(each, Transcript) and each.final]
    assert words == [GREETING.lower(), OFFER.lower()]
    said = " ".join(each.text for _, _, each in past.events if isinstance(each, Sentence))
    assert "Anna Walker" in said and "seven thirty" in said
    pcm = far_end()[:, 0]
    assert np.array_equal(past.pcm[: pcm.size, 0], pcm)
    assert past.pcm[:, 1].any()  # what we said


def test_the_same_engine_hears_and_does_the_same_and_twice_alike(past: PastCall) -> None:
    first, second = rerun(past, Settings(), AS_THEN), rerun(past, Settings(), AS_THEN)
    assert first.comparison.differences == first.comparison.remarks == []
    assert [turn.words for turn in first.now.turns] == [GREETING.lower(), OFFER.lower()]
    assert msgspec.to_builtins(first.now) == msgspec.to_builtins(second.now)
    assert first.real_time_factor > 0 and not first.paced


def test_its_json_and_its_table(past: PastCall) -> None:
    found = rerun(past, Settings(), AS_THEN)
    told = json.loads(json.dumps(as_json(found, "en")))
    assert (told["turns"], told["differences"], told["wer"], told["diverged_at"]) == (2, [], 0.0, None)
    assert isinstance(told["real_time_factor"], float) and len(told["by_turn"]) == 2
    lines = list(table(found))
    assert OFFER.lower() in "\n".join(lines) and lines[-1] == "no differences"


def test_other_settings_show_what_they_change(past: PastCall) -> None:
    settings = Settings()
    slow = msgspec.structs.replace(settings.turns, whole_ms=900, hangover_ms=900, fragment_ms=900)
    found = rerun(past, msgspec.structs.replace(settings, turns=slow), AS_THEN)
    assert {each.what for each in found.comparison.differences} >= {"decided"}
    assert [turn.words for turn in found.now.turns] == [GREETING.lower(), OFFER.lower()]


def test_hearing_alone_is_judged_under_the_voice_of_then(past: PastCall) -> None:
    found = rerun(past, Settings(), How(recognizer="recorded", ours="recorded"))
    assert found.comparison.differences == [] and found.ours == "recorded"
    assert found.now.opening == [] and [turn.said for turn in found.now.turns] == [[], []]
    assert {turn.latency_ms for turn in found.now.turns} == {None}


def test_where_we_say_something_else_the_conversations_part(past: PastCall) -> None:
    other = past._replace(task=msgspec.structs.replace(past.task, party_size=6, name="Ruth Weaver"))
    found = rerun(other, Settings(), AS_THEN)
    parted = [each for each in found.comparison.differences if each.what == "parted"]
    assert len(parted) == 1 and "diverged" in parted[0].text and found.comparison.parted_at is not None
    assert [turn.words for turn in found.now.turns] == [GREETING.lower(), OFFER.lower()]


def test_a_hang_up_of_ours_ends_nothing_that_is_judged(past: PastCall) -> None:
    ends = [each for _, _, each in past.events if isinstance(each, LineState) and each.state == "ended"]
    assert [each.reason for each in ends] == ["far_end"]  # the sound's end, though nobody hung up


def test_nothing_of_a_rerun_is_left_in_the_state_directory(past: PastCall, tmp_path: Path) -> None:
    rerun(past, Settings(state_dir=str(tmp_path)), AS_THEN)
    assert list(tmp_path.iterdir()) == []


def test_a_call_without_sound_cannot_be_heard_again(past: PastCall, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes((past.folder / "events.jsonl").read_bytes())
    with pytest.raises(StateError, match="no recording"):
        read_call(tmp_path)


def test_recorded_words_are_found_by_the_place_of_the_sound(past: PastCall) -> None:
    turns = [each for _, _, each in past.events if isinstance(each, Transcript) and each.final]
    words = RecordedWords(past, lambda: past.frames)
    for turn in turns:
        pcm = past.pcm[turn.start_ms * 16 : (turn.end_ms + 100) * 16, 0]
        assert words.transcribe(pcm, "en").text == turn.text
        begun = past.pcm[turn.start_ms * 16 : (turn.start_ms + 60) * 16, 0]
        assert words.transcribe(begun, "en").text == ""  # then nothing was known yet either
    both = past.pcm[turns[0].start_ms * 16 : (turns[1].end_ms + 100) * 16, 0]
    assert words.transcribe(both, "en").text == f"{turns[0].text} {turns[1].text}"


def test_at_real_pace_the_record_of_the_engine_is_compared(
    past: PastCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def held(call: PastCall, chosen: Chosen) -> tuple[Path, float]:
        assert chosen.settings.state_path != past.folder.parents[1]  # an engine of its own
        return call.folder, call.seconds

    monkeypatch.setattr(real_pace, "_held", held)
    found = real_pace.rerun_at_real_pace(
        past, None, Chosen(None, past.folder.parents[1]), {1: "good evening"}
    )
    assert found.paced and found.real_time_factor == 1.0
    assert found.comparison.differences == [] and found.comparison.pairs[0].wer_then == 1.0


@pytest.mark.parametrize(("policy", "says"), [("announce", "notice"), ("consent", "question")])
def test_what_was_said_of_recording_is_said_in_a_rerun_too(policy, says, tmp_path: Path) -> None:
    there = read_call(record(tmp_path, asks=policy))
    told = [each.state for _, _, each in there.events if isinstance(each, RecordingConsent)]
    assert there.asks == policy and told[0] == {"announce": "announced", "consent": "asked"}[policy]
    now = rerun(there, Settings(), AS_THEN).now
    said = [*now.opening, *(text for turn in now.turns for text in turn.said)]
    assert getattr(recorded_words("en"), says) in said


def test_a_record_that_does_not_say_how_it_was_recorded_is_heard_as_one_without_a_word(
    past: PastCall,
) -> None:
    found = rerun(past, Settings(), AS_THEN).now
    assert past.asks == "" and recorded_words("en").notice not in found.opening


# --- cases ------------------------------------------------------------------------------------------------


def marked(past: PastCall, *at_ms: int) -> PastCall:
    acts = [
        (
            past.media_us + ms * 1000,
            0,
            OperatorAct("ann", "mark", "hear this", at_us=past.media_us + ms * 1000),
        )
        for ms in at_ms
    ]
    return past._replace(events=[*past.events, *acts], clock_us=0)  # type: ignore[list-item]


def test_a_case_is_what_was_heard_until_the_moment_and_holds(past: PastCall, tmp_path: Path) -> None:
    made = make(past, 3000, Wish(note="the greeting"), tmp_path / "case")
    assert [each.words for each in made.told.expected] == [GREETING.lower()]
    assert verify(made.folder).verdict == "whole"
    assert made.past.seconds < past.seconds / 2 and made.told.note == "the greeting"
    assert cases.run(made, Settings(), AS_THEN) == []


def test_a_case_with_the_words_that_were_really_said_fails_until_they_are_heard(
    past: PastCall, tmp_path: Path
) -> None:
    made = make(past, 3000, Wish(words="good evening golden lion"), tmp_path / "case")
    found = cases.run(cases.load(made.folder), Settings(), AS_THEN)
    assert [each.what for each in found] == ["words"] and "golden lion" in found[0].text


def test_a_mark_is_chosen_by_number_where_there_are_several(past: PastCall) -> None:
    one, two = marked(past, 3000), marked(past, 3000, 9000)
    assert abs(mark_of(one, None).at_ms - 3000) <= 200 and mark_of(one, None).words == "hear this"
    assert abs(mark_of(two, 2).at_ms - 9000) <= 200
    for call, number, why in ((two, None, "Choose one"), (two, 3, "no mark 3"), (past, None, "--at")):
        with pytest.raises(Exception, match=why):
            mark_of(call, number)


def test_what_is_expected_must_be_heard_and_not_be_cut_off(past: PastCall) -> None:
    heard = rerun(past, Settings(), AS_THEN).now
    first = heard.turns[0]
    longer = Expected(first.start_ms, first.end_ms + 2000, None)
    assert [each.what for each in unmet((longer,), heard, "en")] == ["cut_off"]
    nobody = Expected(first.end_ms + 1000, first.end_ms + 1500, "hello")
    assert [each.what for each in unmet((nobody,), heard, "en")] == ["missing"]


def test_the_command_tells_a_case_by_its_exit_code(past: PastCall, tmp_path: Path) -> None:
    from engine.__main__ import app

    state = ["--state-dir", str(tmp_path)]
    told = CliRunner().invoke(app, ["case", str(past.folder), "--at", "3", "--json", *state])
    folder = json.loads(told.stdout)["folder"]
    again = CliRunner().invoke(
        app, ["replay", "--rerun", folder, "--recognizer", "recorded", "--json", *state]
    )
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["differences"] == []
    path = Path(folder) / "case.json"
    path.write_text(path.read_text().replace("lantern", "lion"))
    again = CliRunner().invoke(
        app, ["replay", "--rerun", folder, "--recognizer", "recorded", "--json", *state]
    )
    assert again.exit_code == 1
    assert [each["what"] for each in json.loads(again.stdout)["differences"]] == ["words"]


def test_a_short_recording_of_silence_has_no_turns() -> None:
    silence = past_of(np.zeros((HEARING_RATE_HZ, 2), np.int16))
    assert rerun(silence, Settings(), AS_THEN).now.turns == []
