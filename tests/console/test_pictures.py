"""The pictures in docs/ are the console as it is."""

import pytest

from console.pictures import PICTURES, ROOT, draw, self_contained

HELD = (
    "console",
    "console-80x24",
    "console-call",
    "console-approve",
    "console-live",
    "console-replay",
    "console-model",
)


@pytest.mark.parametrize("name", HELD)
async def test_the_pictures_are_up_to_date(name):
    [picture] = [picture for picture in PICTURES if picture.name == name]
    assert await draw(picture) == (ROOT / "docs" / f"{name}.svg").read_text("utf-8"), (
        "draw them again: make pictures"
    )


def test_every_picture_is_there_and_no_other():
    there = {file.stem for file in (ROOT / "docs").glob("console*.svg")}
    assert there == {picture.name for picture in PICTURES}


def test_a_picture_fetches_nothing():
    svg = '<style>@font-face { src: url("https://x/y.woff2"); }\n.a { font-family: Fira Code, monospace; }</style>'
    assert "http" not in self_contained(svg) and "Fira" not in self_contained(svg)
