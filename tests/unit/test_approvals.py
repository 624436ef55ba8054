"""Tools that wait for an operator's word, and questions to the person: with the scripted brain, by text."""

import pytest

from engine.dialogue.constraints import NOTHING, Granted
from engine.dialogue.moves import UseTool
from engine.dialogue.toolbox import Memory, Occasion, Toolbox
from engine.protocol import (
    CLOCK_MODULUS_US,
    DecideTool,
    EndCall,
    LanguageCode,
    Operators,
    Reservation,
    ReservationChanged,
    SayLine,
    Sentence,
    Spoken,
    ToolCalled,
    ToolDecided,
    ToolPending,
)
from engine.settings import OperatorSettings
from tests.fakes.talking import AVAILABLE, OFFERS_TEN, SECOND_US, TASK, YES, TalkedCall

LANGUAGES: tuple[LanguageCode, ...] = ("en", "de", "es", "nl")
APPROVED = OperatorSettings(approve=("book",))
GOODBYE = "Thank you very much for your help, goodbye."
NOT_CONFIRMED = "I am sorry, I can not confirm that yet, a person will call you, goodbye."


@pytest.fixture(params=[False, True], ids=["", "restarting"])
def call(request) -> TalkedCall:
    """Booking has to be approved, anna is there, and all but their yes has been said."""
    call = TalkedCall(APPROVED, restarts=request.param).there("anna").opened()
    call.hears(AVAILABLE["en"])
    return call


# --- approval ------------------------------------------------------------------------------------------


def test_a_tool_that_has_to_be_approved_waits_and_says_what_they_said_of_each_value(call):
    assert call.hears(YES["en"]) == ""
    pending = call.all(ToolPending)[-1]
    assert (pending.request, pending.kind, pending.tool) == (1, "approval", "book")
    assert pending.deadline_us == (call.now_us + 20 * SECOND_US) % CLOCK_MODULUS_US
    assert pending.arguments["time"] == "19:30" and "confirmed_by" not in pending.arguments
    assert pending.words["time"] == YES["en"]
    assert set(pending.words) == {name for name, value in pending.arguments.items() if value}
    assert "phone" not in pending.words  # what is empty, nobody has said
    assert "a person will call" in pending.otherwise
    assert call.talk.reservation.status == "open" and not call.all(ToolCalled)


def test_an_approved_tool_runs_and_the_call_goes_on(call):
    call.hears(YES["en"])
    assert call.operator(DecideTool(request=1, approve=True, by="anna")) == GOODBYE
    assert call.outcome == "booked"
    decided, called = call.all(ToolDecided)[-1], call.all(ToolCalled)[-1]
    assert (decided.approved, decided.by, called.refused) == (True, "anna", False)
    changed = call.all(ReservationChanged)[-1]
    assert (changed.source, changed.words) == ("book", YES["en"])


@pytest.mark.parametrize("edited", [{"time": "21:00"}, {"time": "21:00", "party_size": "5"}])
def test_edited_arguments_may_go_beyond_the_task_and_are_the_operators(call, edited):
    call.hears(YES["en"])
    call.operator(DecideTool(request=1, approve=True, arguments=edited, by="anna", words="they said nine"))
    changed = call.all(ReservationChanged)[-1]
    assert (changed.source, changed.reservation.time) == ("operator", "21:00")
    assert changed.reservation.party_size == (5 if "party_size" in edited else 4)
    assert changed.reservation.confirmed_by["time"] == "they said nine"
    assert changed.reservation.confirmed_by["name"] == YES["en"]
    assert call.all(ToolDecided)[-1].arguments["time"] == "21:00"
    assert call.outcome == "booked"


@pytest.mark.parametrize("edited", [{"time": "nine"}, {"party_size": 0}, {"budget": 3}, {"date": None}])
def test_edited_arguments_that_are_none_leave_it_waiting_and_the_operator_is_told(call, edited):
    call.hears(YES["en"])
    assert call.operator(DecideTool(request=1, approve=True, arguments=edited)) == ""
    assert call.notes[-1].level == "warning" and "still waits" in call.notes[-1].text
    assert not call.all(ToolDecided)
    assert call.operator(DecideTool(request=1, approve=True)) == GOODBYE


def test_a_denied_tool_is_refused_with_the_operators_words(call):
    call.hears(YES["en"])
    assert call.operator(DecideTool(request=1, approve=False, by="anna", words="wrong day")) == NOT_CONFIRMED
    assert call.all(ToolDecided)[-1] == ToolDecided(1, False, "anna", "wrong day")
    assert call.all(ToolCalled)[-1].result == "anna said no: wrong day"
    assert (call.outcome, call.talk.reservation.status) == ("needs_human", "open")


def test_nobody_in_time_is_a_no(call):
    call.hears(YES["en"])
    assert NOT_CONFIRMED in call.waits(20)
    assert call.all(ToolDecided)[-1] == ToolDecided(1, False, "", "no operator said yes in time")
    assert call.outcome == "needs_human"
    assert call.operator(DecideTool(request=1, approve=True)) == ""
    assert call.talk.reservation.status == "open"


def test_nobody_there_is_a_no_at_once():
    call = TalkedCall(APPROVED).opened()
    call.hears(AVAILABLE["en"])
    assert call.hears(YES["en"]) == NOT_CONFIRMED
    assert not call.all(ToolPending)
    assert call.all(ToolCalled)[-1].result == "no operator is there to say yes"


def test_operators_who_have_all_left_are_nobody():
    call = TalkedCall(APPROVED).there("anna").opened()
    call.operator(Operators(()))
    call.hears(AVAILABLE["en"])
    assert call.hears(YES["en"]) == NOT_CONFIRMED


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("restarts", [False, True])
def test_they_are_asked_to_wait_after_two_seconds_of_silence_and_every_ten_after_that(language, restarts):
    call = TalkedCall(APPROVED, restarts, language=language).there("anna").opened()
    call.hears(AVAILABLE[language], YES[language])
    assert call.waits(1.75) == ""
    one_moment = call.waits(0.5)  # after a restart the silence is counted from its first tick
    assert one_moment.count(".") == 1
    assert call.waits(9.5) == ""
    assert call.waits(1) == one_moment
    assert call.hears({"en": "hello", "de": "hallo", "es": "hola", "nl": "hallo"}[language]) == one_moment
    call.operator(DecideTool(request=1, approve=True))
    assert call.outcome == "booked"


def test_nobody_is_asked_to_wait_over_their_own_words_or_twice_at_once(call):
    call.hears(YES["en"])
    call.talk.far_speech(True, call.now_us)
    assert call.waits(6) == ""
    call.plays = False
    assert call.hears("hello are you there") == "One moment, please."
    assert call.hears("hello") == ""


def test_a_typed_line_while_a_tool_waits_is_said(call):
    call.hears(YES["en"])
    assert call.operator(SayLine("I am just writing it down.")) == "I am just writing it down."


def test_what_waits_keeps_its_number_and_deadline_over_a_restart(call):
    call.hears(YES["en"])
    pending = call.all(ToolPending)[-1]
    call.now_us += 5 * SECOND_US
    call.restart()
    assert call.all(ToolPending)[-1] == pending
    assert call.waits(14.5).count(GOODBYE) == 0
    assert NOT_CONFIRMED in call.waits(1)


def test_a_decision_while_muted_runs_the_tool_and_is_spoken_of_afterwards(call):
    call.hears(YES["en"])
    call.silenced()
    assert call.operator(DecideTool(request=1, approve=True, by="anna")) == ""
    assert call.talk.reservation.status == "booked"
    assert call.outcome == ""
    assert call.silenced("") == GOODBYE
    assert call.outcome == "booked"


def test_what_waits_when_a_call_is_handed_back_is_dropped_and_what_was_agreed_needs_no_approval(call):
    call.hears(YES["en"])
    call.silenced("operator")
    assert call.hands_back("booked for eight pm") == GOODBYE
    assert call.all(ToolDecided)[-1] == ToolDecided(
        1, False, "", "an operator has spoken with them meanwhile"
    )
    assert (call.talk.reservation.time, call.all(ReservationChanged)[-1].source) == ("20:00", "operator")


def test_declining_can_be_approved_too_and_is_undone_once_by_a_no():
    call = TalkedCall(OperatorSettings(approve=("decline",), ask=False), accept_from="", accept_until="")
    call.there("anna").opened()
    full = "i am sorry we are fully booked"
    assert call.hears(full) == ""
    assert call.all(ToolPending)[-1].tool == "decline"
    assert "Do you have a table" in call.operator(DecideTool(request=1, approve=False, by="anna"))
    assert call.hears(full) == ""
    assert "it does not work this time" in call.operator(DecideTool(request=2, approve=True, by="anna"))
    assert (call.outcome, call.talk.reservation.status) == ("no_table", "declined")


# --- questions to the person ---------------------------------------------------------------------------


def asking(language: LanguageCode = "en", restarts: bool = False) -> tuple[TalkedCall, str]:
    call = TalkedCall(None, restarts, language=language).there("anna").opened()
    call.hears(OFFERS_TEN[language])  # answered with what would do
    return call, call.hears(OFFERS_TEN[language])


ASKS: dict[LanguageCode, str] = {
    "en": "One moment, please, I will just ask.",
    "de": "Einen Moment, bitte, ich frage kurz nach.",
    "es": "Un momento, por favor, voy a preguntar.",
    "nl": "Een moment, alstublieft, ik vraag het even na.",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("restarts", [False, True])
def test_an_offer_that_would_not_do_is_asked_about_and_taken_on_a_yes(language, restarts):
    call, said = asking(language, restarts)
    assert said == ASKS[language]
    pending = call.all(ToolPending)[-1]
    assert (pending.kind, pending.tool, pending.arguments) == ("question", "ask_principal", {"time": "22:00"})
    assert "22:00" in pending.question and pending.words == {"time": OFFERS_TEN[language]}
    call.operator(DecideTool(request=1, approve=True, by="anna"))
    call.hears(YES[language])
    assert (call.outcome, call.talk.reservation.time) == ("booked", "22:00")


def test_a_no_to_the_question_is_the_end_it_would_have_been():
    call, _ = asking()
    assert "it does not work this time" in call.operator(
        DecideTool(request=1, approve=False, words="too late")
    )
    assert (call.outcome, call.talk.reservation.status) == ("no_table", "declined")


def test_an_answer_that_does_not_come_is_a_no():
    call, _ = asking()
    assert call.waits(9.75) == ""
    said = call.waits(10.5)
    assert said.startswith("One moment, please.") and "it does not work this time" in said
    assert call.outcome == "no_table"


def test_an_offer_is_asked_about_once():
    call, _ = asking()
    call.operator(DecideTool(request=1, approve=True))
    call.hears("oh sorry ten p m is gone i can only offer eleven p m")
    assert [pending.arguments for pending in call.all(ToolPending)] == [{"time": "22:00"}, {"time": "23:00"}]
    call.operator(DecideTool(request=2, approve=False))
    assert call.outcome == "no_table"


def test_a_smaller_table_is_asked_about_and_booked_on_a_yes():
    call = TalkedCall(party_size=12).there("anna").opened()
    call.hears("we only take bookings for up to eight people")
    assert call.all(ToolPending)[-1].arguments == {"party_size": 8}
    assert "table for eight people" in call.operator(DecideTool(request=1, approve=True))
    call.hears(YES["en"])
    assert (call.outcome, call.talk.reservation.party_size) == ("booked", 8)


@pytest.mark.parametrize("rules", [OperatorSettings(), OperatorSettings(ask=False)])
def test_with_nobody_to_ask_nothing_is_asked(rules):
    call = TalkedCall(rules)
    if not rules.ask:
        call.there("anna")
    call.opened().hears(OFFERS_TEN["en"], OFFERS_TEN["en"])
    assert call.outcome == "no_table"
    assert not call.all(ToolPending) and [each.tool for each in call.all(ToolCalled)] == ["decline"]


# --- the toolbox alone -----------------------------------------------------------------------------------

BOOKING = {"date": "2026-11-27", "time": "19:30", "party_size": 4, "name": "Anna Walker"}
UPON = Occasion("yes", 3, by_operator=False)


def box(rules: OperatorSettings, attended: bool = True, memory: Memory | None = None) -> Toolbox:
    box = Toolbox(TASK, rules, lambda *_: None, Reservation(), memory or Memory())
    box.attended = attended
    return box


def test_the_same_tool_does_not_wait_twice():
    tools = box(APPROVED)
    tools.use(UseTool(tool="book", arguments=BOOKING), UPON, 0)
    told, result = tools.use(UseTool(tool="book", arguments=BOOKING), UPON, 1)
    assert result is not None and result.refused and not any(isinstance(each, ToolPending) for each in told)
    assert [request.number for request in tools.waiting] == [1]


def test_what_the_task_does_not_allow_is_not_even_asked_about():
    told, result = box(APPROVED).use(UseTool(tool="book", arguments={**BOOKING, "time": "23:00"}), UPON, 0)
    assert result is not None and result.refused and not result.denied
    assert [type(each) for each in told] == [ToolCalled]


def test_numbers_go_on_and_grants_stay_over_a_restart():
    first = box(APPROVED)
    first.grant(Granted(times=("23:00",)))
    first.use(UseTool(tool="book", arguments={**BOOKING, "time": "23:00"}), UPON, 0)
    second = box(APPROVED, memory=first.memory())
    assert second.waiting == first.waiting
    assert second.decide(DecideTool(request=1, approve=False))[1] is not None
    second.use(UseTool(tool="book", arguments={**BOOKING, "time": "23:00"}), UPON, 0)
    assert [request.number for request in second.waiting] == [2]


def test_a_yes_to_a_question_allows_exactly_what_was_offered():
    tools = box(OperatorSettings())
    tools.use(UseTool(tool="ask_principal", arguments={"question": "?", "time": "22:00"}), UPON, 0)
    _, result = tools.decide(DecideTool(request=1, approve=True))
    assert result is not None and result.allowed == Granted(times=("22:00",))
    assert tools.use(UseTool(tool="book", arguments={**BOOKING, "time": "22:15"}), UPON, 0)[1].refused
    assert not tools.use(UseTool(tool="book", arguments={**BOOKING, "time": "22:00"}), UPON, 0)[1].refused


def test_what_is_granted_twice_is_granted_once():
    both = Granted(times=("22:00",)) | Granted(times=("22:00",), dates=("2026-11-28",))
    assert both == Granted(("2026-11-28",), ("22:00",))
    assert NOTHING | NOTHING == NOTHING


# --- last words ----------------------------------------------------------------------------------------


def not_confirmed_is_cut(call: TalkedCall) -> str:
    """They talk into the words that nothing is confirmed; returns all of these words."""
    call.hears(YES["en"])
    call.plays = False
    words = call.operator(DecideTool(request=1, approve=False, by="anna", words="wrong day"))
    cut(call)
    return words


def cut(call: TalkedCall) -> None:
    sentence = call.all(Sentence)[-1]
    call.take(
        call.talk.spoken(
            Spoken(sentence.utterance, sentence.index, "I am", True, True, cut=True), call.now_us
        )
    )


def test_that_nothing_is_confirmed_is_said_again_before_the_end_when_it_was_cut(call):
    assert not_confirmed_is_cut(call) == NOT_CONFIRMED
    assert not call.all(EndCall)
    call.plays = True
    assert call.hears("great see you then") == NOT_CONFIRMED
    assert call.outcome == "needs_human"


def test_it_is_said_again_into_a_silence_too(call):
    not_confirmed_is_cut(call)
    call.plays = True
    assert call.waits(4) == NOT_CONFIRMED
    assert call.outcome == "needs_human"


def test_it_is_said_again_only_once(call):
    not_confirmed_is_cut(call)
    assert call.hears("great see you then") == NOT_CONFIRMED
    cut(call)
    assert call.hears("yes yes") == ""
    assert call.outcome == "needs_human"


def test_what_was_heard_to_its_end_is_not_said_again(call):
    call.hears(YES["en"])
    call.operator(DecideTool(request=1, approve=False, by="anna"))
    assert call.hears("goodbye") == ""
    assert call.waits(4) == ""
