"""The screen as it looks, at the three widths. After a change that is meant: pytest tests/console --snapshot-update."""

import pytest

from console.glyphs import ASCII
from console.state.store import Store
from tests.console.support import live_store, make_app, paint, sip_store
from tests.fakes.sip_call import NOW_MS

SIZES = [(160, 45), (100, 30), (80, 24)]


def looking(keys: tuple[str, ...] = (), later_us: int = 0):
    async def before(pilot) -> None:
        await paint(pilot.app, pilot)
        pilot.app.clock.us += later_us
        await pilot.press(*keys)
        await paint(pilot.app, pilot)

    return before


@pytest.mark.parametrize("size", SIZES)
def test_a_call_in_progress(snap_compare, size):
    assert snap_compare(make_app(live_store()), terminal_size=size, run_before=looking())


@pytest.mark.parametrize("size", SIZES)
def test_a_call_over_a_real_line(snap_compare, size):
    app = make_app(sip_store(), now_ms=NOW_MS)
    assert snap_compare(app, terminal_size=size, run_before=looking())


@pytest.mark.parametrize("size", SIZES)
def test_an_engine_lost(snap_compare, size):
    assert snap_compare(make_app(live_store()), terminal_size=size, run_before=looking(later_us=4_000_000))


@pytest.mark.parametrize("size", SIZES)
def test_no_engine_yet(snap_compare, size):
    assert snap_compare(make_app(Store()), terminal_size=size, run_before=looking())


def test_a_call_that_has_ended(snap_compare):
    store = live_store(40_000)
    assert snap_compare(make_app(store, now_ms=40_000), terminal_size=(100, 30), run_before=looking(("v",)))


def test_rooms_where_one_pane_fits(snap_compare):
    keys = ("v", "v", "v")
    assert snap_compare(make_app(live_store()), terminal_size=(80, 24), run_before=looking(keys))


def test_hanging_up_asks(snap_compare):
    assert snap_compare(make_app(live_store()), terminal_size=(100, 30), run_before=looking(("X",)))


def test_dialling(snap_compare):
    assert snap_compare(make_app(live_store()), terminal_size=(100, 30), run_before=looking(("d",)))


def test_help(snap_compare):
    assert snap_compare(
        make_app(live_store()), terminal_size=(80, 24), run_before=looking(("question_mark",))
    )


def test_only_ascii(snap_compare):
    app = make_app(live_store(), glyphs=ASCII)
    assert snap_compare(app, terminal_size=(100, 30), run_before=looking())
