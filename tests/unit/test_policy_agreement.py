"""What is a yes to the read-back, and what is none: a call is booked only on the first."""

import pytest

from engine.dialogue.moves import Said, Say
from tests.unit.test_policy import Call

GREETING = {"en": "good evening golden lantern", "de": "guten abend zur post", "es": "buenas noches la brisa",
            "nl": "goedenavond de molen"}  # fmt: skip
YES = {"en": "yes we have a table", "de": "ja wir haben einen tisch", "es": "sí tenemos una mesa",
       "nl": "ja we hebben een tafel"}  # fmt: skip
OLD = {"old_date": "2026-11-26", "old_time": "18:00"}


def read_back(language="en", **changes):
    """A call in which the read-back has just been said."""
    call = Call(language=language, **changes)
    call.hears(GREETING[language], YES[language])
    assert call.brain._memory.read_back
    return call


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "yes no problem"),
        ("en", "yes at half past seven"),
        ("en", "it is booked for you"),
        ("en", "all set see you on friday"),
        ("en", "yes that is noted"),
        ("en", "sounds good"),
        ("de", "ja kein problem"),
        ("de", "ihr tisch ist reserviert"),
        ("es", "sí no hay problema"),
        ("es", "su mesa está reservada"),
        ("nl", "ja geen probleem"),
        ("nl", "uw tafel is gereserveerd"),
    ],
)
def test_this_is_a_yes(language, words):
    call = read_back(language)
    call.hears(words)
    assert call.outcome == "booked"


OTHER_VALUES = [
    ("en", "yes at nine p m"),
    ("en", "yes on saturday"),
    ("en", "yes under the name smith"),
    ("en", "okay eight instead of seven thirty"),
    ("en", "yes tomorrow"),
    ("en", "yes we have you as five"),
    ("en", "see you on saturday"),
    ("de", "ja um neun uhr"),
    ("de", "gerne um halb neun"),
    ("de", "ja am samstag"),
    ("es", "sí a las nueve"),
    ("es", "de acuerdo a las ocho"),
    ("nl", "ja op zaterdag"),
    ("nl", "goed om acht uur"),
]
FULL = [
    ("en", "we are all booked"),
    ("en", "we are all booked up"),
    ("en", "no we are booked"),
    ("en", "all tables are booked"),
    ("en", "nothing is confirmed"),
    ("en", "your table is not confirmed yet"),
    ("en", "the table has been booked by somebody else"),
    ("de", "alle tische sind reserviert"),
    ("de", "das ist noch nicht bestätigt"),
    ("de", "nein das ist nicht reserviert"),
    ("de", "der tisch ist schon reserviert"),
    ("de", "wir sind komplett reserviert"),
    ("es", "la mesa ya está reservada"),
    ("nl", "die is al gereserveerd"),
    ("es", "no está confirmada"),
    ("es", "todo está reservado"),
    ("nl", "het is niet bevestigd"),
    ("nl", "alles is gereserveerd"),
]
DENIED = [
    ("en", "of course not"),
    ("en", "yes sorry no"),
    ("en", "your table is cancelled"),
    ("de", "natürlich nicht"),
    ("de", "ja geht nicht"),
    ("es", "claro que no"),
    ("nl", "natuurlijk niet"),
    ("nl", "klopt niet"),
    ("en", "yes what"),
    ("en", "yes hello"),
    ("de", "ja was"),
    ("en", "yes probably"),
    ("en", "yes i think so"),
    ("de", "ja vielleicht"),
    ("es", "sí a lo mejor"),
    ("nl", "ja misschien"),
]


@pytest.mark.parametrize(("language", "words"), OTHER_VALUES + FULL + DENIED)
def test_this_is_no_yes(language, words):
    call = read_back(language)
    call.hears(words)
    assert call.reservation.status == "open"
    assert call.outcome is None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "yes if you pay a deposit"),
        ("en", "yes but we need your credit card"),
        ("en", "i have put you on the waiting list"),
        ("de", "ja aber der tisch ist weg"),
        ("de", "gerne mit einer anzahlung"),
        ("es", "sí con un depósito"),
        ("nl", "ja met een aanbetaling"),
    ],
)
def test_a_yes_on_a_condition_is_for_a_person(language, words):
    call = read_back(language)
    call.hears(words)
    assert call.reservation.status == "open"
    assert call.outcome == "needs_human" or "weg" in words
    assert call.outcome is None or words in call.moves[-1].reason


def test_a_yes_to_a_read_back_that_was_never_played_books_nothing():
    call = Call(played=False)
    call.hears(GREETING["en"], YES["en"])
    assert "is that right" in call.hears("yes sure")
    assert call.reservation.status == "open"
    for move in [move for move in call.moves if isinstance(move, Say)]:
        call.tell(Said(text=move.text))
    call.hears("yes sure")
    assert call.outcome == "booked"


@pytest.mark.parametrize(
    ("kind", "words", "status"),
    [
        ("cancel", "your booking is confirmed", "open"),
        ("cancel", "yes your booking is confirmed", "open"),
        ("cancel", "your booking is cancelled", "cancelled"),
        ("cancel", "yes that is done", "cancelled"),
        ("change", "your booking is cancelled", "open"),
        ("change", "your booking on thursday at six is confirmed", "open"),
        ("change", "your booking is changed from six to half past seven", "changed"),
        ("change", "your booking is confirmed", "changed"),
    ],
)
def test_what_is_done_must_be_what_was_asked_for(kind, words, status):
    call = read_back(kind=kind, **OLD)
    call.hears(words)
    assert call.reservation.status == status


def test_who_cancels_looks_for_no_table():
    call = Call(kind="cancel", **OLD)
    call.hears("golden lantern we are closed on friday")
    for words in ("no", "we are full but we have a table at eight"):
        assert "cancel the booking" in call.hears(words)
    call.hears("no")
    assert call.outcome == "needs_human" and call.reservation.status == "open"


@pytest.mark.parametrize(
    ("question", "served"),
    [
        ("can i have a phone number", "I am afraid I can not give you a phone number."),
        ("so five people on friday", "The name is {name}."),
        ("for how many people", "The name is {name}."),
    ],
)
def test_a_stored_reply_is_said_only_to_its_own_question(question, served):
    assert read_back().hears(question, served=served) == read_back().hears(question)


@pytest.mark.parametrize(
    "words",
    ["yes and under what name", "we have a table under what name", "at half past seven for how many people"],
)
def test_an_answer_to_more_than_a_question_is_not_stored(words):
    call = Call()
    call.hears(GREETING["en"], words)
    assert not call.templates()


@pytest.mark.parametrize(
    ("changes", "question", "answer"),
    [
        ({"name": "7 8"}, "could you spell that please", "The name is 7 8."),
        ({"phone": "none"}, "can i have a phone number", "I am afraid I can not give you a phone number."),
        ({"phone": "²"}, "can i have a phone number", "I am afraid I can not give you a phone number."),
        ({"name": "7 8"}, "so four people on friday under smith", "The name is 7 8."),
        ({}, "for ² or 5² or ① people", "I am sorry, could you repeat that, please?"),
    ],
)
def test_what_the_task_lacks_or_no_one_says_crashes_nothing(changes, question, answer):
    call = Call(**changes)
    call.hears(GREETING["en"])
    assert call.hears(question) == answer
