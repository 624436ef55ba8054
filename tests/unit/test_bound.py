"""A stored reply answers the tasks it was made for, and no other."""

from __future__ import annotations

import msgspec

from engine.dialogue.bound import bound_to, keys_of
from engine.languages import load
from tests.fakes.sample_call import TASK

OTHER = msgspec.structs.replace(TASK, time="20:45", date="2026-06-01", name="Ida Lund", party_size=2)


def test_an_answer_of_the_language_is_refilled_and_fits_another_reservation():
    assert bound_to(load("en").say.answer_time, TASK) in keys_of(OTHER)


def test_words_of_any_other_kind_stay_with_the_very_task():
    words = bound_to("At seven in the evening.", TASK)
    assert words in keys_of(TASK)
    assert words not in keys_of(OTHER)


def test_the_same_task_called_about_on_another_day_is_the_same():
    tomorrow = msgspec.structs.replace(TASK, today="2026-05-12", called_back=True)
    assert bound_to("At seven in the evening.", TASK) in keys_of(tomorrow)


def test_that_there_is_no_number_to_give_is_no_answer_for_a_task_that_has_one():
    mute = msgspec.structs.replace(TASK, phone="")
    reachable = msgspec.structs.replace(TASK, phone="+441632960000")
    assert bound_to(load("en").say.answer_no_phone, mute) not in keys_of(reachable)
    assert bound_to(load("en").say.answer_phone, reachable) not in keys_of(mute)


def test_a_key_tells_nothing_of_the_task():
    assert not any(TASK.name in key or TASK.time in key for key in keys_of(TASK))
