"""vad: real Silero on espeak's voice, silence and noise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.audio.resample import Interpolator
from engine.audio.silero import SileroNetwork
from engine.audio.turn_ear import Guess
from engine.bus import WOKEN
from engine.protocol import (
    AgentFrame,
    AgentSilenced,
    BargeIn,
    CallClosed,
    Checkpoint,
    DialogueState,
    Echo,
    Flag,
    LanguageSwitched,
    LineState,
    OperatorSpoke,
    PlaybackStarted,
    RoomStarted,
    SpeechPaused,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnEnded,
    Voice,
)
from engine.workers import vad
from tests.fakes.echo_line import at, conversation, echo_of, mixed, our_voice as our_own_voice, with_noise
from tests.fakes.fake_bus import Wait, heard
from tests.fakes.far_ends import frames, noise, silence, speech

HELLO = "Good evening, restaurant La Luna, how can I help you?"


@pytest.fixture(scope="module")
def network():
    return SileroNetwork()


@pytest.fixture
def bus(bus_of):
    return bus_of("vad")


def in_time(deliveries):
    """Each frame followed by the 20 ms it lasts."""
    return itertools.chain.from_iterable((delivery, Wait(20)) for delivery in deliveries)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (HELLO, "en"),
        ("Guten Abend, Restaurant La Luna, was kann ich für Sie tun?", "de"),
        ("Buenas tardes, restaurante La Luna, ¿en qué puedo ayudarle?", "es"),
        ("Goedenavond, restaurant La Luna, waarmee kan ik u helpen?", "nl"),
    ],
)
@pytest.mark.parametrize("noise_dbfs", [None, -50.0])
def test_a_turn_is_found_within_100_ms_of_the_truth(bus, opened, network, text, language, noise_dbfs):
    voice = speech(text, language)
    pcm = np.concatenate([silence(800), voice, silence(1200)])
    if noise_dbfs is not None:
        pcm = np.clip(
            pcm.astype(int) + noise(pcm.size // 16 + 1, noise_dbfs)[: pcm.size], -32768, 32767
        ).astype(np.int16)
    bus.steps = [heard(opened(language)), *frames(pcm)]
    vad.run(bus, network)
    (ended,) = bus.said(TurnEnded)
    assert abs(ended.start_ms - 800) <= 100
    late_ms = ended.end_ms - (800 + voice.size // 16)
    assert (
        -100 <= late_ms <= (100 if noise_dbfs is None else 160)
    )  # under noise the network lets go more slowly
    assert 350 <= ended.decided_ms - ended.end_ms < 350 + 32
    assert [s.start_ms for s in bus.said(SpeechStarted)] == [ended.start_ms]
    assert bus.said(SpeechPaused)[-1].end_ms == ended.end_ms


@pytest.mark.parametrize("level_dbfs", [-60.0, -40.0, -25.0])
def test_no_turn_in_noise(bus, opened, network, level_dbfs):
    ended = heard(LineState("ended", "far_end"))
    bus.steps = [heard(opened()), *frames(noise(4000, level_dbfs)), ended]
    vad.run(bus, network)
    assert bus.said(SpeechStarted) == []
    assert sum(1 + len(voice.before) for voice in bus.said(Voice)) == 4000 // 32


def test_calls_heard_together_are_judged_as_each_alone(bus_of, opened, network):
    parts = [silence(300), speech(HELLO), silence(900), speech("Yes, that is fine."), silence(900)]
    far = {call: np.concatenate([silence(40 * call), *parts]) for call in (1, 2, 3, 4)}

    def said(together: bool, calls) -> dict[int, list]:
        bus = bus_of("vad")
        bus.come_together = together
        frames_of = [list(frames(far[call], call=call)) for call in calls]
        mixed_up = [each for at_once in itertools.zip_longest(*frames_of) for each in at_once if each]
        bus.steps = [*(heard(opened(), call) for call in calls), *mixed_up]
        vad.run(bus, network)
        kinds = (SpeechStarted, SpeechPaused, TurnEnded, Voice)
        return {
            call: [s.message for s in bus.sent if s.call == call and isinstance(s.message, kinds)]
            for call in calls
        }

    alone = {call: said(False, [call])[call] for call in far}
    together = said(True, list(far))
    assert all(sum(isinstance(each, TurnEnded) for each in events) == 2 for events in alone.values())
    for call, events in alone.items():
        assert [each for each in together[call] if not isinstance(each, Voice)] == [
            each for each in events if not isinstance(each, Voice)
        ]
        for one, other in zip(together[call], events, strict=True):
            if isinstance(one, Voice):
                assert (one.side, one.end_ms, one.level_dbfs) == (other.side, other.end_ms, other.level_dbfs)
                assert abs(one.probability - other.probability) < 0.01


def test_no_turn_in_digital_silence(bus, opened, network):
    bus.steps = [heard(opened()), *frames(silence(3000))]
    vad.run(bus, network)
    assert {type(sent.message) for sent in bus.sent} == {Voice}
    assert {voice.level_dbfs for voice in bus.said(Voice)} == {-120.0}


def test_turns_are_numbered_and_each_leaves_a_checkpoint(bus, opened, network):
    yes = speech("Yes, that is fine.")
    bus.steps = [heard(opened()), *frames(silence(400), yes, silence(800), yes, silence(800))]
    vad.run(bus, network)
    assert [ended.turn for ended in bus.said(TurnEnded)] == [1, 2]
    assert [checkpoint.room for checkpoint in bus.said(Checkpoint)] == ["vad", "vad"]


def test_what_was_asked_decides_how_long_a_silence_ends_the_turn(bus, opened, network):
    asked = heard(DialogueState("confirming", "yes_no", "en"))
    bus.steps = [heard(opened()), asked, *frames(silence(400), speech("Yes, please."), silence(1000))]
    vad.run(bus, network)
    (ended,) = bus.said(TurnEnded)
    assert ended.hangover_ms == 250
    assert "yes or no" in ended.reason


def our_voice(deliveries):
    """Our own voice on the line at the same time."""
    return itertools.chain.from_iterable(
        (heard(AgentFrame(pcm=bytes(1920))), delivery) for delivery in deliveries
    )


def test_speech_over_our_voice_holds_it_at_once_and_cuts(bus, opened, network):
    bus.steps = [heard(opened()), *in_time(our_voice(frames(silence(400), speech(HELLO), silence(800))))]
    vad.run(bus, network)
    hold, cut = (said for said in bus.said(BargeIn) if said.action != "duck")
    assert (hold.action, cut.action) == ("hold", "cut")
    assert 400 < hold.at_ms <= 400 + 120
    assert 400 + 1200 <= cut.at_ms <= 400 + 1200 + 450
    assert [ended.under_our_voice for ended in bus.said(TurnEnded)] == [False]


def test_mhm_under_our_voice_is_marked(bus, opened, network):
    mhm = speech("Ah.")[: 160 * 16]
    bus.steps = [heard(opened()), *in_time(our_voice(frames(silence(400), mhm, silence(1000))))]
    vad.run(bus, network)
    assert "cut" not in [action.action for action in bus.said(BargeIn)]
    assert all(ended.under_our_voice for ended in bus.said(TurnEnded))


def over_our_voice(bus, pcm, recognised: str, utterance: int = 2, asr_frames: int = 3):
    """Somebody speaks while we do. Our voice obeys; the words come three frames after each pause."""
    yield heard(PlaybackStarted(utterance, 0, 0, 0))
    told, waits = 0, asr_frames
    for frame in frames(silence(600), pcm, silence(1200)):
        stopped = [said.action for said in bus.said(BargeIn)][-1:] in (["hold"], ["cut"])
        if not stopped:
            yield heard(AgentFrame(pcm=bytes(1920)))
        yield frame
        yield Wait(20)
        paused = bus.said(SpeechPaused)[told:]
        waits -= bool(paused)
        if paused and not waits:
            told, waits = told + 1, asr_frames
            end_ms = paused[0].end_ms
            yield heard(Transcript(1, recognised, False, "en", 0.9, 600, end_ms, at_pause=True))


def test_a_back_channel_is_no_turn_to_answer_and_we_go_on(bus, opened, network):
    bus.steps = itertools.chain([heard(opened())], over_our_voice(bus, speech("Okay."), "Okay."))
    vad.run(bus, network)
    assert [said.action for said in bus.said(BargeIn)][-2:] == ["hold", "resume"]
    assert [ended.under_our_voice for ended in bus.said(TurnEnded)] == [True]


def test_a_short_no_is_an_interruption_and_a_turn_to_answer(bus, opened, network):
    bus.steps = itertools.chain([heard(opened())], over_our_voice(bus, speech("No!"), "No."))
    vad.run(bus, network)
    assert [said.action for said in bus.said(BargeIn)][-2:] == ["hold", "cut"]
    assert [ended.under_our_voice for ended in bus.said(TurnEnded)] == [False]


@pytest.mark.parametrize(("utterance", "action"), [(1, "resume"), (2, "cut")])
def test_hello_over_our_first_sentence_is_a_greeting_and_later_it_is_not(
    bus, opened, network, utterance, action
):
    bus.steps = itertools.chain(
        [heard(opened())], over_our_voice(bus, speech("Good evening."), "Good evening.", utterance)
    )
    vad.run(bus, network)
    assert [said.action for said in bus.said(BargeIn)][-1] == action


def test_yes_at_the_very_end_of_our_question_is_its_answer(bus, opened, network):
    far = frames(silence(600), speech("Yes."), silence(1200))
    last_word = heard(Spoken(1, 0, "Is that right?", True, True))
    ours = [heard(AgentFrame(pcm=bytes(1920)))] * 33
    spoken = itertools.chain(((frame,) for frame in ours), [(last_word,)], itertools.repeat(()))
    together = itertools.chain.from_iterable(
        (*mine, theirs, Wait(20)) for mine, theirs in zip(spoken, far, strict=False)
    )
    bus.steps = itertools.chain([heard(opened())], together)
    vad.run(bus, network)
    assert [said.action for said in bus.said(BargeIn)][-1:] == ["resume"]
    assert [ended.under_our_voice for ended in bus.said(TurnEnded)] == [False]


def test_the_end_of_the_line_ends_the_turn(bus, opened, network):
    bus.steps = [heard(opened()), *frames(silence(400), speech(HELLO)), heard(LineState("ended", "far_end"))]
    vad.run(bus, network)
    assert [ended.reason for ended in bus.said(TurnEnded)] == ["the line ended"]


def test_frames_of_unknown_and_closed_calls_are_ignored(bus, opened, network):
    bus.steps = [
        *frames(speech(HELLO), call=7),
        heard(opened()),
        heard(CallClosed("booked")),
        *frames(speech(HELLO), silence(500)),
    ]
    vad.run(bus, network)
    assert bus.sent == []


def test_frames_offered_twice_are_heard_once(bus, opened, network):
    once = list(frames(silence(400), speech("Yes, that is fine."), silence(800)))
    bus.steps = [
        heard(opened()),
        *once,
        *frames(silence(400), speech("Yes, that is fine."), silence(800), flags=Flag.AGAIN),
    ]
    vad.run(bus, network)
    assert len(bus.said(TurnEnded)) == 1


PCM = (silence(400), speech("Yes, that is fine."), silence(800), speech("And your name?"), silence(800))


def turns_after_restart(bus, opened, network, first: int, checkpoint: bytes, early: int, ago_ms: int = 0):
    """A restarted room: `early` live frames arrive before the older ones are offered again."""
    every = list(frames(*PCM, first=first))
    again = list(frames(*PCM, first=first, flags=Flag.AGAIN))
    died = len(every) - 20
    bus.steps = [
        heard(opened(room="vad", checkpoint=checkpoint, ago_ms=ago_ms)),
        *every[died : died + early],
        *again[: died + early],
        *every[died + early :],
    ]
    vad.run(bus, network)
    return bus.said(TurnEnded)


@pytest.mark.parametrize("early", [0, 1, 5])
@pytest.mark.parametrize("first", [0, 70_000])
def test_a_restarted_room_finds_the_turns_it_has_missed(bus_of, opened, network, first, early):
    undisturbed = bus_of("vad")
    undisturbed.steps = [heard(opened(ago_ms=first * 20)), *frames(*PCM, first=first)]
    vad.run(undisturbed, network)
    _, two = undisturbed.said(TurnEnded)
    after_one = undisturbed.said(Checkpoint)[0].state
    bus = bus_of("vad")
    (found,) = turns_after_restart(bus, opened, network, first, after_one, early, ago_ms=first * 20)
    assert found.turn == two.turn
    assert abs(found.start_ms - two.start_ms) <= 64
    assert abs(found.end_ms - two.end_ms) <= 64


def test_a_restarted_room_does_not_wait_for_ever_for_older_frames(bus, opened, network):
    bus.steps = [heard(opened(room="vad")), *frames(silence(200), speech(HELLO), silence(800))]
    vad.run(bus, network)
    assert len(bus.said(TurnEnded)) == 1


def test_a_restarted_recogniser_is_told_of_the_turn_again(bus, opened, network):
    bus.steps = [
        heard(opened()),
        *frames(silence(400), speech(HELLO)),
        heard(RoomStarted("transcribe", 2), call=0),
        heard(RoomStarted("tts", 2), call=0),
    ]
    vad.run(bus, network)
    again = [sent.message for sent in bus.sent if sent.flags & Flag.AGAIN]
    assert again == [
        event for event in (s.message for s in bus.sent if not s.flags) if not isinstance(event, Voice)
    ]
    assert isinstance(again[0], SpeechStarted)


@pytest.mark.parametrize(("noise_dbfs", "within_ms"), [(None, 20), (-50.0, 60)])
@pytest.mark.parametrize(
    ("text", "language"),
    [(HELLO, "en"), ("Ja gern.", "de"), ("Muy bien, gracias.", "es"), ("Ja hoor.", "nl")],
)
def test_a_turn_tells_where_it_was_last_audible(bus, opened, network, text, language, noise_dbfs, within_ms):
    voice = speech(text, language)
    pcm = with_noise(np.concatenate([silence(800), voice, silence(1200)]), noise_dbfs)
    bus.steps = [heard(opened(language)), *frames(pcm)]
    vad.run(bus, network)
    (ended,) = bus.said(TurnEnded)
    assert abs(ended.audible_end_ms - (800 + voice.size // 16)) <= within_ms
    assert ended.start_ms < ended.audible_end_ms <= ended.end_ms


def test_a_turn_that_the_line_cuts_off_is_audible_to_its_end(bus, opened, network):
    cut_off = speech(HELLO)[: 900 * 16]
    bus.steps = [heard(opened()), *frames(silence(400), cut_off), heard(LineState("ended", "far_end"))]
    vad.run(bus, network)
    (ended,) = bus.said(TurnEnded)
    assert ended.end_ms - 32 <= ended.audible_end_ms <= ended.end_ms


def test_our_own_echo_is_shown_and_interrupts_nobody(bus, opened, network):
    ours = our_own_voice("Good evening, I would like to book a table for two.")
    far = mixed(at(300, echo_of(ours, -20, 120)), silence(ours.size // 48 + 2000))
    bus.steps = [heard(opened()), *conversation(far, (300, ours))]
    vad.run(bus, network)
    assert {type(sent.message) for sent in bus.sent} == {Voice, Echo}
    assert max(voice.probability for voice in bus.said(Voice) if voice.side == "far") > 0.9
    assert abs(bus.said(Echo)[-1].return_db + 20) < 5


def test_who_speaks_over_our_echo_cuts_us_and_is_heard_to_the_end(bus, opened, network):
    ours = our_own_voice("Good evening, I would like to book a table for two.")
    far = mixed(at(300, echo_of(ours, -20, 120)), at(1300, speech(HELLO)), silence(6000))
    bus.steps = [heard(opened()), *conversation(far, (300, ours))]
    vad.run(bus, network)
    assert [said.action for said in bus.said(BargeIn) if said.action != "duck"] == ["hold", "cut"]
    (ended,) = bus.said(TurnEnded)
    assert abs(ended.start_ms - 1300) <= 100


SEE_YOU = "Yes, we will be there at seven o'clock."


def operator_says(pcm, flags=Flag.OPERATOR):
    """A microphone's frames as playback sends them, while the far end is silent; each lasts 20 ms."""
    raised = Interpolator(3).feed(pcm)
    for tick, first in enumerate(range(0, raised.size - 959, 960)):
        yield heard(AgentFrame(pcm=raised[first : first + 960].tobytes()), flags=flags, sequence=tick)


def while_the_line_runs(ours, far, first: int = 0):
    """Our frames beside the far end's."""
    for one, other in itertools.zip_longest(ours, frames(far, first=first)):
        yield from (each for each in (one, other) if each is not None)
        yield Wait(20)


def test_the_operator_s_words_are_cut_out_of_what_is_sent(bus, opened, network):
    said = np.concatenate([silence(600), speech(SEE_YOU), silence(800)])
    bus.steps = [heard(opened()), *while_the_line_runs(operator_says(said), silence(said.size // 16 + 200))]
    vad.run(bus, network)
    (spoke,) = bus.said(OperatorSpoke)
    assert spoke.utterance == 1
    assert abs(spoke.start_ms - 600) <= 150
    assert abs(spoke.end_ms - (600 + speech(SEE_YOU).size // 16)) <= 150
    sounding = np.abs(np.frombuffer(spoke.pcm, np.int16).astype(int)) > 1000
    assert np.count_nonzero(sounding) >= 0.98 * np.count_nonzero(np.abs(speech(SEE_YOU).astype(int)) > 1000)
    assert max(voice.probability for voice in bus.said(Voice) if voice.side == "agent") > 0.9
    assert bus.said(SpeechStarted) == []


def test_the_agent_s_own_voice_is_no_utterance_of_an_operator(bus, opened, network):
    said = np.concatenate([speech(SEE_YOU), silence(800)])
    ours = operator_says(said, flags=Flag.SYNTHETIC)
    bus.steps = [heard(opened()), *while_the_line_runs(ours, silence(said.size // 16 + 800))]
    vad.run(bus, network)
    assert bus.said(OperatorSpoke) == []


@pytest.mark.parametrize("end", ["the key is let go", "handed back", "the line ends"])
def test_an_utterance_ends_though_no_more_frames_come(bus, opened, network, end):
    said = np.concatenate([silence(200), speech(SEE_YOU)])
    rest = {
        "the key is let go": [*in_time(frames(silence(700), first=said.size // 320 + 1))],
        "handed back": [heard(AgentSilenced("", "anna"))],
        "the line ends": [heard(LineState("ended", "far_end"))],
    }
    talk = while_the_line_runs(operator_says(said), silence(said.size // 16))
    bus.steps = [heard(opened()), heard(AgentSilenced("operator", "anna")), *talk, *rest[end]]
    vad.run(bus, network)
    assert [spoke.utterance for spoke in bus.said(OperatorSpoke)] == [1]


def test_the_far_end_speaks_over_the_operator_and_has_its_turn_undisturbed(bus, opened, network):
    talk = np.concatenate([speech(SEE_YOU), silence(200), speech(SEE_YOU), speech(SEE_YOU)])
    far = np.concatenate([silence(400), speech(HELLO), silence(1500)])
    bus.steps = [heard(opened()), *while_the_line_runs(operator_says(talk), far)]
    vad.run(bus, network)
    assert bus.said(BargeIn) == []
    (ended,) = bus.said(TurnEnded)
    assert not ended.under_our_voice
    assert abs(ended.start_ms - 400) <= 100


def test_the_operator_s_own_echo_is_known_and_is_no_turn_of_the_far_end(bus, opened, network):
    ours = our_own_voice("Good evening, I would like to book a table for two.")
    far = mixed(at(300, echo_of(ours, -20, 120)), silence(ours.size // 48 + 2000))
    bus.steps = [
        heard(opened()),
        *(
            each._replace(header=each.header._replace(flags=Flag.OPERATOR))
            if not isinstance(each, Wait) and isinstance(each.message, AgentFrame)
            else each
            for each in conversation(far, (300, ours))
        ),
    ]
    vad.run(bus, network)
    assert bus.said(SpeechStarted) == []
    assert abs(bus.said(Echo)[-1].return_db + 20) < 5
    assert len(bus.said(OperatorSpoke)) == 1


def test_the_agent_that_speaks_again_can_be_interrupted_again(bus, opened, network):
    talk = list(operator_says(speech(SEE_YOU)))
    agent = [heard(AgentFrame(pcm=bytes(1920)), flags=Flag.SYNTHETIC)] * 200
    far = np.concatenate([silence(len(talk) * 20 + 400), speech(HELLO), silence(800)])
    bus.steps = [heard(opened()), *while_the_line_runs([*talk, *agent], far)]
    vad.run(bus, network)
    assert [said.action for said in bus.said(BargeIn) if said.action != "duck"] == ["hold", "cut"]


def test_a_restarted_room_goes_on_counting_the_operator_s_utterances_and_the_far_end_s_turns(
    bus_of, opened, network
):
    talk = np.concatenate([silence(200), speech(SEE_YOU), silence(800)])
    before = bus_of("vad")
    before.steps = [
        heard(opened()),
        *frames(silence(200), speech(HELLO), silence(800)),
        *while_the_line_runs(operator_says(talk), speech(HELLO), first=250),  # a turn is still going on
    ]
    vad.run(before, network)
    assert [spoke.utterance for spoke in before.said(OperatorSpoke)] == [1]
    remembered = before.said(Checkpoint)[-1].state
    bus = bus_of("vad")
    bus.steps = [
        heard(opened(room="vad", checkpoint=remembered, ago_ms=10_000)),
        *while_the_line_runs(operator_says(talk), np.concatenate([silence(700), speech(HELLO), silence(900)]), 500),
    ]  # fmt: skip
    vad.run(bus, network)
    assert bus.said(OperatorSpoke)[0].utterance == 2
    assert [started.turn for started in bus.said(SpeechStarted)] == [2]


def test_a_restarted_recogniser_is_offered_the_operator_s_last_words_again(bus, opened, network):
    talk = np.concatenate([speech(SEE_YOU), silence(800)])
    bus.steps = [
        heard(opened()),
        *while_the_line_runs(operator_says(talk), silence(talk.size // 16)),
        heard(RoomStarted("transcribe", 2), call=0),
    ]
    vad.run(bus, network)
    spoken = [sent for sent in bus.sent if isinstance(sent.message, OperatorSpoke)]
    assert [sent.flags for sent in spoken] == [Flag.NONE, Flag.AGAIN]
    assert spoken[0].message == spoken[1].message


def at_each_pause(bus, pcm, recognised: str):
    """The far end speaks, and a recogniser gives these words 20 ms after each pause."""
    told = 0
    for frame in frames(silence(400), pcm, silence(1600)):
        yield frame
        yield Wait(20)
        for paused in bus.said(SpeechPaused)[told:]:
            told += 1
            yield heard(Transcript(1, recognised, False, "en", 0.9, 400, paused.end_ms, at_pause=True))


@pytest.mark.parametrize(
    ("recognised", "hangover_ms", "reason"),
    [
        ("How many people will you be?", 160, "a whole question"),
        ("How many people will", 1200, 'nothing ends with "will"'),
        ("", 350, "their words are not known yet"),
    ],
)
def test_the_words_at_a_pause_end_the_turn_or_keep_it_open(
    bus, opened, network, recognised, hangover_ms, reason
):
    bus.steps = itertools.chain(
        [heard(opened())], at_each_pause(bus, speech("How many people will you be?"), recognised)
    )
    vad.run(bus, network)
    (ended,) = bus.said(TurnEnded)
    assert ended.hangover_ms == hangover_ms == sum(weight.ms for weight in ended.weights)
    assert reason in ended.reason
    assert hangover_ms <= ended.decided_ms - ended.end_ms <= hangover_ms + 32 + 20


def test_words_are_judged_in_the_language_of_the_call_until_another_one_is_spoken(bus, opened, network):
    german_end = "um sieben sind wir leider"
    switched = heard(LanguageSwitched("de", 1))
    bus.steps = itertools.chain([heard(opened()), switched], at_each_pause(bus, speech(HELLO), german_end))
    vad.run(bus, network)
    assert [ended.hangover_ms for ended in bus.said(TurnEnded)] == [1200]


class Doubter:
    """A turn ear that answers at once: nobody has finished."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.answers: list[Guess] = []

    def ask(self, call, turn, end_ms, pcm):
        self.asked.append((end_ms, pcm.size // 16))
        self.answers.append(Guess(call, turn, end_ms, 0.1))

    def guesses(self):
        answers, self.answers = self.answers, []
        return answers


def test_the_turn_model_hears_each_pause_and_its_word_is_one_weight_more(bus, opened, network):
    ear = Doubter()
    told = frames(silence(400), speech("How many people will you be?"), silence(1200))
    bus.steps = [heard(opened()), *itertools.chain.from_iterable((frame, WOKEN) for frame in told)]
    vad.run(bus, network, ear)
    (ended,) = bus.said(TurnEnded)
    paused = bus.said(SpeechPaused)
    assert ear.asked == [(pause.end_ms, pause.end_ms - ended.start_ms) for pause in paused]
    assert [weight.ms for weight in ended.weights] == [350, 200]
    assert "sounds" in ended.weights[1].reason
