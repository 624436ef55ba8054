"""Colours: readable on every ground, three sets of them, changed while the console runs."""

import pytest
from textual.color import Color

from console import theme
from engine.settings import ConsoleSettings
from tests.console.support import live_store, paint, running, shown

WANTED = 4.5  # to 1, of WCAG 2.1, AA


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    theme.use("dark")


def luminance(colour: str) -> float:
    shares = [share / 255 for share in Color.parse(colour).rgb]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", theme.PALETTES)
def test_every_ink_can_be_read_on_every_ground(name):
    palette = theme.PALETTES[name]
    for ink, colour in palette.inks.items():
        for ground in palette.grounds:
            assert contrast(colour, ground) >= WANTED, (ink, ground)


@pytest.mark.parametrize("name", theme.PALETTES)
def test_the_styles_are_those_of_the_palette(name):
    theme.use(name)
    palette = theme.PALETTES[name]
    assert theme.current is palette
    for style, colour in (
        (theme.AGENT, palette.agent),
        (theme.FAR, palette.far),
        (theme.ALERT, palette.alert),
    ):
        assert style.color is not None and style.color.name == colour
    for style in (theme.TEXT, theme.STRONG, theme.TOOL, theme.WARN, theme.GOOD, theme.GREY, theme.FAINT):
        assert style.color is not None and style.color.name in palette.inks.values()


def test_production_has_a_header_of_its_own_and_is_otherwise_the_dark_one():
    assert theme.PRODUCTION.header != theme.DARK.header and theme.PRODUCTION.far == theme.DARK.far


def colours_on(app) -> set[str]:
    strips = app.screen._compositor.render_strips(app.screen.size)
    styles = [segment.style for strip in strips for segment in strip if segment.style]
    return {style.color.name.lower() for style in styles if style.color}


@pytest.mark.parametrize("name", ["light", "production"])
async def test_the_settings_name_the_colours(name):
    async with running(live_store(), settings=ConsoleSettings(theme=name)) as (app, _):
        assert theme.PALETTES[name].far in colours_on(app)
        header = app.screen.query_one("#header").styles.background.hex.lower()
        assert header == theme.PALETTES[name].header


async def test_changed_colours_are_on_the_screen_at_once_and_nothing_keeps_the_old_ones():
    async with running(live_store()) as (app, pilot):
        before = shown(app)
        dark_only = set(theme.DARK.inks.values()) - set(theme.LIGHT.inks.values())
        assert colours_on(app) & dark_only
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        commands["Colours: light"].callback()
        await paint(app, pilot)
        assert colours_on(app) & dark_only == set()
        assert shown(app) == before
