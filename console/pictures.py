"""Draw the console in the middle of real calls: docs/console*.svg, and PNGs where a browser can make them.

    python console/pictures.py [folder]

The calls were recorded once (console/recording.py) and the clock stands still, so an unchanged console gives
unchanged files.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # `python console/pictures.py` starts in console/

from console.audio.fake import FakeMicrophone, FakeSound  # noqa: E402
from console.recording import FLOOR, MODEL, OPERATOR, Recording  # noqa: E402
from console.state.store import Store  # noqa: E402
from engine.protocol import Accepted, ArmMic, GoLive, LeaseGranted, Message, MicState  # noqa: E402

FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"
WALL = datetime(2026, 5, 11, 18, 40, 12)
WIDE, MIDDLE, NARROW = (160, 45), (100, 30), (80, 24)


@dataclass(frozen=True)
class Picture:
    """One file. keys: pressed before it is drawn. call: the selected one; 0 = the one that is shown."""

    name: str
    size: tuple[int, int] = MIDDLE
    keys: tuple[str, ...] = ()
    call: int = 0
    of: Recording = FLOOR


PICTURES = (
    Picture("console", WIDE),
    Picture("console-100x30"),
    Picture("console-80x24", NARROW),
    Picture("console-call", WIDE, ("z",)),
    Picture("console-approve", MIDDLE, ("a",), call=3),
    Picture("console-take-over", MIDDLE, ("t",)),
    Picture("console-live", WIDE, ("t", "p", "space")),
    Picture("console-scenarios", WIDE, ("i",)),
    Picture("console-library", MIDDLE, ("r",)),
    Picture(
        "console-replay",
        WIDE,
        ("r", "down", "enter", "full_stop", "full_stop", "full_stop", "g", *"0:38", "enter"),
    ),
    Picture("console-log", WIDE, ("L",)),
    Picture("console-model", WIDE, ("z",), of=MODEL),
)


class StandingClock:
    """A clock that moves only when it is told."""

    def __init__(self, now_us: int, wall: datetime = WALL) -> None:
        self._now_us, self._wall = now_us, wall

    def now_us(self) -> int:
        return self._now_us

    def wall(self) -> datetime:
        return self._wall

    def pass_ms(self, ms: int) -> None:
        self._now_us += ms * 1000


class Headset(FakeSound):
    """Into which somebody speaks."""

    def microphone(self) -> FakeMicrophone:
        """See Sound."""
        microphone = super().microphone()
        microphone.name = "USB headset"
        microphone.speak(8)
        return microphone


class NoLink:
    """In place of an engine: takes everything, and grants the microphone."""

    problem = ""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def watch(self) -> None:
        """Nothing comes."""

    def drain(self) -> list[str]:
        return []

    async def request(self, command: Message, call: int = 0, answer: type[Message] = Accepted) -> Any:
        if isinstance(command, ArmMic):
            return LeaseGranted(1, 60_000)
        if isinstance(command, GoLive):
            self._store.calls[call].mic = MicState(command.mode, self._store.me, True)
        return Accepted(call)

    def send(self, command: Message, call: int = 0) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """Nothing is open."""


def store_of_recording(of: Recording = FLOOR) -> Store:
    """A store as it stood at one moment of the recorded calls."""
    store = Store()
    store.link, store.me, store.round_trip_ms = "live", OPERATOR, 1.0
    for header, message in of.events(of.moment_us()):
        store.apply(header, message)
    store.select(of.shown)
    return store


def write_journals(journals: Path) -> None:
    """The recorded calls as an engine leaves them, with times of their own."""
    from engine.journal import JournalWriter
    from engine.protocol import CallClosed, CallState, elapsed_us

    kept = list(FLOOR.recorded())
    for number, (scenario, _) in enumerate(FLOOR.calls, start=1):
        own = [(header, message) for header, message in kept if header.call == number]
        start_us = own[0][0].time_us
        since_s = elapsed_us(kept[0][0].time_us, start_us) // 1_000_000
        wall = WALL.replace(minute=30, second=0).timestamp() + since_s
        named = next((m for _, m in own if isinstance(m, CallState)), None)
        closed = next((m for _, m in own if isinstance(m, CallClosed)), None)
        call = f"{datetime.fromtimestamp(wall):%Y%m%d-%H%M%S}-1-{number}"
        about = {"call": call, "line": "simulated", "scenario": scenario}
        task = {"restaurant": named.restaurant if named else "", "language": scenario[:2]}
        writer = JournalWriter(journals / call, {**about, "task": task}, start_us)
        for header, message in own:
            writer.append(header, message)
        outcome = {"outcome": closed.outcome, "reason": closed.reason} if closed else {}
        writer.close({"call": call, **outcome})
        events = journals / call / "events.jsonl"
        first, _, rest = events.read_bytes().partition(b"\n")
        told = {**json.loads(first), "wall": f"{datetime.fromtimestamp(wall):%Y-%m-%dT%H:%M:%S.000}"}
        events.write_bytes(json.dumps(told).encode() + b"\n" + rest)


async def draw(picture: Picture) -> str:
    """One of them as SVG."""
    from console.app import ConsoleApp
    from console.scenario_files import scenario_files

    clock, store = StandingClock(picture.of.moment_us()), store_of_recording(picture.of)
    if picture.call:
        store.select(picture.call)
    with tempfile.TemporaryDirectory() as folder:
        journals = Path(folder) / "journals"
        if "r" in picture.keys:
            write_journals(journals)
        app = ConsoleApp(
            store,
            NoLink(store),
            clock=clock,  # type: ignore[arg-type]
            scenarios=scenario_files(),
            fps=0,
            sound=Headset(),
            journals=journals,
        )
        async with app.run_test(size=picture.size) as pilot:
            await _settle(app, pilot)
            for key in picture.keys:
                clock.pass_ms(20)
                await pilot.press(key)
                await _settle(app, pilot, 6)
            drawn = self_contained(app.export_screenshot())
            return drawn.replace(str(folder), "~/.local/state/call-thing")


async def _settle(app: Any, pilot: Any, frames: int = 3) -> None:
    """Sizes are known after the first frame; what runs beside the frames needs some."""
    for _ in range(frames):
        app.frame()
        await pilot.pause(0.02)


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
    """Draw all of them into a folder, as SVG and PNG, and the keys into the README."""
    from console import key_table

    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        target = folder / f"{picture.name}.svg"
        target.write_text(asyncio.run(draw(picture)), "utf-8")
        made = png(target, target.with_suffix(".png"))
        print(target, "and PNG" if made else "", file=sys.stderr)
    return key_table.main()


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
