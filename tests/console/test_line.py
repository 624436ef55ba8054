"""What the console knows of a real line, and how it says it."""

import pytest

from console.state.call import Call
from console.state.entries import NoteEntry
from console.state.line import FRESH_US, MAX_DIGITS, Line, Losses
from console.state.line_words import end_words, words_of
from console.state.store import Store
from engine.protocol import (
    LINE_ENDS,
    CallClosed,
    DigitHeard,
    Echo,
    LineAction,
    LineQuality,
    LineState,
    Outcome,
    PlaybackStarted,
    TurnLatency,
)
from tests.console.support import feed, state
from tests.fakes.sip_call import quality, sip_conversation, sip_state


def told(*steps: tuple[int, object]) -> Call:
    """A call over SIP that was told these messages, (ms, message)."""
    store = Store()
    feed(store, [(0, sip_state("dialling")), *steps])
    return store.calls[1]


def test_a_call_that_is_waited_for_waits_and_begins_a_number_anew():
    store = Store()
    feed(store, [(0, sip_state("dialling")), (5, CallClosed("no_answer")), (9, sip_state("waiting"))])
    feed(store, [(12, LineState("waiting", "127.0.0.1:5080"))])
    call = store.calls[1]
    assert (call.state, call.standing, call.live, notes(call)) == ("waiting", "waiting", True, [])


def notes(call: Call) -> list[str]:
    return [entry.text for entry in call.conversation.entries if isinstance(entry, NoteEntry)]


def lines_of(call_steps: list[tuple[int, object]]) -> list[tuple[str, str]]:
    store = Store()
    feed(store, call_steps)
    return [(event.text, event.level) for event in store.events if event.topic == "line"]


def test_losses_are_those_of_the_last_ten_seconds():
    line = Line()
    for second in range(1, 31):  # nothing lost for twenty seconds, then two packets in each
        line.measured(quality(second), second * 1_000_000)
    assert line.losses().far == pytest.approx(20 / 500)
    assert line.losses(whole_call=True).far == pytest.approx(20 / 1500)


def test_before_the_far_end_reports_nothing_is_claimed_of_its_side():
    line = Line()
    assert line.losses() == Losses(None, None)
    line.measured(quality(3), 0)
    assert line.losses() == Losses(0.0, None) and not line.far_has_reported
    line.measured(quality(6), 0)
    assert line.losses().near is not None and line.far_has_reported


def test_a_stream_that_counts_anew_is_not_compared_with_the_old_one():
    line = Line()
    for report in (quality(30), quality(1)):
        line.measured(report, 0)
    assert line.losses().far == 0.0 and line.quality == quality(1)


def test_packets_that_were_only_late_never_make_a_negative_loss():
    line = Line()
    for received, lost in ((50, 4), (103, 1)):
        line.measured(LineQuality(received=received, lost=lost), 0)
    assert line.losses().far == 0.0


def test_an_echo_and_the_figures_are_of_now_for_three_seconds():
    line, echo = Line(), Echo(-31.0, 180, 0.8)
    line.echoed(echo, 1_000_000)
    line.measured(quality(1), 1_000_000)
    assert line.echo(1_000_000 + FRESH_US) == echo and line.is_fresh(1_000_000 + FRESH_US)
    assert line.echo(1_000_001 + FRESH_US) is None and not line.is_fresh(1_000_001 + FRESH_US)


def test_digits_are_kept_in_order_and_bounded():
    line = Line()
    for digit in "12#" + "9" * MAX_DIGITS:
        line.digit(DigitHeard(digit, 100))
    assert line.digits == "9" * MAX_DIGITS


def test_hold_is_known_with_who_does_it_until_it_ends():
    call = told((10, LineState("held", "far_end")), (11, sip_state("on_hold")))
    assert (call.wire.held, call.wire.held_by, call.state, call.standing) == (
        True,
        "far_end",
        "on_hold",
        "talking",
    )
    call.apply(LineState("resumed", "far_end"), 20_000)
    assert not call.wire.held
    assert notes(call) == ["put on hold by them", "taken off hold by them"]


def test_digits_in_a_row_stand_in_one_entry():
    call = told(
        *[(at, DigitHeard(digit, 100)) for at, digit in enumerate("47#")],
        (9, LineAction("digits", True, "1")),
        (10, DigitHeard("8", 100)),
    )
    assert notes(call) == ["they pressed 4 7 #", "we pressed 1", "they pressed 8"]


def test_sound_before_the_answer_is_noted_and_the_call_still_rings():
    call = told((5, LineState("ringing")), (6, LineState("early_media")), (7, LineState("answered")))
    assert notes(call) == ["sound before the answer"] and call.state == "ringing"


@pytest.mark.parametrize("reason", LINE_ENDS)
def test_every_end_of_a_line_has_words(reason):
    assert end_words(reason) not in ("", reason) or reason == "busy"
    assert words_of(LineState("ended", reason)).text == f"ended: {end_words(reason)}"


def test_an_end_that_is_not_listed_is_said_as_it_is():
    assert words_of(LineState("ended", "the disk is full")).text == "ended: the disk is full"


def test_the_far_end_s_own_words_stand_behind_an_end():
    (busy,) = lines_of([(0, state()), (1, LineState("ended", "busy", "486 Busy Here"))])
    assert busy == ("ended: busy (486 Busy Here)", "info")
    (gone,) = lines_of([(0, state()), (1, LineState("ended", "network_away"))])
    assert gone == ("ended: the network is gone", "warning")


@pytest.mark.parametrize(
    "message",
    [
        LineState("ended", "redirected", "302 Moved to <sip:+493012345678@example.net;transport=tls>"),
        LineState("ended", "sip:490301234567@example.net does not answer"),
        LineState("ended", "not_found", "no 0301234567 here"),
        LineAction("transfer", True, "sip:490301234567@example.net"),
        LineAction("transfer", False, "490301234567@example.net: 404 Not Found"),
    ],
)
def test_numbers_and_addresses_of_people_are_not_shown(message):
    text = words_of(message).text
    assert "1234567" not in text and "example" not in text


def test_status_codes_and_folders_are_shown():
    text = words_of(
        LineState("ended", "/s/journals/20260515-184012-77-4: no space left", "486 Busy Here")
    ).text
    assert "20260515-184012-77-4" in text and "486 Busy Here" in text


def test_what_a_line_could_not_do_is_a_warning_with_its_reason():
    steps = [
        (0, state()),
        (1, LineAction("transfer", False, "501 Not Implemented")),
        (2, LineAction("hold", True)),
    ]
    assert lines_of(steps) == [("not handed on: 501 Not Implemented", "warning"), ("hold: done", "info")]
    assert notes(told(*steps[1:])) == ["not handed on: 501 Not Implemented"]


def test_kinds_that_a_later_engine_may_say_are_shown_as_they_are():
    unknown = LineState("parked", "far_end", "in slot 7")  # type: ignore[arg-type]
    assert words_of(unknown).text == "parked: far_end (in slot 7)"
    assert words_of(LineAction("mute_all", True)).text == "mute all done"  # type: ignore[arg-type]
    call = told((1, unknown), (2, PlaybackStarted(1, 1, 0, 0)), (3, sip_state("parked_there")))
    assert call.live and call.standing == "talking"
    call.apply(CallClosed("teleported"), 4_000)  # type: ignore[arg-type]
    assert call.standing == "over"


def test_every_outcome_stands_for_good_bad_or_over():
    bad = {"failed", "no_answer", "wrong_number", "busy", "not_found", "unavailable", "redirected"}
    bad |= {"unreachable", "network_away", "rejected", "line_lost"}
    found = {}
    for outcome in Outcome.__args__:
        call = told((1, CallClosed(outcome)))
        found[outcome] = call.standing
    assert {outcome for outcome, standing in found.items() if standing == "bad"} == bad
    assert {found[outcome] for outcome in ("declined", "transferred", "hung_up")} == {"over"}


def test_percentiles_are_of_turns_measured_alike():
    store = Store()
    for number, measured in enumerate(["truth"] * 20 + ["wire"] * 5):
        whole = 500.0 if measured == "truth" else 900.0
        feed(store, [(number, TurnLatency(number, 0, 0, 0, 0, 0, 0, 0, whole, measured))], call=1)
    assert store.latency.only("truth").percentile("voice_to_voice", 0.95) == 500.0
    assert store.latency.only("wire").percentile("voice_to_voice", 0.95) is None
    assert len(store.latency.only("wire").turns) == 5


def test_the_made_up_call_ends_as_its_line_does():
    call = told(*sip_conversation()[1:])
    assert (call.outcome, call.standing, call.wire.detail) == (
        "network_away",
        "bad",
        "nothing was heard any more",
    )
    assert call.wire.losses(whole_call=True).far == pytest.approx(38 / 1950)
