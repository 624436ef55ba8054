"""Which scenarios are meant by what somebody writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.errors import ScenarioError
from engine.evaluation.finding import planned
from engine.scenario import FOLDER, listing


def names(*wanted: str, languages: tuple[str, ...] = (), kinds: tuple[str, ...] = ()) -> list[str]:
    return [each.name for each in planned(wanted, languages, kinds)]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a scenario of one's own, one level down."""
    (tmp_path / "mine").mkdir()
    shutil.copy(FOLDER / "de" / "accepts.yaml", tmp_path / "mine" / "krone.yaml")
    return tmp_path


def test_nothing_is_all_there_are() -> None:
    assert len(names()) == len(listing())


def test_a_language_is_all_of_its_folder() -> None:
    found = names("nl")
    assert found and all(name.startswith("nl/") for name in found)


def test_a_name_a_file_and_a_pattern() -> None:
    assert names("en/accepts") == ["en/accepts"]
    assert names(str(FOLDER / "en" / "accepts.yaml")) == ["en/accepts"]
    assert {"de/accepts", "en/accepts"} <= set(names("*/acc*"))


def test_a_folder_is_what_lies_below_it_under_its_path(own: Path) -> None:
    assert names(str(own)) == [str(own / "mine" / "krone.yaml")]
    assert names(str(own / "*" / "*.yaml")) == names(str(own))


def test_what_is_named_twice_is_run_once() -> None:
    assert names("en/accepts", "en/acc*", "accepts") == ["en/accepts"]


def test_only_a_language_or_a_kind_is_left() -> None:
    assert names("*/accepts", languages=("de", "nl")) == ["de/accepts", "nl/accepts"]
    holds = planned((), (), ("hold",))
    assert holds and all("hold" in each.scenario.kinds for each in holds)


@pytest.mark.parametrize("wanted", ["no_such_thing", "xx/*", "en/nothing*"])
def test_what_is_no_scenario_is_an_error_that_names_it(wanted: str) -> None:
    with pytest.raises(ScenarioError, match=wanted.replace("*", r"\*")):
        names(wanted)


def test_an_empty_folder_and_an_empty_choice_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no scenario there"):
        names(str(tmp_path))
    with pytest.raises(ScenarioError, match="--language de"):
        names("en/accepts", languages=("de",))


def test_a_file_with_a_mistake_is_an_error_before_anything_is_run(own: Path) -> None:
    (own / "mine" / "broken.yaml").write_text("title: x\nlanguage: fr\n")
    with pytest.raises(ScenarioError, match=r"broken\.yaml"):
        names(str(own))
