"""What an utterance means: lower-case words without punctuation, as a recogniser gives them."""

import re
import time as clock
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from engine.dialogue.meaning import Meaning
from engine.dialogue.sentences import refill
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.languages.words import month_names, say_number, say_ordinal, weekday_names
from engine.protocol import LANGUAGES, Task

TODAY = date(2026, 11, 24)  # a Tuesday


def read(code: str, text: str, **near: str) -> Meaning:
    return understand(text, load(code), TODAY, **near)


@pytest.mark.parametrize(
    ("code", "text", "times"),
    [
        ("en", "at half past seven", ("19:30",)),
        ("en", "we can do seven thirty or eight fifteen", ("19:30", "20:15")),
        ("en", "quarter to eight works", ("19:45",)),
        ("en", "at seven p m", ("19:00",)),
        ("en", "at ten a m", ("10:00",)),
        ("en", "is 7 pm okay", ("19:00",)),
        ("en", "a table at 19:30 please", ("19:30",)),
        ("en", "at twelve thirty", ("12:30",)),
        ("en", "i can offer you eight", ("20:00",)),
        ("de", "um halb acht", ("19:30",)),
        ("de", "sieben uhr dreißig", ("19:30",)),
        ("de", "viertel vor acht", ("19:45",)),
        ("de", "um neunzehn uhr", ("19:00",)),
        ("de", "um ein uhr", ("13:00",)),
        ("es", "a las siete y media", ("19:30",)),
        ("es", "a las ocho menos cuarto", ("19:45",)),
        ("es", "a la una", ("13:00",)),
        ("es", "a las nueve y veinticinco", ("21:25",)),
        ("de", "fünf vor halb acht", ("19:25",)),
        ("de", "fünf nach halb acht", ("19:35",)),
        ("de", "drei viertel acht", ("19:45",)),
        ("de", "am 4.12. um 19.30 uhr", ("19:30",)),
        ("de", "um 20.10.", ("20:10",)),
        ("nl", "half acht", ("19:30",)),
        ("nl", "kwart voor acht", ("19:45",)),
        ("nl", "om tien voor half acht", ("19:20",)),
        ("nl", "twintig uur vijftien", ("20:15",)),
    ],
)
def test_times_become_restaurant_evenings(code, text, times):
    assert read(code, text).times == times


def test_a_bare_hour_is_the_one_nearest_to_what_is_talked_about():
    assert read("en", "at ten", near_time="10:30").times == ("10:00",)
    assert read("en", "at ten", near_time="21:00").times == ("22:00",)


@pytest.mark.parametrize(
    ("code", "text", "dates"),
    [
        ("en", "on friday", ("2026-11-27",)),
        ("en", "on tuesday", ("2026-11-24",)),
        ("en", "friday the twenty seventh of november", ("2026-11-27",)),
        ("en", "january the fifth", ("2027-01-05",)),
        ("en", "tomorrow at eight", ("2026-11-25",)),
        ("en", "tonight", ("2026-11-24",)),
        ("en", "the day after tomorrow", ("2026-11-26",)),
        ("de", "morgen abend", ("2026-11-25",)),
        ("de", "übermorgen", ("2026-11-26",)),
        ("de", "am 4.12. um 19.30 uhr", ("2026-12-04",)),
        ("de", "am 27.11.", ("2026-11-27",)),
        ("de", "guten morgen", ()),
        ("de", "am siebenundzwanzigsten november", ("2026-11-27",)),
        ("es", "mañana", ("2026-11-25",)),
        ("es", "a las diez de la mañana", ()),
        ("es", "el viernes veintisiete de noviembre", ("2026-11-27",)),
        ("nl", "goedemorgen", ()),
        ("nl", "morgen", ("2026-11-25",)),
        ("nl", "vrijdag de zevenentwintigste november", ("2026-11-27",)),
        ("en", "the thirty first of february", ()),
    ],
)
def test_dates_are_the_next_such_day(code, text, dates):
    assert read(code, text).dates == dates


def test_a_bare_weekday_is_the_day_that_is_talked_about_when_it_fits():
    assert read("en", "on friday", near_date="2026-12-04").dates == ("2026-12-04",)
    assert read("en", "on monday", near_date="2026-12-04").dates == ("2026-11-30",)


@pytest.mark.parametrize(
    ("code", "text", "people"),
    [
        ("en", "a table for four at seven", (4,)),
        ("en", "so twenty one people on friday", (21,)),
        ("en", "one moment please", ()),
        ("en", "for one moment", ()),
        ("en", "we have one at eight", ()),
        ("en", "for seven thirty", ()),
        ("en", "table for seven thirty", ()),
        ("de", "einen tisch für vier", (4,)),
        ("de", "ein tisch um acht uhr", ()),
        ("de", "für acht uhr", ()),
        ("es", "una mesa para dos", (2,)),
        ("es", "un momento por favor", ()),
        ("es", "para una mesa", ()),
        ("es", "treinta y una personas", (31,)),
        ("nl", "een tafel voor zes om half acht", (6,)),
        ("nl", "voor acht uur", ()),
    ],
)
def test_a_party_size_is_never_a_time_an_article_or_a_moment(code, text, people):
    assert read(code, text).party_sizes == people


def test_people_and_time_side_by_side_are_kept_apart():
    meaning = read("en", "so four people seven thirty on friday under walker")
    assert (meaning.party_sizes, meaning.times, meaning.names) == ((4,), ("19:30",), ("walker",))


@pytest.mark.parametrize(
    ("code", "text", "names"),
    [
        ("en", "under the name anna walker is that right", ("anna walker",)),
        ("en", "under what name", ()),
        ("de", "auf müller am freitag", ("müller",)),
        ("de", "danke auf wiederhören", ()),
        ("de", "auf welchen namen", ()),
        ("es", "a nombre de lucía garcía el viernes", ("lucía garcía",)),
        ("es", "a nombre de quién", ()),
        ("nl", "op naam van de vries", ()),
        ("nl", "op naam van smit om acht uur", ("smit",)),
        ("en", "w a l k e r", ("walker",)),
    ],
)
def test_names_follow_their_cues_and_end_before_other_words(code, text, names):
    assert read(code, text).names == names


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("for how many people and under what name", {"ask_party_size", "ask_name"}),
        ("could you spell that please", {"ask_spelling"}),
        ("can i have a phone number", {"ask_phone"}),
        ("we do not have a table at seven", {"full"}),
        ("i am sorry we are fully booked at seven we have a table at eight", {"full"}),
        ("one moment please let me check", {"hold"}),
        ("please leave a message after the beep", {"voicemail"}),
        ("you have the wrong number this is not a restaurant", {"wrong_number"}),
        ("please do not call here again", {"do_not_call"}),
        ("we only take bookings for up to six people", {"party_limit"}),
    ],
)
def test_intents_are_found(text, intents):
    assert intents <= read("en", text).intents


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "we do not have a table at seven"),
        ("de", "wir haben keinen tisch um sieben uhr"),
        ("es", "no tenemos mesa a las siete"),
        ("nl", "we hebben geen tafel om zeven uur"),
    ],
)
def test_a_denied_table_is_not_available(code, text):
    intents = read(code, text).intents
    assert "full" in intents and "available" not in intents


@pytest.mark.parametrize(
    ("code", "text", "polarity"),
    [
        ("en", "no problem", True),
        ("en", "no sorry", False),
        ("en", "that is not right", False),
        ("en", "is that right", None),
        ("en", "would seven be okay", None),
        ("de", "ja gerne", True),
        ("de", "nein leider nicht", False),
        ("de", "kein problem", True),
        ("de", "passt ihnen acht uhr", None),
        ("es", "sí claro", True),
        ("es", "le viene bien a las ocho", None),
        ("es", "no lo siento", False),
        ("nl", "ja natuurlijk", True),
        ("nl", "klopt dat", None),
        ("nl", "nee helaas niet", False),
    ],
)
def test_polarity(code, text, polarity):
    assert read(code, text).polarity is polarity


def test_a_slip_of_the_recogniser_in_a_number_is_forgiven():
    assert read("en", "on fridy at half past sevn").dates == ("2026-11-27",)
    assert read("de", "um siben uhr").times == ("19:00",)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_agents_own_sentences_carry_their_values(code):
    language = load(code)
    task = Task(restaurant="x", language=code, today="2026-11-24", date="2026-11-27", time="19:30", party_size=4,
                name="Anna Walker", old_date="2026-11-26", old_time="18:00")  # fmt: skip
    for key in ("request", "request_again", "read_back"):
        meaning = understand(refill(getattr(language.say, key), task, language), language, TODAY)
        assert (meaning.party_sizes, meaning.dates, meaning.times) == ((4,), ("2026-11-27",), ("19:30",)), key
    change = understand(refill(language.say.request_change, task, language), language, TODAY)
    assert change.dates == ("2026-11-26", "2026-11-27") and change.times == ("18:00", "19:30")
    assert "request_change" in change.intents
    cancel = understand(refill(language.say.request_cancel, task, language), language, TODAY)
    assert cancel.dates == ("2026-11-26",) and "request_cancel" in cancel.intents
    opening = understand(refill(language.say.disclosure, task, language), language, TODAY)
    assert "discloses" in opening.intents and opening.names == ("anna walker",)


WORDS = {
    code: sorted(
        {
            word
            for likes in load(code).hear.intents.values()
            for like in likes
            for word in re.findall(r"\w+", like)
        }
        | set(weekday_names(code))
        | set(month_names(code))
        | {say_number(number, code) for number in range(32)}
        | {say_ordinal(day, code) for day in range(1, 32)}
        | {"7", "19:30", "0", "99999999999", "27th", "half", "halb", "las", "uhr", "uur", "p", "m", "a"}
    )
    for code in LANGUAGES
}


@settings(deadline=None)
@given(
    st.sampled_from(LANGUAGES).flatmap(lambda c: st.tuples(st.just(c), st.lists(st.sampled_from(WORDS[c]))))
)
def test_no_heap_of_words_is_too_wild(code_and_words):
    code, words = code_and_words
    meaning = read(code, " ".join(words))
    assert all(date.fromisoformat(day) >= TODAY for day in meaning.dates)
    assert all("00:00" <= time <= "23:59" for time in meaning.times)


def test_reading_takes_less_than_a_millisecond():
    read("en", "warm")
    took = []
    for _ in range(200):
        began = clock.perf_counter()
        read(
            "en", "so four people on friday the twenty seventh at half past seven under walker is that right"
        )
        took.append(clock.perf_counter() - began)
    assert sorted(took)[100] < 0.001
