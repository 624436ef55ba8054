"""The line's pane: where it stands, what it shows at each width, and that no figure is ever cut."""

import re

import pytest
from rich.text import Text

from console import theme
from console.glyphs import ASCII, UNICODE
from console.widgets.call_row import draw, row_of
from console.widgets.line import codec_name, duration, encryption, line_lines, percent
from engine.protocol import Echo, LineQuality, LineState
from tests.console.support import header, live_store, paint, running, shown, sip_store
from tests.fakes.sip_call import NOW_MS, sip_state

SIZES = [(160, 45), (100, 30), (100, 24), (80, 24)]


def drawn(width: int, height: int, *messages: object, now_ms: int = NOW_MS, glyphs=UNICODE) -> list[str]:
    """The pane's lines for the made-up call after these messages."""
    store = sip_store(now_ms)
    for message in messages:
        store.apply(header(message, 4, 900, now_ms), message)
    return [line.plain for line in line_lines(store.calls[4], now_ms * 1000, width, height, glyphs)]


def test_the_narrowest_shows_encryption_echo_loss_playout_and_round_trip():
    assert drawn(34, 3) == [
        "no encryption   echo −32 dB 184 ms",
        "◀ loss     4.0 %  ▶ loss     0.4 %",
        "◀ playout 138 ms  rtt        38 ms",
    ]


def test_the_widest_shows_all():
    rows = drawn(46, 6)
    assert rows[0] == "no encryption         echo −32 dB after 184 ms"
    assert re.split(r"\s{2,}", rows[2]) == ["◀ playout", "138 ms", "round trip", "38 ms"]
    assert re.split(r"\s{2,}", rows[5]) == ["◀ re-anchored", "1", "▶ queued", "20 ms"]


@pytest.mark.parametrize("width", [34, 46])
def test_no_row_is_wider_than_the_pane_however_bad_the_line_is(width):
    worst = LineQuality(
        *("a-codec-nobody-knows/1", "AN-ENCRYPTION-WITH-A-VERY-LONG-NAME-OF-ITS-OWN", 1, 1),
        *(123_456.0, 9_999.0, 100, 99_999, 123_456, 100, 100, 98_765, 4_321.0, 2_345.0, 65_432.0, 1_234),
    )
    rows = drawn(width, 9, worst, Echo(-131.0, 12_345, 1.0))
    assert max(map(len, rows)) <= width
    figures = " ".join(rows[1:])
    assert "123456" in figures and "99.9 s" in figures and "65.4 s" in figures and "98765" in figures


@pytest.mark.parametrize(("width", "name"), [(46, "◀ late, played"), (34, "◀ delayed")])
def test_packets_that_came_late_and_were_played_are_not_taken_for_lost_ones(width: int, name: str):
    store = sip_store()
    many = LineQuality("opus/48000", received=9_999, sent=9_999, late=5_000)
    store.apply(header(many, 4, 900, NOW_MS), many)
    [row] = [
        line for line in line_lines(store.calls[4], NOW_MS * 1000, width, 9, UNICODE) if "5000" in line.plain
    ]
    assert row.plain.startswith(name)
    assert theme.WARN not in [span.style for span in row.spans]


def test_encryption_is_named_and_its_absence_warned_of():
    store = sip_store()
    assert encryption(store.calls[4]) == Text("no encryption", theme.WARN)
    quality = LineQuality("opus/48000", "DTLS-SRTP", received=9_999, sent=9_999)
    store.apply(header(quality, 4, 900, NOW_MS), quality)
    assert encryption(store.calls[4]) == Text("DTLS-SRTP", theme.GOOD)
    assert encryption(sip_store(2_000).calls[4]).plain == "no figures yet"


def test_hold_stands_where_an_echo_would():
    assert drawn(34, 1, LineState("held", "near_end")) == ["no encryption        on hold by us"]


def test_an_echo_of_long_ago_is_not_shown():
    assert drawn(34, 1, now_ms=40_000) == ["no encryption"]


def test_numbers_as_people_read_them():
    assert [percent(share, UNICODE) for share in (None, 0.0, 0.0002, 0.0142, 0.0999, 1.0)] == [
        *("–", "0.0 %", "<0.1 %", "1.4 %", "10 %", "100 %")
    ]
    assert [duration(ms, UNICODE) for ms in (None, 0.4, 999.4, 999.6, 5e6)] == [
        *("–", "0 ms", "999 ms", "1.0 s", "99.9 s")
    ]
    assert [codec_name(codec) for codec in ("opus/48000", "PCMU/8000/1", "G722", "x/fast")] == [
        *("opus 48 kHz", "PCMU 8 kHz", "G722", "x/fast")
    ]


@pytest.mark.parametrize("size", SIZES)
async def test_a_real_line_has_a_pane_at_every_width(size):
    async with running(sip_store(), size=size, now_ms=NOW_MS) as (app, _):
        text = shown(app)
        assert "Line  opus 48 kHz" in text and "no encryption" in text and "138 ms" in text
        assert "they pressed 47#" in text and "at the wire" in text and "on hold" in text
        assert "sip" in text and "sip:" not in text


@pytest.mark.parametrize("size", SIZES)
async def test_a_simulated_line_has_none(size):
    async with running(live_store(), size=size) as (app, _):
        assert not app.floor.query_one("#line").display and "to the true end" in shown(app)


async def test_the_pane_comes_and_goes_with_the_selected_call():
    store = live_store()
    quality = LineQuality("PCMU/8000", "SDES", received=50, sent=50)
    store.apply(header(quality, 2, 0, 33_500), quality)
    async with running(store) as (app, pilot):
        for key, there in (("2", True), ("4", False)):
            await pilot.press(key)
            await paint(app, pilot)
            assert ("Line  PCMU 8 kHz" in shown(app)) == there


async def test_a_line_that_says_nothing_more_turns_grey():
    store = sip_store()
    async with running(store, now_ms=NOW_MS) as (app, pilot):
        pane = app.floor.query_one("#line")
        before = pane._lines[2].spans
        app.store.heard_us = 46_000_000  # the engine is there, the line is silent
        app.clock.us = 46_000_000
        await paint(app, pilot)
        assert pane._lines[2].spans != before and "echo" not in pane._lines[0].plain


async def test_the_end_names_its_reason_once_and_the_other_side_s_words():
    async with running(sip_store(46_000), now_ms=46_000) as (app, _):
        assert "✗ ended: network away (nothing was heard any more)" in shown(app)


async def test_events_stand_at_their_end_when_the_pane_is_shown():
    async with running(sip_store(46_000), size=(80, 24), now_ms=46_000) as (app, pilot):
        await pilot.press("v", "v")
        await paint(app, pilot)
        assert "the network is gone" in shown(app)


async def test_ascii_is_enough_for_a_real_line():
    async with running(sip_store(), size=(80, 24), now_ms=NOW_MS, glyphs=ASCII) as (app, _):
        assert {sign for sign in shown(app) if ord(sign) > 127} == set()


@pytest.mark.parametrize("width", [34, 46])
def test_the_ends_of_a_line_can_be_read_whole_in_the_list(width):
    for outcome in ("busy", "declined", "not_found", "unavailable", "redirected", "unreachable"):
        assert "…" not in listed(outcome, width)
    for outcome in ("network_away", "rejected", "transferred", "line_lost", "some_other"):
        assert "…" not in listed(outcome, width)


def listed(outcome: str, width: int) -> str:
    """A row of the list of calls."""
    store = sip_store()
    ended = sip_state("ended", "Bellini", outcome=outcome)
    store.apply(header(ended, 4, 900, NOW_MS), ended)
    return draw(row_of(store.calls[4], store, None, UNICODE), width, UNICODE).plain
