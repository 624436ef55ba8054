"""A headless Chromium with a profile of its own, driven over its DevTools protocol; and where to find it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

START_S = 30.0
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


def chromium() -> str | None:
    """The program, under any of its names."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def plain(terminal_output: str) -> str:
    """What a terminal was sent, without its escape sequences."""
    return _ESCAPE.sub("", terminal_output)


class Tab:
    """One page."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self._port = session, port
        self._number = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.terminal = ""  # all that the page's terminal was sent
        self.events: list[dict[str, Any]] = []  # all that the browser told of the page
        self.id = ""

    async def open(self, url: str) -> None:
        base = f"http://127.0.0.1:{self._port}/json"
        async with self._session.put(f"{base}/new?about:blank") as answer:
            about = await answer.json(content_type=None)
        self.id = about["id"]
        self._socket = await self._session.ws_connect(about["webSocketDebuggerUrl"], max_msg_size=0)
        self._reader = asyncio.create_task(self._read())
        await self.command("Network.enable")
        await self.command("Page.enable")
        await self.command("Page.navigate", url=url)

    async def command(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        number = self._number
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        return await asyncio.wait_for(self._answers[number], START_S)

    async def key(self, text: str) -> None:
        """Press and release a key that writes a character."""
        await self.command("Input.dispatchKeyEvent", type="keyDown", text=text, key=text, unmodifiedText=text)
        await self.command("Input.dispatchKeyEvent", type="keyUp", key=text)

    async def value(self, script: str) -> Any:
        result = await self.command("Runtime.evaluate", expression=script, returnByValue=True)
        return result["result"].get("value")

    async def picture(self, path: Path) -> None:
        shot = await self.command("Page.captureScreenshot")
        path.write_bytes(base64.b64decode(shot["data"]))

    async def close(self) -> None:
        async with self._session.get(f"http://127.0.0.1:{self._port}/json/close/{self.id}") as answer:
            await answer.read()
        self._reader.cancel()

    async def _read(self) -> None:
        async for message in self._socket:
            event = json.loads(message.data)
            if "method" in event:
                self.events.append(event)
            if event.get("method") == "Network.webSocketFrameReceived":
                frame = event["params"]["response"]
                if frame["opcode"] == 2:  # binary: what the console writes
                    self.terminal += base64.b64decode(frame["payloadData"]).decode("utf-8", "replace")
            elif (future := self._answers.pop(event.get("id", 0), None)) is not None:
                future.set_result(event.get("result", {}))


@contextlib.asynccontextmanager
async def browser(profile: Path, session: aiohttp.ClientSession) -> AsyncIterator[Any]:
    """A Chromium; gives what opens a Tab. It is gone afterwards."""
    program = chromium()
    assert program is not None
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    flags += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "--window-size=1280,800"]
    process = subprocess.Popen(
        [program, *flags, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        told = profile / "DevToolsActivePort"
        async with asyncio.timeout(START_S):
            while not (told.exists() and "\n" in told.read_text()):
                assert process.poll() is None, "chromium has ended"
                await asyncio.sleep(0.05)
        port = int(told.read_text().splitlines()[0])

        async def tab(url: str) -> Tab:
            opened = Tab(session, port)
            await opened.open(url)
            return opened

        yield tab
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
