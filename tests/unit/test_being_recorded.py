"""A simulated restaurant that is asked, or told, that the call is recorded."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.brains.scripted import Scripted
from engine.dialogue.recording_words import answer_to_question, wants_it_to_end
from engine.finetune.text_call import TextCall
from engine.languages.recorded_words import recorded_words
from engine.lines.being_recorded import ALLOWS, OBJECTS, REFUSES, about_recording
from engine.lines.phrases import ASK
from engine.lines.placing import line_for
from engine.protocol import LANGUAGES, LanguageCode, PlaceCall
from engine.scenario import Scenario, find, listing, load
from engine.settings import RecordingSettings, Settings
from tests.fakes.persona_call import AGREE, REQUEST, Call, texts

EN = recorded_words("en")


@pytest.mark.parametrize("code", LANGUAGES)
def test_our_sentences_are_understood(code: LanguageCode) -> None:
    say = recorded_words(code)
    assert about_recording(f"Hello. {say.question}", code) == "asked"
    assert about_recording(f"Hello. {say.notice}", code) == "told"
    for other in (say.thanks, say.declined, say.stopped):
        assert about_recording(other, code) == ""


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "would you mind if this conversation was recorded"),
        ("en", "is it all right that we record the call"),
        ("de", "wäre es für Sie in Ordnung, wenn ich den Anruf aufnehme?"),
        ("de", "dürfen wir das Gespräch mitschneiden"),
        ("es", "¿le importa que se grabe la conversación?"),
        ("es", "podemos grabarlo"),
        ("nl", "vindt u het goed dat ik dit opneem"),
        ("nl", "mogen wij het gesprek opnemen"),
    ],
)
def test_so_are_other_ways_of_asking(code: LanguageCode, text: str) -> None:
    assert about_recording(text, code) == "asked"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", REQUEST),
        ("en", "can i make a reservation"),
        ("de", "Kann ich einen Tisch für vier Personen reservieren?"),
        ("es", "¿Puedo reservar una mesa para cuatro?"),
        ("nl", "Mag ik een tafel voor vier personen reserveren?"),
        ("nl", "mag ik uw naam"),
    ],
)
def test_other_questions_are_not_about_it(code: LanguageCode, text: str) -> None:
    assert about_recording(text, code) == ""


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_it_says_is_understood_by_the_agent(code: LanguageCode) -> None:
    assert answer_to_question(ALLOWS[code], (code,)) == "yes"
    assert answer_to_question(REFUSES[code], (code,)) == "no"
    assert wants_it_to_end(OBJECTS[code], (code,))


def called(folder: Path, recording: str) -> Call:
    return Call(folder, AGREE, recording=recording)


@pytest.mark.parametrize(("recording", "words"), [("allows", ALLOWS["en"]), ("refuses", REFUSES["en"])])
def test_asked_it_answers_and_its_part_goes_on_with_the_next_words(
    recording: str, words: str, tmp_path: Path
) -> None:
    call = called(tmp_path, recording)
    assert texts(call.say(f"Hello, this is an AI assistant. {EN.question}")) == [words]
    assert texts(call.say(f"Thank you. {REQUEST}")) == ["a table for four on friday at half past seven"]


def test_one_that_ignores_it_goes_on(tmp_path: Path) -> None:
    call = called(tmp_path, "ignores")
    assert texts(call.say(f"Hello, this is an AI assistant. {EN.question}")) == [ASK["en"]["party_size"]]


def test_what_is_asked_with_a_request_in_it_is_noted(tmp_path: Path) -> None:
    call = called(tmp_path, "allows")
    call.say(f"{REQUEST} {EN.question}")
    assert call.persona.known["party_size"] == 4


def test_one_that_minds_objects_to_an_announcement_once(tmp_path: Path) -> None:
    call = called(tmp_path, "refuses")
    assert texts(call.say(f"{EN.notice} {REQUEST}")) == [OBJECTS["en"]]
    assert texts(call.say(f"{EN.notice} {REQUEST}")) == ["a table for four on friday at half past seven"]
    easy = called(tmp_path, "allows")
    assert texts(easy.say(f"{EN.notice} {REQUEST}")) == ["a table for four on friday at half past seven"]


def test_the_question_is_heard_while_it_speaks(tmp_path: Path) -> None:
    call = called(tmp_path, "allows")
    call.persona.agent_finished("Hello, this is an AI assistant.", 5000)
    assert call.persona.agent_finished(EN.question, 5500) == []
    assert texts(call.persona.finished(6000)) == [ALLOWS["en"]]


def test_asked_for_ever_it_hangs_up(tmp_path: Path) -> None:
    call = called(tmp_path, "refuses")
    said = [text for _ in range(6) for text in texts(call.say(EN.question))]
    assert said.count(REFUSES["en"]) == 4 and "goodbye" in said[-1]


# --- scenarios ------------------------------------------------------------------------------------------------


def told(scenario: Scenario) -> tuple[TextCall, str]:
    call = TextCall(scenario, lambda task, memory: Scripted(task, task.language, memory))
    ended = call.run()
    assert ended.as_expected, "\n".join((*ended.differences, *ended.said))
    return call, "\n".join(ended.said)


ABOUT_IT = [path for path in listing() if "recording" in load(path).kinds]


@pytest.mark.parametrize("path", ABOUT_IT, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scenarios_of_it_are_held_to_their_end(path: Path) -> None:
    scenario = load(path)
    code, restaurant = scenario.language, scenario.restaurant
    _, said = told(scenario)
    say = recorded_words(code)
    if scenario.recording_policy == "announce":
        assert say.notice in said and OBJECTS[code] in said and say.stopped in said
        return
    theirs, ours = (ALLOWS, say.thanks) if restaurant.recording == "allows" else (REFUSES, say.declined)
    assert said.index(say.question) < said.index(theirs[code]) < said.index(ours, said.index(theirs[code]))


def test_there_is_one_in_each_language() -> None:
    assert {load(path).language for path in ABOUT_IT} == set(LANGUAGES)


def test_a_restaurant_that_ignores_the_question_is_booked_all_the_same() -> None:
    scenario = load(find("en/may_be_recorded"))
    restaurant = msgspec.structs.replace(scenario.restaurant, recording="ignores")
    _, said = told(msgspec.structs.replace(scenario, restaurant=restaurant))
    assert said.count(EN.question) == 2 and ALLOWS["en"] not in said


@pytest.mark.parametrize(("simulated", "asks"), [("on", "consent"), ("off", ""), ("announce", "announce")])
def test_a_scenario_asks_where_the_settings_leave_it_at_on(simulated: str, asks: str) -> None:
    settings = Settings(recording=RecordingSettings(simulated=simulated))  # type: ignore[arg-type]
    placed = line_for(PlaceCall(scenario=str(find("en/may_be_recorded"))), settings, {})
    assert (placed.asks, placed.record) == (asks, simulated != "off")
