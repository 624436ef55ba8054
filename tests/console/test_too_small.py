"""A terminal that is too small for the panes."""

from __future__ import annotations

from engine.protocol import Alert
from tests.console.support import feed, live_store, running, state

OBEYED = "\x1b]2;taken\x07\x1b[2J"


async def test_nothing_that_a_terminal_would_obey_is_shown():
    store = live_store()
    feed(store, [(33_000, state(restaurant=OBEYED)), (33_100, Alert(1, "wants_person", OBEYED))], call=20)
    store.select(20)
    async with running(store, size=(60, 15)) as (app, _):
        strips = app.screen._compositor.render_strips(app.screen.size)
        words = "".join(segment.text for strip in strips for segment in strip)
        assert "call 20" in words and "[2J" in words
        assert not [letter for letter in words if ord(letter) < 32]
