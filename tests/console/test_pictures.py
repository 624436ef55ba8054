"""The pictures in docs/ are the console as it is."""

import pytest

from console.pictures import ROOT, draw, self_contained


@pytest.mark.parametrize(("name", "size"), [("console", (160, 45)), ("console-80x24", (80, 24))])
async def test_the_pictures_are_up_to_date(name, size):
    drawn = await draw(*size)
    assert drawn == (ROOT / "docs" / f"{name}.svg").read_text("utf-8"), "draw them again: make pictures"


def test_a_picture_fetches_nothing():
    svg = '<style>@font-face { src: url("https://x/y.woff2"); }\n.a { font-family: Fira Code, monospace; }</style>'
    assert "http" not in self_contained(svg) and "Fira" not in self_contained(svg)
