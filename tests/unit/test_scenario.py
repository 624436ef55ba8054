"""Scenario files: what is accepted, and that every mistake is named with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from engine.dialogue.sentences import surname
from engine.errors import ScenarioError
from engine.languages.words import spell
from engine.protocol import Reservation
from engine.scenario import FOLDER, find, listing, load
from engine.scenario_kinds import KINDS, MEANING
from engine.scenario_values import problem

GOOD = """\
title: The table is free
language: en
task:
  restaurant: Golden Lantern
  today: 2025-12-01
  date: 2025-12-05
  time: 19:30
  party_size: 4
  name: Anna Walker
restaurant:
  steps:
    greet:
      say: good evening
      next: confirmed
    confirmed:
      needs: [name]
      say: a table for {party_size} on {day}
expected:
  outcome: booked
  reservation: {time: 19:30}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "try.yaml"
    path.write_text(text, "utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    path = written(folder, text)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:"), message
    return message.removeprefix(f"{path}:")


def test_dates_and_times_without_quotes_stay_what_was_written(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, GOOD))
    assert (scenario.task.date, scenario.task.time) == ("2025-12-05", "19:30")
    assert scenario.expected.reservation == {"time": "19:30"}


@pytest.mark.parametrize("name", ["Müller", "J. R. O'Brien", "Anna-Maria Núñez", "Zoe\u0308 D’Arcy"])
def test_names_of_letters_are_accepted(tmp_path: Path, name: str) -> None:
    assert load(written(tmp_path, GOOD.replace("Anna Walker", name))).task.name == name


def test_phone_number_needs_no_quotes(tmp_path: Path) -> None:
    text = GOOD.replace("  party_size", "  phone: +441632960471\n  party_size")
    assert load(written(tmp_path, text)).task.phone == "+441632960471"


@pytest.mark.parametrize("voice", ["en", "en-us", "en-US+f2", "en-gb-x-rp+klatt2"])
def test_voice_that_espeak_knows_is_accepted(tmp_path: Path, voice: str) -> None:
    text = GOOD.replace("  steps:", f"  voice: {voice}\n  steps:")
    assert load(written(tmp_path, text)).restaurant.voice == voice


def test_every_scenario_says_what_its_record_must_hold() -> None:
    silent = ("closed", "no_table", "voicemail", "wrong_number", "no_answer", "cancelled")
    for path in listing():
        expected = load(path).expected
        assert expected.reservation, path
        if expected.outcome in silent:
            assert expected.reservation.get("status") in ("open", "declined", "cancelled"), path


def test_every_scenario_says_what_it_is_about() -> None:
    for path in listing():
        kinds = load(path).kinds
        assert kinds, path
        assert len(set(kinds)) == len(kinds), path


def test_every_kind_has_its_meaning() -> None:
    assert set(MEANING) == set(KINDS)


def test_task_speaks_the_language_of_the_scenario(tmp_path: Path) -> None:
    text = GOOD.replace("language: en", "language: nl")
    assert load(written(tmp_path, text)).task.language == "nl"


def test_restaurant_without_a_voice_gets_the_one_of_its_language(tmp_path: Path) -> None:
    text = GOOD.replace("language: en", "language: es")
    assert load(written(tmp_path, text)).restaurant.voice == "es+m3"


def test_restaurant_that_speaks_another_language_gets_its_voice_and_the_task_keeps_its_own(
    tmp_path: Path,
) -> None:
    scenario = load(written(tmp_path, GOOD.replace("  steps:", "  language: de\n  steps:")))
    assert (scenario.spoken, scenario.restaurant.voice) == ("de", "de+m3")
    assert scenario.task.language == "en"


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("  steps:", "  snr_db: 10\n  noise_dbfs: -30\n  steps:", 11, "remove one of them"),
        ("  steps:", "  noise: rain\n  steps:", 11, "restaurant.noise"),
        ("  steps:", "  packet_loss: 80\n  steps:", 11, "restaurant.packet_loss"),
        ("  steps:", "  persona: sleepy\n  steps:", 11, "restaurant.persona"),
        ("      next: confirmed", "      keys: {'12': confirmed}", 14, "no key of a telephone"),
        ("      next: confirmed", "      keys: {'1': nowhere}", 14, "no step named nowhere"),
        ("      next: confirmed", "      keys: {'1': confirmed}\n      needs: [date]", 15, "waits for a key"),
        ("task:", "kinds: [noise, nosie]\ntask:", 3, "Kinds: booking"),
        ("task:", "kinds: noise\ntask:", 3, "must be a list"),
        ("  steps:", "  language: fr\n  steps:", 11, "restaurant.language"),
        ("  steps:", "  language: de\n  voice: en-us+m3\n  steps:", 12, "restaurant.voice"),
        ("title: The table is free", "title: [", 3, "not valid YAML"),
        ("title: The table is free", "titel: The table is free", 1, "titel"),
        ("language: en", "language: fr", 2, "language"),
        ("  party_size: 4", "  party_size: four", 8, "task.party_size"),
        ("  party_size: 4", "  party_size: 0", 8, "task.party_size: must be from 1 to 99"),
        ("  party_size: 4", "  party_size: -4", 8, "task.party_size: must be from 1 to 99"),
        ("  party_size: 4", "  party_size: 100", 8, "task.party_size: must be from 1 to 99"),
        ("  party_size: 4", f"  party_size: {10**23}", 8, "task.party_size: must be from 1 to 99"),
        ("  party_size: 4", "  party_size: true", 8, "task.party_size"),
        ("  name: Anna Walker", '  name: ""', 9, "task.name: is empty"),
        ("  name: Anna Walker", '  name: " "', 9, "task.name: is empty"),
        ("  name: Anna Walker", "  name: Team 7", 9, "task.name: Team 7 cannot be spelled"),
        ("  name: Anna Walker", "  name: Anna ...", 9, "task.name: Anna ... cannot be spelled"),
        ("  name: Anna Walker", "  name: Anna W@lker", 9, "task.name"),
        (
            "  name: Anna Walker",
            "  name: Anna Walker\n  phone: none",
            10,
            "task.phone: none is no phone number",
        ),
        ("  name: Anna Walker", "  name: Anna Walker\n  phone: 01632 960471", 10, "task.phone"),
        ("restaurant: Golden Lantern", 'restaurant: ""', 4, "task.restaurant: is empty"),
        ("  today: 2025-12-01", '  today: ""', 5, "task.today: this is no date"),
        ("  today: 2025-12-01", "  today: 9999-12-31", 5, "task.today"),
        ("  date: 2025-12-05", '  date: ""', 6, "task.date: this is no date"),
        (
            "  date: 2025-12-05",
            "  date: 2026-12-01",
            6,
            "task.date: 2026-12-01 is a year or more after today",
        ),
        ("  time: 19:30", '  time: ""', 7, "task.time: this is no time of day"),
        ("  time: 19:30", '  time: "١٩:٣٠"', 7, "task.time"),
        (
            "  time: 19:30",
            "  time: 19:30\n  accept_dates: [soon]",
            8,
            "task.accept_dates[0]: soon is no date",
        ),
        ("  time: 19:30", '  time: 19:30\n  accept_dates: [""]', 8, "task.accept_dates[0]: this is no date"),
        ("  time: 19:30", "  time: 19:30\n  accept_dates: [2025-11-30]", 8, "task.accept_dates[0]"),
        (
            "  time: 19:30",
            "  time: 19:30\n  accept_from: 20:30\n  accept_until: 18:30",
            8,
            "task.accept_from: 20:30 to 18:30 runs backwards",
        ),
        (
            "  time: 19:30",
            "  time: 19:30\n  accept_from: 20:30\n  accept_until: 21:30",
            7,
            "task.time: 19:30 lies outside of what is accepted (20:30 to 21:30)",
        ),
        ("title: The table is free", 'title: ""', 1, "title: is empty"),
        ("title: The table is free", 'title: "\\ud800"', 1, "title: holds half a character"),
        ("  party_size: 4\n", "", 3, "task.party_size: is missing"),
        ("  party_size: 4", "  guests: 4", 8, "task.guests"),
        ("  party_size: 4", "  party_size: 4\n  party_size: 5", 9, "task.party_size"),
        ("  date: 2025-12-05", "  date: 2025-12-35", 6, "task.date"),
        ("  date: 2025-12-05", "  date: 20251205", 6, "task.date"),
        ("  date: 2025-12-05", "  date: 2025-11-05", 6, "task.date"),
        ("  time: 19:30", "  time: 25:30", 7, "task.time"),
        ("  time: 19:30", "  time: 7 pm", 7, "task.time"),
        ("  time: 19:30", "  time: 19:30\n  accept_from: 18:00", 3, "task"),
        ("  name: Anna Walker", "  name: Anna Walker\n  kind: cancel", 10, "task.kind"),
        ("  name: Anna Walker", "  name: Anna Walker\n  language: de", 10, "task.language"),
        ("  steps:", "  voice: de+m3\n  steps:", 11, "restaurant.voice"),
        ("  steps:", "  voice: en-zz\n  steps:", 11, "restaurant.voice: espeak-ng knows no voice en-zz"),
        ("  steps:", "  voice: en-us+zz\n  steps:", 11, "restaurant.voice: espeak-ng knows no variant +zz"),
        ("  steps:", "  voice: enx\n  steps:", 11, "restaurant.voice: enx does not speak en"),
        ("  steps:", "  machine: true\n  steps:", 15, "greet.next: is of no use to an answering machine"),
        ("  steps:", "  answers: false\n  steps:", 12, "restaurant.steps"),
        ("  steps:", "  level_dbfs: 5\n  steps:", 11, "restaurant.level_dbfs"),
        ("  steps:", "  loudness: 5\n  steps:", 11, "restaurant.loudness"),
        ("    greet:", "    hello:", 11, "restaurant.steps"),
        ("say: good evening", "says: good evening", 13, "restaurant.steps.greet.says"),
        ("say: good evening", "say: good {evening}", 13, "restaurant.steps.greet.say"),
        ("say: good evening", "say: good {new_time}", 13, "restaurant.steps.greet.say"),
        ("say: good evening", "say: good {time", 13, "restaurant.steps.greet.say"),
        ("say: good evening", "say: 'for {party_size:d}'", 13, "takes no :d; write {party_size}"),
        ("say: good evening", "say: 'for {name!r}'", 13, "takes no !r; write {name}"),
        ("say: good evening", "say: '...'", 13, "restaurant.steps.greet.say: has no word in it"),
        ("say: good evening", "play: trumpet", 13, "restaurant.steps.greet.play"),
        ("next: confirmed", "next: confirmd", 14, "restaurant.steps.greet.next[0].go"),
        ("next: confirmed", "then: confirmd", 14, "restaurant.steps.greet.then"),
        ("next: confirmed", "next: [{when: {visit: 2}, go: confirmed}]", 14, "greet.next[0].when.visit"),
        ("next: confirmed", "next: [{when: {intents: [yes_man]}, go: confirmed}]", 14, "when.intents[0]"),
        ("next: confirmed", "next: [{when: {time: late}, go: confirmed}]", 14, "next[0].when.time"),
        ("next: confirmed", "next: [{when: {visits: 5}, go: confirmed}]", 14, "when.visits: never holds"),
        ("next: confirmed", "next: [{when: {says: ['?']}, go: confirmed}]", 14, "when.says[0]: has no word"),
        ("next: confirmed", "next: [{when: {party_size: 0}, go: confirmed}]", 14, "when.party_size"),
        (
            "next: confirmed",
            "next: [{when: {phone: '123'}, go: confirmed}]",
            14,
            "when.phone: 123 is no phone",
        ),
        ("next: confirmed", "next: [{when: {name: Team 7}, go: confirmed}]", 14, "when.name"),
        ("next: confirmed", "next: [{go: confirmed}, {go: greet}]", 14, "greet.next[0]"),
        ("next: confirmed", "hang_up: true", 15, "restaurant.steps.confirmed"),
        (
            "      next: confirmed",
            "      next: confirmed\n      hang_up: true",
            14,
            "restaurant.steps.greet.next",
        ),
        ("      needs: [name]", "      needs: [shoe_size]", 16, "restaurant.steps.confirmed.needs[0]"),
        ("      needs: [name]", "      remember: {date: soon}", 16, "confirmed.remember.date"),
        ("      needs: [name]", "      remember: {party_size: -1}", 16, "confirmed.remember.party_size"),
        ("      needs: [name]", "      offer: {time: ''}", 16, "confirmed.offer.time"),
        ("  reservation: {time: 19:30}\n", "", 18, "expected.reservation: is missing; say what the record"),
        ("reservation: {time: 19:30}", "reservation: {}", 20, "expected.reservation: is missing"),
        ("reservation: {time: 19:30}", "reservation: {status: full}", 20, "status: full is no status"),
        ("  outcome: booked", "  outcome: great", 19, "expected.outcome"),
        ("reservation: {time: 19:30}", "reservation: {hour: 19:30}", 20, "expected.reservation.hour"),
        ("reservation: {time: 19:30}", "reservation: {party_size: four}", 20, "reservation.party_size"),
        ("reservation: {time: 19:30}", "reservation: {time: half past}", 20, "expected.reservation.time"),
        ("title: The table is free", "title: &t The\nother: *t", 2, "anchors"),
    ],
)
def test_mistake_is_named_with_its_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str
) -> None:
    assert old in GOOD
    message = refusal(tmp_path, GOOD.replace(old, new, 1))
    assert message.startswith(f"{line}: "), message
    assert field in message


@pytest.mark.parametrize("text", ["", "- a list", "just words", "\x00", "a: !!python/object:os.system x"])
def test_file_that_is_no_scenario_is_refused_in_words(tmp_path: Path, text: str) -> None:
    refusal(tmp_path, text)


@given(st.text(max_size=200))
def test_no_text_makes_loading_fail_in_another_way(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "try.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ScenarioError):
        load(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nothing\.yaml: no such scenario"):
        load(tmp_path / "nothing.yaml")


def test_bare_name_is_looked_for_in_the_wanted_language_and_then_in_english() -> None:
    assert find("accepts", "de") == FOLDER / "de" / "accepts.yaml"
    assert find("voicemail", "de") == FOLDER / "en" / "voicemail.yaml"
    assert find("es/accepts", "de") == FOLDER / "es" / "accepts.yaml"


def test_path_of_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert find(str(path)) == path


def test_unknown_name_suggests_a_near_one() -> None:
    with pytest.raises(ScenarioError, match="accepts"):
        find("acepts")


def test_every_language_has_the_calls_that_every_restaurant_knows() -> None:
    names = {f"{path.parent.name}/{path.stem}" for path in listing()}
    for code in ("en", "de", "es", "nl"):
        assert {f"{code}/accepts", f"{code}/full_offers_inside", f"{code}/asks_name_phone"} <= names


def test_differences_name_what_is_not_as_expected(tmp_path: Path) -> None:
    expected = load(written(tmp_path, GOOD)).expected
    assert expected.differences("booked", Reservation(time="19:30")) == []
    assert expected.differences("closed", Reservation()) == [
        "outcome: expected booked, got closed",
        "time: expected 19:30, got nothing",
    ]


@given(st.text(max_size=30))
def test_every_name_that_is_accepted_can_be_spelled(name: str) -> None:
    if not problem("name", name):
        assert spell(surname(name))
        assert not any(map(str.isdigit, name))
