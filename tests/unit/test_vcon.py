"""vCon: what we write obeys the draft, and what does not is refused with the reason."""

from __future__ import annotations

import json
import wave
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from engine.journal import AUDIO, EVENTS
from engine.protocol import Flag, LineState, OperatorWords, PlaybackStarted, Spoken, Task, Transcript
from engine.records.exporting import as_vcon
from engine.records.past import past_call
from engine.records.vcon import as_base64url, decoded, encoded, from_base64url
from engine.records.vcon_of_call import Told, number_of, turns_of, vcon_of
from tests.fakes.kept_calls import TASK, kept_call

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BEGAN = datetime(2026, 3, 2, 18, tzinfo=UTC)
EVENTS_OF_A_CALL = (
    (500_000, Flag.NONE, LineState("answered")),
    (2_100_000, Flag.NONE, Transcript(1, "Good evening.", True, "en", 0.9, 400, 1400)),
    (2_500_000, Flag.NONE, PlaybackStarted(1, 1, 0, 0)),
    (3_500_000, Flag.NONE, Spoken(1, 0, "A table, please.", True)),
    (4_000_000, Flag.NONE, Spoken(1, 1, "For two.", True)),
)


def told(**more: Any) -> Told:
    basic: dict[str, Any] = {
        "call": "call-1", "origin": "ab" * 32, "began": BEGAN, "seconds": 42.0, "line": "sip",
        "task": Task(restaurant="Oak", today="2026-03-02", date="2026-03-06", time="19:00", party_size=2, name="Berg"),
        "events": EVENTS_OF_A_CALL, "outcome": "booked",
    }  # fmt: skip
    return Told(**{**basic, **more})


def plain(vcon) -> dict[str, Any]:
    return json.loads(encoded(vcon))


@pytest.fixture
def call(tmp_path: Path):
    return past_call(kept_call(tmp_path, 2.4), NOW)


def test_a_recorded_call_is_a_vcon_that_a_reader_takes(call):
    vcon = decoded(as_vcon(call, redact=False, now=NOW))
    (dialog,) = vcon.dialog
    assert (dialog.type, dialog.mediatype, dialog.parties, dialog.originator) == (
        "recording",
        "audio/x-wav",
        [1, 0],
        0,
    )
    assert [party.type for party in vcon.parties] == ["bot", "organization"]
    assert vcon.created_at == "2026-03-31T12:00:00.000+00:00"
    assert {analysis.type for analysis in vcon.analysis} == {"report", "transcript"}


def test_the_sound_in_it_is_the_recording_to_the_byte(call):
    vcon = decoded(as_vcon(call, redact=False, now=NOW))
    raw = from_base64url(vcon.dialog[0].body)
    assert raw == (call.folder / AUDIO).read_bytes()
    with wave.open(BytesIO(raw)) as sound:
        assert sound.getnframes() / 16_000 == vcon.dialog[0].duration


def test_the_journal_in_it_is_the_journal_to_the_byte(call):
    vcon = decoded(as_vcon(call, redact=False, now=NOW))
    (journal,) = [each for each in vcon.attachments if each.filename == EVENTS]
    assert journal.body.encode() == (call.folder / EVENTS).read_bytes()


def test_a_redacted_one_names_its_original_and_nobody(call):
    whole = decoded(as_vcon(call, redact=False, now=NOW))
    raw = as_vcon(call, redact=True, now=NOW)
    other = decoded(raw)
    assert other.redacted is not None
    assert other.redacted.uuid == whole.uuid != other.uuid
    assert [party.name for party in other.parties] == ["Call-Thing", "anonymous"]
    assert (
        other.dialog[0].body is None and other.dialog[0].type == "recording"
    )  # an empty place, so that numbers stay
    assert not [each for each in other.attachments if each.filename]
    assert not any(word.encode() in raw for word in (*TASK.name.split(), "Krone", TASK.phone[1:]))


def test_without_a_recording_the_words_are_the_dialog():
    vcon = vcon_of(told(), NOW)
    assert [(each.type, each.parties, each.body) for each in vcon.dialog] == [
        ("text", 1, "Good evening."),
        ("text", 0, "A table, please."),
        ("text", 0, "For two."),
    ]
    assert [each.start[17:23] for each in vcon.dialog] == ["01.100", "02.500", "03.500"]
    assert [each.duration for each in vcon.dialog] == [1.0, 1.0, 0.5]
    decoded(encoded(vcon))


def test_with_a_recording_words_are_placed_by_its_clock():
    assert turns_of(EVENTS_OF_A_CALL, media_us=600_000)[0].start_us == 1_000_000


def test_an_operator_who_spoke_is_a_party():
    events = (*EVENTS_OF_A_CALL, (6_000_000, Flag.NONE, OperatorWords(1, "Hello.", "en", 0.9, 5000, 5500)))
    vcon = vcon_of(told(events=events), NOW)
    assert [party.type for party in vcon.parties] == ["bot", "organization", "person"]
    assert vcon.dialog[-1].parties == 2


@pytest.mark.parametrize(
    ("outcome", "disposition"),
    [("no_answer", "no-answer"), ("busy", "busy"), ("unreachable", "failed"), ("network_away", "congestion")],
)
def test_a_call_that_came_to_nothing_is_incomplete(outcome, disposition):
    vcon = vcon_of(told(events=(), outcome=outcome), NOW)
    assert [(each.type, each.disposition) for each in vcon.dialog] == [("incomplete", disposition)]
    decoded(encoded(vcon))


def test_a_call_has_one_number_for_ever_and_it_is_a_version_8_uuid():
    assert number_of("ab", BEGAN) == number_of("ab", BEGAN) != number_of("ac", BEGAN)
    assert number_of("ab", BEGAN)[14] == "8"
    assert number_of("ab", BEGAN)[:13].replace("-", "") == f"{int(BEGAN.timestamp() * 1000):012x}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vcon": "0.3.0"}, "vcon"),
        ({"uuid": "x"}, "uuid"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"must_support": []}, "must_support"),
        ({"dialog": [{"type": "text", "start": "2026-03-02T18:00:00Z", "parties": 9, "body": "x", "encoding": "none",
                      "mediatype": "text/plain"}]}, "party that is not there"),
        ({"dialog": [{"type": "text", "start": "2026-03-02T18:00:00Z", "parties": 0, "body": "x"}]}, "its encoding"),
        ({"dialog": [{"type": "text", "start": "2026-03-02T18:00:00Z", "parties": 0}]}, "nothing was redacted"),
        ({"dialog": [{"type": "text", "start": "2026-03-02 18:00", "parties": 0, "body": "x", "encoding": "none",
                      "mediatype": "text/plain"}]}, "RFC 3339"),
        ({"dialog": [{"type": "recording", "start": "2026-03-02T18:00:00Z", "parties": [0, 1], "body": "a+/=",
                      "encoding": "base64url", "mediatype": "audio/x-wav"}]}, "base64url"),
        ({"dialog": [{"type": "incomplete", "start": "2026-03-02T18:00:00Z"}]}, "disposition"),
        ({"dialog": [{"type": "song", "start": "2026-03-02T18:00:00Z"}]}, "song"),
        ({"attachments": [{"start": "2026-03-02T18:00:00Z", "party": 0, "dialog": 7, "body": {}, "encoding": "json",
                           "mediatype": "application/json"}]}, "not there"),
        ({"analysis": [{"type": "report", "dialog": 0, "body": {}, "encoding": "json",
                        "mediatype": "application/json"}]}, "vendor"),
    ],
)  # fmt: skip
def test_what_the_draft_forbids_is_refused_with_the_reason(change, words):
    with pytest.raises(ValueError, match=words):
        decoded(json.dumps({**plain(vcon_of(told(), NOW)), **change}).encode())


def test_base64url_is_without_padding_and_comes_back():
    for length in range(5):
        raw = bytes(range(250, 250 + length))
        assert "=" not in as_base64url(raw)
        assert from_base64url(as_base64url(raw)) == raw
