"""The take-over at the console, with keys, boxes and a microphone that a test speaks into."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.widgets import Input

from console.app import ConsoleApp
from console.audio.fake import FakeSound
from console.glyphs import ASCII, UNICODE
from console.kitty import KeyReleased, ReportsReleases, driver_class
from console.screens.take_over import ArmModal, HandBackModal
from console.state.takeover import ARMED_FOR_US
from console.widgets.mic_bar import mic_text
from engine.errors import CallRefused, NoEngine
from engine.protocol import (
    AgentFrame,
    ArmMic,
    FarFrame,
    Flag,
    GoLive,
    HandBack,
    Header,
    LeaseGranted,
    MicFrame,
    MicState,
    ReleaseMic,
    RenewLease,
    Talk,
)
from engine.settings import ConsoleSettings
from tests.console.support import Clock, RecordingLink, live_store, paint, shown, toasts

LEASE = 77
NOW_US = 33_600_000


class Sounding:
    """In place of a call's sound."""

    def __init__(self, frames):
        self._frames, self.closed = frames, False

    async def __aiter__(self):
        for each in self._frames:
            yield each
        await asyncio.Event().wait()

    def close(self):
        self.closed = True


class MicLink(RecordingLink):
    """Grants the microphone; its calls sound."""

    def __init__(self):
        super().__init__()
        self.answers[ArmMic] = LeaseGranted(LEASE, 2000)
        self.refuses_what = {}  # command → the error
        self.frames = []
        self.sounds = []

    async def request(self, command, call=0, answer=None):
        if type(command) in self.refuses_what:
            raise self.refuses_what[type(command)]
        return await super().request(command, call)

    def listen(self, call):
        self.sounds.append(Sounding(self.frames))
        return self.sounds[-1]

    def asked_of(self, *kinds):
        return [(command, call) for command, call in self.asked if isinstance(command, kinds)]

    @property
    def spoken(self):
        return [(message.lease, call) for message, call in self.sent if isinstance(message, MicFrame)]


@asynccontextmanager
async def console(sound=None, size=(160, 45), store=None, **more):
    app = ConsoleApp(
        store or live_store(),
        MicLink(),
        clock=Clock(NOW_US),
        fps=0,
        sound=sound or FakeSound(),
        settings=ConsoleSettings(**more.pop("settings", {})),
        **more,
    )
    app.store.me = "me"
    async with app.run_test(size=size) as pilot:
        await paint(app, pilot)
        yield app, pilot


async def until(app, pilot, holds):
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.005)
        app.frame()
        await pilot.pause()
    raise AssertionError(app.store.mic.stage)


async def arm(app, pilot):
    await pilot.press("t")
    await until(app, pilot, lambda: app.store.mic.stage == "armed")
    await paint(app, pilot)  # the box takes its keys once it has said so


async def go_live(app, pilot, key="p"):
    await arm(app, pilot)
    await pilot.press(key)
    await until(app, pilot, lambda: app.store.mic.stage == "live")
    await pilot.pause()


async def talk(app, pilot):
    await pilot.press("space")
    await until(app, pilot, lambda: app.store.mic.talking)


async def speak(app, pilot, sound, blocks=3):
    """Sound comes, and has had the time to be passed on."""
    sound.mic.speak(blocks)
    await asyncio.sleep(0.05)
    await pilot.pause()


async def test_arming_shows_microphone_level_and_call_and_sends_nothing():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await arm(app, pilot)
        await speak(app, pilot, sound)
        await paint(app, pilot)
        assert isinstance(app.screen, ArmModal)
        for words in ("Take over call 4", "The Copper Kettle", "test microphone", "nothing is sent", "18 dB"):
            assert words in shown(app), words
        assert app.link.spoken == [] and app.link.asked_of(GoLive, Talk) == []


async def test_push_to_talk_sends_while_the_key_says_so_and_only_for_the_armed_call():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot)
        assert app.link.asked_of(GoLive) == [(GoLive(LEASE, "ptt"), 4)]
        await speak(app, pilot, sound)
        assert app.link.spoken == []
        await pilot.press("2")  # looking at another call
        assert app.store.selected == 2
        await talk(app, pilot)
        await speak(app, pilot, sound, 3)
        assert app.link.spoken == [(LEASE, 4)] * 3
        await pilot.press("space")
        await speak(app, pilot, sound, 3)
        assert len(app.link.spoken) == 3
        assert app.link.asked_of(Talk) == [(Talk(LEASE, True), 4), (Talk(LEASE, False), 4)]


async def test_an_open_microphone_sends_at_once_and_the_talk_key_mutes_it():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot, "f")
        await speak(app, pilot, sound, 2)
        assert app.link.spoken == [(LEASE, 4)] * 2
        await pilot.press("space")
        await speak(app, pilot, sound, 2)
        assert len(app.link.spoken) == 2


@pytest.mark.parametrize("key", ["escape", "f9"])
async def test_microphone_off_ends_talking_at_once_and_keeps_the_call(key):
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot, "f")
        sound.mic.speak(5)  # lies in the ring when the key comes
        await pilot.press(key)
        already = len(app.link.spoken)
        await speak(app, pilot, sound)
        assert len(app.link.spoken) == already <= 5 and app.store.mic.stage == "live"
        assert app.link.asked_of(Talk) == [(Talk(LEASE, False), 4)] and sound.mic.opened


@pytest.mark.parametrize("key", ["escape", "f9"])
async def test_microphone_off_works_inside_a_box_and_an_input(key):
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot, "f")
        await pilot.press("d")
        box = app.screen
        assert box.is_modal and app.store.mic.talking
        await pilot.press(key)
        assert not app.store.mic.talking and app.screen is box
        await pilot.press("escape")  # with the microphone off it leaves the box
        assert app.screen is not box and app.store.mic.stage == "live"


async def test_escape_while_armed_gives_up_and_closes_everything():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await arm(app, pilot)
        await pilot.press("escape")
        await until(app, pilot, lambda: not sound.mic.opened)
        assert app.store.mic.stage == "off" and not isinstance(app.screen, ArmModal)
        assert app.link.asked_of(ReleaseMic) == [(ReleaseMic(LEASE), 4)]


async def test_one_can_look_around_while_armed():
    async with console() as (app, pilot):
        await arm(app, pilot)
        await pilot.press("enter")
        await paint(app, pilot)
        assert not app.screen.is_modal and app.store.mic.stage == "armed"
        assert "ARMED call 4 The Copper Kettle" in shown(app) and "nothing is sent" in shown(app)
        await pilot.press("p")
        await until(app, pilot, lambda: app.store.mic.stage == "live")


async def test_going_live_before_it_is_armed_is_not_possible():
    async with console() as (app, pilot):
        app.link.answers.pop(ArmMic)  # no lease comes: Accepted is no grant
        app.link.refuses_what[ArmMic] = NoEngine("no answer")
        await pilot.press("t", "p", "f", "space")
        assert app.link.asked_of(GoLive, Talk) == []


async def test_without_a_microphone_the_box_says_why_and_what_to_do():
    sound = FakeSound(fails="No microphone was found. Connect one.")
    async with console(sound) as (app, pilot):
        await pilot.press("t")
        await until(app, pilot, lambda: app.store.mic.stage == "off")
        await paint(app, pilot)
        assert "No microphone was found. Connect one." in shown(app) and "You do not have the call" in shown(
            app
        )
        await pilot.press("p", "enter")
        assert isinstance(app.screen, ArmModal)
        await pilot.press("escape")
        assert not app.screen.is_modal and app.link.asked_of(GoLive) == []
        assert [command for command, _ in app.link.asked_of(ReleaseMic)] in (
            [ReleaseMic(LEASE, "no microphone")],
            [ReleaseMic(LEASE, "not wanted any more")],
        )


async def test_a_call_that_somebody_else_has_is_refused_in_the_engines_words():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        app.link.refuses_what[ArmMic] = CallRefused("taken by anna")
        await pilot.press("t")
        await until(app, pilot, lambda: app.store.mic.stage == "off" and not sound.mic.opened)
        await paint(app, pilot)
        assert "taken by anna" in shown(app)


async def test_in_a_browser_there_is_no_microphone():
    async with console(microphone=False) as (app, pilot):
        await pilot.press("t")
        assert "no microphone in the browser" in toasts(app)[0] and app.link.asked == []
        await pilot.press("e")
        assert app.store.listens_to == 0 and len(toasts(app)) == 2


async def test_lost_focus_ends_talking_and_its_return_does_not_begin_it():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot)
        await talk(app, pilot)
        app.post_message(events.AppBlur())
        await pilot.pause()
        assert app.link.asked_of(Talk)[-1] == (Talk(LEASE, False, "the focus was lost"), 4)
        app.post_message(events.AppFocus())
        await speak(app, pilot, sound)
        assert app.link.spoken == []
        await paint(app, pilot)
        assert "muted: the focus was lost" in shown(app)


async def test_an_open_microphone_may_stay_open_without_the_focus():
    async with console(settings={"on_blur": "keep"}) as (app, pilot):
        await go_live(app, pilot, "f")
        app.post_message(events.AppBlur())
        await pilot.pause()
        assert app.store.mic.talking


async def test_a_box_that_opens_ends_push_to_talk():
    async with console() as (app, pilot):
        await go_live(app, pilot)
        await talk(app, pilot)
        await pilot.press("d")
        await paint(app, pilot)
        assert app.screen.is_modal and not app.store.mic.talking
        await pilot.press("space")
        assert not app.store.mic.talking


async def test_the_talk_key_is_held_where_the_terminal_tells():
    async with console() as (app, pilot):
        app.post_message(ReportsReleases())
        await go_live(app, pilot)
        await pilot.press("space", "space")
        assert app.store.mic.talking  # it repeats
        app.post_message(KeyReleased("a"))
        await pilot.pause()
        assert app.store.mic.talking
        app.post_message(KeyReleased("space"))
        await pilot.pause()
        assert not app.store.mic.talking


async def test_a_key_let_go_before_its_press_was_through_leaves_nothing_on():
    async with console() as (app, pilot):
        app.post_message(ReportsReleases())
        await go_live(app, pilot)
        app.post_message(events.Key("space", " "))
        app.post_message(KeyReleased("space"))
        await pilot.pause()
        assert not app.store.mic.talking


async def test_a_console_that_is_about_to_be_stopped_talks_no_more():
    async with console() as (app, pilot):
        await go_live(app, pilot, "f")
        app.app_suspend_signal.publish(app)
        assert not app.store.mic.talking and app.store.mic.stage == "live"


async def test_the_app_asks_its_terminal_for_key_releases():
    app = ConsoleApp(live_store(), MicLink(), clock=Clock(NOW_US), fps=0, sound=FakeSound())
    assert app.driver_class.__name__ == driver_class().__name__ == "ReleaseDriver"


async def test_handing_back_asks_what_was_agreed_and_tells_the_agent():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot, "f")
        await pilot.press("H")
        assert isinstance(app.screen, HandBackModal) and not app.store.mic.talking
        await pilot.press(*"Eight")
        assert app.screen.query_one(Input).value == "Eight"
        await pilot.press("enter")
        await until(app, pilot, lambda: not sound.mic.opened)
        assert app.link.asked_of(HandBack) == [(HandBack(LEASE, "Eight"), 4)] and app.store.mic.stage == "off"


async def test_handing_back_can_be_left():
    async with console() as (app, pilot):
        await go_live(app, pilot)
        await pilot.press("H", "escape")
        assert app.store.mic.stage == "live" and app.link.asked_of(HandBack) == []


async def test_the_lease_is_renewed_from_the_frames_of_the_screen():
    async with console() as (app, pilot):
        await arm(app, pilot)
        for _ in range(4):
            app.clock.us += 260_000
            app.store.heard_us = app.clock.us
            app.frame()
            await pilot.pause()
            await asyncio.sleep(0.01)
            app.frame()
        assert app.link.asked_of(RenewLease) == [(RenewLease(LEASE), 4)] * 2
        await asyncio.sleep(0.1)  # without frames there is no sign of life
        assert len(app.link.asked_of(RenewLease)) == 2


async def test_a_screen_that_hangs_sends_no_sound():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot, "f")
        app.clock.us += 1_100_000
        await speak(app, pilot, sound)
        assert app.link.spoken == []


async def test_arming_lapses():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await arm(app, pilot)
        for _ in range(ARMED_FOR_US // 500_000 + 1):
            app.clock.us += 500_000
            app.store.heard_us = app.clock.us
            app.frame()
        await until(app, pilot, lambda: app.store.mic.stage == "off")
        await paint(app, pilot)
        assert "not used: microphone off" in shown(app)


@pytest.mark.parametrize("link", ["lost", "waiting"])
async def test_with_the_engine_everything_is_off(link):
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot, "f")
        app.store.link = link
        app.frame()
        await speak(app, pilot, sound)
        assert app.store.mic.stage == "off" and not sound.mic.opened and app.link.spoken == []
        assert "The engine is lost: the microphone is off." in toasts(app)


async def test_a_call_that_ends_ends_the_take_over():
    async with console() as (app, pilot):
        await go_live(app, pilot)
        app.store.calls[4].state = "ended"
        app.frame()
        await pilot.pause()
        assert app.store.mic.stage == "off" and "Call 4 has ended" in toasts(app)[-1]


async def test_a_lease_that_the_engine_ended_is_over_here():
    async with console() as (app, pilot):
        await go_live(app, pilot)
        app.store.calls[4].mic = MicState("ptt", "me")
        app.frame()
        app.store.calls[4].mic = MicState("off", "me", why="no sign of me's console for 2 s")
        app.frame()
        await pilot.pause()
        assert app.store.mic.stage == "off" and "no sign of me's console" in toasts(app)[-1]


async def test_a_microphone_that_is_pulled_out_mutes_and_the_call_can_be_handed_back():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot, "f")
        sound.mic.breaks("test microphone delivers no more.")
        app.frame()
        await pilot.pause()
        assert app.store.mic.stage == "live" and not app.store.mic.talking and "is gone" in toasts(app)[-1]
        await pilot.press("H", "enter")
        assert app.link.asked_of(HandBack) == [(HandBack(LEASE), 4)]


async def test_lost_sound_ends_push_to_talk():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot)
        await talk(app, pilot)
        sound.mic.loses()
        app.frame()
        assert not app.store.mic.talking


async def test_quitting_waits_for_the_hand_back():
    async with console() as (app, pilot):
        await go_live(app, pilot)
        await pilot.press("q")
        assert app.is_running and "H hands the call back" in toasts(app)[-1]


async def test_a_console_that_ends_all_the_same_gives_up_the_lease():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        await go_live(app, pilot)
        app.exit()
        await pilot.pause()
    assert (ReleaseMic(LEASE, "the console was closed"), 4) in app.link.sent and not sound.mic.opened


# --- the ear ------------------------------------------------------------------------------------------


def frames(kind, flags, count, samples, value=1000):
    pcm = value.to_bytes(2, "little") * samples
    return [(Header(0, 4, flags, number, 0), kind(pcm)) for number in range(count)]


async def test_the_key_listens_to_the_selected_call_and_stops():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        app.link.frames = frames(FarFrame, Flag.NONE, 5, 320)
        await pilot.press("e")
        await until(app, pilot, lambda: sound.ear.opened and bool(app.link.sounds))
        assert app.store.listens_to == 4
        await asyncio.sleep(0.02)
        sound.ear.play(5)
        assert max(b"".join(sound.ear.played)) > 0
        await pilot.press("e")
        await until(app, pilot, lambda: not sound.ear.opened)
        assert app.store.listens_to == 0 and app.link.sounds[0].closed


async def test_the_call_that_is_taken_over_is_heard_by_itself_and_ones_own_voice_is_not():
    sound = FakeSound()
    async with console(sound) as (app, pilot):
        app.link.frames = frames(AgentFrame, Flag.OPERATOR, 8, 960)
        await go_live(app, pilot)
        await until(app, pilot, lambda: sound.ear.opened and bool(app.link.sounds))
        assert app.store.listens_to == 4
        await asyncio.sleep(0.02)
        sound.ear.play(8)
        assert not any(b"".join(sound.ear.played))
        await pilot.press("H", "enter")
        await until(app, pilot, lambda: app.store.listens_to == 0)


async def test_who_cannot_hear_is_told_and_the_take_over_goes_on():
    sound = FakeSound()
    sound.ear.fails = "No loudspeaker was found."
    async with console(sound) as (app, pilot):
        await go_live(app, pilot)
        await until(app, pilot, lambda: bool(toasts(app)))
        assert toasts(app) == ["You do not hear call 4: No loudspeaker was found."]
        app.frame()
        app.frame()
        assert app.store.mic.stage == "live" and len(toasts(app)) == 1 and app.store.listens_to == 0


# --- the bar ------------------------------------------------------------------------------------------


def bar(glyphs=UNICODE, width=100, **mic):
    store = live_store()
    store.mic.call, store.mic.device = 4, "headset"
    for name, value in mic.items():
        setattr(store.mic, name, value)
    return mic_text(store, width, glyphs).plain


def test_the_bar_is_empty_while_the_microphone_is_off():
    assert bar(stage="off") == ""


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_bar_says_whose_line_it_is_and_how_to_end_it(width):
    live = bar(width=width, stage="live", talking=True)
    assert live.startswith(" ● LIVE call 4 The Copper Kett") and "TALKING" in live
    assert live.rstrip().endswith("esc MUTE  H hand back") and len(live) == width
    muted = bar(width=width, stage="live", talking=False)
    assert "muted" in muted and "space talk" in muted and len(muted) == width
    armed = bar(width=width, stage="armed", level_dbfs=-18.0)
    assert armed.startswith(" ○ ARMED call 4") and "−18 dB" in armed and len(armed) == width


def test_the_bar_says_how_the_talk_key_works():
    assert "space (hold)" in bar(stage="live", releases=True, width=120)
    assert "space (toggle)" in bar(stage="live", releases=False, width=120)
    assert "OPEN MIC" in bar(stage="live", mode="full", talking=True, width=120)


def test_the_bar_has_ascii_twins():
    assert bar(glyphs=ASCII, stage="live").isascii()
    assert bar(glyphs=ASCII, stage="armed", level_dbfs=-20.0).isascii()
