"""Two brains side by side over the same scenarios, in text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.brains.scripted import Scripted
from engine.dialogue.moves import Event, Finish, Heard, Move, Say, ToolResult, UseTool
from engine.errors import SettingsError
from engine.finetune.comparing import Row, brain_of, compare, count_as_expected, never_answered, summary
from engine.finetune.telling import compare_line
from engine.finetune.text_call import TextCall, nothing_to_wait_for
from engine.protocol import Task
from engine.scenario import find, load
from engine.settings import BrainSettings
from tests.fakes.fake_brain import FakeBrain
from tests.fakes.finetune_server import KEY, FinetuneServer, running

NAMES = ("en/accepts", "de/full_offers_outside", "nl/asks_name_phone")
SCENARIOS = [(name, load(find(name))) for name in NAMES]


def scripted(task: Task, memory: bytes) -> Scripted:
    return Scripted(task, task.language, memory)


def reckless(task: Task, memory: bytes) -> FakeBrain:
    """Books five hours late for twice as many people, says so, and hangs up."""

    def rule(event: Event) -> list[Move]:
        if isinstance(event, Heard) and event.turn == 1:
            late = {"date": task.date, "time": "23:55", "party_size": 8, "name": task.name}
            return [Say(text="Thanks."), UseTool(tool="book", arguments=late)]
        if isinstance(event, ToolResult):
            return [Say(text="Goodbye."), Finish(outcome="booked")]
        return []

    return FakeBrain(rule, memory)


@pytest.fixture
def server() -> Iterator[FinetuneServer]:
    with running() as there:
        yield there


def test_same_brain_on_both_sides_gives_the_same() -> None:
    told: list[Row] = []
    side = (scripted, nothing_to_wait_for)
    rows = compare(SCENARIOS, (side, side), told.append)
    assert rows == told
    assert all(row.sides[0] == row.sides[1] for row in rows)
    assert [count_as_expected(rows, side) for side in (0, 1)] == [3, 3]


def test_brain_that_does_what_is_not_allowed_loses_and_it_shows_why() -> None:
    rows = compare(SCENARIOS[:1], ((scripted, nothing_to_wait_for), (reckless, nothing_to_wait_for)))
    good, bad = rows[0].sides
    assert good.as_expected and not good.refused
    assert bad.refused == ("book",)
    assert not bad.as_expected
    assert any(difference.startswith("date: expected") for difference in bad.differences)
    assert "1 refused" in compare_line(rows[0])
    told = summary(("a", "b"), rows)
    assert told["as_expected"] == [1, 0]
    assert told["rows"][0]["sides"][1]["tools_refused"] == ["book"]


def test_brain_that_never_says_a_word_comes_to_an_end() -> None:
    silent = TextCall(SCENARIOS[0][1], lambda task, memory: FakeBrain(lambda event: [], memory)).run()
    assert not silent.as_expected
    assert silent.tokens_in is None


def test_model_behind_a_server_is_asked_and_its_tokens_are_counted(server: FinetuneServer) -> None:
    settings = BrainSettings(
        base_url=server.url, key_env="TESTS_KEY", first_token_ms=20_000, budget_ms=30_000
    )
    with (
        brain_of("ft:x", settings, {"TESTS_KEY": KEY}) as model,
        brain_of("scripted", settings, {}) as script,
    ):
        rows = compare(SCENARIOS[:1], (model, script))
    first, second = rows[0].sides
    assert "POST /v1/chat/completions" in server.asked
    assert (first.answered, first.fallbacks) == (1, 0)
    assert (first.tokens_in, first.tokens_out) == (100, 10)
    assert not first.as_expected and second.as_expected
    assert any("Goodbye." in said for said in first.said)
    assert never_answered(("ft:x", "scripted"), rows) == []


def test_model_that_never_answers_is_not_taken_for_a_good_one(server: FinetuneServer) -> None:
    server.fail = [("chat", 401, "no")] * 50
    settings = BrainSettings(base_url=server.url, key_env="TESTS_KEY")
    with (
        brain_of("ft:x", settings, {"TESTS_KEY": KEY}) as model,
        brain_of("scripted", settings, {}) as script,
    ):
        rows = compare(SCENARIOS[:1], (model, script))
    assert rows[0].sides[0].fallbacks
    assert never_answered(("ft:x", "scripted"), rows) == ["ft:x"]


def test_key_is_needed_only_for_models() -> None:
    with (
        pytest.raises(SettingsError, match=r"ft:x cannot .* OPENAI_API_KEY: it is"),
        brain_of("ft:x", BrainSettings(), {}),
    ):
        pass
    with brain_of("scripted", BrainSettings(), {}) as (make, _):
        assert isinstance(make(SCENARIOS[0][1].task, b""), Scripted)
