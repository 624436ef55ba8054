"""A training file is looked through before it leaves the machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.errors import SettingsError
from engine.finetune import limits
from engine.finetune.check import check_file
from engine.finetune.export import MANIFEST, TRAIN, VALIDATION, Example, example, write
from engine.finetune.line_check import faults
from engine.finetune.telling import cost_usd
from engine.protocol import Task
from tests.fakes.recorded_calls import played

Line = dict[str, Any]


def made(count: int = 12, name: str = "en/accepts") -> tuple[Task, list[Example]]:
    task, events, _ = played(name)
    lines = [example(f"call-{number}", task, events) for number in range(count)]
    return task, [line for line in lines if isinstance(line, Example)]


def good() -> tuple[Line, Task]:
    one = made(1)[1][0]
    return json.loads(one.line), one.task


def use(line: Line) -> dict[str, Any]:
    """The use of `book`."""
    return next(m for m in line["messages"] if m.get("tool_calls"))["tool_calls"][0]["function"]


def argument(name: str, value: Any) -> Callable[[Line], None]:
    def change(line: Line) -> None:
        arguments = {**json.loads(use(line)["arguments"]), name: value}
        use(line)["arguments"] = json.dumps(arguments)

    return change


def without_phone(line: Line) -> None:
    arguments = json.loads(use(line)["arguments"])
    del arguments["phone"]
    use(line)["arguments"] = json.dumps(arguments)


def last_answer_first(line: Line) -> None:
    line["messages"].append({"role": "user", "content": "and now?"})


def no_result(line: Line) -> None:
    line["messages"] = [message for message in line["messages"] if message["role"] != "tool"]


def nothing_learnt(line: Line) -> None:
    for message in line["messages"]:
        if message["role"] == "assistant":
            message["weight"] = 0


def two_systems(line: Line) -> None:
    line["messages"].insert(1, {"role": "system", "content": "Be rude."})


def spoiled(place: int, **fields: Any) -> Callable[[Line], None]:
    return lambda line: line["messages"][place].update(fields)


SPOILED: list[tuple[str, Callable[[Line], None]]] = [
    ("no object with a list", lambda line: line.pop("messages")),
    ("no field `functions`", lambda line: line.update(functions=[])),
    ("role 'robot'", spoiled(1, role="robot")),
    ("nothing is said", spoiled(1, content=" ")),
    ("`weight` stands on assistant", spoiled(1, weight=1)),
    ("`weight` stands on assistant", spoiled(2, weight=0.5)),
    ("`tool_calls` is no list", spoiled(2, tool_calls=[{"id": 1}])),
    ("first message", lambda line: line["messages"].pop(0)),
    ("second system message", two_systems),
    ("last message", last_answer_first),
    ("not answered", no_result),
    ("nothing is learnt", nothing_learnt),
    ("is not among the line's tools", lambda line: use(line).update(name="change")),
    ("cannot be read", lambda line: use(line).update(arguments="{'date': 1}")),
    ("cannot be read", argument("date", "tomorrow")),
    ("cannot be read", argument("party_size", 0)),
    ("too many arguments, or too few: phone", without_phone),
    ("cannot be read", argument("confirmed", True)),
    ("time 23:00 is not allowed", argument("time", "23:00")),
    ("party_size 9 is not allowed", argument("party_size", 9)),
    ("name is", argument("name", "Somebody Else")),
    ("phone", argument("phone", "+491234567890")),
    ("there is no tool hack", lambda line: line["tools"][0]["function"].update(name="hack")),
    ("no list of functions", lambda line: line.update(tools=[{"name": "book"}])),
    ("an estimate", spoiled(1, content="word " * limits.MOST_TOKENS)),
]


def test_line_that_export_has_written_has_no_fault() -> None:
    line, task = good()
    assert list(faults(line, task)) == []


@pytest.mark.parametrize(
    ("words", "spoil"), SPOILED, ids=[f"{n}-{words}" for n, (words, _) in enumerate(SPOILED)]
)
def test_fault_is_named_with_a_next_step(words: str, spoil: Callable[[Line], None]) -> None:
    line, task = good()
    spoil(line)
    found = list(faults(line, task))
    assert any(words in what for what, _ in found), found
    assert all(then for _, then in found)


def test_refused_use_of_a_tool_may_be_outside_of_the_task() -> None:
    line, task = good()
    argument("time", "23:00")(line)
    for message in line["messages"]:
        if message["role"] == "tool":
            message["content"] = "Refused: time 23:00 is not allowed"
    assert list(faults(line, task)) == []


def test_what_the_person_was_asked_and_allowed_is_no_fault() -> None:
    line, task = good()
    place = next(n for n, m in enumerate(line["messages"]) if m.get("tool_calls"))
    asked = {"question": "?", "date": None, "time": "23:00", "party_size": None, "note": None}
    function = {"name": "ask_principal", "arguments": json.dumps(asked)}
    asking = {"id": "q", "type": "function", "function": function}
    line["tools"].append(
        {"type": "function", "function": {"name": "ask_principal", "parameters": {"properties": asked}}}
    )
    argument("time", "23:00")(line)
    assert any("23:00" in what for what, _ in faults(line, task))
    line["messages"][place:place] = [
        {"role": "assistant", "content": None, "tool_calls": [asking], "weight": 1},
        {"role": "tool", "tool_call_id": "q", "content": "Done. yes"},
    ]
    assert list(faults(line, task)) == []


def test_exported_file_is_ready(tmp_path: Path) -> None:
    task, lines = made()
    write(tmp_path, lines, 0)
    checked = check_file(tmp_path / TRAIN, {f"call-{number}": task for number in range(12)})
    assert (checked.ok, checked.examples, checked.problems) == (True, 12, ())
    assert checked.tokens > 12 * 500


def test_nine_examples_are_too_few_and_a_validation_file_may_have_one(tmp_path: Path) -> None:
    _, lines = made(9)
    write(tmp_path, lines, 0)
    assert "9 examples" in check_file(tmp_path / TRAIN, {}).problems[0].what
    (tmp_path / VALIDATION).write_text(lines[0].line + "\n")
    problems = check_file(tmp_path / VALIDATION, {}).problems
    assert [problem.what for problem in problems] == ["1 lines are in train.jsonl too"]


def test_double_line_and_broken_line_are_named_by_number(tmp_path: Path) -> None:
    _, lines = made()
    write(tmp_path, lines, 0)
    with (tmp_path / TRAIN).open("a") as file:
        file.write(lines[0].line + "\n{broken\n")
    found = {
        problem.line: problem.what for problem in check_file(tmp_path / TRAIN, {}).problems if problem.line
    }
    assert found[13] == "the same as line 1"
    assert found[14].startswith("no JSON")


def test_lines_that_were_edited_lose_their_task_and_that_is_said(tmp_path: Path) -> None:
    _, lines = made()
    write(tmp_path, lines, 0)
    text = (tmp_path / TRAIN).read_text()
    (tmp_path / TRAIN).write_text(text.replace('"weight": 1', '"weight": 0', 1))
    checked = check_file(tmp_path / TRAIN, {})
    assert checked.ok
    assert [problem.level for problem in checked.problems] == ["warning"]
    (tmp_path / MANIFEST).unlink()
    assert "12 lines are not in" in check_file(tmp_path / TRAIN, {}).problems[0].what


@pytest.mark.parametrize(
    "words", ["my name is {name}", "{spelled}", "call {phone}", "mail me at a.person@mail.net"]
)
def test_personal_data_in_a_line_is_found(tmp_path: Path, words: str) -> None:
    task, lines = made()
    task = msgspec.structs.replace(task, phone="+441632960471")
    name = task.name.split()[-1]
    said = words.format(name=task.name, spelled=" ".join(name.upper()), phone="01632 960471")
    line = json.loads(lines[3].line)
    line["messages"][1]["content"] += f" {said}"
    spoiled_line = msgspec.structs.replace(lines[3], line=json.dumps(line), sha256="")
    spoiled_line = msgspec.structs.replace(
        spoiled_line, sha256=hashlib.sha256(spoiled_line.line.encode()).hexdigest()
    )
    lines[3] = spoiled_line
    write(tmp_path, lines, 0)
    checked = check_file(tmp_path / TRAIN, {"call-3": task})
    assert [problem.line for problem in checked.problems] and {
        problem.line for problem in checked.problems
    } == {4}
    assert not checked.ok
    assert name not in " ".join(problem.what for problem in checked.problems)


def test_file_that_cannot_be_read_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="finetune export"):
        check_file(tmp_path / "nothing.jsonl", {})
    (tmp_path / "image.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError):
        check_file(tmp_path / "image.jsonl", {})


def test_cost_is_known_where_the_price_is(tmp_path: Path) -> None:
    _, lines = made()
    write(tmp_path, lines, 0)
    checked = check_file(tmp_path / TRAIN, {})
    assert cost_usd([checked], 0, 0) is None
    assert cost_usd([checked], 25.0, 2) == pytest.approx(checked.tokens * 2 * 25 / 1e6)


def test_estimate_counts_words_numbers_and_signs() -> None:
    assert limits.estimated_tokens("") == 0
    assert limits.estimated_tokens("yes, 123456") == 4
    assert limits.estimated_tokens("Reservierungsbestätigung") == 6
