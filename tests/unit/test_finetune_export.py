"""Approved calls as lines of a training file."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.brains.turns import words_of
from engine.dialogue.moves import ToolResult
from engine.dialogue.prompt import disclosure
from engine.finetune.calls import APPROVED, approve, as_expected, recorded, withdraw
from engine.finetune.examples import learnt, result_words
from engine.finetune.export import (
    MANIFEST,
    TRAIN,
    VALIDATION,
    Example,
    LeftOut,
    example,
    examples,
    for_validation,
    write,
)
from engine.finetune.stand_ins import PARTICLES
from engine.finetune.symbols import fold, runs
from engine.finetune.turns import Heard, Said, Silent, Used, turns_of
from engine.protocol import (
    EndCall,
    Flag,
    LanguageSwitched,
    OperatorAct,
    Reservation,
    Sentence,
    Spoken,
    Task,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
)
from engine.scenario import listing
from tests.fakes.recorded_calls import Step, played, record, write_journal

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SCENARIOS = [f"{path.parent.name}/{path.stem}" for path in listing()]
TASK = Task(restaurant="Golden Lantern", today="2026-11-24", date="2026-11-27", time="19:30", party_size=4,
            name="Oscar Brandt", phone="+441632960471")  # fmt: skip


def heard(turn: int, text: str) -> Step:
    return turn * 1_000_000, Flag.FINAL, Transcript(turn, text, True, "en", 0.9, 0, 1)


def say(
    utterance: int, text: str, turn: int = 0, spoken: str | None = None, typed: bool = False
) -> list[Step]:
    at_us, flags = utterance * 1_000_000 + 500_000, Flag.OPERATOR if typed else Flag.NONE
    said = text if spoken is None else spoken
    return [
        (at_us, flags, Sentence(utterance, 0, True, turn, text, "en")),
        (at_us, Flag.NONE, Spoken(utterance, 0, said, True, True, cut=said != text)),
    ]


def act(action: str, words: str = "", refused: str = "") -> Step:
    return 9_000_000, Flag.NONE, OperatorAct("ada", action, words, refused)


def line_of(events: list[Step], task: Task = TASK) -> dict[str, Any]:
    made = example("call-1", task, events)
    assert isinstance(made, Example), made
    return json.loads(made.line)


def dialogue(line: dict[str, Any]) -> list[tuple[str, str | None, int]]:
    return [(m["role"], m["content"], m.get("weight", 1)) for m in line["messages"][1:]]


NOBODY_SPEAKS = ("en/no_answer", "en/busy_after_answer", "en/not_in_service", "nl/busy_after_answer")


@pytest.mark.parametrize("name", SCENARIOS)
def test_nobody_of_a_scenario_is_left_in_its_line(name: str) -> None:
    for phone in ("", "+493023125471"):
        changes = {"phone": phone} if phone else {}
        task, events, _ = played(name, **changes)
        made = example(f"a-call-of-{name}", task, events)
        if isinstance(made, LeftOut):
            assert name in NOBODY_SPEAKS
            continue
        line = json.loads(made.line)
        text = fold(" ".join(_strings(line["messages"])))
        squeezed = re.sub(r"[^a-z]", "", text)
        for word in (fold(word) for word in task.name.split() if fold(word) not in PARTICLES):
            assert word not in re.findall(r"\w+", text)
            assert len(word) < 7 or word not in squeezed
        assert fold(task.restaurant) not in text
        digits = "".join(item.symbols for run in runs(text, task.language) for item in run)
        assert not task.phone or task.phone[-6:] not in digits
        assert task.date in text or not any(m.get("tool_calls") for m in line["messages"])


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _strings(part)]


def test_line_has_prompt_turns_tools_and_the_end() -> None:
    task, events, _ = played("en/accepts")
    line = line_of(events, task)
    assert set(line) == {"messages", "tools", "parallel_tool_calls"}
    roles = [message["role"] for message in line["messages"]]
    assert roles[:2] == ["system", "user"]
    assert roles[-1] == "assistant"
    used = [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for message in line["messages"]
        for call in message.get("tool_calls", ())
    ]
    assert [name for name, _ in used] == ["book", "end_call"]
    assert (used[0][1]["date"], used[0][1]["time"], used[0][1]["party_size"]) == (task.date, task.time, 4)
    assert used[0][1]["name"] in line["messages"][0]["content"]
    assert {tool["function"]["name"] for tool in line["tools"]} >= {"book", "end_call"}


def test_disclosure_is_context_and_never_learnt() -> None:
    task, events, _ = played("en/accepts")
    made = example("call-1", task, events)
    assert isinstance(made, Example)
    said = disclosure(made.task, "en")
    weights = [m["weight"] for m in json.loads(made.line)["messages"] if m.get("content") == said]
    assert weights == [0]


def test_what_was_cut_is_there_to_the_word_and_not_learnt() -> None:
    events = [
        heard(1, "hello"),
        *say(1, "I would like a table", 1, spoken="I would"),
        heard(2, "wait"),
        *say(2, "Sure.", 2),
    ]
    assert ("assistant", "I would …", 0) in dialogue(line_of(events))
    assert ("assistant", "Sure.", 1) in dialogue(line_of(events))


def test_what_was_never_spoken_is_not_in_it() -> None:
    never = (1_600_000, Flag.NONE, Sentence(1, 1, True, 1, "Nobody heard this.", "en"))
    line = line_of([heard(1, "hello"), *say(1, "Good evening.", 1), never])
    assert "Nobody heard this" not in json.dumps(line)


def test_stored_reply_is_an_example_like_any_other() -> None:
    stored = Sentence(1, 0, True, 1, "For four people, please.", "en", from_cache=True)
    spoken = Spoken(1, 0, "For four people, please.", True, True)
    line = line_of([heard(1, "how many"), (2_000_000, Flag.NONE, stored), (3_000_000, Flag.NONE, spoken)])
    assert ("assistant", "For four people, please.", 1) in dialogue(line)


def test_wishes_are_replaced_in_the_prompt_too() -> None:
    wishes = "a quiet table; ask for Oscar Brandt, O S C A R, on 01632 960471"
    made = example(
        "call-1", msgspec.structs.replace(TASK, wishes=wishes), [heard(1, "hi"), *say(1, "Hello.", 1)]
    )
    assert isinstance(made, Example)
    prompt = json.loads(made.line)["messages"][0]["content"]
    assert "a quiet table" in prompt
    assert not re.search("oscar|brandt|960471|O S C A R", prompt, re.IGNORECASE)


def test_line_that_an_operator_typed_stays_and_is_not_learnt() -> None:
    events = [
        heard(1, "hello"),
        *say(1, "Good evening.", 1),
        heard(2, "yes"),
        *say(2, "One more thing.", typed=True),
    ]
    assert ("assistant", "One more thing.", 0) in dialogue(
        line_of([*events, heard(3, "yes"), *say(3, "Thanks.", 3)])
    )


@pytest.mark.parametrize("action", ["go_live", "whisper", "mute", "language", "transfer"])
def test_example_ends_where_an_operator_steps_in(action: str) -> None:
    events = [
        heard(1, "hello"),
        *say(1, "Good evening.", 1),
        act(action),
        heard(2, "yes"),
        *say(2, "Something else.", 2),
    ]
    made = example("call-1", TASK, events)
    assert isinstance(made, Example)
    assert action in made.until
    assert "Something else" not in made.line


def test_example_ends_where_the_call_goes_on_in_another_language() -> None:
    switched: Step = (3_000_000, Flag.NONE, LanguageSwitched("de", 2, "two turns in German", "en"))
    made = example(
        "call-1", TASK, [heard(1, "hello"), *say(1, "Good evening.", 1), switched, *say(2, "Guten Abend.", 2)]
    )
    assert isinstance(made, Example)
    assert "another language" in made.until
    assert "Guten Abend" not in made.line


def test_operators_act_that_was_refused_or_only_marks_ends_nothing() -> None:
    events = [heard(1, "hello"), act("mark"), act("go_live", refused="no"), *say(1, "Good evening.", 1)]
    made = example("call-1", TASK, events)
    assert isinstance(made, Example)
    assert made.until == ""


def test_example_ends_where_an_operator_changed_a_tools_arguments() -> None:
    asked = {"date": "2026-11-27", "time": "19:30", "party_size": 4, "name": "Oscar Brandt"}
    changed = {**asked, "time": "22:00"}
    events: list[Step] = [
        heard(1, "hello"),
        *say(1, "Good evening.", 1),
        (3_000_000, Flag.NONE, ToolPending(1, "approval", "book", 9, "", asked)),
        (3_000_000, Flag.NONE, ToolDecided(1, True, "ada", "", changed)),
        (3_000_000, Flag.NONE, ToolCalled("book", changed, "booked")),
    ]
    made = example("call-1", TASK, events)
    assert isinstance(made, Example)
    assert "changed" in made.until
    assert "22:00" not in made.line


def test_refused_tool_is_context_and_not_learnt() -> None:
    wrong = {"date": "2026-11-27", "time": "22:00", "party_size": 4, "name": "Oscar Brandt"}
    called = ToolCalled("book", wrong, "time 22:00 is not allowed", refused=True)
    line = line_of([heard(1, "hello"), (2_000_000, Flag.NONE, called), *say(2, "Sorry, no.", 1)])
    use = next(message for message in line["messages"] if message.get("tool_calls"))
    assert use["weight"] == 0
    assert learnt(line) == 1


def test_silence_stands_between_two_utterances_of_ours() -> None:
    told = turns_of(TASK, [heard(1, "hello"), *say(1, "Good evening.", 1), *say(9, "Hello?")])
    assert told.turns == (Heard("hello"), Said("Good evening."), Silent(8), Said("Hello?"))


def test_turns_nobody_answered_are_left_out() -> None:
    again = (1_100_000, Flag.AGAIN, Transcript(1, "hello", True, "en", 0.9, 0, 1))
    partial = (1_100_000, Flag.NONE, Transcript(2, "hel", False, "en", 0.9, 0, 1))
    told = turns_of(TASK, [heard(1, "hello"), again, partial, *say(1, "Good evening.", 1)])
    assert told.turns == (Heard("hello"), Said("Good evening."))


@pytest.mark.parametrize(("refused", "result"), [(False, "booked"), (False, "open"), (True, "not allowed")])
def test_results_are_worded_as_the_brain_words_them(refused: bool, result: str) -> None:
    used = Used("book", {}, result, refused)
    record_now = None if refused else Reservation(result)  # type: ignore[arg-type]
    reason = result if refused else ""
    assert result_words(used) == words_of(
        ToolResult(tool="book", refused=refused, reason=reason, reservation=record_now)
    )


def test_call_with_nothing_to_learn_is_left_out_and_says_why() -> None:
    made = example("call-1", TASK, [heard(1, "hello"), act("go_live")])
    assert isinstance(made, LeftOut)
    assert "operator" in made.why
    assert isinstance(example("call-1", TASK, [(1, Flag.NONE, EndCall("failed"))]), LeftOut)


def test_only_approved_calls_are_exported_and_an_approval_can_be_withdrawn(tmp_path: Path) -> None:
    for number in range(3):
        record(tmp_path, "en/accepts", f"call-{number}")
    calls = list(recorded(tmp_path))
    assert examples(calls) == ([], [])
    approve(calls[1], "ada", NOW)
    made, left = examples(recorded(tmp_path))
    assert ([each.call for each in made], left) == (["call-1"], [])
    again = next(call for call in recorded(tmp_path) if call.call == "call-1")
    assert approve(again, "bob", NOW).by == "ada"
    assert withdraw(again) and not withdraw(again)
    assert examples(recorded(tmp_path)) == ([], [])


def test_broken_approval_is_none(tmp_path: Path) -> None:
    folder = record(tmp_path, "en/accepts", "call-1")
    (folder / APPROVED).write_text("yes please")
    assert examples(recorded(tmp_path)) == ([], [])


def test_as_expected_needs_the_scenarios_outcome_and_its_record(tmp_path: Path) -> None:
    record(tmp_path, "en/accepts", "call-1")
    task, events, _ = played("en/accepts")
    write_journal(
        tmp_path, "call-2", task, events, "en/accepts", outcome="booked", reservation={"date": "2020-01-01"}
    )
    write_journal(tmp_path, "call-3", task, events, "en/gone_since", outcome="booked", reservation={})
    write_journal(tmp_path, "call-4", task, events, "en/accepts")
    assert [as_expected(call) for call in recorded(tmp_path)] == [True, False, False, False]


def test_split_is_by_call_steady_and_about_as_asked() -> None:
    names = [f"call-{number}" for number in range(2000)]
    chosen = [name for name in names if for_validation(name, 0.2)]
    assert 300 < len(chosen) < 500
    assert chosen == [name for name in names if for_validation(name, 0.2)]
    assert set(chosen) <= {name for name in names if for_validation(name, 0.4)}
    assert not any(for_validation(name, 0.0) for name in names)


def test_files_are_written_whole_and_alike_each_time(tmp_path: Path) -> None:
    task, events, _ = played("en/accepts")
    made = [
        made for number in range(8) if isinstance(made := example(f"call-{number}", task, events), Example)
    ]
    written = write(tmp_path, made, 0.3)
    before = [(tmp_path / name).read_bytes() for name in (TRAIN, VALIDATION, MANIFEST)]
    write(tmp_path, made, 0.3)
    assert before == [(tmp_path / name).read_bytes() for name in (TRAIN, VALIDATION, MANIFEST)]
    assert sum(len(each) for each in written.values()) == 8
    assert len({each.line for each in made}) > 1  # other stand-ins in another call
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
