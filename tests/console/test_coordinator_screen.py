"""The coordinator's screen: what it shows, what its keys do to jobs, how it looks. And its link to a real store."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from console.glyphs import ASCII
from console.link.coordinator import CoordinatorLink
from console.screens.coordinator import CoordinatorScreen
from console.screens.modals.confirm import ConfirmModal
from console.state.coordinated import CoordinatorView, length_words, number_of
from console.state.store import Store
from engine.coordinator.status_server import StatusServer
from engine.errors import JobError
from engine.jobs.stores import open_store
from engine.settings import Settings
from tests.console.support import live_store, make_app, paint, running, shown, toasts
from tests.fakes.coordinator import ENGINES, STATUS, FakeCoordinator, jobs
from tests.fakes.jobs import a_job

SIZES = [(160, 45), (100, 30), (80, 24)]


@asynccontextmanager
async def on_screen(coordinated: FakeCoordinator, store: Store | None = None, size=(160, 45), **more):
    async with running(store or live_store(), size, coordinated=coordinated, **more) as (app, pilot):
        await pilot.press("c")
        await paint(app, pilot)
        yield app, pilot


async def press(app, pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await paint(app, pilot)


def status(**more):
    return msgspec.structs.replace(STATUS, **more)


# --- what it shows -----------------------------------------------------------------------------------------


async def test_engines_queue_jobs_and_problems_are_shown_without_a_number_of_anybody():
    async with on_screen(FakeCoordinator()) as (app, _):
        assert isinstance(app.screen, CoordinatorScreen)
        words = shown(app)
        for told in ("engine-1-aa", "busy", "2/2 calls", "starting", "lost", "at work", "due for 90 s"):
            assert told in words
        assert "The Copper Kettle" in words and "UNKNOWN" in words and "61 dialled" in words
        assert "was lost; 1 of its calls is unknown" in words


async def test_the_jobs_of_the_engine_under_the_cursor_stand_beside_it():
    async with on_screen(FakeCoordinator()) as (app, pilot):
        assert "Osteria Lina" in shown(app)
        await press(app, pilot, "down")
        words = shown(app)
        assert "Jobs of engine-1-aa" in words and "Golden Lantern" in words
        assert "Osteria Lina" not in words and "Gasthaus Linde" not in words


async def test_what_is_selected_stays_selected_while_rows_come_and_go():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "tab", "down", "down")
        picked = app.screen.picked_job
        assert picked.restaurant == "Zum Anker"
        coordinated.view.take([replace(jobs()[3], state="reserved")])
        await paint(app, pilot)
        assert app.screen.picked_job == picked


async def test_without_a_coordinator_it_says_how_one_is_started_and_what_waits():
    async with on_screen(FakeCoordinator(None)) as (app, _):
        words = shown(app)
        assert "No coordinator runs on ~/.state" in words and "call-thing coordinator" in words
        assert "3 queued" in words


async def test_one_that_does_not_answer_is_shown_as_it_was_last():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        coordinated.view.tell(None, "The coordinator (process 4711) does not answer.")
        await paint(app, pilot)
        words = shown(app)
        assert "does not answer; as it was last" in words and "engine-2-bb" in words and "4711" in words


async def test_a_draining_coordinator_says_that_it_places_no_new_calls():
    async with on_screen(FakeCoordinator(status(draining=True))) as (app, _):
        assert "draining: no new calls" in shown(app)


async def test_what_a_terminal_would_obey_is_only_shown():
    view = FakeCoordinator(status(problems=("\x1b]0;gone\x07 lost",)))
    async with on_screen(view) as (app, _):
        assert "\x1b" not in shown(app) and "lost" in shown(app)


# --- keys --------------------------------------------------------------------------------------------------


async def test_the_key_bar_offers_it_where_a_coordinator_was_started_and_nowhere_else():
    for there in (STATUS, None):
        async with running(live_store(), (160, 45), coordinated=FakeCoordinator(there)) as (app, _):
            assert ("c coordinator" in shown(app)) is (there is not None)


async def test_it_is_watched_while_its_screen_is_open_and_not_otherwise():
    coordinated = FakeCoordinator()
    async with running(live_store(), coordinated=coordinated) as (app, pilot):
        assert coordinated.watching == 0
        await press(app, pilot, "c")
        assert coordinated.watching == 1
        await press(app, pilot, "escape")
        assert app.screen is app.floor and coordinated.watching == 0


async def test_cancelling_a_job_takes_a_capital_and_a_yes():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "tab", "x")
        assert isinstance(app.screen, CoordinatorScreen)
        await press(app, pilot, "X")
        assert isinstance(app.screen, ConfirmModal) and "says goodbye and hangs up" in shown(app)
        await press(app, pilot, "enter")
        assert coordinated.changed == []
        await press(app, pilot, "y")
        assert coordinated.changed == [("cancel", jobs()[0].id)]


@pytest.mark.parametrize("key", ["n", "escape"])
async def test_cancelling_can_be_thought_better_of(key):
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "X", key)
        assert isinstance(app.screen, CoordinatorScreen) and coordinated.changed == []


async def test_the_job_that_was_named_is_the_one_that_is_cancelled():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "X")
        coordinated.view.jobs.clear()
        coordinated.view.take(jobs()[3:])
        await press(app, pilot, "y")
        assert coordinated.changed == [("cancel", jobs()[0].id)]


async def test_trying_an_unknown_job_again_warns_of_a_second_call():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "tab", "down", "down", "R")
        assert isinstance(app.screen, ConfirmModal) and "They may have been called already" in shown(app)
        await press(app, pilot, "y")
        assert coordinated.changed == [("retry", jobs()[2].id)]


async def test_what_cannot_be_done_to_a_job_is_refused_with_its_reason():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "R")
        assert isinstance(app.screen, CoordinatorScreen) and "is talking: only what failed" in toasts(app)[0]
        await press(app, pilot, "tab", *["down"] * 6, "X")
        assert isinstance(app.screen, CoordinatorScreen) and "is done already" in toasts(app)[1]


async def test_a_refusal_of_the_store_is_told():
    coordinated = FakeCoordinator()
    coordinated.refuses = "Job changes all the time. Try again."
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "X", "y")
        assert toasts(app)[-1] == coordinated.refuses


async def test_a_console_that_may_only_look_changes_no_job():
    coordinated, store = FakeCoordinator(), live_store()
    store.readonly = True
    async with on_screen(coordinated, store) as (app, pilot):
        await press(app, pilot, "X", "R")
        assert isinstance(app.screen, CoordinatorScreen) and "read-only" in toasts(app)[0]
        assert coordinated.changed == []


async def test_jobs_are_changed_without_any_engine():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated, Store()) as (app, pilot):
        await press(app, pilot, "X", "y")
        assert len(coordinated.changed) == 1


async def test_enter_on_a_job_watches_its_engine_and_selects_its_call():
    coordinated, store = FakeCoordinator(), live_store()
    async with on_screen(coordinated, store) as (app, pilot):
        await press(app, pilot, "tab", "enter")
        assert coordinated.watched == ["engine-1-aa"] and app.screen is app.floor
        assert store.selected == 1  # TALKING is call 1 there


async def test_enter_on_an_engine_watches_it_and_on_all_of_them_ones_own_again():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "down", "down", "enter")
        await press(app, pilot, "c")
        await press(app, pilot, "enter")
        assert coordinated.watched == ["engine-2-bb", ""]


async def test_an_engine_elsewhere_cannot_be_watched_and_that_is_told():
    coordinated = FakeCoordinator()
    coordinated.refuses = "engine-1-aa is not on this machine."
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "down", "enter")
        assert isinstance(app.screen, CoordinatorScreen) and toasts(app) == [coordinated.refuses]


async def test_a_job_without_a_call_leads_nowhere():
    coordinated = FakeCoordinator()
    async with on_screen(coordinated) as (app, pilot):
        await press(app, pilot, "tab", "down", "down", "down", "enter")
        assert coordinated.watched == [] and "No call goes on" in toasts(app)[0]


# --- what it is made of ------------------------------------------------------------------------------------


def test_the_jobs_in_hand_come_first_then_the_unknown_then_the_queue_then_the_ended():
    view = FakeCoordinator().view
    order = [row.restaurant for row in view.rows()]
    assert order == [
        "The Copper Kettle",
        "Casa Olivar",
        "Zum Anker",
        "De Gouden Leeuw",
        "Osteria Lina",
        "Bar Sol",
        "Golden Lantern",
        "Gasthaus Linde",
        "Casa Nube",
        "The Old Mill",
    ]


def test_calls_in_hand_are_shown_also_where_the_jobs_cannot_be_read():
    view = CoordinatorView()
    view.tell(STATUS)
    assert [row.restaurant for row in view.rows()] == ["The Copper Kettle", "Casa Olivar"]
    assert view.counts() == {"queued": 212, "dialing": 1, "talking": 1, "done": 58, "failed": 2, "unknown": 1}
    assert view.engine("engine-2-bb") == ENGINES[1] and view.engine("none") is None


@pytest.mark.parametrize(
    ("call", "number"), [("20260511-183903-77-12", 12), ("", 0), ("20260511-183903-77-x", 0)]
)
def test_a_calls_number_is_the_end_of_its_id(call, number):
    assert number_of(call) == number


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (99, "99 s"), (100, "1 min"), (5999, "99 min"), (11_100, "3 h 05"), (400_000, "4 d")],
)
def test_a_length_in_few_letters(seconds, words):
    assert length_words(seconds) == words


# --- the link ----------------------------------------------------------------------------------------------


async def until(done, limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not done():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def linked(folder: Path):
    """A link of a state directory, watching; and what it was told to attach to."""
    settings, attached = Settings(state_dir=str(folder)), []
    link = CoordinatorLink(settings, attached.append)
    watching = asyncio.create_task(link.watch())
    try:
        yield link, attached
    finally:
        watching.cancel()
        await asyncio.wait([watching], timeout=20)


async def test_the_link_finds_a_coordinator_that_starts_later_and_knows_when_it_has_ended(tmp_path):
    async with linked(tmp_path) as (link, _):
        await until(lambda: link._client is None and not link.is_announced())
        server = StatusServer(tmp_path, lambda: STATUS)
        await until(lambda: link.view.status is not None)
        assert link.view.answers and link.view.status == STATUS and link.is_announced()
        server.publish()
        server.close()
        await until(lambda: link.view.status is None)
        assert link.view.problem == ""


async def test_the_link_reads_the_jobs_and_changes_them_as_the_command_line_does(tmp_path):
    store = open_store(Settings(state_dir=str(tmp_path)))
    job = a_job()
    store.add([job])
    async with linked(tmp_path) as (link, _):
        await until(lambda: job.id in link.view.jobs)
        row = link.view.jobs[job.id]
        assert (row.state, row.restaurant) == ("queued", job.task.restaurant)
        assert await link.change("cancel", job.id) == f"Job {job.id} is cancelled."
        assert store.get(job.id).state == "cancelled"
        await until(lambda: link.view.jobs[job.id].state == "cancelled")
        with pytest.raises(JobError):
            await link.change("cancel", job.id)
        assert await link.change("retry", job.id) == f"Job {job.id} is queued."
    store.close()


async def test_an_engine_that_does_not_run_here_is_not_attached_to(tmp_path):
    async with linked(tmp_path) as (link, attached):
        assert "not on this machine" in link.watch_engine("engine-9") and attached == []
        assert link.watch_engine("") == "" and attached == [tmp_path]


# --- how it looks ------------------------------------------------------------------------------------------


def looking(*keys: str):
    async def before(pilot) -> None:
        await paint(pilot.app, pilot)
        await pilot.press("c")
        await paint(pilot.app, pilot)
        await pilot.press(*keys)
        await paint(pilot.app, pilot)

    return before


@pytest.mark.parametrize("size", SIZES)
def test_how_the_screen_looks(snap_compare, size):
    app = make_app(live_store(), coordinated=FakeCoordinator())
    assert snap_compare(app, terminal_size=size, run_before=looking())


def test_how_the_jobs_of_one_engine_look_in_ascii(snap_compare):
    app = make_app(live_store(), glyphs=ASCII, coordinated=FakeCoordinator())
    assert snap_compare(app, terminal_size=(100, 30), run_before=looking("down", "tab", "down"))


def test_how_the_question_before_a_second_call_looks(snap_compare):
    app = make_app(live_store(), coordinated=FakeCoordinator())
    assert snap_compare(app, terminal_size=(100, 30), run_before=looking("tab", "down", "down", "R"))


def test_how_it_looks_without_a_coordinator(snap_compare):
    app = make_app(Store(), coordinated=FakeCoordinator(None, []))
    assert snap_compare(app, terminal_size=(80, 24), run_before=looking())
