"""The list of recorded calls and the replay of one: keys, sound, looks; with and without an engine."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from console.app import ConsoleApp
from console.audio.fake import FakeSound
from console.glyphs import ASCII, UNICODE
from console.options import JOURNAL, complaint, parse
from console.screens.library import LibraryScreen
from console.screens.replay import ReplayScreen
from console.state.store import Store
from engine.journal import EVENTS
from tests.console.journals import CALL, START_US, sample_journal
from tests.console.support import Clock, RecordingLink, live_store, shown, toasts

SECOND = 1_000_000
SIZES = [(160, 45), (100, 30), (80, 24)]


def make(journals, store: Store | None = None, **more) -> ConsoleApp:
    more.setdefault("sound", FakeSound())
    return ConsoleApp(
        store or Store(),
        RecordingLink(),
        clock=Clock(START_US),
        fps=0,
        where="~/.state",
        journals=journals,
        **more,
    )


async def settle(app, pilot) -> None:
    """Until what was asked for in the background is there, and painted."""
    for _ in range(4):
        await app.workers.wait_for_complete([w for w in app.workers if w.group == "commands"])
        app.frame()
        await pilot.pause()


@asynccontextmanager
async def on(app: ConsoleApp, size=(160, 45), keys=()):
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        for key in keys:
            await pilot.press(key)
            await settle(app, pilot)
        yield pilot


def replay_of(app: ConsoleApp):
    return app.hands.replay._link


def some_journals(folder) -> None:
    sample_journal(folder, CALL, sound=True, voices=True)
    sample_journal(folder, "20260512-090000-77-2", until_ms=20_000)
    broken = folder / "20260513-090000-77-3"
    broken.mkdir()
    (broken / "events.jsonl").write_text("nonsense\n")


async def test_r_lists_the_recorded_calls_without_any_engine(tmp_path):
    some_journals(tmp_path)
    app = make(tmp_path)
    async with on(app, keys=["r"]):
        assert isinstance(app.screen, LibraryScreen)
        words = shown(app)
        assert words.count("Osteria Lina") == 2 and "booked" in words and "unfinished" in words
        assert "20260513-090000-77-3: events.jsonl does not begin as a journal does" in words
        assert "00:47" in words and "sound" in words and "3" in words


async def test_an_empty_list_says_what_to_do_next(tmp_path):
    app = make(tmp_path / "none")
    async with on(app, keys=["r"]):
        assert "No recorded calls in" in shown(app) and "call-thing call en/accepts" in shown(app)
        assert not isinstance(app.focused, Input)


async def test_the_list_is_filtered_by_words_and_escape_leads_out_step_by_step(tmp_path):
    some_journals(tmp_path)
    app = make(tmp_path)
    async with on(app, keys=["r", "slash", *"booked lina"]) as pilot:
        assert shown(app).count("Osteria Lina") == 1
        await pilot.press("escape")
        assert isinstance(app.screen, LibraryScreen) and not isinstance(app.focused, Input)
        await pilot.press("escape")
        await settle(app, pilot)
        assert shown(app).count("Osteria Lina") == 2
        await pilot.press("slash", *"zzz")
        assert "No recorded call has these words" in shown(app)
        await pilot.press("escape", "escape")
        assert app.screen is app.floor


async def test_enter_replays_the_call_under_the_cursor_and_escape_leads_back_to_the_list(tmp_path):
    some_journals(tmp_path)
    app = make(tmp_path)
    async with on(app, keys=["r", "down", "enter"]) as pilot:
        assert isinstance(app.screen, ReplayScreen)
        assert replay_of(app).tape.folder.name == CALL and replay_of(app).playhead.playing
        await pilot.press("escape")
        await settle(app, pilot)
        assert isinstance(app.screen, LibraryScreen) and replay_of(app) is None


async def test_two_strokes_of_enter_open_one_replay(tmp_path):
    some_journals(tmp_path)
    app = make(tmp_path)
    async with on(app, keys=["r"]) as pilot:
        await pilot.press("enter", "enter")
        await settle(app, pilot)
        assert sum(isinstance(screen, ReplayScreen) for screen in app.screen_stack) == 1


async def test_a_journal_that_cannot_be_replayed_is_told(tmp_path):
    app = make(tmp_path, replay=tmp_path / "nothing")
    async with on(app):
        assert app.screen is app.floor and "no journal can be read there" in toasts(app)[0]


async def test_space_plays_and_pauses_by_the_clock(tmp_path):
    app = make(tmp_path, replay=sample_journal(tmp_path, voices=True))
    async with on(app) as pilot:
        app.clock.us += 16 * SECOND
        app.frame()
        await pilot.pause()
        assert "00:16.00" in shown(app) and "high chair" in shown(app)
        await pilot.press("space")
        app.clock.us += 5 * SECOND
        app.frame()
        assert replay_of(app).playhead.position_us == 16 * SECOND
        await pilot.press("space")
        app.clock.us += SECOND
        app.frame()
        assert replay_of(app).playhead.position_us == 17 * SECOND


async def test_full_stop_and_comma_step_by_event(tmp_path):
    app = make(tmp_path, replay=sample_journal(tmp_path))
    async with on(app) as pilot:
        playhead = replay_of(app).playhead
        await pilot.press("full_stop", "full_stop", "full_stop")
        assert (playhead.stop, playhead.playing) == (3, False)
        await pilot.press("comma")
        assert playhead.stop == 2
        assert len(replay_of(app).store.calls) == 1


async def test_brackets_change_the_speed(tmp_path):
    app = make(tmp_path, replay=sample_journal(tmp_path))
    async with on(app, keys=["right_square_bracket", "right_square_bracket"]) as pilot:
        assert "×4" in shown(app)
        app.clock.us += 2 * SECOND
        app.frame()
        assert replay_of(app).playhead.position_us == 8 * SECOND
        for _ in range(9):
            await pilot.press("left_square_bracket")
        assert replay_of(app).playhead.speed == 0.25


async def test_g_goes_to_a_time_or_a_turn_and_says_why_not(tmp_path):
    app = make(tmp_path, replay=sample_journal(tmp_path))
    async with on(app, keys=["space", "g", *"t99", "enter"]) as pilot:
        assert "There is no turn 99" in shown(app)
        for _ in range(3):
            await pilot.press("backspace")
        await pilot.press(*"0:32", "enter")
        await settle(app, pilot)
        assert replay_of(app).playhead.position_us == 32 * SECOND
        assert "LIVE" in shown(app) and "00:32.00" in shown(app)
        await pilot.press("g", *"t1", "enter")
        await settle(app, pilot)
        assert replay_of(app).playhead.position_us == SECOND


async def test_a_recording_is_shown_while_the_engine_is_lost_and_lives_apart_from_it(tmp_path):
    store = live_store()
    app = make(tmp_path, store, replay=sample_journal(tmp_path))
    async with on(app) as pilot:
        app.clock.us += 40 * SECOND
        app.frame()
        await pilot.pause()
        assert store.lost and "LOST" in shown(app)
        assert "Osteria Lina" in shown(app) and "Copper Kettle" not in shown(app)
        assert store.selected == 4 and 7 not in store.calls
        await pilot.press("s", "X", "m")
        assert isinstance(app.screen, ReplayScreen) and app.link.asked == []


async def test_sound_leads_the_replay_at_the_calls_own_speed_and_is_silent_at_others(tmp_path):
    sound = FakeSound()
    app = make(tmp_path, sound=sound, replay=sample_journal(tmp_path, sound=True))
    async with on(app, keys=["e"]) as pilot:
        assert sound.ear.opened and "sound on" in shown(app)
        app.frame()
        sound.ear.play(50)  # a second, by the loudspeaker; none by the clock
        app.frame()
        assert replay_of(app).playhead.position_us == 980_000  # what was heard: one block is on its way
        assert sound.ear.played[-1] == b"\x30\x00" * 320  # both ends
        await pilot.press("right_square_bracket")
        app.clock.us += SECOND
        app.frame()
        sound.ear.play(3)
        await pilot.pause()
        assert replay_of(app).playhead.position_us == 2_980_000 and not any(sound.ear.played[-1])
        assert "silent at ×2" in shown(app)
        await pilot.press("left_square_bracket", "g", *"0:30", "enter")
        await settle(app, pilot)
        app.frame()
        sound.ear.play(50)
        app.frame()
        assert replay_of(app).playhead.position_us == 30_980_000
        await pilot.press("e")
        await settle(app, pilot)
        assert not sound.ear.opened and "sound off" in shown(app)


async def test_a_loudspeaker_that_takes_nothing_does_not_stop_the_replay(tmp_path):
    sound = FakeSound()
    app = make(tmp_path, sound=sound, replay=sample_journal(tmp_path, sound=True))
    async with on(app, keys=["e"]) as pilot:
        app.frame()
        for _ in range(3):
            app.clock.us += SECOND
            app.frame()
        await pilot.pause()
        assert "the loudspeaker plays nothing" in shown(app) and not sound.ear.opened
        app.clock.us += SECOND
        app.frame()
        assert replay_of(app).playhead.position_us >= SECOND


async def test_sound_is_let_go_of_with_the_screen(tmp_path):
    sound = FakeSound()
    app = make(tmp_path, sound=sound, replay=sample_journal(tmp_path, sound=True))
    async with on(app, keys=["e"]) as pilot:
        assert sound.ear.opened
        await pilot.press("escape")
        await settle(app, pilot)
        assert not sound.ear.opened


async def test_why_there_is_no_sound_is_told(tmp_path):
    app = make(tmp_path, replay=sample_journal(tmp_path))
    async with on(app, keys=["e"]):
        assert toasts(app) == ["No sound was recorded of this call."]
    journal = sample_journal(tmp_path, "20260512-090000-77-8", sound=True)
    (journal / "audio.wav").write_bytes(b"RIFF")
    app = make(tmp_path, replay=journal)
    async with on(app, keys=["e"]):
        assert "audio.wav cannot be read" in toasts(app)[0]
    app = make(
        tmp_path, replay=sample_journal(tmp_path, "20260512-090000-77-9", sound=True), microphone=False
    )
    async with on(app, keys=["e"]):
        assert "uses no sound" in toasts(app)[0]


async def test_what_is_wrong_with_a_journal_stands_at_the_bar(tmp_path):
    journal = sample_journal(tmp_path, until_ms=20_000)
    with (journal / "events.jsonl").open("ab") as file:
        file.write(b'{"n": 77, "us": 1')
    app = make(tmp_path, replay=journal)
    async with on(app):
        assert "the record was cut off here, 1 line could not be read" in shown(app)


async def test_the_numbers_of_a_replay_go_round_with_v(tmp_path):
    app = make(tmp_path, replay=sample_journal(tmp_path))
    async with on(app, size=(100, 30), keys=["space", "g", *"end", "enter"]) as pilot:
        seen = []
        for _ in range(5):
            seen += [
                name for name in ("Audio", "Reservation", "Tools", "Events") if f"─ {name}" in shown(app)
            ]
            await pilot.press("v")
            await settle(app, pilot)
        assert seen == ["Audio", "Reservation", "Tools", "Events", "Audio"]


async def test_leaving_in_the_middle_of_reading_is_harmless(tmp_path):
    for number in range(120):
        sample_journal(tmp_path, f"20260511-184012-77-{number}", until_ms=100)
    app = make(tmp_path)
    async with on(app) as pilot:
        await pilot.press("r", "escape")
        await asyncio.sleep(0.05)
        await settle(app, pilot)
        assert app.screen is app.floor


def test_the_command_line_takes_a_recorded_call_and_says_when_there_is_none(tmp_path):
    journal = sample_journal(tmp_path)
    assert complaint(parse(["--replay", str(journal)])) == ""
    assert "no recorded call is there" in complaint(parse(["--replay", str(tmp_path)]))
    assert "r lists the recorded calls" in complaint(parse(["--web", "--replay", str(journal)]))
    assert JOURNAL == EVENTS


# --- looks ---------------------------------------------------------------------------------------------------


def looking(keys=(), at_us: int = 0):
    async def before(pilot) -> None:
        app = pilot.app
        await settle(app, pilot)
        for key in keys:
            await pilot.press(key)
            await settle(app, pilot)
        app.clock.us += at_us
        await settle(app, pilot)

    return before


@pytest.mark.parametrize("size", SIZES)
def test_a_replay_in_the_middle_of_a_take_over(snap_compare, tmp_path, size):
    app = make(tmp_path, live_store(), replay=sample_journal(tmp_path, voices=True, sound=True))
    assert snap_compare(app, terminal_size=size, run_before=looking(("e", "g", *"0:32.5", "enter", "space")))


@pytest.mark.parametrize("size", SIZES)
def test_a_list_of_recorded_calls(snap_compare, tmp_path, size):
    some_journals(tmp_path)
    app = make(tmp_path)
    assert snap_compare(app, terminal_size=size, run_before=looking(("r",)))


def test_a_replay_in_ascii_of_a_journal_that_was_cut(snap_compare, tmp_path):
    journal = sample_journal(tmp_path, until_ms=30_500)
    app = make(tmp_path, replay=journal, glyphs=ASCII)
    assert snap_compare(app, terminal_size=(100, 30), run_before=looking(("g", *"end", "enter", "v", "v")))


def test_no_recorded_calls(snap_compare):
    app = make(Path("/nowhere/journals"), glyphs=UNICODE)
    assert snap_compare(app, terminal_size=(80, 24), run_before=looking(("r",)))
