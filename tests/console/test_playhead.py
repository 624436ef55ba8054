"""The playhead: time and events, forwards and back."""

import pytest

from console.state.playhead import SPEEDS, Playhead, place_of

SECOND = 1_000_000
TIMES = [0, 0, 1 * SECOND, 2 * SECOND, 2 * SECOND, 2 * SECOND, 5 * SECOND]
STOPS = [1, 3, 4, 6]  # two of them in the same microsecond


def head() -> Playhead:
    return Playhead(TIMES, STOPS)


def test_it_stands_still_until_it_is_played():
    playhead = head()
    playhead.advance(9 * SECOND)
    assert (playhead.position_us, playhead.applied) == (0, 0)
    playhead.play(9 * SECOND)
    playhead.advance(10 * SECOND)
    assert (playhead.position_us, playhead.applied) == (SECOND, 3)


def test_a_pause_takes_no_time():
    playhead = head()
    playhead.play(0)
    playhead.advance(SECOND)
    playhead.pause()
    playhead.advance(3 * SECOND)
    playhead.play(3 * SECOND)
    playhead.advance(3 * SECOND + 500_000)
    assert playhead.position_us == 1_500_000


@pytest.mark.parametrize("speed", SPEEDS)
def test_speed_stretches_time(speed):
    playhead = head()
    while playhead.speed != speed:
        playhead.faster(1 if speed > playhead.speed else -1)
    playhead.play(0)
    playhead.advance(100_000)
    assert playhead.position_us == int(100_000 * speed)


def test_speed_stops_at_both_ends():
    playhead = head()
    for _ in range(20):
        playhead.faster(1)
    assert playhead.speed == 16
    for _ in range(20):
        playhead.faster(-1)
    assert playhead.speed == 0.25


def test_it_pauses_at_the_end_and_begins_again_from_there():
    playhead = head()
    playhead.play(0)
    playhead.advance(60 * SECOND)
    assert playhead.at_end and not playhead.playing and playhead.position_us == 5 * SECOND
    playhead.play(70 * SECOND)
    assert (playhead.playing, playhead.position_us) == (True, 0)


def test_stepping_goes_through_every_event_that_matters_also_those_of_one_moment():
    playhead, seen = head(), []
    while playhead.next_stop():
        seen.append((playhead.applied, playhead.position_us // SECOND, playhead.stop))
    assert seen == [(2, 0, 1), (4, 2, 2), (5, 2, 3), (7, 5, 4)]
    back = []
    while playhead.previous_stop():
        back.append((playhead.applied, playhead.position_us // SECOND))
    assert back == [(5, 2), (4, 2), (2, 0), (0, 0)]


def test_stepping_back_from_between_two_events_goes_to_the_one_shown_last():
    playhead = head()
    playhead.go_to(4 * SECOND)
    playhead.previous_stop()
    assert (playhead.applied, playhead.position_us) == (5, 2 * SECOND)


def test_a_step_pauses_and_time_goes_on_behind_it():
    playhead = head()
    playhead.play(0)
    playhead.next_stop()
    playhead.next_stop()
    assert not playhead.playing and playhead.applied == 4
    playhead.play(0)
    playhead.advance(1)
    assert playhead.applied == 6  # the rest of that moment


def test_going_to_a_time_shows_all_until_then():
    playhead = head()
    playhead.go_to(2 * SECOND)
    assert playhead.applied == 6
    playhead.go_to(-5)
    assert (playhead.position_us, playhead.applied) == (0, 2)
    playhead.go_to(99 * SECOND)
    assert playhead.at_end


def test_another_clock_may_lead_and_never_leads_back():
    playhead = head()
    playhead.play(0)
    playhead.follow(2 * SECOND, 7 * SECOND)
    assert playhead.applied == 6
    playhead.follow(SECOND, 7 * SECOND)
    assert playhead.position_us == 2 * SECOND
    playhead.advance(7 * SECOND + 1000)
    assert playhead.position_us == 2 * SECOND + 1000


def test_a_journal_without_events_has_no_length():
    playhead = Playhead([], [])
    playhead.play(0)
    playhead.advance(SECOND)
    assert playhead.length_us == 0 and not playhead.next_stop() and not playhead.previous_stop()


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("1:12", 72 * SECOND),
        ("01:12.5", 72_500_000),
        ("72", 72 * SECOND),
        ("0:01:12", 72 * SECOND),
        (" 3,5 ", 3_500_000),
        ("t7", 60 * SECOND),
        ("Turn 7", 60 * SECOND),
        ("m2", 30 * SECOND),
        ("start", 0),
        ("end", 221 * SECOND),
    ],
)
def test_places_are_named_as_people_write_them(words, place):
    assert place_of(words, 221 * SECOND, {1: 0, 7: 60 * SECOND}, [SECOND, 30 * SECOND]) == place


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("t9", "no turn 9; the last one is 7"),
        ("m3", "no mark 3; there are 2"),
        ("4:00", "lasts 3:41"),
        ("", "such as 1:12"),
        ("soon", "such as 1:12"),
        ("-5", "such as 1:12"),
    ],
)
def test_a_place_that_is_none_is_explained(words, why):
    found = place_of(words, 221 * SECOND, {1: 0, 7: 60 * SECOND}, [SECOND, 30 * SECOND])
    assert isinstance(found, str) and why in found
