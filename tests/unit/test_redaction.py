"""A redacted call: nothing of the task's person is in it, and where something would be, nothing is written."""

from __future__ import annotations

import json

import msgspec
import pytest

from engine.errors import StateError
from engine.finetune.leaks import leaks, looks_personal
from engine.protocol import (
    CallState,
    CallTask,
    DigitHeard,
    EndCall,
    Flag,
    LineAction,
    LineState,
    OperatorAct,
    OperatorWords,
    Reservation,
    ReservationChanged,
    Sentence,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
)
from engine.records.redacting import without_persons
from tests.fakes.recorded_calls import played

EN = Task(
    restaurant="The Gilded Heron", today="2026-03-02", date="2026-03-06", time="19:00", party_size=4,
    name="Theodora Blackwood", phone="+442079460958", wishes="a cake for Theodora, call +44 20 7946 0958",
)  # fmt: skip
SAID = {
    "en": [
        "The Gilded Heron, Marcus speaking.",
        "My name is Marcus Whitfield. Is that B L A C K W O O D?",
        "So your number is oh two oh seven nine four six oh nine five eight.",
        "Or you write to booking at gildedheron dot com, or to bookings@gildedheron.co.uk.",
        "Your reference is K T seven four nine.",
    ],
    "de": [
        "Zur Krone, Sie sprechen mit Frau Lindqvist.",
        "Also W I T T G E N S B E R G?",
        "Null drei null neun null eins acht zwei null sieben vier fünf, richtig?",
        "Schreiben Sie an tisch@zurkrone.de.",
        "Die Buchungsnummer ist K T sieben vier neun.",
    ],
}
DE = msgspec.structs.replace(
    EN,
    restaurant="Zur Krone", language="de", name="Hannelore Wittgensberg", phone="+4930901820745",
    wishes="einen Kinderstuhl für Hannelore",
)  # fmt: skip


def events_of(task: Task, said: list[str]):
    booked = Reservation(
        "booked", "2026-03-06", "19:00", 4, task.name, task.phone, "KT749", {"name": f"Yes, {task.name}."}
    )
    yield CallTask(task)
    yield CallState("dialling", task.restaurant, task.language, "sip", journal="/home/theodora/journals/x")
    yield LineState("answered", "", f"200 OK <{task.phone}>")
    yield LineState("held", f"sip:{task.phone}@example")
    for turn, text in enumerate(said, 1):
        yield Transcript(turn, text[: len(text) // 2], False, task.language, 0.5, 0, 0)
        yield Transcript(turn, text, True, task.language, 0.9, 0, 1000)
        ours = f"This is {task.name}, number {task.phone}."
        yield Sentence(turn, 0, True, turn, ours, task.language, template=ours)
        yield Spoken(turn, 0, ours[:20], False)
        yield Spoken(turn, 0, ours, True)
    yield from (DigitHeard(digit, 80) for digit in task.phone[1:])
    yield LineAction("digits", True, task.phone)
    yield ToolCalled(
        "book", {"name": task.name, "phone": task.phone, "reference": "KT749"}, f"for {task.name}"
    )
    yield ReservationChanged(booked, "book", f"thank you {task.name.split()[-1]}")
    yield OperatorAct("wilhelmina", "transfer", task.phone)
    yield OperatorAct("wilhelmina", "place", "private/dinner_with_agathe (simulated)")
    yield OperatorAct("wilhelmina", "say", f"Mr {task.name}, this is Wilhelmina")
    yield OperatorWords(1, "Hello, Wilhelmina here.", task.language, 0.9, 0, 900)
    yield EndCall("booked", f"for {task.name}")


def redacted(task: Task, said: list[str], **more: str):
    steps = [(number * 1000, Flag.NONE, each) for number, each in enumerate(events_of(task, said))]
    return without_persons("20260302-180000-1-1", task, steps, **more)


def texts(value) -> str:
    """All strings that are in it, joined as the leak checker likes them."""
    found: list[str] = []

    def walk(each) -> None:
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, dict):
            for one in each.values():
                walk(one)
        elif isinstance(each, list | tuple):
            for one in each:
                walk(one)

    walk(msgspec.to_builtins([message for _, _, message in value.events]))
    walk(msgspec.to_builtins(value.task))
    return "\n. ".join([*found, value.reason])


@pytest.mark.parametrize("task", [EN, DE], ids=["en", "de"])
def test_nothing_of_the_person_and_nobody_else_s_number_is_left(task):
    result = redacted(task, SAID[task.language], reason=f"for {task.name}")
    text = texts(result)
    assert leaks(text, task, ["KT749"]) == []
    assert looks_personal(text, [result.task.phone]) == []
    low = text.casefold()
    for word in (
        *task.name.casefold().split(),
        "wilhelmina",
        "agathe",
        "marcus",
        "lindqvist",
        "gilded",
        "krone",
        "kt749",
    ):
        assert word not in low
    assert task.phone[1:] not in "".join(filter(str.isdigit, text))


def test_what_was_agreed_stays(tmp_path):
    result = redacted(EN, SAID["en"])
    tool = next(message for _, _, message in result.events if isinstance(message, ToolCalled))
    booked = next(message for _, _, message in result.events if isinstance(message, ReservationChanged))
    assert (result.task.date, result.task.time, result.task.party_size) == ("2026-03-06", "19:00", 4)
    assert (booked.reservation.date, booked.reservation.time) == ("2026-03-06", "19:00")
    assert booked.reservation.name == tool.arguments["name"] == result.task.name != EN.name


def test_what_may_hold_a_number_in_pieces_is_left_out_and_counted():
    result = redacted(EN, SAID["en"])
    assert result.left_out == {"DigitHeard": 12, "LineAction": 1, "Spoken": 5, "Transcript": 5}
    assert all(message.detail == "" for _, _, message in result.events if isinstance(message, LineState))


def test_where_something_would_be_left_nothing_is_handed_on(monkeypatch):
    monkeypatch.setattr("engine.records.redacting.Replacer.text", lambda self, text: text)
    with pytest.raises(StateError, match=r"cannot be redacted: .*Nothing was written"):
        redacted(EN, SAID["en"])


def test_the_error_says_what_is_left_without_saying_it(monkeypatch):
    monkeypatch.setattr("engine.records.redacting.Replacer.text", lambda self, text: text)
    with pytest.raises(StateError) as caught:
        redacted(EN, SAID["en"])
    assert not any(word in str(caught.value) for word in (*EN.name.split(), EN.phone, "Heron"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Quillfeather's Rest", "Hello, this is Quillfeather's Rest."),
        ("Quillfeather’s Rest", "hello this is quillfeathers rest"),
        ("L'Anguillara", "Thank you for calling L’Anguillara."),
        ("Quillfeather & Sons", "Quillfeather and Sons, hello?"),
    ],
)
def test_a_restaurant_with_an_apostrophe_or_a_sign_in_its_name_is_not_left(name, said):
    result = redacted(msgspec.structs.replace(EN, restaurant=name), [said])
    text = texts(result).casefold()
    assert "quillfeather" not in text and "anguillara" not in text


@pytest.mark.parametrize(
    "text",
    [
        "You spoke to Mrs. Featherstone.",
        "Featherstone speaking.",
        "Da sprechen Sie mit Herrn Featherstone.",
        "Habla con la señora Featherstone.",
        "U spreekt met mevrouw Featherstone.",
    ],
)
@pytest.mark.parametrize("language", ["en", "de", "es", "nl"])
def test_a_name_that_nobody_told_us_is_known_by_the_words_around_it(text, language):
    result = redacted(msgspec.structs.replace(EN, language=language), [text, "Ask for Featherstone."])
    assert "featherstone" not in texts(result).casefold()


@pytest.mark.parametrize(
    ("scenario", "task"),
    [
        ("en/asks_name_phone", {"name": "Ophelia Hargreaves", "phone": "+442079460123"}),
        ("de/asks_name_phone", {"name": "Gundula Achterfeld", "phone": "+4930901820712"}),
        ("es/asks_name_phone", {"name": "Eulalia Cifuentes", "phone": "+34912345678"}),
        ("nl/asks_name_phone", {"name": "Roderik Schuurmans", "phone": "+31201234567"}),
    ],
)
def test_whole_calls_in_four_languages_keep_nothing_of_the_person(scenario, task):
    own, events, _ = played(scenario, **task)
    result = without_persons("20260302-180000-1-2", own, events)
    text = texts(result)
    assert leaks(text, own) == []
    assert looks_personal(text, [result.task.phone]) == []
    assert not any(word.casefold() in text.casefold() for word in own.name.split())
    assert len([m for _, _, m in result.events if isinstance(m, Transcript)]) > 2


def test_a_redacted_call_is_json_that_is_read_again():
    result = redacted(DE, SAID["de"])
    for _, _, message in result.events:
        assert msgspec.convert(json.loads(msgspec.json.encode(message)), type(message)) == message
