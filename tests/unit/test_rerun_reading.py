"""A record as rows, in media time; words that somebody has corrected."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.protocol import (
    CLOCK_MODULUS_US,
    CacheVerdict,
    FarEndTruth,
    Flag,
    Message,
    Sentence,
    ToolCalled,
    Transcript,
    TurnEnded,
    TurnLatency,
    Voice,
)
from engine.rerun.corrected import draft, read_corrected
from engine.rerun.media_time import MediaTime
from engine.rerun.turns import heard_in

CLOCK_US = CLOCK_MODULUS_US - 500_000  # the header's clock wraps in the middle
MEDIA_US = 2_020_000  # the first frame, of which media time 0 is 20 ms before


def events(*told: tuple[int, Message]) -> list[tuple[int, Flag, Message]]:
    return [(us, Flag.NONE, message) for us, message in told]


def ended(turn: int, start_ms: int, end_ms: int, decided_ms: int) -> TurnEnded:
    return TurnEnded(turn, start_ms, end_ms, decided_ms, 160, "a whole question")


def truth(start_ms: int, end_ms: int) -> FarEndTruth:
    def clock(ms: int) -> int:
        return (CLOCK_US + 2_000_000 + ms * 1000) % CLOCK_MODULUS_US

    return FarEndTruth("good evening how are you", clock(start_ms), clock(end_ms))


def test_a_turn_is_what_was_heard_decided_answered_and_done() -> None:
    call = events(
        (100, Sentence(1, 0, True, 0, "Hello.", "en")),
        (3_200_000, ended(1, 400, 1000, 1160)),
        (3_200_300, Transcript(1, "how are you", True, "en", 0.9, 400, 1000)),
        (3_200_600, CacheVerdict(1, True, template="t", source="s", verdict="the same words")),
        (3_300_000, Sentence(2, 0, True, 1, "Fine.", "en")),
        (3_300_100, ToolCalled("book", {"time": "19:30"}, "booked")),
        (3_400_000, TurnLatency(1, 1, 1, 1, 1, 1, 1, 1, 200.0, measured="detector")),
    )
    heard = heard_in(call, CLOCK_US, MediaTime(call, MEDIA_US))
    (turn,) = heard.turns
    assert (heard.opening, turn.words, turn.said, turn.hit, turn.latency_ms) == (
        ["Hello."], "how are you", ["Fine."], True, 200.0,
    )  # fmt: skip
    assert [tool.arguments for tool in turn.tools] == [{"time": "19:30"}]


@pytest.mark.parametrize(("decided_ms", "cut_off"), [(1160, True), (2600, False)])
def test_a_turn_cuts_off_whose_end_is_decided_while_they_truly_speak(decided_ms: int, cut_off: bool) -> None:
    call = events(
        (2_000_000 + decided_ms * 1000, ended(1, 400, 1000, decided_ms)), (6_000_000, truth(400, 2500))
    )
    (turn,) = heard_in(call, CLOCK_US, MediaTime(call, MEDIA_US)).turns
    assert turn.cut_off is cut_off


def test_media_time_follows_a_line_that_falls_behind_its_clock() -> None:
    def told(ms: int, late_ms: int) -> tuple[int, Message]:
        return 2_000_000 + (ms + late_ms) * 1000, Voice("far", ms, 0.1, -60.0)

    late = [told(ms, 0 if ms < 5000 else 200) for ms in range(128, 10_000, 128)]
    media = MediaTime(events(*late), MEDIA_US)
    assert media.ms(2_000_000 + 1_000_000) == 1000
    assert media.ms(2_000_000 + 8_200_000) == 8000


def test_before_anything_is_heard_and_without_meters_time_counts_from_the_first_frame() -> None:
    assert MediaTime([], MEDIA_US).ms(3_000_000) == 1000
    assert MediaTime([], MEDIA_US).ms(1_000_000) == -1000


def test_corrected_words_are_lines_of_turns(tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    path.write_text("# heard twice\n\n2: at seven: thirty\n 4 :\n", "utf-8")
    assert read_corrected(path) == {2: "at seven: thirty", 4: ""}


@pytest.mark.parametrize(("text", "why"), [("good evening\n", "line 1"), ("1: a\n1: b\n", "line 2")])
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "c.txt"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=why):
        read_corrected(path)


def test_a_draft_is_read_as_what_it_was_made_of(tmp_path: Path) -> None:
    call = events((1, ended(3, 0, 900, 1100)), (2, Transcript(3, "how are you", True, "en", 0.9, 0, 900)))
    path = tmp_path / "c.txt"
    path.write_text(draft(heard_in(call, 0, MediaTime(call, MEDIA_US)).turns), "utf-8")
    assert read_corrected(path) == {3: "how are you"}
