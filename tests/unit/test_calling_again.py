"""They want to be called at another time: the agent says when that is, lets them correct it, and ends the call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from engine.brains.ending import call_back_of
from engine.call import outcome_of
from engine.coordinator.learning import ended_as
from engine.dialogue.moves import FarEndSilent, UseTool
from engine.dialogue.tool_schemas import tools_for
from engine.dialogue.tools import apply
from engine.jobs.lifecycle import Answered, Claimed, Dialing, Ended
from engine.protocol import LineState, PlacedCall, Reservation
from tests.fakes.jobs import NOON, a_job, became
from tests.unit.test_policy import TASK, Call

ASKED = {
    "en": ("please call back after five", "today, at five p m"),
    "de": ("rufen Sie bitte nach fünf noch mal an", "heute um siebzehn Uhr"),
    "es": ("vuelva a llamar a partir de las cinco", "hoy, a las cinco de la tarde"),
    "nl": ("belt u na vijf uur nog een keer", "vandaag om zeventien uur"),
}
YES = {"en": "yes that is fine", "de": "ja das passt", "es": "sí perfecto", "nl": "ja dat is prima"}


def asked(words: str = ASKED["en"][0], language: str = "en", greeting: str = "hello") -> tuple[Call, str]:
    """A call in which they have asked to be called again, and what the agent has said to it."""
    call = Call(language=language, now="15:10")
    call.hears(greeting)
    return call, call.hears(words)


@pytest.mark.parametrize("code", ASKED)
def test_the_moment_is_said_back_to_them_and_a_yes_ends_the_call(code):
    call, said = asked(ASKED[code][0], code)
    assert ASKED[code][1] in said and call.outcome is None
    call.hears(YES[code])
    assert (call.outcome, call.reservation.call_back) == ("call_back", "2026-11-24T17:00")
    assert call.reservation.status == "open"


def test_another_day_is_said_with_its_date():
    _, said = asked("nobody from the office is in, ring again tomorrow at eleven")
    assert "on Wednesday the twenty fifth of November, at eleven a m" in said


def test_silence_after_it_is_a_yes():
    call, _ = asked()
    call.tell(FarEndSilent(silent_ms=6000))
    assert (call.outcome, call.reservation.call_back) == ("call_back", "2026-11-24T17:00")


@pytest.mark.parametrize("correction", ["no, at six", "not at five, at six", "six would be better"])
def test_a_misheard_time_is_corrected_and_said_again(correction):
    call, _ = asked()
    assert "today, at six p m" in call.hears(correction)
    call.hears("yes")
    assert (call.outcome, call.reservation.call_back) == ("call_back", "2026-11-24T18:00")


def test_a_plain_no_is_asked_about_once():
    call, _ = asked()
    assert "When should I call again" in call.hears("no")
    assert call.reservation.call_back == ""
    assert "today, at six thirty p m" in call.hears("half past six")
    call.hears("yes")
    assert (call.outcome, call.reservation.call_back) == ("call_back", "2026-11-24T18:30")


def test_moments_that_change_again_and_again_come_to_an_end():
    call, _ = asked()
    call.hears("no at six", "no at seven", "no at eight")
    assert (call.outcome, call.reservation.call_back) == ("call_back", "2026-11-24T20:00")


def test_they_may_find_a_table_after_all():
    call, _ = asked()
    assert "is that right" in call.hears("actually we have a table for four at seven thirty")
    assert call.outcome is None and call.reservation.call_back == ""
    call.hears("yes that is right, your table is booked")
    assert (call.outcome, call.reservation.status) == ("booked", "booked")


def test_what_they_want_to_know_first_is_answered():
    call, _ = asked()
    assert call.hears("what was the name please") == "The name is Anna Walker."
    call.hears("thank you bye")
    assert (call.outcome, call.reservation.call_back) == ("call_back", "2026-11-24T17:00")


def test_what_is_not_understood_is_no_yes():
    call, said = asked()
    assert call.hears("bread butter window") == said and call.outcome is None


def test_no_time_named_ends_the_call_at_once():
    call, _ = asked("could you call again later")
    assert (call.outcome, call.reservation.call_back) == ("call_back", "")


def test_they_may_ask_as_they_pick_up():
    call = Call(now="15:10")
    said = call.hears("golden lantern we are in the middle of lunch can you call back in an hour")
    assert said.startswith("Hello, this is an AI assistant") and "today, at four ten p m" in said


def test_an_announcement_that_says_when_they_open_is_no_house_that_is_closed():
    call = Call(now="15:10")
    call.hears("we are closed at the moment please call again after five")
    call.tell(FarEndSilent(silent_ms=6000))
    assert (call.outcome, call.reservation.call_back) == ("call_back", "2026-11-24T17:00")


# --- the record ----------------------------------------------------------------------------------------


def test_who_hangs_up_after_asking_has_asked_all_the_same():
    record = Reservation(call_back="2026-11-24T17:00")
    outcome, reason = outcome_of(None, LineState("ended", "far_end"), record)
    assert outcome == "call_back" and "2026-11-24T17:00" in reason
    assert outcome_of(None, LineState("ended", "far_end"), Reservation())[0] == "far_end_hung_up"


def test_a_table_that_is_booked_leaves_no_call_to_make():
    booked = {"date": "2026-11-27", "time": "19:30", "party_size": 4, "name": "Anna Walker"}
    record = apply(Reservation(call_back="2026-11-24T17:00"), "book", booked, "it is booked")
    assert record.call_back == ""
    assert apply(record, "call_back", {"date": "2026-11-24", "time": "17:00"}, "").call_back == ""


def test_no_model_is_offered_the_tool_and_its_call_is_recorded_from_their_words():
    assert "call_back" not in tools_for(TASK)
    task = msgspec.structs.replace(TASK, now="15:10")
    heard = ("good evening", "please call back after five", "thank you")
    assert call_back_of("call_back", heard, task, "en") == [
        UseTool(tool="call_back", arguments={"date": "2026-11-24", "time": "17:00"})
    ]
    assert call_back_of("no_table", heard, task, "en") == []


# --- the job -------------------------------------------------------------------------------------------


def ended(call_back: str, **fields: object):
    placed = PlacedCall(call=1, call_id="call-1", outcome="call_back", call_back=call_back)
    job = became(a_job(**fields), Claimed("one"), Dialing(1), Answered(1))
    return became(job, ended_as(placed, 1))


def test_the_job_is_due_when_they_said_by_the_clock_of_the_restaurant():
    job = ended("2026-06-03T17:00", time_zone="America/New_York", hours="18:00-20:00")
    assert (job.state, job.due) == ("queued", datetime(2026, 6, 3, 21, 0, tzinfo=UTC))
    assert job.call_back_at == job.due


def test_a_scenario_is_called_again_as_long_after_its_call_as_they_said():
    task = msgspec.structs.replace(TASK, today="2025-12-01", now="15:00")
    job = became(
        msgspec.structs.replace(a_job(scenario="x.yaml"), task=task), Claimed("one"), Dialing(1), Answered(1)
    )
    again = became(job, Ended(1, "call_back", call_back_at=datetime(2025, 12, 1, 17, 0)))
    assert again.due == NOON + timedelta(hours=2)


@pytest.mark.parametrize("call_back", ["", "soon"])
def test_what_is_no_time_waits_as_long_as_the_policy_says(call_back):
    assert ended(call_back).due == NOON + timedelta(hours=1)
