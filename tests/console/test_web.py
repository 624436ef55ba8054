"""The console as a web page: a real server, real console processes, an engine that is a stand-in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import psutil
import pytest
from aiohttp import web

from console.__main__ import settings_of
from console.options import HOST, THEMES, complaint, for_visitors, parse
from console.web import Page, PageError, Visitor, listening
from engine.protocol import CallState, GetSnapshot, Ping, Presence, SpeechStarted, Transcript
from engine.settings import ConsoleSettings
from engine.statedir import StateDirectory
from tests.fakes.browser import browser, chromium, plain
from tests.fakes.fake_engine import FakeEngine

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "SSH_CONNECTION")
}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
PATIENCE_S = 30.0
pytestmark = pytest.mark.timeout(120)


async def until(holds, what: str, timeout_s: float = PATIENCE_S) -> None:
    """Poll; no sleep that hopes."""
    try:
        async with asyncio.timeout(timeout_s):
            while not holds():
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"waited {timeout_s:.0f} s for {what}")


class Server:
    """`python -m console --web` on a free port."""

    def __init__(self, folder: Path, *flags: str) -> None:
        command = [
            sys.executable,
            "-m",
            "console",
            "--web",
            "--port",
            "0",
            "--state-dir",
            str(folder),
            *flags,
        ]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith(f"http://{HOST}:"), self.process.communicate()
        self.address = self.url.partition("/?")[0]
        self.key = self.url.partition("key=")[2]
        self.seen: set[psutil.Process] = set()

    def consoles(self) -> list[psutil.Process]:
        """Console processes that live, also those whose server is gone."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self.seen |= set(psutil.Process(self.process.pid).children(recursive=True))
        return [each for each in self.seen if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def end(self) -> None:
        consoles = self.consoles()
        self.process.kill()
        self.process.communicate()
        for each in consoles:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()


@pytest.fixture
def server(tmp_path):
    served = Server(tmp_path / "state")
    yield served
    served.end()


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as opened:
        yield opened


@contextlib.asynccontextmanager
async def engine_with_calls(folder: Path):
    """An engine with two calls in it."""
    with StateDirectory(folder, needed_free_bytes=0) as directory:
        engine = FakeEngine()
        engine.start()
        directory.announce(msgspec.structs.asdict(engine.address))
        for number, restaurant, words in (
            (1, "Golden Lantern", "good evening how can i help you"),
            (2, "Zur Post", "guten tag was kann ich tun"),
        ):
            await engine.say(CallState("listening", restaurant, "en", "simulated"), number)
            await engine.say(SpeechStarted(1, 0), number)
            await engine.say(Transcript(1, words, True, "en", 0.9, 0, 900), number)
        try:
            yield engine
        finally:
            await engine.close()


async def visit(server: Server, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """What the page does: open the terminal's socket."""
    return await session.ws_connect(f"{server.address}/ws?width=100&height=30&key={server.key}")


async def shown(page: aiohttp.ClientWebSocketResponse, words: str) -> None:
    """Read what the console writes until the words were in it."""
    seen = ""
    async with asyncio.timeout(PATIENCE_S):
        while words not in plain(seen):
            message = await page.receive()
            assert message.type is aiohttp.WSMsgType.BINARY, (message, plain(seen)[-500:])
            seen += message.data.decode("utf-8", "replace")


def commands_of(engine: FakeEngine) -> list[Any]:
    """What was asked of the engine that would change something."""
    harmless = (GetSnapshot, Ping, Presence)
    return [command for _, command in engine.commands if not isinstance(command, harmless)]


# --- in a browser ------------------------------------------------------------------------------------


@pytest.mark.skipif(chromium() is None, reason="no chromium on this machine")
async def test_in_a_browser_calls_are_seen_a_key_selects_and_commands_are_refused(tmp_path, session):
    async with engine_with_calls(tmp_path / "state") as engine:
        server = Server(tmp_path / "state")
        try:
            async with browser(tmp_path / "profile", session) as open_tab:
                tab = await open_tab(server.url)
                await until(lambda: "good evening how can i" in plain(tab.terminal), "the calls")
                assert "Golden Lantern" in plain(tab.terminal) and "Zur Post" in plain(tab.terminal)
                assert await tab.value("document.body.classList.contains('-first-byte')")
                await tab.value("document.querySelector('textarea').focus()")

                await tab.key("j")
                await until(lambda: "guten tag was kann ich tun" in plain(tab.terminal), "the other call")

                await tab.key("X")
                await until(lambda: "without --readonly" in plain(tab.terminal), "the refusal")
                assert commands_of(engine) == []
                await tab.picture(tmp_path / "page.png")
                assert (tmp_path / "page.png").stat().st_size > 10_000  # not an empty page

                assert len(server.consoles()) == 1
                await tab.close()
                await until(lambda: not server.consoles(), "the console to end with its page", 10)
            assert server.stop() == 0
        finally:
            server.end()


# --- visitors and their processes ----------------------------------------------------------------------


async def test_each_visitor_has_a_console_which_ends_with_the_page(server, session):
    first, second = await visit(server, session), await visit(server, session)
    await shown(first, "Waiting for an engine")
    await shown(second, "Waiting for an engine")
    assert len(server.consoles()) == 2
    await first.close()
    await until(lambda: len(server.consoles()) == 1, "one console to end", 10)
    await second.close()
    await until(lambda: not server.consoles(), "the other to end", 10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_stopping_the_server_leaves_no_process(server, session, number):
    pages = [await visit(server, session) for _ in range(2)]
    for page in pages:
        await shown(page, "Waiting for an engine")
    assert len(server.consoles()) == 2
    assert await asyncio.to_thread(server.stop, number) == 0
    assert server.consoles() == []


async def test_a_server_that_is_killed_leaves_no_process_either(server, session):
    pages = [await visit(server, session) for _ in range(2)]
    for page in pages:
        await shown(page, "Waiting for an engine")
    assert len(server.consoles()) == 2
    await asyncio.to_thread(server.stop, signal.SIGKILL)
    await until(lambda: not server.consoles(), "the consoles to end by themselves", 10)


async def test_a_page_that_went_without_a_word_takes_its_console_along(server):
    async with aiohttp.ClientSession() as session:
        page = await visit(server, session)
        await shown(page, "Waiting for an engine")
        connection = page._response.connection
        assert connection is not None and connection.transport is not None
        connection.transport.abort()
    await until(lambda: not server.consoles(), "the console to end", 10)


async def test_a_console_that_is_stuck_is_killed():
    stuck = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    stuck += "print('__GANGLION__', flush=True)\nwhile True: time.sleep(60)"

    async def nowhere(_) -> None: ...

    async def closed() -> None: ...

    page = Page([sys.executable, "-c", stuck], 1)
    visitor = Visitor(
        page.command,
        write_bytes=nowhere,
        write_str=nowhere,
        close=closed,
        download_manager=page.download_manager,
    )
    await visitor.start(80, 24)
    process = visitor._process
    assert process is not None and process.returncode is None
    await visitor.stop()
    assert process.returncode == -signal.SIGKILL


async def test_keys_go_to_the_console_and_garbage_ends_it(server, session):
    page = await visit(server, session)
    await shown(page, "Waiting for an engine")
    await page.send_str(json.dumps(["stdin", "?"]))
    await shown(page, "Select the call above")  # in the list of keys
    await page.send_str("no JSON at all")
    await until(lambda: not server.consoles(), "the console to end", 10)


async def test_visitors_give_commands_only_where_that_was_allowed(tmp_path, session):
    async with engine_with_calls(tmp_path / "state") as engine:
        server = Server(tmp_path / "state", "--allow-commands", "--operator", "anna")
        try:
            page = await visit(server, session)
            await shown(page, "good evening how can i help you")
            await page.send_str(json.dumps(["stdin", "X"]))
            await page.send_str(json.dumps(["stdin", "y"]))
            await until(lambda: bool(commands_of(engine)), "the command")
            assert [(type(command).__name__, command.by) for command in commands_of(engine)] == [
                ("HangUp", "anna")
            ]
            await page.close()
        finally:
            server.end()


@contextlib.asynccontextmanager
async def served(code: str):
    """A page whose consoles are a piece of Python."""
    with listening(0) as sock:
        page = Page([sys.executable, "-c", code], sock.getsockname()[1])
        runner = web.AppRunner(await page.application(), access_log=None)
        await runner.setup()
        try:
            await web.SockSite(runner, sock).start()
            yield page
        finally:
            await runner.cleanup()


async def test_more_visitors_than_the_machine_can_bear_are_turned_away(monkeypatch, session):
    monkeypatch.setattr("console.web.MAX_VISITORS", 0)
    async with served("raise SystemExit('nobody starts this')") as page:
        visitor = await session.ws_connect(f"{page.public_url}/ws?key={page.key}")
        told = await visitor.receive(PATIENCE_S)
        assert (told.type, told.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.TRY_AGAIN_LATER)


@pytest.mark.parametrize("begun", ["", "print('__GANGLION__', flush=True)\n"], ids=["at its start", "later"])
async def test_a_console_that_fails_closes_its_page_and_its_words_are_kept(session, capsys, begun):
    async with served(f"{begun}raise SystemExit('there is no such thing')") as page:
        visitor = await session.ws_connect(f"{page.public_url}/ws?key={page.key}")
        assert (await visitor.receive(PATIENCE_S)).type is aiohttp.WSMsgType.CLOSE
    assert "there is no such thing" in capsys.readouterr().out


# --- who may open it -------------------------------------------------------------------------------------


async def test_without_the_key_and_from_another_page_nothing_is_shown(server, session):
    async with session.get(server.address) as refused:
        assert refused.status == 403 and "whole address" in await refused.text()
    async with session.get(f"{server.address}/?key=guessed") as refused:
        assert refused.status == 403
    port = int(server.address.rpartition(":")[2])
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(
        f"GET / HTTP/1.1\r\nHost: {HOST}:{port}\r\nCookie: call-thing-{port}=".encode() + b"\xff\r\n\r\n"
    )
    assert b" 403 " in await reader.readline()
    writer.close()
    others = ({"Origin": "http://127.0.0.1:3000"}, {"Host": f"elsewhere.example:{port}"})
    for headers, key in (({}, ""), *((headers, server.key) for headers in others)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused_socket:
            await session.ws_connect(f"{server.address}/ws?key={key}", headers=headers)
        assert refused_socket.value.status == 403
    assert server.consoles() == []


async def test_the_key_is_needed_once_and_nothing_is_fetched_from_elsewhere(server):
    jar = aiohttp.CookieJar(unsafe=True)  # of an address without a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(server.url) as page:
            assert page.status == 200
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy and "https" not in policy
            cookie = page.headers["Set-Cookie"]
            assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        async with session.get(f"{server.address}/") as again:
            assert again.status == 200


def test_it_listens_on_this_machine_alone():
    with listening(0) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"
        with pytest.raises(PageError, match=r"cannot be used .*--port 0"):
            listening(sock.getsockname()[1])


# --- options -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--web", "--host", "0.0.0.0"], "served on 127.0.0.1 alone"),
        (["--web", "--port", "70000"], "a port is a number"),
        (["--web", "--port", "-1"], "a port is a number"),
        (["--web", "--demo", "x.yaml"], "every visitor"),
        (["--web", "--readonly", "--allow-commands"], "contradict"),
        (["--port", "8000"], "--port belongs to --web"),
        (["--host", "127.0.0.1"], "--host belongs to --web"),
        (["--allow-commands"], "--allow-commands belongs to --web"),
        (["--demo", "nowhere.yaml"], "no such scenario file"),
        (["--demo", "nowhere.yaml", "--readonly"], "forbids"),
    ],
)
def test_options_that_do_not_go_together_are_refused_in_words(arguments, words):
    assert words in complaint(parse(arguments))


@pytest.mark.parametrize(
    "arguments", [[], ["--web"], ["--web", "--host", "127.0.0.1", "--port", "0"], ["--readonly"]]
)
def test_options_that_go_together_are_taken(arguments):
    assert complaint(parse(arguments)) == ""


def test_a_visitors_console_has_no_microphone_and_is_read_only_unless_commands_are_allowed():
    assert for_visitors(parse(["--web"])) == ["--no-mic", "--readonly"]
    given = [
        "--web",
        "--allow-commands",
        "--ascii",
        "--state-dir",
        "a b",
        "--theme",
        "light",
        "--operator",
        "anna",
    ]
    visitor = for_visitors(parse(given))
    assert visitor == [
        "--no-mic", "--ascii", "--state-dir", "a b", "--operator", "anna", "--theme", "light",
    ]  # fmt: skip
    again = parse(visitor)
    assert (again.no_mic, again.readonly, again.state_dir, again.web) == (True, False, "a b", False)


def test_the_themes_on_the_command_line_are_those_of_the_settings():
    assert typing.get_args(typing.get_type_hints(ConsoleSettings)["theme"]) == THEMES


def test_the_command_line_wins_over_the_settings_file(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('[console]\noperator = "ben"\ntheme = "light"\nfps = 5\n')
    of_file = settings_of(parse(["--settings", str(file)])).console
    assert (of_file.operator, of_file.theme, of_file.fps) == ("ben", "light", 5)
    given = parse(["--settings", str(file), "--operator", "anna", "--theme", "production"])
    chosen = settings_of(given).console
    assert (chosen.operator, chosen.theme, chosen.fps) == ("anna", "production", 5)


def test_another_host_is_refused_before_anything_is_served(tmp_path):
    command = [sys.executable, "-m", "console", "--web", "--host", "0.0.0.0", "--state-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "ssh -L" in done.stderr and done.stdout == ""
