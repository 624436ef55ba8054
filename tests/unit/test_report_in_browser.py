"""Reports in a real browser without a network: what is drawn, chosen, played; and what strangers said does nothing."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.evaluation.shares import evaluation_of
from engine.reports.page import call_page, run_page
from tests.console.journals import sample_journal
from tests.fakes.browser import browser, chromium
from tests.unit.test_report_pages import hostile_call, run

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(chromium() is None, reason="no Chromium here: apt-get install chromium"),
]
PATIENCE_S = 40.0
FAULTS = (
    "Runtime.exceptionThrown",
    "Log.entryAdded",
    "Runtime.consoleAPICalled",
    "Page.javascriptDialogOpening",
)


def of_our_looking(event: dict[str, Any]) -> bool:
    """Chromium's advice to who reads a canvas' pixels often, which the page never does and PAINTED below does."""
    return "willReadFrequently" in str(event["params"])


@asynccontextmanager
async def opened(page: str, folder: Path, *, width: int = 1300, scheme: str = "light", script: bool = True):
    """A tab with the page in it, and a check at its end that nothing went wrong and nothing was fetched."""
    file = folder / "report.html"
    file.write_bytes(page.encode())
    async with aiohttp.ClientSession() as session, browser(folder / "profile", session) as tab_of:
        tab = await tab_of("about:blank")
        await tab.command("Runtime.enable")
        await tab.command("Log.enable")
        await tab.command(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=0,
            uploadThroughput=0,
        )
        await tab.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=1000, deviceScaleFactor=1, mobile=False
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await tab.command("Emulation.setEmulatedMedia", features=features)
        await tab.command("Emulation.setScriptExecutionDisabled", value=not script)
        await tab.command("Page.navigate", url=file.as_uri())
        await holds(tab, "document.readyState === 'complete' && location.protocol === 'file:'")
        yield tab
        assert [
            event for event in tab.events if event["method"] in FAULTS and not of_our_looking(event)
        ] == []
        asked = {
            event["params"]["request"]["url"].partition(":")[0]
            for event in tab.events
            if event["method"] == "Network.requestWillBeSent"
        }
        assert asked <= {"file", "data", "about"}
        await tab.close()


async def holds(tab, claim: str) -> None:
    """Until it does; in the page's own words."""
    async with asyncio.timeout(PATIENCE_S):
        while not await tab.value(f"Boolean({claim})"):
            await asyncio.sleep(0.05)


PAINTED = """(() => {
  const canvas = document.querySelector('canvas.lanes');
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let at = 0; at < pixels.length; at += 4) colours.add(pixels[at] << 16 | pixels[at + 1] << 8 | pixels[at + 2]);
  return canvas.width > 300 && colours.size > 20;
})()"""
PRESS = "document.querySelector('canvas.lanes').dispatchEvent(new KeyboardEvent('keydown', {{key: '{}'}}))"


async def test_a_call_is_drawn_chosen_by_keys_and_explained(tmp_path):
    page = call_page(sample_journal(tmp_path / "journals", voices=True, sound=True))
    async with opened(page, tmp_path) as tab:
        await holds(tab, PAINTED)
        assert await tab.value("document.querySelector('.detail').hidden")
        for _ in range(2):  # the line is answered, then they speak
            await tab.value(PRESS.format("ArrowRight"))
        await holds(
            tab, "document.querySelector('.detail').innerText.includes('Osteria Lina, good evening.')"
        )
        assert await tab.value("document.querySelector('.detail').innerText.includes('350 ms of silence')")
        assert await tab.value("document.querySelector('tr.chosen').dataset.item") == "turn:1"
        await tab.value("document.querySelector('tr[data-item^=said]').click()")
        await holds(tab, "document.querySelector('tr.chosen')?.dataset.item === 'said:0'")
        await tab.value(PRESS.format("Escape"))
        await holds(tab, "document.querySelector('.detail').hidden")


async def test_a_click_on_a_turns_time_plays_it(tmp_path):
    page = call_page(sample_journal(tmp_path / "journals", sound=True))
    async with opened(page, tmp_path) as tab:
        await holds(tab, "Math.abs(document.querySelector('audio').duration - 47) < 0.2")
        await tab.value("document.querySelector('tr[data-item=\"turn:2\"] .at').click()")
        await holds(tab, "Math.abs(document.querySelector('audio').currentTime - 6.9) < 1")


async def test_what_strangers_said_is_shown_and_does_nothing(tmp_path):
    async with opened(call_page(hostile_call(tmp_path)), tmp_path, scheme="dark") as tab:
        await holds(tab, PAINTED)
        await tab.value("document.querySelector('tr[data-item=\"turn:1\"]').click()")
        await holds(tab, "document.querySelector('.detail').innerText.includes('<script>alert(1)</script>')")
        assert await tab.value("document.querySelectorAll('img, article script:not(.call-data)').length") == 0


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1300, "light")])
async def test_nothing_is_wider_than_the_screen(tmp_path, width, scheme):
    page = call_page(sample_journal(tmp_path / "journals", voices=True))
    async with opened(page, tmp_path, width=width, scheme=scheme) as tab:
        await holds(tab, PAINTED)
        assert await tab.value("document.documentElement.scrollWidth") <= width
        ground = await tab.value("getComputedStyle(document.body).backgroundColor")
        assert (int(ground[4:].partition(",")[0]) < 60) is (scheme == "dark")


async def test_without_a_script_the_conversation_is_there(tmp_path):
    page = call_page(sample_journal(tmp_path / "journals", sound=True))
    async with opened(page, tmp_path, script=False) as tab:
        assert await tab.value(
            "document.querySelector('.log').innerText.includes('Eight is fine. And the name?')"
        )
        assert await tab.value("document.querySelector('audio').offsetHeight") > 0


async def test_runs_are_filtered_and_sorted_and_a_failed_call_opens(tmp_path):
    folder = sample_journal(tmp_path / "journals", voices=True)
    runs = [
        run(latency_ms=[900.0]),
        run("de/accepts", latency_ms=[90.0]),
        run("nl/full", "failed", latency_ms=[], journal=str(folder)),
    ]
    async with opened(run_page(evaluation_of(runs)), tmp_path) as tab:
        rows = "[...document.querySelectorAll('.runs tbody tr')].filter(row => !row.hidden)"
        shown = f"{rows}.map(row => row.cells[1].dataset.value).join()"
        assert await tab.value(shown) == "nl/full,en/accepts,de/accepts"
        for order in ("nl/full,de/accepts,en/accepts", "en/accepts,de/accepts,nl/full"):
            await tab.value("document.querySelectorAll('.runs th button')[5].click()")
            assert await tab.value(shown) == order
        field = "document.querySelector('.filters input')"
        await tab.value(f"{field}.value = 'ACCEPTS de'; {field}.dispatchEvent(new Event('input'))")
        assert await tab.value(shown) == "de/accepts"
        assert await tab.value("document.querySelector('article').hidden")
        await tab.value("document.querySelector('.runs a').click()")
        await holds(tab, f"!document.querySelector('article').hidden && {PAINTED}")
