"""What every voice keeps to, whoever makes it: format, silence, order, cancelling, marks, errors."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
import msgspec
import numpy as np
import pytest

from engine.audio.levels import audible_span
from engine.protocol import LANGUAGES, LINE_RATE_HZ
from engine.settings import GoogleVoiceSettings, ProcessVoiceSettings, VoiceSettings
from engine.voices.base import VoiceError
from engine.voices.espeak import EspeakVoice
from engine.voices.google import GoogleVoice
from engine.voices.process import ProcessVoice
from tests.fakes.google_speech import GoogleSpeech, Step

SENTENCES = {
    "en": "We are 4 people, at 19:30, for Siobhán O'Shaughnessy.",
    "de": "Wir sind zu 12, am 24. Mai, auf den Namen Nguyễn.",
    "es": "¿Tiene mesa para 8 a las 21:15, a nombre de Łukasz?",
    "nl": "Voor 6 personen om half 8, op naam van Müller-Özdemir.",
}
TONES = (sys.executable, "-m", "tests.fakes.tone_voice")
QUIET_MS = 15
PATIENT = VoiceSettings(
    first_audio_ms=20_000, sentence_ms=30_000
)  # a busy machine is slow, and that is no failure


@dataclass
class Case:
    """One voice, and how to make trouble for its next sentence."""

    name: str
    voice: object
    fail: Callable[[], None] | None = None


@pytest.fixture(params=["espeak", "google", "google, whole", "process"])
def case(request) -> Iterator[Case]:
    if request.param == "espeak":
        yield Case("espeak", EspeakVoice(VoiceSettings()))
    elif request.param == "process":
        voice = ProcessVoice("piper", PATIENT, TONES)
        yield Case("process", voice)
        voice.close()
    else:
        whole = request.param == "google, whole"
        with GoogleSpeech(streams=not whole) as service:
            voice = GoogleVoice(PATIENT, service.transport())
            trouble = Step(error=grpc.StatusCode.RESOURCE_EXHAUSTED)
            yield Case(request.param, voice, lambda: service.steps.append(trouble))
            voice.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_audio_is_48_khz_int16_without_silence_around_it(case: Case, language):
    pieces = list(case.voice.say(SENTENCES[language], language))
    assert all(piece.pcm.dtype == np.int16 and piece.pcm.ndim == 1 for piece in pieces)
    pcm = np.concatenate([piece.pcm for piece in pieces])
    seconds = pcm.size / LINE_RATE_HZ
    assert 1.5 < seconds < 8
    first, last = audible_span(pcm, LINE_RATE_HZ)
    assert first <= QUIET_MS * LINE_RATE_HZ // 1000
    assert pcm.size - last <= QUIET_MS * LINE_RATE_HZ // 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_marks_rise_stay_in_the_audio_and_end_where_the_text_ends(case: Case, language):
    text = SENTENCES[language]
    pieces = list(case.voice.say(text, language))
    marks = [mark for piece in pieces for mark in piece.marks]
    assert [mark.sample for mark in marks] == sorted(mark.sample for mark in marks)
    ends = [mark.char_end for mark in marks]
    assert ends == sorted(ends)
    assert ends[-1] == len(text)
    assert 0 <= marks[0].sample <= marks[-1].sample < sum(piece.pcm.size for piece in pieces)
    assert len(marks) >= 0.8 * len(text.split())


@pytest.mark.parametrize("case", ["google", "process"], indirect=True)
def test_a_streaming_voice_gives_its_first_piece_long_before_the_whole(case: Case):
    pieces = list(case.voice.say(SENTENCES["en"], "en"))
    whole = sum(piece.pcm.size for piece in pieces)
    assert len(pieces) > 5
    assert 0 < pieces[0].pcm.size < whole / 5


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_text_gives_no_sound_and_no_error(case: Case, text):
    assert sum(piece.pcm.size for piece in case.voice.say(text, "en")) == 0


def test_a_sentence_that_is_closed_ends_and_the_next_one_is_whole(case: Case):
    whole = sum(piece.pcm.size for piece in case.voice.say("A table please.", "en"))
    speech = iter(case.voice.say(SENTENCES["en"], "en"))
    next(speech)
    speech.close()
    assert sum(piece.pcm.size for piece in speech) < LINE_RATE_HZ
    again = sum(piece.pcm.size for piece in case.voice.say("A table please.", "en"))
    assert again == pytest.approx(whole, rel=0.05)


@pytest.mark.parametrize("case", ["google", "google, whole", "process"], indirect=True)
def test_sentences_of_several_threads_do_not_mix(case: Case):
    """espeak-ng stays on one thread: its library is not made for more."""
    lengths = {}

    def say(text: str) -> None:
        lengths[text] = sum(piece.pcm.size for piece in case.voice.say(text, "en"))

    texts = [f"{'word ' * count}end" for count in (1, 3, 5, 7)]
    threads = [threading.Thread(target=say, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for text in texts:  # the stand-ins speak 60 ms a character
        assert lengths[text] / LINE_RATE_HZ == pytest.approx(0.06 * len(text), abs=0.03)


@pytest.mark.parametrize("case", ["google", "google, whole", "process"], indirect=True)
def test_a_failure_is_told_in_words_with_a_next_step_and_without_the_sentence(case: Case):
    if case.fail is not None:
        case.fail()
        with pytest.raises(VoiceError, match="quota") as told:
            list(case.voice.say("Anna Berg", "en"))
    else:
        with pytest.raises(VoiceError, match="RuntimeError") as told:
            list(case.voice.say("break", "en"))
        assert "secret" not in str(told.value)
    assert "Anna" not in str(told.value)
    assert sum(piece.pcm.size for piece in case.voice.say("Good evening.", "en"))


@pytest.mark.parametrize("case", ["google", "google, whole", "process"], indirect=True)
def test_pieces_join_without_a_click(case: Case):
    """The stand-ins speak in pure tones: no step between two samples may be larger than the tone's own."""
    pieces = list(case.voice.say(SENTENCES["en"], "en"))
    pcm = np.concatenate([piece.pcm for piece in pieces]).astype(int)
    inside = pcm[LINE_RATE_HZ // 10 : -LINE_RATE_HZ // 10]
    steps = np.abs(np.diff(inside))
    assert steps.max() < 1.1 * 8000 * 2 * np.pi * 440 / LINE_RATE_HZ
    # and the tone's curvature is even: a repeated or dropped sample would double it
    assert np.abs(np.diff(inside, 2)).max() < 60


# --- what only some of them can do --------------------------------------------------------------------------


def google(service: GoogleSpeech, **settings) -> GoogleVoice:
    return GoogleVoice(msgspec.structs.replace(PATIENT, **settings), service.transport())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, "gcloud auth application-default login"),
        (grpc.StatusCode.PERMISSION_DENIED, "Enable texttospeech.googleapis.com"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "quota"),
        (grpc.StatusCode.UNAVAILABLE, "cannot be reached"),
        (grpc.StatusCode.INVALID_ARGUMENT, "call-thing voices --ask"),
        (grpc.StatusCode.INTERNAL, "INTERNAL"),
    ],
)
def test_googles_errors_say_what_to_do(code, words):
    step = Step(error=code, details="It said: Anna Berg")
    with GoogleSpeech(step) as service, pytest.raises(VoiceError, match=words) as told:
        list(google(service).say("Anna Berg", "en"))
    assert "Anna" not in str(told.value)


def test_google_that_gives_no_sound_in_time_is_given_up_and_the_call_is_cancelled():
    with GoogleSpeech(Step(before=threading.Event())) as service:
        with pytest.raises(VoiceError, match=r"no answer within 0.1 s"):
            list(google(service, first_audio_ms=100).say("Good evening.", "en"))
        assert service.asked[0].ended.wait(10)
        assert service.asked[0].pieces == 0


def test_an_answer_of_google_without_a_sound_in_it_does_not_prolong_the_wait_for_one():
    with GoogleSpeech(Step(hollow=threading.Event())) as service:
        with pytest.raises(VoiceError, match=r"no answer within 0.1 s"):
            list(google(service, first_audio_ms=100).say("Good evening.", "en"))
        assert service.asked[0].ended.wait(10)


def test_google_that_stops_in_the_middle_is_given_up_after_the_sentences_time():
    with GoogleSpeech(Step(between=threading.Event())) as service:
        pieces = google(service, sentence_ms=500).say("Good evening.", "en")
        assert next(pieces).pcm.size
        with pytest.raises(VoiceError, match=r"within 0.5 s"):
            list(pieces)


def test_a_stream_that_is_cut_gives_what_it_had_and_then_the_error():
    with GoogleSpeech(Step(error=grpc.StatusCode.UNAVAILABLE, after_pieces=4)) as service:
        speech = google(service).say(SENTENCES["en"], "en")
        assert sum(next(speech).pcm.size for _ in range(3)) > LINE_RATE_HZ // 10
        with pytest.raises(VoiceError, match="cannot be reached"):
            list(speech)


def test_closing_while_google_is_waited_for_ends_the_wait_and_the_call():
    with GoogleSpeech(Step(before=threading.Event())) as service:
        speech = google(service).say("Good evening.", "en")
        got: list[object] = []
        waiting = threading.Thread(target=lambda: got.append(list(speech)))
        waiting.start()
        until(lambda: service.asked)
        speech.close()
        waiting.join(10)
        assert got == [[]]
        assert service.asked[0].ended.wait(10)


def test_a_voice_that_cannot_stream_is_asked_for_whole_sentences_from_then_on():
    with GoogleSpeech() as service:
        voice = google(service, google=GoogleVoiceSettings(en="en-US-Standard-C", speaking_rate=1.2))
        for _ in range(2):
            (piece,) = voice.say("Good evening.", "en")
            assert piece.pcm.size / LINE_RATE_HZ == pytest.approx(0.06 * 13, abs=0.03)
        assert [asked.method for asked in service.asked] == ["stream", "whole", "whole"]


def test_google_is_asked_with_the_languages_own_voice():
    with GoogleSpeech() as service:
        voice = google(service)
        for language in LANGUAGES:
            list(voice.say("1", language))
        assert [asked.voice[:5] for asked in service.asked] == ["en-US", "de-DE", "es-ES", "nl-NL"]
        assert {name for name, _, _ in voice.voices("nl")} == {"nl-NL-Chirp3-HD-Aoede"}


def test_a_voice_that_google_does_not_have_is_told_before_the_first_sentence():
    with GoogleSpeech() as service:
        google(service).warm()
        voice = google(service, google=GoogleVoiceSettings(de="de-DE-Chirp3-HD-Nobody"))
        with pytest.raises(VoiceError, match='no voice "de-DE-Chirp3-HD-Nobody"'):
            voice.warm()
        assert service.asked == []


def test_nobody_listening_is_cannot_be_reached():
    with GoogleSpeech() as service:
        transport = service.transport()
    with pytest.raises(VoiceError, match="cannot be reached"):
        list(GoogleVoice(PATIENT, transport).say("Good evening.", "en"))


def test_google_without_credentials_says_where_they_are_named(monkeypatch, tmp_path):
    key = tmp_path / "key.json"
    key.write_text('{"type": "service_account", "private_key": "very-secret"}')
    settings = msgspec.structs.replace(PATIENT, google=GoogleVoiceSettings(credentials_file=str(key)))
    with pytest.raises(Exception, match=r"voice.google.credentials_file") as told:
        list(GoogleVoice(settings).say("Good evening.", "en"))
    assert "very-secret" not in str(told.value)


def process(trouble: str = "", clock=time.monotonic, **settings) -> ProcessVoice:
    chosen = msgspec.structs.replace(PATIENT, piper=ProcessVoiceSettings(speaker=trouble), **settings)
    return ProcessVoice("piper", chosen, TONES, clock)


def test_silence_in_answer_to_words_is_a_failure_and_to_none_is_not():
    with GoogleSpeech(Step(silent=True), Step(silent=True)) as service:
        with pytest.raises(VoiceError, match="no sound"):
            list(google(service).say("Good evening.", "en"))
        assert sum(piece.pcm.size for piece in google(service).say("...", "en")) == 0
    mute = process("mute")
    with pytest.raises(VoiceError, match="no sound"):
        list(mute.say("Good evening.", "en"))
    assert sum(piece.pcm.size for piece in mute.say("...", "en")) == 0
    mute.close()


def test_a_process_that_dies_is_started_again_but_not_at_once():
    now = [100.0]
    voice = process("die", lambda: now[0])
    assert list(voice.say("The first", "en"))
    with pytest.raises(VoiceError, match="exit code 7"):
        list(voice.say("The second one", "en"))
    with pytest.raises(VoiceError, match="exit code 7"):
        list(voice.say("The third one", "en"))
    now[0] += 6
    assert list(voice.say("The fourth", "en"))
    voice.close()


def test_a_process_that_cannot_load_says_what_is_missing():
    voice = process("refuse")
    with pytest.raises(VoiceError, match=r"Piper: the file is not there. Put it there."):
        list(voice.say("Good evening.", "en"))
    voice.close()


@pytest.mark.parametrize("trouble", ["noise", "stump"])
def test_a_process_that_writes_no_frames_is_killed(trouble):
    voice = process(trouble)
    with pytest.raises(VoiceError, match="no frame"):
        list(voice.say("Good evening.", "en"))
    voice.close()


def test_a_process_that_hangs_is_not_waited_for():
    voice = process("hang", sentence_ms=400)
    list(voice.say("1", "en"))  # loaded, two pieces at most
    with pytest.raises(VoiceError, match="too slow"):
        list(voice.say("Good evening.", "en"))
    voice.close()


def test_a_cancelled_sentence_is_not_made_to_its_end():
    """Its process is free for the next one, though it would hang in this one's third piece."""
    voice = process()
    speech = voice.say("word " * 400, "en")
    next(iter(speech))
    speech.close()
    assert list(voice.say("Good evening.", "en"))
    voice.close()


@pytest.mark.parametrize(
    ("name", "words"), [("piper", "call-thing\\[piper\\]"), ("coqui", "voice.coqui.python")]
)
def test_a_package_that_is_not_installed_is_named_with_the_command_that_brings_it(name, words):
    voice = ProcessVoice(name, PATIENT)
    with pytest.raises(VoiceError, match=words):
        list(voice.say("Good evening.", "en"))
    voice.close()


def test_an_interpreter_that_is_not_there_is_named():
    settings = msgspec.structs.replace(PATIENT, coqui=ProcessVoiceSettings(python="/nowhere/python"))
    with pytest.raises(VoiceError, match=r"voice.coqui.python"):
        list(ProcessVoice("coqui", settings).say("Good evening.", "en"))


def test_a_voices_process_ends_with_it():
    voice = process()
    list(voice.say("1", "en"))
    child, _ = voice.child()
    voice.close()
    until(lambda: child.ended)


def until(condition: Callable[[], object]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it never came")
