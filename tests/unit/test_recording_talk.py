"""What the agent says about recording, whoever thinks behind it, and what becomes of the answer."""

from __future__ import annotations

import pytest

from engine.brains.openai import OpenAIBrain
from engine.brains.scripted import Scripted
from engine.dialogue import operated
from engine.dialogue.conversation import Conversation
from engine.dialogue.moves import Event, Heard, Move, Said, Say
from engine.dialogue.prompt import disclosure
from engine.dialogue.recording import MOST_QUESTIONS, with_recording
from engine.dialogue.recording_memory import Policy
from engine.languages.recorded_words import recorded_words
from engine.protocol import (
    LANGUAGES,
    EndCall,
    LanguageCode,
    Message,
    RecordingConsent,
    Sentence,
    SoundHeard,
    Spoken,
    Transcript,
)
from tests.fakes.fake_brain import FakeBrain
from tests.fakes.openai_server import Answer, FakeOpenAI
from tests.fakes.talking import AVAILABLE, GREETING, YES, TalkedCall
from tests.fakes.thinking_call import TASK as MODEL_TASK, ThinkingCall, texts

EN = recorded_words("en")
NO: dict[LanguageCode, str] = {"en": "no", "de": "nein", "es": "no", "nl": "nee"}


class Call(TalkedCall):
    """With the scripted brain."""

    def __init__(self, policy: Policy, language: LanguageCode = "en", restarts: bool = False) -> None:
        self.policy = policy
        super().__init__(restarts=restarts, language=language)

    def _open(self, checkpoint: bytes) -> Conversation:
        def scripted(memory: bytes) -> Scripted:
            return Scripted(self.task, self.task.language, memory)

        return Conversation(
            self.task,
            with_recording(self.policy, self.task, scripted),
            lambda *change: self.saved.append(change),
            checkpoint,
            self.rules,
        )

    @property
    def states(self) -> list[str]:
        return [each.state for each in self.all(RecordingConsent)]

    def cuts(self, heard: dict[int, str]) -> None:
        """They talk over what is being said. heard: what they were given of each sentence; the rest nothing."""
        for n, ((utterance, index), sentence) in enumerate(list(self.talk.unspoken.items())):
            words = heard.get(n, "")
            done = words == sentence.text
            self.told += self.talk.spoken(
                Spoken(utterance, index, words, True, sentence.last, cut=not done), self.now_us
            )


def opened(
    policy: Policy, language: LanguageCode = "en", restarts: bool = False, greeting: str = ""
) -> tuple[Call, str]:
    """A call in which they have said their first words; and what was said to them."""
    call = Call(policy, language, restarts)
    call.take(call.talk.answered(call.now_us))
    return call, call.hears(greeting or GREETING[language])


# --- announce ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_disclosure_comes_first_then_the_announcement_then_what_we_want(code):
    call, said = opened("announce", code)
    first, notice = disclosure(call.task, code), recorded_words(code).notice
    assert said.startswith(f"{first} {notice} ")
    assert len(said) > len(f"{first} {notice} ")
    assert call.states == ["announced"]
    assert call.all(RecordingConsent)[0].words == notice


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("restarts", [False, True])
def test_a_call_that_is_announced_goes_on_as_any_other(code, restarts):
    call, _ = opened("announce", code, restarts)
    call.hears(AVAILABLE[code], YES[code])
    assert call.outcome == "booked"
    assert call.states == ["announced"]


def test_an_announcement_that_was_talked_over_is_made_again():
    call = Call("announce")
    call.take(call.talk.answered(call.now_us))
    call.plays = False
    call.hears(GREETING["en"])
    call.cuts({0: disclosure(call.task, "en"), 1: "This call"})
    assert call.states == []
    call.plays = True
    assert call.hears("for how many people").startswith(EN.notice)
    assert call.states == ["announced"]


def test_the_announcement_goes_with_the_disclosure_that_is_said_again():
    call = Call("announce")
    call.take(call.talk.answered(call.now_us))
    call.plays = False
    call.hears(GREETING["en"])
    call.cuts({0: "Hello,"})
    call.plays = True
    assert call.hears("hello").startswith(f"{disclosure(call.task, 'en')} {EN.notice}")
    assert call.states == ["announced"]


@pytest.mark.parametrize("understood", [True, False])
def test_after_another_language_the_announcement_is_made_in_that_one(understood):
    call, _ = opened("announce", "de", greeting="guten abend zur post" if understood else "mm")
    call.take(call.talk.speaks("es", "far end", call.now_us))
    assert call.states == (["announced"] if understood else ["announced", "none"])
    assert recorded_words("es").notice in call.hears("¿para cuántas personas?")
    assert call.states[-1] == "announced"
    assert call.all(RecordingConsent)[-1].words == recorded_words("es").notice


def test_nothing_is_said_of_it_where_nothing_is_recorded():
    plain, ours = (
        TalkedCall(),
        with_recording("", MODEL_TASK, lambda memory: Scripted(MODEL_TASK, "en", memory)),
    )
    assert isinstance(ours(b""), Scripted)
    assert EN.notice not in plain.take(plain.talk.answered(0)) + plain.hears(GREETING["en"])


# --- consent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_question_follows_the_disclosure_and_is_the_last_we_say(code):
    call, said = opened("consent", code)
    assert said == f"{disclosure(call.task, code)} {recorded_words(code).question}"
    assert call.states == ["asked"]
    assert call.talk.brain.situation().pending == "yes_no"


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("restarts", [False, True])
def test_after_a_yes_the_call_goes_on_and_the_consent_is_told_with_its_words(code, restarts):
    call, _ = opened("consent", code, restarts)
    yes = {"en": "yes sure", "de": "ja klar", "es": "sí claro", "nl": "ja hoor"}[code]
    said = call.hears(yes)
    assert said.startswith(recorded_words(code).thanks)
    assert call.all(RecordingConsent)[-1] == RecordingConsent("given", yes, 2)
    call.hears(AVAILABLE[code], YES[code])
    assert call.outcome == "booked"
    assert call.states == ["asked", "given"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_after_a_no_the_call_goes_on_too_and_nobody_asks_again(code):
    call, _ = opened("consent", code)
    assert call.hears(NO[code]).startswith(recorded_words(code).declined)
    call.hears(AVAILABLE[code], YES[code])
    assert call.outcome == "booked"
    assert call.states == ["asked", "refused"]


def test_a_yes_to_the_recording_is_no_yes_to_a_table():
    call, _ = opened("consent")
    call.hears("yes")
    call.hears("sorry we are fully booked that evening, the whole week in fact")
    assert call.outcome != "booked" and not call.saved


def test_who_has_not_understood_is_asked_once_more_and_then_it_is_not_recorded():
    call, _ = opened("consent")
    assert call.hears("sorry, what was that?") == EN.question
    said = call.hears("pardon?")
    assert EN.question not in said
    assert call.states == ["asked", "asked", "none"]
    assert call.states.count("asked") == MOST_QUESTIONS


def test_who_answers_something_else_is_answered_and_it_is_not_recorded():
    call, _ = opened("consent")
    said = call.hears(
        "we are fully booked on friday i am afraid, we could do half past seven on thursday though"
    )
    assert said and EN.question not in said
    assert call.states == ["asked", "none"]
    assert call.all(RecordingConsent)[-1].words.startswith("we are fully booked")


def test_silence_is_no_consent():
    call, _ = opened("consent")
    said = call.waits(7)
    assert said == EN.question
    assert "table" in call.waits(7)
    assert call.states == ["asked", "asked", "none"]


def test_a_yes_to_a_question_that_was_not_heard_to_its_end_does_not_count():
    call = Call("consent")
    call.take(call.talk.answered(call.now_us))
    call.plays = False
    call.hears(GREETING["en"])
    call.cuts({0: disclosure(call.task, "en"), 1: "May I"})
    call.plays = True
    assert call.hears("yes") == EN.question
    assert call.states == ["asked", "asked"]
    call.hears("yes")
    assert call.states[-1] == "given"


def test_who_talked_over_the_disclosure_hears_it_before_the_question():
    call = Call("consent")
    call.take(call.talk.answered(call.now_us))
    call.plays = False
    call.hears(GREETING["en"])
    call.cuts({0: "Hello,"})
    call.plays = True
    said = call.hears("hello, who is there?")
    assert said.startswith(disclosure(call.task, "en")) and said.endswith(EN.question)


def test_who_did_not_understand_the_language_is_asked_in_theirs():
    call, _ = opened("consent", "de", greeting="mm")
    call.take(call.talk.speaks("es", "far end", call.now_us))
    said = call.hears("¿perdone, habla español?")
    assert said == f"{disclosure(call.task, 'es')} {recorded_words('es').question}"
    call.hears("sí, claro")
    assert call.states == ["asked", "none", "asked", "given"]


def test_a_machine_is_asked_nothing():
    call = Call("consent")
    call.take(call.talk.answered(call.now_us))
    call.hears("you have reached the golden lantern please leave a message after the tone")
    said = call.take(call.talk.sound(SoundHeard("beep", True, 0), call.now_us))
    said += call.take(call.talk.sound(SoundHeard("beep", False, 0), call.now_us))
    assert "AI assistant" in said and EN.question not in said
    assert call.states == []


def test_who_wants_to_hear_the_beginning_again_is_not_asked_again():
    call, _ = opened("consent")
    call.hears("yes")
    said = call.hears("sorry, could you repeat that please")
    assert "table" in said and EN.question not in said
    assert call.states == ["asked", "given"]


def test_whoever_comes_to_the_telephone_after_music_is_asked_too():
    call, _ = opened("consent")
    call.hears("yes", "one moment please, i will put my colleague on")
    call.take(call.talk.sound(SoundHeard("music", True, 0), call.now_us))
    call.take(call.talk.sound(SoundHeard("music", False, 0), call.now_us))
    said = call.hears("hello, good evening, how can i help you?")
    assert said == f"{disclosure(call.task, 'en')} {EN.question}"
    assert call.states == ["asked", "given", "none", "asked"]


# --- whoever does not want to be recorded ----------------------------------------------------------------


@pytest.mark.parametrize("policy", ["announce", "consent"])
def test_whoever_wants_it_to_end_later_is_heeded_and_the_call_goes_on(policy):
    call, _ = opened(policy)
    if policy == "consent":
        call.hears("yes")
    said = call.hears("please stop recording me")
    assert said.startswith(EN.stopped) and "table" in said
    assert call.all(RecordingConsent)[-1] == RecordingConsent(
        "stopped", "please stop recording me", call.turn
    )
    call.hears(AVAILABLE["en"], YES["en"])
    assert call.outcome == "booked"
    assert call.states[-1] == "stopped"


def test_a_bare_objection_counts_only_right_after_the_announcement():
    call, _ = opened("announce")
    assert call.hears("i don't want that").startswith(EN.stopped)
    assert call.states == ["announced", "stopped"]
    later, _ = opened("announce")
    later.hears("for how many people", "i don't want that")
    assert later.states == ["announced"]


def test_whoever_does_not_want_it_is_heeded_while_an_operator_speaks():
    call, _ = opened("announce")
    call.take(operated.silence(call.talk, "operator", call.now_us))
    call.hears("sorry, please do not record this call")
    assert call.states == ["announced", "stopped"]


def test_who_wants_a_moment_is_asked_once_they_are_back():
    call, _ = opened("consent")
    said = call.hears("one moment please")
    assert EN.question not in said
    call.take(call.talk.sound(SoundHeard("music", True, 0), call.now_us))
    call.take(call.talk.sound(SoundHeard("music", False, 0), call.now_us))
    assert call.hears("hello, this is the manager").endswith(EN.question)
    call.hears("yes")
    assert call.states == ["asked", "asked", "given"]


def test_that_it_is_over_is_told_again_after_a_restart():
    call, _ = opened("announce")
    call.hears("please stop recording me")
    call.restart()
    call.hears("for how many people")
    assert call.states == ["announced", "stopped", "stopped"]
    call.hears("hello?")
    assert call.states[2:] == ["stopped"]


def test_what_they_ask_besides_is_answered_too():
    call, _ = opened("announce")
    said = call.hears("Do not record this, please. For how many people should I put it down?")
    assert said.startswith(EN.stopped) and "four" in said


def test_nothing_is_announced_or_asked_again_after_that():
    call, _ = opened("announce", "de")
    call.hears("bitte nicht aufnehmen")
    call.take(call.talk.speaks("es", "far end", call.now_us))
    said = call.hears("¿para cuántas personas?")
    assert recorded_words("es").notice not in said
    assert call.states == ["announced", "stopped"]


# --- a model behind it -----------------------------------------------------------------------------------


class ModelCall(ThinkingCall):
    policy: Policy = "consent"

    def open(self, checkpoint: bytes = b"") -> Conversation:
        def model(memory: bytes) -> OpenAIBrain:
            return OpenAIBrain(MODEL_TASK, self.asks, memory, lambda: self.now_s)

        save = lambda record, source, words: self.saved.append(record)  # noqa: E731
        return Conversation(MODEL_TASK, with_recording(self.policy, MODEL_TASK, model), save, checkpoint)


def test_a_model_cannot_leave_the_announcement_out():
    with FakeOpenAI(Answer("I would like a table for two.")) as server, ModelCall(server) as call:
        call.policy = "announce"
        call.talk = call.open()
        said = call.hears("La Luna, good evening.")
        assert said == [disclosure(MODEL_TASK, "en"), EN.notice, "I would like a table for two."]
        assert [each.state for each in call.of(RecordingConsent)] == ["announced"]


def test_what_a_model_wants_to_say_waits_for_the_answer_and_it_is_not_asked_again():
    answers = [Answer("I would like a table for two.")] * 2
    with FakeOpenAI(*answers) as server, ModelCall(server) as call:
        assert call.hears("La Luna, good evening.") == [disclosure(MODEL_TASK, "en"), EN.question]
        assert not call.talk.brain.thinks
        assert call.hears("Yes, of course.") == [EN.thanks, "I would like a table for two."]
        assert [each.state for each in call.of(RecordingConsent)] == ["asked", "given"]


def test_a_model_hears_what_was_no_answer():
    script = [Answer("It is for Anna Berg, at seven.")] * 2
    with FakeOpenAI(*script) as server, ModelCall(server) as call:
        call.hears("La Luna, good evening.")
        assert call.hears(
            "We are closed on Friday but we do have a few tables left on Thursday evening."
        ) == ["It is for Anna Berg, at seven."]
        assert [each.state for each in call.of(RecordingConsent)] == ["asked", "none"]
        assert "closed on Friday" in str(server.asked[-1]["messages"])


def test_an_agent_that_dies_while_they_are_asked_goes_on_from_there():
    answers = [Answer("I would like a table."), Answer("I would like a table.")]
    with FakeOpenAI(*answers) as server, ModelCall(server) as call:
        call.hears("La Luna, good evening.")
        call.restart()
        assert call.hears("Yes.")[0] == EN.thanks
        assert [each.state for each in call.of(RecordingConsent)] == ["asked", "given"]


def test_a_brain_that_says_our_words_hears_what_became_of_its_own():
    def rule(event: Event) -> list[Move]:
        return (
            [Say(text=disclosure(MODEL_TASK, "en")), Say(text=EN.thanks)] if isinstance(event, Heard) else []
        )

    brain = FakeBrain(rule)
    talk = with_recording("consent", MODEL_TASK, lambda memory: brain)(b"")
    list(talk.step(Heard(turn=1, text="hello", language="en")))
    for text in (disclosure(MODEL_TASK, "en"), EN.question):
        list(talk.step(Said(text=text)))
    given = list(talk.step(Heard(turn=2, text="yes", language="en")))
    assert [move.text for move in given if isinstance(move, Say)] == [
        EN.thanks,
        EN.thanks,
    ]  # ours, and its own
    for text in (EN.thanks, EN.thanks[:3]):
        list(talk.step(Said(text=text, cut=text != EN.thanks)))
    said = [event for event in brain.events if isinstance(event, Said)]
    assert said == [Said(text=disclosure(MODEL_TASK, "en")), Said(text=EN.thanks[:3], cut=True)]


def test_a_yes_that_was_answered_ahead_is_consent_only_when_they_have_ended():
    answers = [Answer("I would like a table for two.")] * 3
    with FakeOpenAI(*answers) as server, ModelCall(server) as call:
        call.hears("La Luna, good evening.")
        assert call.talk.may_prepare(2)
        copy = call.talk.copy()
        told = copy.heard(Transcript(2, "Yes, of course.", False, "en", 0.9, 0, 500), "", 0)
        assert EN.thanks in texts(told)
        assert not [each for each in told if isinstance(each, RecordingConsent)]
        copy.brain.stop()
        assert call.hears("No.")[0] == EN.declined  # they went on: it was thrown away
        assert [each.state for each in call.of(RecordingConsent)] == ["asked", "refused"]


def test_messages_of_one_kind_are_sentences_and_consent_alone():
    call, _ = opened("consent")
    kinds: set[type[Message]] = {type(each) for each in call.told}
    assert kinds == {Sentence, RecordingConsent}
    assert EndCall not in kinds and Transcript not in kinds
    assert texts(call.told)[-1] == EN.question
