"""The screen of scenarios: what they are about, what may be changed, what is dialled."""

from pathlib import Path

import pytest
from textual.widgets import Input

from console.glyphs import ASCII
from console.scenario_files import FOLDER, check, preview, scenario_files
from console.screens.scenarios import ScenariosScreen
from engine.protocol import PlaceCall
from tests.console.acting import commands, placed, settle
from tests.console.support import live_store, make_app, paint, running, shown, toasts

FILES = scenario_files()
INSIDE = FILES["en/full_offers_inside"]
SHOWN = {
    name: FILES[name]
    for name in (
        "de/accepts",
        "en/accepts",
        "en/asks_name_phone",
        "en/full_offers_inside",
        "en/half_seven",
        "en/hold_music",
        "en/menu",
        "en/noisy_pub",
        "en/spells_name",
        "en/voicemail",
        "es/accepts",
    )
}  # fmt: skip - whoever adds a scenario need not look at these pictures again
SIZES = [(160, 45), (100, 30), (80, 24)]


def the_app(store=None, **more):
    return running(store or live_store(), scenarios=FILES, **more)


async def opened(app, pilot, *typed: str) -> ScenariosScreen:
    await pilot.press("i", *typed)
    await paint(app, pilot)
    assert isinstance(app.screen, ScenariosScreen)
    return app.screen


def field(app, label: str) -> Input:
    """The input of a variable."""
    for row in app.screen.query(".variable"):
        if row.field is not None and row.field.name == label:
            return row.line
    raise AssertionError(label)


# --- what is in a scenario ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_every_scenario_can_be_told_in_words(name):
    told = preview(FILES[name])
    assert told.problem == "" and told.title and told.goal and told.conditions and told.fields
    assert all(lines for _, lines in told.plot)
    assert check(FILES[name], {}) == ("", "")


def test_a_restaurant_is_told_step_by_step_in_words():
    told = preview(INSIDE)
    assert told.goal[0] == "Book a table at Blue Anchor: 2025-12-06 19:00, 3 people, for David Miller"
    assert told.goal[1] == "18:30 to 20:30 would do too" and told.expected == "booked"
    full = dict(told.plot)["full"]
    assert full == (
        "asks for party size, date and time, if not known",
        'says "i am sorry we are fully booked i can offer you {new_time}"',
        "offers time 20:00",
        "if the agent says no -> pity",
        "if the agent says 20:00 -> confirmed",
        "if the agent says yes and names no time -> confirmed",
        "then -> full",
    )
    assert dict(told.plot)["pity"][-1] == "hangs up"


def test_a_restaurant_that_speaks_another_language_says_so():
    told = preview(FILES["en/answers_in_german"])
    assert told.conditions[0] == "speaks and understands German, not the language of the task"
    one = dict(preview(FILES["en/one_foreign_sentence"]).plot)["look"]
    assert 'says "un momento por favor" in Spanish' in one


def test_line_noise_keys_and_character_are_told_in_words():
    assert "a full room 10 dB below it" in " ".join(preview(FILES["en/noisy_pub"]).conditions)
    assert (
        "5 % of what it says is lost, 2 packets in a row"
        in preview(FILES["de/schlechte_verbindung"]).conditions
    )
    assert "an analogue line (300 to 3400 Hz)" in " ".join(preview(FILES["es/telefono_antiguo"]).conditions)
    assert preview(FILES["nl/slechthorend"]).conditions[0].startswith("hears badly")
    assert "if the agent presses 2 -> desk" in dict(preview(FILES["en/menu"]).plot)["greet"]


def test_a_restaurant_that_never_answers_has_no_more_to_tell():
    told = preview(FILES["en/no_answer"])
    assert told.conditions == ("nobody picks up",) and told.plot == ()


def test_a_broken_file_says_why_it_cannot_be_dialled(tmp_path: Path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: x\nlanguage: xx\n", "utf-8")
    assert "language" in preview(str(broken)).problem
    assert "language" in check(str(broken), {"task.date": "x"})[1]
    assert preview(str(tmp_path / "none.yaml")).problem


def test_a_file_that_has_been_changed_is_read_again(tmp_path: Path):
    file = tmp_path / "own.yaml"
    text = (FOLDER / "en" / "accepts.yaml").read_text("utf-8")
    file.write_text(text, "utf-8")
    before = preview(str(file)).title
    file.write_text(text.replace(f"title: {before}", "title: Another one entirely"), "utf-8")
    assert preview(str(file)).title == "Another one entirely"


def test_what_will_not_do_is_blamed_on_its_variable():
    assert check(INSIDE, {"task.time": "20:00", "task.accept_until": "21:00"}) == ("", "")
    for name, value in (("task.party_size", "many"), ("task.date", "friday"), ("restaurant.pitch", "400")):
        blamed, why = check(INSIDE, {name: value})
        assert blamed == name and why, name
    assert check(INSIDE, {"task.accept_dates": "2025-12-07, soon"})[0] == "task.accept_dates"
    blamed, why = check(INSIDE, {"task.colour": "red"})
    assert blamed == "" and "task.colour" in why


# --- the screen -----------------------------------------------------------------------------------------------


async def test_scenarios_are_grouped_by_language_and_the_picked_one_is_shown():
    async with the_app() as (app, pilot):
        await opened(app, pilot)
        screen = shown(app)
        assert screen.index("German") < screen.index("Conditions")
        await pilot.press("down")
        await paint(app, pilot)
        second = [name for name in FILES if name.startswith("de/")][1]
        assert preview(FILES[second]).title in shown(app)
        await pilot.press("slash", *"accepts")
        await paint(app, pilot)
        groups = [shown(app).index(language) for language in ("German", "English", "Spanish", "Dutch")]
        assert groups == sorted(groups)


async def test_the_filter_leaves_what_has_its_words_and_enter_dials_it():
    async with the_app() as (app, pilot):
        await opened(app, pilot, "slash", *"en/full_offers_in")
        await paint(app, pilot)
        assert f"1 of {len(FILES)}" in shown(app)
        assert "Blue Anchor" in shown(app)
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert placed(app) == [PlaceCall(INSIDE)] and app.screen is app.floor


async def test_a_filter_that_finds_nothing_says_so_and_dials_nothing():
    async with the_app() as (app, pilot):
        await opened(app, pilot, "slash", *"nosuch")
        await paint(app, pilot)
        assert "No scenario has these words" in shown(app)
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert placed(app) == [] and isinstance(app.screen, ScenariosScreen)


async def test_changed_values_are_dialled_and_no_others():
    async with the_app() as (app, pilot):
        await opened(app, pilot, "slash", *"en/full_offers_in", "enter")
        field(app, "task.party_size").value = "5"
        field(app, "restaurant.noise_dbfs").value = "-30"
        field(app, "task.name").value = "David Miller "  # as it was
        await paint(app, pilot)
        assert "2 changed" in shown(app)
        field(app, "task.party_size").focus()
        await pilot.press("enter")
        await settle(pilot)
        assert placed(app) == [
            PlaceCall(INSIDE, variables={"task.party_size": "5", "restaurant.noise_dbfs": "-30"})
        ]


async def test_a_wrong_value_is_told_at_its_field_and_nothing_is_dialled():
    async with the_app() as (app, pilot):
        screen = await opened(app, pilot, "slash", *"en/full_offers_in", "enter")
        field(app, "task.party_size").value = "many"
        await paint(app, pilot)
        rows = shown(app).splitlines()
        at = next(row for row, text in enumerate(rows) if "party size *" in text)
        assert "will not do" in rows[at + 1]
        screen._list.focus()
        await pilot.press("enter")
        await settle(pilot)
        assert placed(app) == [] and app.focused is field(app, "task.party_size")
        app.focused.value = "6"
        await pilot.press("enter")
        await settle(pilot)
        assert placed(app) == [PlaceCall(INSIDE, variables={"task.party_size": "6"})]


async def test_a_field_tells_what_it_takes_while_it_is_edited():
    async with the_app() as (app, pilot):
        await opened(app, pilot)
        field(app, "task.time").focus()
        await paint(app, pilot)
        assert "the time, as 19:30" in shown(app)


async def test_what_was_changed_is_there_the_next_time_and_u_takes_it_back():
    async with the_app() as (app, pilot):
        await opened(app, pilot, "slash", *"en/full_offers_in", "enter")
        field(app, "task.party_size").value = "5"
        await paint(app, pilot)
        await pilot.press("escape", "escape")
        assert app.screen is app.floor
        await opened(app, pilot)
        assert field(app, "task.party_size").value == "5" and "full offers inside *" in shown(app)
        await pilot.press("u")
        await paint(app, pilot)
        assert field(app, "task.party_size").value == "3" and "full offers inside *" not in shown(app)


async def test_values_of_one_scenario_are_not_those_of_another():
    async with the_app() as (app, pilot):
        await opened(app, pilot)
        field(app, "task.party_size").value = "9"
        await paint(app, pilot)
        await pilot.press("j")
        await paint(app, pilot)
        assert field(app, "task.party_size").value != "9"
        await pilot.press("enter")
        await settle(pilot)
        assert placed(app)[0].variables == {}


async def test_escape_leaves_a_field_then_a_filter_then_the_screen():
    async with the_app() as (app, pilot):
        screen = await opened(app, pilot, "slash", *"nl/")
        await pilot.press("escape")
        assert app.focused is screen._list
        await pilot.press("escape")
        await paint(app, pilot)
        assert app.screen is screen and f"{len(FILES)} of {len(FILES)}" in shown(app)
        await pilot.press("escape")
        assert app.screen is app.floor and placed(app) == []


async def test_a_click_picks_and_does_not_dial():
    async with the_app() as (app, pilot):
        await opened(app, pilot)
        await pilot.click("#scenario-list", offset=(6, 4))
        await settle(pilot)
        assert isinstance(app.screen, ScenariosScreen) and placed(app) == []


async def test_i_twice_opens_it_once():
    async with the_app() as (app, pilot):
        screen = await opened(app, pilot, "i")
        assert app.screen is screen
        await pilot.press("escape")
        assert app.screen is app.floor


@pytest.mark.parametrize(
    ("change", "words"), [("readonly", "read-only"), ("lost", "nothing was sent"), ("waiting", "No engine")]
)
async def test_scenarios_can_be_looked_at_but_not_dialled_without_an_engine(change, words):
    async with the_app() as (app, pilot):
        app.store.readonly = change == "readonly"
        app.store.link = "live" if change == "readonly" else change
        await opened(app, pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert commands(app) == [] and words in toasts(app)[0]


async def test_the_engines_refusal_is_told():
    async with the_app() as (app, pilot):
        app.link.refuses = "four calls are going on already"
        await opened(app, pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert toasts(app) == ["four calls are going on already"]


async def test_ascii_needs_no_sign_beyond_ascii():
    async with the_app(glyphs=ASCII, size=(100, 30)) as (app, pilot):
        await opened(app, pilot, "slash", *"en/full", "enter")
        signs = {sign for sign in shown(app) if ord(sign) > 127}
        assert signs == set()


# --- how it looks ---------------------------------------------------------------------------------------------


def looking(*keys: str, wrong: bool = False):
    async def before(pilot) -> None:
        app = pilot.app
        await paint(app, pilot)
        await pilot.press("i", "slash", *"en/", "enter", "down", "down", *keys)
        await paint(app, pilot)
        if wrong:
            field(app, "task.party_size").value = "many"
            field(app, "task.party_size").focus()
        for bar in ("#header", "#keys"):  # they are of all screens, and change with them
            app.screen.query_one(bar).visible = False
        await paint(app, pilot)

    return before


@pytest.mark.parametrize("size", SIZES, ids=["160x45", "100x30", "80x24"])
def test_how_the_screen_looks(snap_compare, size):
    app = make_app(live_store(), scenarios=SHOWN)
    assert snap_compare(app, terminal_size=size, run_before=looking())


@pytest.mark.parametrize("size", SIZES, ids=["160x45", "100x30", "80x24"])
def test_how_a_wrong_value_looks(snap_compare, size):
    app = make_app(live_store(), scenarios=SHOWN)
    assert snap_compare(app, terminal_size=size, run_before=looking(wrong=True))
