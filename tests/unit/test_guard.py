"""The cache guard: alike is not the same."""

from datetime import date

import pytest

from engine.dialogue.guard import comparable
from engine.languages import load

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("code", "stored", "new"),
    [
        ("en", "a table for four at seven", "a table for five at eight"),
        ("en", "a table for four at seven", "a table for four at eight"),
        ("en", "a table for two on friday", "a table for two on saturday"),
        ("en", "we have a table at 19:00", "we have a table at 20:00"),
        ("en", "yes we have a table at seven", "no we do not have a table at seven"),
        ("en", "we have a table free", "we don't have a table free"),
        ("en", "booking number four seven two nine", "booking number four seven nine two"),
        ("en", "the third of june", "the thirteenth of june"),
        ("en", "are you open on sunday", "are you closed on sunday"),
        ("en", "could you come earlier", "could you come later"),
        ("en", "under the name walker", "under the name parker"),
        ("en", "do you want to sit inside", "do you want to sit outside"),
        ("en", "for how many people", "for what time"),
        ("en", "can you confirm that", "can you not confirm that"),
        ("de", "wir haben einen tisch frei", "wir haben keinen tisch frei"),
        ("de", "mit kindern", "ohne kinder"),
        ("es", "tenemos mesa a las siete", "no tenemos mesa a las siete"),
        ("es", "dentro", "fuera"),
        ("nl", "we hebben een tafel vrij", "we hebben geen tafel vrij"),
        ("nl", "kunt u eerder komen", "kunt u later komen"),
        ("en", "", "for how many people"),
    ],
)
def test_a_different_meaning_is_not_served(code, stored, new):
    verdict = comparable(stored, new, load(code), TODAY)
    assert not verdict.serve and verdict.reason


@pytest.mark.parametrize(
    ("code", "stored", "new"),
    [
        ("en", "for how many people", "how many people will you be"),
        ("en", "could you spell that please", "can you spell that"),
        ("en", "so four people at 19:30", "so four people at half past seven"),
        ("de", "auf welchen namen bitte", "auf welchen namen"),
        ("es", "para cuántas personas", "para cuantas personas"),
        ("nl", "op welke naam", "op welke naam alstublieft"),
    ],
)
def test_the_same_question_in_other_words_is_served(code, stored, new):
    assert comparable(stored, new, load(code), TODAY).serve
