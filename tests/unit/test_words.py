"""Values as words: what the agent says must be readable back, in every language."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import asdict

from engine.dialogue.understanding import understand
from engine.errors import SettingsError
from engine.languages import load, read
from engine.languages.words import say_date, say_number, say_party, say_phone, say_time, spell
from engine.protocol import LANGUAGES

TODAY = date(2026, 11, 24)
AT = {"en": "at ", "de": "um ", "es": "a ", "nl": "om "}
languages = st.sampled_from(LANGUAGES)
settings.register_profile("languages", deadline=None)  # the first sentence loads its language
settings.load_profile("languages")


@given(languages, st.integers(0, 23), st.integers(0, 59))
def test_every_time_of_day_is_read_back(code, hour, minute):
    time = f"{hour:02d}:{minute:02d}"
    meaning = understand(AT[code] + say_time(time, load(code)), load(code), TODAY)
    assert meaning.times == (time,) and not meaning.party_sizes and not meaning.digits


@given(languages, st.integers(0, 364))
def test_every_date_of_the_coming_year_is_read_back(code, days):
    day = (TODAY + timedelta(days=days)).isoformat()
    assert understand(say_date(day, load(code)), load(code), TODAY).dates == (day,)


@given(languages, st.integers(1, 60))
def test_every_party_size_is_read_back(code, people):
    assert understand(say_party(people, load(code)), load(code), TODAY).party_sizes == (people,)


@given(languages, st.text("0123456789", min_size=6, max_size=14))
def test_every_phone_number_is_read_back(code, digits):
    sentence = load(code).say.answer_phone.format(phone=say_phone("+" + digits, load(code)))
    assert understand(sentence, load(code), TODAY).digits == digits


@given(languages, st.sampled_from(("19:30", "20:15", "00:00")), st.integers(0, 400))
def test_no_digit_is_left_for_the_voice(code, time, days):
    language = load(code)
    day = (TODAY + timedelta(days=days)).isoformat()
    said = (
        say_time(time, language)
        + say_date(day, language)
        + say_phone("+491701", language)
        + say_party(12, language)
    )
    assert not any(character.isdigit() for character in said)


@pytest.mark.parametrize(
    ("code", "time", "day"),
    [
        ("en", "seven thirty p m", "Friday the twenty seventh of November"),
        ("de", "neunzehn Uhr dreißig", "Freitag, den siebenundzwanzigsten November"),
        ("es", "las siete y media de la tarde", "el viernes veintisiete de noviembre"),
        ("nl", "negentien uur dertig", "vrijdag de zevenentwintigste november"),
    ],
)
def test_times_and_dates_sound_as_on_the_phone(code, time, day):
    assert say_time("19:30", load(code)) == time
    assert say_date("2026-11-27", load(code)) == day


def test_a_phone_number_comes_in_groups_without_a_lonely_digit():
    assert say_phone("0301234", load("en")) == "zero three zero, one two three four"


def test_a_name_is_spelled_letter_by_letter():
    assert spell("O'Neil") == "O, N, E, I, L"


def test_numbers_have_no_hyphens_or_soft_hyphens():
    assert say_number(27, "en") == "twenty seven"
    assert "\u00ad" not in say_number(27, "de")


@pytest.mark.parametrize("code", LANGUAGES)
def test_party_size_date_and_time_are_breaths_of_their_own(code):
    for sentence in asdict(load(code).say).values():
        for between in re.findall(
            r"\{(?:party_size|old_date|date)\}(.*?)(?=\{(?:old_date|date|old_time|time)\})", sentence
        ):
            assert "," in between, sentence


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_disclosure_says_that_an_ai_speaks_and_for_whom(code):
    for sentence in (load(code).say.disclosure, load(code).say.disclosure_called):
        meaning = understand(sentence.format(name="anna walker"), load(code), TODAY)
        assert "discloses" in meaning.intents and meaning.names == ("anna walker",), sentence
        assert "," in sentence.partition("{name}")[0]  # the name is a breath of its own


def test_a_broken_language_file_names_file_and_field(tmp_path):
    path = tmp_path / "xx.toml"
    path.write_text('code = "en"\nname = 3\n')
    with pytest.raises(SettingsError, match=r"xx\.toml.*name"):
        read(path)


def test_all_languages_hear_the_same_intents():
    intents = [set(load(code).hear.intents) for code in LANGUAGES]
    assert all(one == intents[0] for one in intents)
