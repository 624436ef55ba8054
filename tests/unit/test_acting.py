"""A restaurant that a model plays: what it is asked, what it says, and that the call ends whatever it answers."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from engine.acting.actor import MOST_FAILURES, MOST_TURNS, Actor
from engine.acting.asking import key_for, played
from engine.acting.instructions import HANG_UP, instructions
from engine.acting.line import Listening
from engine.brains.scripted import Scripted
from engine.errors import ScenarioError, SettingsError
from engine.finetune.text_call import TextCall
from engine.lines.far_end import FRAME_SAMPLES, FarEnd, Heard
from engine.lines.persona import Persona
from engine.lines.phrases import FAREWELL, HELLO, PARDON
from engine.lines.steps import HangUp, Speak
from engine.scenario import find, load
from engine.scenario_parts import Scenario
from engine.settings import BrainSettings
from tests.fakes.openai_server import MODEL, Answer, FakeOpenAI


def by_model(name: str = "en/accepts") -> Scenario:
    scenario = load(find(name))
    restaurant = msgspec.structs.replace(scenario.restaurant, persona="llm")
    return msgspec.structs.replace(scenario, restaurant=restaurant)


class Written:
    """A reply that is there at once, or never."""

    def __init__(self, text: str | None, failure: str = "") -> None:
        self._text, self.failure = text, failure

    def text(self) -> str | None:
        return self._text


class Model:
    """Gives the answers of a test, one after the other, the last for ever."""

    def __init__(self, *answers: str | None, failure: str = "") -> None:
        self.answers, self.failure = list(answers), failure
        self.asked: list[list[dict]] = []

    def __call__(self, messages: list[dict]) -> Written:
        self.asked.append(messages)
        text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Written(text, self.failure)


def actor(*answers: str | None, name: str = "en/accepts", failure: str = "") -> tuple[Actor, Model]:
    model = Model(*answers, failure=failure)
    return Actor(by_model(name), model), model


def on_the_phone(*answers: str | None, failure: str = "") -> tuple[Actor, Model]:
    who, model = actor(*answers, failure=failure)
    who.answered(0)
    assert who.finished(1000) == []
    return who, model


def test_the_model_is_told_its_part_and_nothing_of_what_is_wanted() -> None:
    scenario = by_model("en/full_offers_inside")
    told = instructions(scenario)
    assert scenario.task.restaurant in told and "Monday" in told and "English" in told
    assert "You can offer eight p m instead" in told
    for secret in (scenario.task.name, scenario.task.date, scenario.task.time, "seven p m", "18:30"):
        assert secret not in told


def test_first_words_are_the_scenario_s_and_wait_for_nobody() -> None:
    who, model = actor("hello")
    assert who.answered(0) == [Speak("good evening golden lantern how can i help you", 400)]
    assert not model.asked


def test_what_the_agent_said_is_asked_and_the_answer_is_said() -> None:
    who, model = on_the_phone("For how many people, please?")
    assert who.agent_finished("Hello, this is an AI assistant.", 3000) == [
        Speak("For how many people, please?", 400)
    ]
    assert model.asked[0][0]["role"] == "system"
    assert [message["content"] for message in model.asked[0][1:]] == [
        "good evening golden lantern how can i help you",
        "Hello, this is an AI assistant.",
    ]


def test_while_the_model_thinks_nothing_is_said_and_more_words_are_kept_for_it() -> None:
    who, model = on_the_phone(None)
    assert who.agent_finished("Hello.", 3000) == []
    assert who.thinks and who.tick(4000) == [] and who.tick(60_000) == []
    assert who.agent_finished("Are you still there?", 9000) == []
    assert len(model.asked) == 1


def test_stage_directions_are_not_said_and_a_sign_hangs_up() -> None:
    who, _ = on_the_phone(f"Goodbye then (hangs up) *smiles* {HANG_UP}")
    acts = who.agent_finished("Thank you, goodbye.", 3000)
    assert acts == [Speak("Goodbye then smiles", 400)]
    assert who.finished(5000) == [HangUp()]
    assert who.finished(6000) == [] and who.tick(60_000) == []


def test_a_model_that_fails_is_not_heard_and_then_the_call_ends() -> None:
    who, _ = on_the_phone("", failure="the server cannot be reached")
    for turn in range(1, MOST_FAILURES):
        assert who.agent_finished("Hello?", 3000 * turn) == [Speak(PARDON["en"], 400)]
        who.finished(3000 * turn + 1000)
    assert who.agent_finished("Hello?", 60_000) == [Speak(FAREWELL["en"], 400)]
    assert who.finished(62_000) == [HangUp()]
    assert who.failure == "the server cannot be reached"


def test_no_conversation_goes_on_for_ever() -> None:
    who, model = on_the_phone("Could you say that again?")
    for turn in range(1, MOST_TURNS + 2):
        who.agent_finished("Of course.", 3000 * turn)
        if who.finished(3000 * turn + 1000) == [HangUp()]:
            break
    assert len(model.asked) == MOST_TURNS


def test_silence_is_asked_about_once_and_ends_the_call_then() -> None:
    who, _ = on_the_phone("hello")
    assert who.tick(8000) == []
    assert who.tick(9500) == [Speak(HELLO["en"].format(restaurant="golden lantern"), 400)]
    who.finished(11_000)
    assert who.tick(20_000) == [HangUp()]


def settings_of(server: FakeOpenAI) -> BrainSettings:
    patient = {
        "first_token_ms": 20_000,
        "budget_ms": 30_000,
    }  # on a busy machine the client takes seconds to load
    return BrainSettings(model=MODEL, base_url=server.url, key_env="", **patient)


def test_a_whole_call_in_text_with_a_model_behind_a_server() -> None:
    script = [
        Answer("Yes of course, we have a table at half past seven."),
        Answer("Your table for four is confirmed."),
        Answer(f"Thank you, goodbye. {HANG_UP}"),
    ]
    scenario = by_model()
    with FakeOpenAI(*script) as server, played(scenario, settings_of(server), {}) as (part, wait):
        call = TextCall(
            scenario,
            lambda task, memory: Scripted(task, task.language, memory),
            part=part,
            wait_for_part=wait,
        )
        ended = call.run()
        asked = server.asked
    assert ended.as_expected, "\n".join((*ended.differences, *ended.said))
    assert "tools" not in asked[0] and asked[0]["model"] == MODEL
    assert "table for four people" in asked[0]["messages"][-1]["content"]


def test_a_server_that_is_gone_ends_the_call_and_does_not_hang() -> None:
    scenario = by_model()
    with (
        FakeOpenAI(otherwise=Answer(status=500)) as server,
        played(scenario, settings_of(server), {}) as (part, wait),
    ):
        ended = TextCall(
            scenario,
            lambda task, memory: Scripted(task, task.language, memory),
            part=part,
            wait_for_part=wait,
        ).run()
    assert not ended.as_expected and part is not None and part.failure


@pytest.mark.parametrize(
    ("brain", "words"),
    [
        (BrainSettings(), "no model is named"),
        (BrainSettings(model="some-model"), "OPENAI_API_KEY"),
    ],
)
def test_without_model_or_key_it_is_said_before_anything_begins(brain: BrainSettings, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        key_for(brain, {})
    assert "restaurant.persona is llm" in str(caught.value)


def test_machines_and_scenarios_of_their_own_need_no_model() -> None:
    for name in ("en/accepts", "en/voicemail", "en/no_answer"):
        scenario = load(find(name)) if name == "en/accepts" else by_model(name)
        with played(scenario, BrainSettings(), {}) as (part, _):
            assert part is None


def test_where_no_model_can_play_a_scenario_that_wants_one_is_refused_in_words() -> None:
    with pytest.raises(ScenarioError, match="choose another"):
        Persona(by_model())


class Ear:
    def heard(self, now_us: int) -> list[Heard]:
        return []

    def agent_speaks(self, now_us: int) -> bool:
        return False


def test_on_the_line_the_actor_s_words_are_its_voice() -> None:
    who, _ = actor("hello")
    far_end = FarEnd(by_model(), Ear(), who)
    far_end.answered(0)
    frames = [far_end.frame(number, number * 20_000) for number in range(100)]
    assert np.abs(np.concatenate(frames)).max() > 1000


def test_between_the_agent_s_words_it_hears_silence_for_as_long_as_the_line_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[bytes] = []

    class Ears:
        def __init__(self, *_: object) -> None: ...

        def listen(self, pcm: bytes) -> None:
            heard.append(pcm)

        def heard(self, now_us: int) -> list[Heard]:
            return []

        def agent_speaks(self, now_us: int) -> bool:
            return False

    monkeypatch.setattr("engine.acting.line.Ears", Ears)
    ear = Listening(object(), "en")  # type: ignore[arg-type]
    voice = b"\1\0" * FRAME_SAMPLES
    ear.heard(0)
    ear.agent_frame(voice, 20_000)
    assert ear.agent_speaks(20_000)
    ear.heard(20_000)
    ear.heard(40_000)
    assert heard == [bytes(2 * FRAME_SAMPLES), voice, bytes(2 * FRAME_SAMPLES)]
    assert not ear.agent_speaks(40_000)
