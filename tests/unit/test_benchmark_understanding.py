"""The benchmark of the understanding counts what it says it counts."""

import json

from benchmarks import understanding

LINES = [
    {"dialogue_id": "a", "text": "What time would you like?", "intent": "ask_time", "slots": {}},
    {"dialogue_id": "b", "text": "So four people on Friday at half past seven?", "intent": "confirm_request",
     "slots": {"party_size": 4, "day": "friday", "time": "19:30"}, "ref_date": "2026-11-24"},
    {"dialogue_id": "c", "text": "Your table is booked for the fifth of December.", "intent": "goodbye",
     "slots": {"date": "2026-12-06", "time": "20:00"}, "ref_date": "2026-11-24"},
    {"dialogue_id": "d", "text": "Bye.", "intent": "goodbye", "slots": {}, "slots_in_text": False},
    {"dialogue_id": "e", "text": "Bye.", "intent": "goodbye", "slots": {}, "act_in_text": False},
]  # fmt: skip


def _file(tmp_path):
    path = tmp_path / "turns.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), encoding="utf-8")
    return path


def test_lines_whose_annotation_is_not_in_the_words_are_left_out(tmp_path):
    assert [line["dialogue_id"] for line in understanding.lines_of(_file(tmp_path), None)] == ["a", "b", "c"]


def test_the_halves_are_the_whole_and_share_no_dialogue(tmp_path):
    path = _file(tmp_path)
    halves = [{line["dialogue_id"] for line in understanding.lines_of(path, half)} for half in (0, 1)]
    assert halves[0] | halves[1] == {"a", "b", "c"} and not halves[0] & halves[1]


def test_right_missed_and_invented_values_are_counted(tmp_path):
    figures = understanding.measured(
        [understanding.read(line) for line in understanding.lines_of(_file(tmp_path), None)]
    )
    assert figures["turns"] == 3
    assert figures["intent_accuracy"] == round(2 / 3, 4)
    # right: 4, friday, 19:30; missed: 6 December, 20:00; invented: 5 December
    assert figures["slot_f1"]["all"] == round(6 / 9, 4)
    assert figures["slot_f1"]["party_size"] == 1.0
    assert set(figures["ms_per_turn"]) == {"p50", "p95"}
