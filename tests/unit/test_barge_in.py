"""The far end speaks over us: be silent, then stop or go on."""

from __future__ import annotations

import pytest

from engine.audio.silero import WINDOW_MS
from engine.settings import TurnSettings, VadSettings
from engine.turns.barge_in import BargeInJudge
from engine.turns.endpointing import Window

# s: surely speech; v: perhaps; l: likely, no louder than the line; .: quiet; w: silence that the model takes for speech
LETTERS = {"s": (0.9, -25.0), "v": (0.55, -25.0), "l": (0.9, -52.0), ".": (0.05, -54.0), "w": (0.9, -90.0)}
LINE = "." * 10  # our voice over a quiet line, so that its noise is known


class Call:
    """A judge, told by letters what is heard while we speak; and by `words` what was recognised."""

    def __init__(self) -> None:
        self.judge = BargeInJudge(VadSettings(), TurnSettings())
        self.at_ms = 0
        self.said: list[tuple[str, int]] = []  # what was decided, and at which window
        self.reasons: list[str] = []
        self.hear(LINE)

    def hear(self, script: str, ours: bool = True) -> list[str]:
        before = len(self.said)
        for letter in script:
            self.at_ms += WINDOW_MS
            self._take(self.judge.step(Window(*LETTERS[letter], self.at_ms), ours))
        return [action for action, _ in self.said[before:]]

    def words(self, text: str, language: str = "en", whole: bool = True, opening: bool = False) -> list[str]:
        before = len(self.said)
        self._take(self.judge.words(text, language, whole, opening))  # type: ignore[arg-type]
        return [action for action, _ in self.said[before:]]

    def _take(self, action) -> None:
        if action is not None:
            assert action.at_ms == self.at_ms
            self.said.append((action.action, self.at_ms // WINDOW_MS - len(LINE)))
            self.reasons.append(action.reason)


@pytest.fixture
def call() -> Call:
    return Call()


def test_one_window_of_likely_speech_over_the_line_s_noise_holds_our_voice(call):
    call.hear("s")
    assert call.said == [("hold", 1)]
    assert call.judge.held


def test_doubtful_speech_ducks_first_and_two_windows_of_it_hold(call):
    call.hear("vv")
    assert call.said == [("duck", 1), ("hold", 2)]


def test_likely_speech_no_louder_than_the_line_needs_two_windows(call):
    call.hear("ll")
    assert call.said == [("duck", 1), ("hold", 2)]


def test_one_doubtful_window_is_taken_back(call):
    assert call.hear("v" + "." * 5) == ["duck", "resume"]


def test_silence_that_the_model_takes_for_speech_does_nothing(call):
    assert call.hear("w" * 60) == []


def test_speech_while_we_are_silent_is_no_barge_in(call):
    assert call.hear("s" * 60, ours=False) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [("mhm", "en"), ("ja, genau", "de"), ("Vale.", "es"), ("oké", "nl"), ("Uh-huh.", "en")],
)
def test_after_a_back_channel_we_go_on_once_it_has_been_quiet_for_a_moment(call, text, language):
    call.hear("s" * 9 + "...")
    assert call.words(text, language) == []
    assert call.hear(".") == ["resume"]
    assert call.reasons[-1] == "a back-channel"
    assert call.hear("." * 60) == []


@pytest.mark.parametrize(
    ("text", "language"), [("no", "en"), ("Stopp!", "de"), ("espere", "es"), ("nee", "nl")]
)
def test_a_word_that_stops_us_does_so_however_short_it_was(call, text, language):
    call.hear("sss...")
    assert call.words(text, language) == ["cut"]
    assert call.reasons[-1] == f"they said “{text}”"
    assert not call.judge.held


def test_other_words_are_an_interruption(call):
    call.hear("s" * 12 + "...")
    assert call.words("we have a table at eight") == ["cut"]


def test_one_click_is_no_word_whatever_was_recognised_in_it(call):
    call.hear("s...")
    assert call.words("table") == []
    assert call.hear("..") == ["resume"]


def test_a_back_channel_that_goes_on_is_an_interruption_by_its_words(call):
    call.hear("s" * 6 + "...")
    assert call.words("yes") == []
    call.hear("sss...")
    assert call.words("yes but we are closed") == ["cut"]


def test_a_click_holds_us_for_less_than_two_hundred_milliseconds(call):
    call.hear("s" + "." * 20)
    assert call.said == [("hold", 1), ("resume", 6)]


def test_where_no_words_are_known_long_speech_is_an_interruption(call):
    call.hear("s" * 40)
    assert call.said == [("hold", 1), ("cut", 38)]
    assert call.reasons == ["32 ms of speech over our voice", "1216 ms of speech over our voice"]


def test_gaps_between_words_do_not_hide_an_interruption(call):
    assert call.hear("ssssss..." * 7)[-1] == "cut"


def test_where_no_words_come_short_speech_is_waited_out_and_we_go_on(call):
    assert call.hear("s" * 6 + "." * 20) == ["hold", "resume"]


def test_words_that_come_late_still_stop_us_and_others_do_not(call):
    call.hear("s" * 6 + "." * 22)
    assert call.words("mhm") == []
    assert call.words("no, wait") == ["cut"]


def test_words_of_a_turn_that_is_answered_already_do_not_stop_the_answer(call):
    call.hear("s" * 6 + "...")
    assert call.words("no") == ["cut"]
    call.hear("." * 4, ours=False)
    call.hear("." * 4)
    assert call.words("no") == []


def test_where_no_words_come_long_speech_stops_us_once_they_are_quiet(call):
    assert call.hear("s" * 14 + "." * 20) == ["hold", "cut"]


def test_a_long_back_channel_is_given_time_once_its_first_words_are_known(call):
    call.hear("s" * 12)
    assert call.words("oh okay a", whole=False) == []
    assert call.hear("s" * 30) == []
    assert call.hear("...") == []
    assert call.words("oh okay all right sure") == []
    assert call.hear(".") == ["resume"]


def test_the_first_words_of_something_long_stop_us_before_it_is_over(call):
    call.hear("s" * 12)
    assert call.words("we are closed tod", whole=False) == ["cut"]
    assert call.reasons[-1] == "they said “we are closed”"


def test_half_a_word_is_none(call):
    call.hear("s" * 12)
    assert call.words("good even", whole=False, opening=True) == []
    assert call.words("good evening", whole=False, opening=True) == []
    assert call.words("no", whole=False) == []


def test_partial_words_of_very_little_speech_are_not_believed(call):
    call.hear("s" * 5)
    assert call.words("no", whole=False) == []


def test_a_greeting_over_our_first_sentence_is_passed_over_and_later_it_is_not(call):
    call.hear("s" * 9 + "....")
    assert call.words("good evening", opening=True) == ["resume"]
    call.hear("s" * 9 + "....")
    assert call.words("good evening") == ["cut"]


def test_after_a_sound_that_was_no_word_it_takes_more_to_hold_us(call):
    call.hear("s" * 8 + "....")
    assert call.words("") == ["resume"]
    call.hear("." * 3)
    assert call.hear("ss") == ["duck"]
    assert call.hear("s") == ["hold"]


def test_music_does_not_hold_us_for_long_and_never_cuts(call):
    actions = []
    for _ in range(30):
        actions += call.hear("sssss.....")
        actions += call.words("")
    assert "cut" not in actions
    held = sum(b - a for (on, a), (_, b) in zip(call.said, call.said[1:], strict=False) if on == "hold")
    assert held <= 0.8 * 300


def test_a_hold_that_nothing_resolves_ends_by_itself(call):
    actions = call.hear("s......" * 14)
    assert actions[0] == "hold"
    assert "resume" in actions or "cut" in actions
    assert next(at for action, at in call.said if action in ("resume", "cut")) * WINDOW_MS <= 2600


def test_a_hold_ends_when_there_is_nothing_more_to_say(call):
    call.hear("sss")
    assert call.hear("s", ours=False) == ["resume"]
    assert not call.judge.held


def test_one_cut_is_enough_until_we_speak_again(call):
    assert call.hear("s" * 60) == ["hold", "cut"]
    call.hear(".", ours=False)
    assert call.hear("s" * 60) == ["hold", "cut"]
