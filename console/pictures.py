"""Draw the floor in the middle of real calls: docs/console*.svg, and a PNG where a browser can make it.

    python console/pictures.py [folder]

The calls were recorded once (console/recording.py) and the clock stands still, so an unchanged console gives
unchanged files.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # `python console/pictures.py` starts in console/

from console.state.store import Store  # noqa: E402

SIZES = ((160, 45), (100, 30), (80, 24))
FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"
SELECTED = 4  # the call in the middle of the picture
WALL = datetime(2026, 5, 11, 18, 40, 12)


class StandingClock:
    """A clock that does not move."""

    def __init__(self, now_us: int, wall: datetime = WALL) -> None:
        self._now_us, self._wall = now_us, wall

    def now_us(self) -> int:
        return self._now_us

    def wall(self) -> datetime:
        return self._wall


class NoLink:
    """In place of an engine."""

    problem = ""

    async def watch(self) -> None:
        """Nothing comes."""

    def drain(self) -> list[str]:
        return []

    async def place_call(self, scenario: str) -> int:
        return 0

    async def hang_up(self, call: int) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """Nothing is open."""


def store_of_recording() -> Store:
    """A store as it stood at one moment of the recorded calls."""
    from console.recording import events, moment_us

    store = Store()
    store.link = "live"
    for header, message in events(moment_us()):
        store.apply(header, message)
    store.select(SELECTED)
    return store


async def draw(width: int, height: int) -> str:
    """The floor as SVG."""
    from console.app import ConsoleApp
    from console.recording import moment_us

    clock = StandingClock(moment_us())
    app = ConsoleApp(store_of_recording(), NoLink(), clock=clock, fps=0)  # type: ignore[arg-type]
    async with app.run_test(size=(width, height)) as pilot:
        for _ in range(3):  # sizes are known after the first
            app.frame()
            await pilot.pause()
        return self_contained(app.export_screenshot())


def self_contained(svg: str) -> str:
    """The same picture without the font it would fetch, and with the same names every time."""
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: ?[^;]*Fira Code[^;]*;", f"font-family: {FONT};", svg)
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


def png(svg: Path, target: Path) -> bool:
    """Convert with Chromium; False when there is none."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        return False
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text("utf-8"))
    assert box is not None
    width, height = (int(float(side) + 0.999) for side in box.groups())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f'<body style="margin:0;background:#0d1117">{svg.read_text("utf-8")}</body>', "utf-8")
        quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking"]
        quiet += ["--disable-component-update", "--disable-sync", "--hide-scrollbars"]
        quiet += [f"--user-data-dir={folder}/profile", f"--window-size={width},{height}"]
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", *quiet, f"--screenshot={target}"]
        subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=60)
    return True


def main(folder: Path = ROOT / "docs") -> int:
    """Draw all sizes into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        suffix = "" if (width, height) == SIZES[0] else f"-{width}x{height}"
        target = folder / f"console{suffix}.svg"
        target.write_text(asyncio.run(draw(width, height)), "utf-8")
        print(target, file=sys.stderr)
    if not png(folder / "console.svg", folder / "console.png"):
        print("No console.png: chromium is not installed.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
