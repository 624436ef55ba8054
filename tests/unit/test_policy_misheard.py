"""Words that sound like an offer, a limit, an end or a number and are none."""

import pytest

from engine.dialogue.moves import FarEndSilent, Said
from tests.unit.test_policy import YES, Call, opened
from tests.unit.test_policy_agreement import GREETING, read_back


@pytest.mark.parametrize("echo", ["four", "okay four", "that makes four"])
def test_the_party_size_said_again_is_no_time(echo):
    call = opened()
    call.hears("for how many people", echo)
    memory = call.brain._memory
    assert (memory.time, memory.full, call.outcome) == ("19:30", False, None)
    assert "party_size" in memory.confirmed_by


def test_a_moment_after_the_party_size_is_no_party():
    call = opened()
    call.hears("for how many people")
    assert call.hears("one moment please") == "Of course, I will wait."


NO_OFFERS = [
    ("en", "you can stay for a maximum of two hours"),
    ("en", "no more than two hours"),
    ("en", "we have more than two tables free"),
    ("en", "the kitchen is open only until three"),
    ("en", "you can have the table until ten"),
    ("en", "we open at five"),
    ("en", "the kitchen closes at ten"),
    ("de", "sie können den tisch bis zu zwei stunden haben"),
    ("de", "sie haben den tisch bis zweiundzwanzig uhr"),
    ("de", "wir öffnen um siebzehn uhr"),
    ("es", "pueden quedarse hasta dos horas"),
    ("es", "abrimos a las cinco"),
    ("nl", "u heeft de tafel tot tien uur"),
    ("nl", "u kunt de tafel maximaal twee uur houden"),
    ("en", "the kitchen is closed after ten but yes we have a table"),
    ("en", "for groups of more than two we have a set menu"),
]
NO_ENDS = [
    ("en", "the terrace is closed"),
    ("en", "we are closed at the moment but i can take your booking"),
    ("en", "this is not a problem"),
    ("en", "our opening hours are on the door"),
    ("en", "i will leave a message for my colleague"),
    ("en", "we will call you back if anything changes"),
    ("de", "ich schicke ihnen eine bestätigung per e mail"),
    ("de", "die terrasse ist geschlossen"),
    ("de", "wir haben einen tisch aber nicht auf der terrasse"),
    ("es", "esto no es un problema"),
    ("es", "cómo le llamo"),
    ("nl", "we zitten dicht bij het station"),
]


@pytest.mark.parametrize(("language", "words"), NO_OFFERS + NO_ENDS)
@pytest.mark.parametrize("after_read_back", [False, True])
def test_these_words_lose_neither_the_table_nor_the_call(language, words, after_read_back):
    call = read_back(language) if after_read_back else Call(language=language)
    call.hears(*[] if after_read_back else [GREETING[language]], words)
    memory = call.brain._memory
    assert (memory.time, memory.full) == ("19:30", False)
    assert call.outcome in (None, "booked")


def test_a_late_breakfast_is_not_taken_for_an_evening():
    call = opened(time="11:30", accept_from="10:00", accept_until="12:30")
    assert call.hears("we have a table at ten").startswith("Yes, ten a m is fine")


@pytest.mark.parametrize(
    "words",
    ["yes that is right we will call you back if anything changes", "it is confirmed you get it by e mail"],
)
def test_what_would_end_a_call_does_not_undo_a_yes(words):
    call = read_back()
    call.hears(words)
    assert call.outcome == "booked"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "hang on"),
        ("en", "two seconds please"),
        ("en", "i have to ask my colleague"),
        ("de", "augenblick bitte"),
        ("de", "momentchen"),
        ("de", "ich verbinde sie"),
        ("es", "a ver"),
        ("es", "un segundito"),
        ("nl", "ogenblikje"),
        ("nl", "één tel"),
        ("nl", "ik verbind u door"),
    ],
)
def test_these_words_put_us_on_hold(language, words):
    call = Call(language=language)
    call.hears(GREETING[language], words)
    assert call.brain.situation().pending == "return"


def test_who_answers_with_one_moment_is_waited_for():
    call = Call()
    call.hears("golden lantern one moment please", "la la la")
    assert call.brain.situation().pending == "return"
    assert not call.moves and not call.tell(FarEndSilent(silent_ms=9000))
    assert "AI assistant" in call.hears("hello how can i help you")


def test_a_day_ends_the_hold():
    call = opened(accept_dates=("2026-11-28",))
    call.hears("one moment please")
    assert "Saturday the twenty eighth" in call.hears("saturday then")


@pytest.mark.parametrize(
    ("language", "words"), [("de", "ja zu fünft"), ("de", "also zu zweit"), ("nl", "dus met zijn vijven")]
)
def test_people_counted_together_are_a_party(language, words):
    call = Call(language=language)
    call.hears(GREETING[language])
    assert call.hears(words).startswith({"de": "Nein, für vier", "nl": "Nee, voor vier"}[language])


def test_the_same_answer_five_times_brings_a_person():
    call = opened()
    for _ in range(5):
        assert call.outcome is None
        call.hears("for how many people")
    assert call.outcome == "needs_human" and "circles" in call.moves[-1].reason


@pytest.mark.parametrize(
    ("name", "heard", "ours"),
    [
        ("Anna Walker", "anna smith", False),
        ("Anna Walker", "anna walker", True),
        ("Anna Walker", "walker", True),
        ("Anna Walker", "anna", True),
        ("Anna Meyer-Schmidt", "meyer schmidt", True),
        ("Anna Meyer-Schmidt", "anna schmidt", True),
    ],
)
def test_a_shared_first_name_is_not_the_name(name, heard, ours):
    call = opened(name=name)
    call.hears(f"so four people under {heard}")
    assert ("name" in call.brain._memory.confirmed_by) is ours


@pytest.mark.parametrize(
    ("words", "booked"),
    [("thank you i will think about it", False), ("thank you very much goodbye", True), ("thanks bye", True)],
)
def test_thanks_agree_only_when_nothing_else_is_said(words, booked):
    call = opened()
    call.hears("so four people on friday at half past seven under walker", words)
    assert (call.outcome == "booked") is booked


def test_noises_are_no_misunderstandings():
    call = opened()
    call.hears("", " ", "", "", "")
    assert call.outcome is None
    assert "is that right" in call.hears(YES)


def test_a_cut_disclosure_is_said_again_into_the_silence():
    call = opened(played=False)
    call.tell(Said(text="Hello, this is", cut=True))
    call.tell(Said(text="", cut=True))
    assert call.tell(FarEndSilent(silent_ms=6000)).startswith("Hello, this is an AI assistant")
