"""The bell and the title of the terminal."""

from console.state.attention import BELL_EVERY_US, Attention, title_of
from console.state.store import Store
from engine.protocol import Alert
from tests.console.support import busy_store, header, live_store, running


def raise_alert(store: Store, number: int, state: str = "raised") -> None:
    alert = Alert(number, "silence", "silent for 6 s", state)  # type: ignore[arg-type]
    store.apply(header(alert, 4, number), alert)


def test_each_new_alert_rings_once():
    store, attention = live_store(), Attention()
    assert not attention.rings(store, 0)
    raise_alert(store, 1)
    assert attention.rings(store, 10) and not attention.rings(store, 20)
    assert not attention.rings(store, BELL_EVERY_US * 3)


def test_alerts_within_five_seconds_share_the_next_bell():
    store, attention = live_store(), Attention()
    raise_alert(store, 1)
    assert attention.rings(store, 0)
    raise_alert(store, 2)
    raise_alert(store, 3)
    assert not attention.rings(store, BELL_EVERY_US - 1)
    assert attention.rings(store, BELL_EVERY_US) and not attention.rings(store, BELL_EVERY_US * 2)


def test_an_alert_that_is_over_before_its_turn_does_not_ring():
    store, attention = live_store(), Attention()
    raise_alert(store, 1)
    assert attention.rings(store, 0)
    raise_alert(store, 2)
    for number in (1, 2):
        raise_alert(store, number, "acknowledged")
    assert not attention.rings(store, BELL_EVERY_US)


def test_a_new_engine_counts_its_alerts_anew():
    store, attention = live_store(), Attention()
    raise_alert(store, 1)
    assert attention.rings(store, 0)
    store.epoch = "another"
    assert attention.rings(store, BELL_EVERY_US)


def test_without_a_bell_nothing_rings():
    store = live_store()
    raise_alert(store, 1)
    assert not Attention(bell=False).rings(store, 0)


def test_the_title_says_who_needs_you_and_that_you_are_live():
    store = live_store()
    assert title_of(store, "Call-Thing") == "Call-Thing"
    store = busy_store()
    assert title_of(store, "Call-Thing") == "!3 Call-Thing"
    store.mic.stage, store.mic.call = "live", 4
    assert title_of(store, "Call-Thing") == "● LIVE call 4 !3 Call-Thing"


async def test_a_frame_rings_and_names_what_is_new():
    store = live_store()
    async with running(store) as (app, _):
        bells = []
        app.bell = lambda: bells.append(1)
        raise_alert(store, 1)
        app.frame()
        app.frame()
        assert bells == [1] and app._terminal.title == "!1 Call-Thing"
