"""Which words the simulator's ear cannot know: how it writes, and what `call-thing scenarios check` finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.__main__ import app
from engine.errors import ExitCode, ModelError
from engine.languages.words import say_number
from engine.protocol import LANGUAGES
from engine.recognizers.lexicon import FILE, lexicon_of, unknown_words, words_of, written
from engine.recognizers.whisper import SIM_EAR_FOLDER
from engine.scenario import listing
from engine.scenario_words import check_words, files_of
from tools.ear import lexicon as tools_lexicon
from tools.ear.mixture import every_word

LEXICON = {
    "en": frozenset(
        [
            "good",
            "evening",
            "a",
            "table",
            "for",
            "people",
            "on",
            "golden",
            "lantern",
            "anna",
            "walker",
            "nineteen",
            "thirty",
        ]
    ),
    "de": frozenset(["guten", "abend"]),
}
SCENARIO = """\
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
      say: a table for {party_size} people on {day}
expected:
  outcome: booked
  reservation: {time: 19:30}
"""


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Guten Abend, Frau Maier!", "guten abend frau maier"),
        ("What’s the name - O'Neill?", "what's the name o'neill"),
        ("¿A qué hora?  ¡Vale!", "a qué hora vale"),
        ("'s avonds, well-known ...", "s avonds well-known"),
        ("Straße, Ärger, één", "straße ärger één"),
        ("  ... ", ""),
    ],
)
def test_the_ear_writes_words_alone_in_lower_case(text, label):
    assert written(text)[0] == label


def test_every_character_of_a_label_knows_its_place_in_the_text():
    text = "Für Frau Dr. O'Neill - um ACHT?"
    label, places = written(text)
    assert len(places) == len(label) and places == sorted(places)
    for character, place in zip(label, places, strict=True):
        assert character == " " or text[place].lower() == character


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Good evening, a table?", []),
        ("good marmalade, marmalade and a table", ["marmalade", "and"]),
        ("a table at 19:30", ["at"]),  # the figures are said as words that are known
        ("a table for 45", ["forty", "five"]),
        ("A N N A", []),  # letters are spelled to every ear
    ],
)
def test_words_outside_of_the_lexicon_are_found_once_in_the_order_in_which_they_are_said(text, unknown):
    assert unknown_words(text, "en", LEXICON) == unknown


def test_a_long_number_is_said_digit_by_digit_and_a_short_one_as_one():
    none = {"en": frozenset[str]()}
    assert unknown_words("0171", "en", none) == ["zero", "one", "seven"]
    assert unknown_words("250", "en", none) == words_of(say_number(250, "en"))


def test_a_model_without_a_list_of_words_is_refused_with_the_way_to_one(tmp_path):
    with pytest.raises(ModelError, match="make ear"):
        lexicon_of(tmp_path)


def test_a_list_that_is_broken_is_named(tmp_path):
    (tmp_path / FILE).write_text("[1]")
    with pytest.raises(ModelError, match=FILE):
        lexicon_of(tmp_path)


def scenario(folder: Path, text: str = SCENARIO, name: str = "mine.yaml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_a_scenario_of_known_words_is_good(tmp_path):
    assert check_words(scenario(tmp_path), LEXICON).good


def test_each_unknown_word_is_told_with_its_line_field_and_language(tmp_path):
    text = SCENARIO.replace("say: good evening", "say: good bonfire")
    text = text.replace("name: Anna Walker", "name: Anna Quux\n  wishes: a trampoline")
    found = check_words(scenario(tmp_path, text), LEXICON)
    assert [(each.line, each.field, each.word) for each in found.unknown] == [
        (9, "task.name", "quux"),
        (10, "task.wishes", "trampoline"),
        (14, "restaurant.steps.greet.say", "bonfire"),
    ]


def test_a_step_in_another_language_is_held_against_that_language(tmp_path):
    text = SCENARIO.replace("say: good evening", "say: guten abend\n      language: de")
    assert check_words(scenario(tmp_path, text), LEXICON).good
    assert not check_words(scenario(tmp_path, SCENARIO.replace("good evening", "guten abend")), LEXICON).good


def test_names_that_a_restaurant_offers_or_mishears_are_looked_at(tmp_path):
    text = SCENARIO.replace("needs: [name]", "needs: [name]\n      remember: {name: Anna Bobbins}")
    (found,) = check_words(scenario(tmp_path, text), LEXICON).unknown
    assert (found.field, found.word) == ("restaurant.steps.confirmed.remember.name", "bobbins")


def checked(folder: Path, *arguments: str):
    (folder / FILE).write_text(json.dumps({code: sorted(known) for code, known in LEXICON.items()}))
    return CliRunner().invoke(app, ["scenarios", "check", "--ear", str(folder), *arguments])


def test_the_command_names_file_line_and_words_and_fails(tmp_path):
    path = scenario(tmp_path, SCENARIO.replace("say: good evening", "say: good bonfire trampoline"))
    done = checked(tmp_path, str(path))
    assert done.exit_code == ExitCode.NOT_AS_EXPECTED
    assert (
        done.stdout == f"{path}:13: restaurant.steps.greet.say: the ear does not know (en): "
        "bonfire, trampoline\n"
    )
    assert "0 of 1" in done.stderr


def test_a_file_with_a_mistake_does_not_keep_the_others_from_being_checked(tmp_path):
    bad = scenario(tmp_path, SCENARIO.replace("language: en", "language: xx"), "bad.yaml")
    scenario(tmp_path)
    done = checked(tmp_path, str(tmp_path), "--json")
    assert done.exit_code == ExitCode.NOT_AS_EXPECTED
    rows = json.loads(done.stdout)
    assert [(Path(row["file"]).name, row["good"]) for row in rows] == [
        ("bad.yaml", False),
        ("mine.yaml", True),
    ]
    assert rows[0]["mistake"].startswith(f"{bad}:2: language")


def test_good_files_leave_with_code_0(tmp_path):
    assert checked(tmp_path, str(scenario(tmp_path))).exit_code == ExitCode.OK


def test_without_paths_every_scenario_of_the_package_is_checked():
    assert files_of([]) == listing()
    assert {path.parent.name for path in files_of(["de"])} == {"de"}
    assert [path.stem for path in files_of(["en/accepts"])] == ["accepts"]


def test_the_list_is_still_there_under_the_same_name():
    done = CliRunner().invoke(app, ["scenarios", "--lang", "nl"])
    assert done.exit_code == 0 and "nl/accepts" in done.stdout and "en/accepts" not in done.stdout


def test_a_training_brings_every_word_of_every_scenario_of_the_package(tmp_path):
    tools_lexicon.write(tmp_path)
    found = [check_words(path, lexicon_of(tmp_path)) for path in listing()]
    assert [each for each in found if not each.good] == []


def test_a_list_of_words_has_all_that_sentences_are_made_of(tmp_path):
    for code in LANGUAGES:
        known = set(tools_lexicon.known(code))
        assert {part for word in every_word(code) for part in words_of(word)} <= known
        assert set(words_of(say_number(231, code))) <= known
        assert not any(character.isdigit() for word in known for character in word)


def test_the_ear_of_the_package_is_small_enough_to_be_in_it():
    assert sum(path.stat().st_size for path in SIM_EAR_FOLDER.iterdir()) <= 6_000_000


def test_the_ear_of_the_package_knows_every_word_of_its_scenarios():
    if not (SIM_EAR_FOLDER / FILE).exists():
        pytest.skip(
            f"{SIM_EAR_FOLDER / FILE} is not there: the model was made before there was a list of words"
        )
    found = [check_words(path, lexicon_of(SIM_EAR_FOLDER)) for path in listing()]
    assert [each for each in found if not each.good] == []
