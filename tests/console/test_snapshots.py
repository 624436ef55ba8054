"""The screens as they look, at three widths. After a change that is meant: pytest tests/console --snapshot-update."""

import pytest

from console.glyphs import ASCII
from console.state.store import Store
from engine.settings import ConsoleSettings
from tests.console.support import busy_store, live_store, make_app, paint, sip_store
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
def test_a_shift_with_many_calls(snap_compare, size):
    assert snap_compare(make_app(busy_store()), terminal_size=size, run_before=looking())


@pytest.mark.parametrize("size", SIZES)
def test_a_call_over_a_real_line(snap_compare, size):
    app = make_app(sip_store(), now_ms=NOW_MS)
    assert snap_compare(app, terminal_size=size, run_before=looking())


@pytest.mark.parametrize("size", SIZES)
def test_one_call_alone(snap_compare, size):
    assert snap_compare(make_app(busy_store()), terminal_size=size, run_before=looking(("z",)))


@pytest.mark.parametrize("size", SIZES)
def test_the_log(snap_compare, size):
    assert snap_compare(make_app(busy_store()), terminal_size=size, run_before=looking(("L",)))


@pytest.mark.parametrize("size", SIZES)
def test_an_engine_lost(snap_compare, size):
    assert snap_compare(make_app(busy_store()), terminal_size=size, run_before=looking(later_us=4_000_000))


@pytest.mark.parametrize("size", SIZES)
def test_no_engine_yet(snap_compare, size):
    assert snap_compare(make_app(Store()), terminal_size=size, run_before=looking())


@pytest.mark.parametrize("size", SIZES)
def test_the_microphone_live(snap_compare, size):
    store = busy_store()
    store.mic.stage, store.mic.call, store.mic.talking, store.mic.device = "live", 4, True, "Headset"
    store.calls[4].mic = store.calls[6].mic
    assert snap_compare(make_app(store), terminal_size=size, run_before=frozen_microphone())


def frozen_microphone():
    """Painted without the control of the microphone, which would find that there is none."""

    async def before(pilot) -> None:
        pilot.app.hands.mic.frame = lambda now_us: None
        pilot.app.hands.listening.frame = lambda: None
        await paint(pilot.app, pilot)

    return before


@pytest.mark.parametrize("size", [(160, 45), (100, 30)])
@pytest.mark.parametrize("colours", ["light", "production"])
def test_other_colours(snap_compare, size, colours):
    app = make_app(busy_store(), settings=ConsoleSettings(theme=colours))
    assert snap_compare(app, terminal_size=size, run_before=looking())


def test_engine_found_but_not_heard(snap_compare):
    store = Store()
    store.link = "connecting"
    assert snap_compare(make_app(store), terminal_size=(100, 30), run_before=looking())


def test_a_slow_link(snap_compare):
    store = live_store()
    store.round_trip_ms = 640.0
    assert snap_compare(make_app(store), terminal_size=(100, 30), run_before=looking())


def test_too_small(snap_compare):
    assert snap_compare(make_app(busy_store()), terminal_size=(70, 20), run_before=looking())


def test_a_call_that_has_ended(snap_compare):
    store = live_store(40_000)
    assert snap_compare(make_app(store, now_ms=40_000), terminal_size=(100, 30), run_before=looking(("v",)))


def test_the_record_where_one_pane_fits(snap_compare):
    assert snap_compare(make_app(busy_store()), terminal_size=(80, 24), run_before=looking(("v",)))


def test_rooms_where_one_pane_fits(snap_compare):
    keys = ("v", "v", "v")
    assert snap_compare(make_app(live_store()), terminal_size=(80, 24), run_before=looking(keys))


def test_a_letter_on_each_pane(snap_compare):
    assert snap_compare(make_app(busy_store()), terminal_size=(160, 45), run_before=looking(("ctrl+o",)))


def test_the_filter(snap_compare):
    keys = ("slash", *"hold")
    assert snap_compare(make_app(busy_store()), terminal_size=(100, 30), run_before=looking(keys))


def test_hanging_up_asks(snap_compare):
    assert snap_compare(make_app(live_store()), terminal_size=(100, 30), run_before=looking(("X",)))


def test_dialling(snap_compare):
    assert snap_compare(make_app(live_store()), terminal_size=(100, 30), run_before=looking(("d",)))


def test_help(snap_compare):
    assert snap_compare(
        make_app(live_store()), terminal_size=(80, 24), run_before=looking(("question_mark",))
    )


def test_the_palette(snap_compare):
    assert snap_compare(make_app(live_store()), terminal_size=(100, 30), run_before=looking(("ctrl+p",)))


def test_only_ascii(snap_compare):
    app = make_app(busy_store(), glyphs=ASCII)
    assert snap_compare(app, terminal_size=(100, 30), run_before=looking())
