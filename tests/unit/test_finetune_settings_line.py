"""The settings file keeps every byte but the model's line."""

from __future__ import annotations

import tomllib

import pytest

from engine.finetune.settings_line import NotThatSimple, model_in, with_model

FILE = """# ours
language = "de"  # spoken here

[brain]  # who thinks
kind = "openai"
model = "gpt-small"   # until the next one
max_tokens = 300

[voice]
model = "not this one"
"""


def test_one_value_is_changed_and_its_comment_stays() -> None:
    assert with_model(FILE, "ft:x") == FILE.replace('"gpt-small"', '"ft:x"')


def test_line_is_taken_out_where_there_was_no_model() -> None:
    assert with_model(FILE, None) == FILE.replace('model = "gpt-small"   # until the next one\n', "")


@pytest.mark.parametrize(
    "text",
    ["", "[brain]\n", "[brain]", "language = 'de'", "[voice]\nen = 'x'\n", "[brain]\nkind = 'openai'\n[dial]\n",
     "[ brain ]\r\nkind = 'openai'\r\n", "[brain]\n'model' = 'a'\n", '[brain]\nmodel="a#b" # c\n'],
)  # fmt: skip
def test_model_is_there_afterwards_and_nothing_else_is_new(text: str) -> None:
    edited = with_model(text, 'ft:a"b')
    assert model_in(edited) == 'ft:a"b'
    before, after = tomllib.loads(text), tomllib.loads(edited)
    assert {**after, "brain": None} == {**before, "brain": None}
    assert ("\r\n" in text) == ("\r\n" in edited)
    assert with_model(edited, model_in(text)).replace("\n\n", "\n").strip().startswith(text.strip()[:6])


@pytest.mark.parametrize(
    "text",
    ['brain = {model = "a"}\n', 'brain.model = "a"\n', '[brain]\nmodel = """a"""\n',
     '[brain]\ntext = """\nmodel = "x"\n"""\nmodel = "a"\n'],
)  # fmt: skip
def test_file_that_says_it_otherwise_is_left_to_its_owner(text: str) -> None:
    with pytest.raises(NotThatSimple, match="by hand"):
        with_model(text, "b")


def test_broken_file_is_not_edited() -> None:
    with pytest.raises(NotThatSimple, match="no valid TOML"):
        with_model("[brain\n", "b")
