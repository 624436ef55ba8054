"""The console as a process in a terminal: under tmux with a stand-in engine, and when its terminal goes away."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def environment_from(variables: Mapping[str, str]) -> dict[str, str]:
    """These, for a program in a terminal that is like any other."""
    plain = {name: value for name, value in variables.items() if name not in ("NO_COLOR", "SSH_CONNECTION")}
    return plain | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}


ENVIRONMENT = environment_from(os.environ)


def until(holds: Callable[[], bool], what: str, timeout_s: float = 20.0) -> None:
    """Poll; no sleep that hopes."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < timeout_s, what
        time.sleep(0.05)


class Tmux:
    """A server of its own, on its own socket."""

    def __init__(self, folder: Path, environment: dict[str, str] = ENVIRONMENT) -> None:
        self._base = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._environment = environment

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._base, *arguments], capture_output=True, text=True, env=self._environment
        )
        return done.stdout

    def screen(self) -> str:
        return self("capture-pane", "-p")


@pytest.fixture
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("c")  # short: a socket's path has a limit


@pytest.fixture
def engine(folder):
    process = start_engine(folder)
    yield process
    process.kill()
    process.wait()


def start_engine(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.fakes.fake_engine", str(folder / "state"), "--speed", "8"]
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_a_call_is_watched_the_engine_dies_and_q_leaves(folder, engine):
    scenario = folder / "demo.yaml"
    scenario.touch()
    tmux = Tmux(folder)
    console = f"{sys.executable} -m console --state-dir {folder / 'state'} --demo {scenario}"
    tmux("new-session", "-d", "-x", "100", "-y", "30", f"cd {ROOT}; {console}; echo $? > {folder / 'code'}")
    try:
        until(lambda: "engine ●" in tmux.screen(), "live")
        until(lambda: "ended: booked" in tmux.screen(), "the whole call")
        assert "[not heard:" in tmux.screen() or "Thank you very much, goodbye." in tmux.screen()
        engine.kill()
        until(lambda: "LOST" in tmux.screen(), "lost")
        assert "Thank you very much, goodbye." in tmux.screen()
        tmux("send-keys", "q")
        until(lambda: (folder / "code").exists() and (folder / "code").read_text() != "", "exit")
        assert (folder / "code").read_text().strip() == "0"
    finally:
        tmux("kill-server")


def in_pty(folder: Path, *, own_session: bool) -> tuple[int, int]:
    """Start the console on a new terminal; its process id and our end of the terminal."""
    pid, master = pty.fork() if own_session else _fork_without_session()
    if pid == 0:
        os.chdir(ROOT)
        command = [sys.executable, "-m", "console", "--state-dir", str(folder / "none")]
        os.execvpe(sys.executable, command, ENVIRONMENT)
    return pid, master


def _fork_without_session() -> tuple[int, int]:
    """As pty.fork, but not the child's controlling terminal: no SIGHUP comes, only an ended input."""
    master, terminal = pty.openpty()
    pid = os.fork()
    if pid == 0:
        for descriptor in (0, 1, 2):
            os.dup2(terminal, descriptor)
        os.close(master)
        os.close(terminal)
    else:
        os.close(terminal)
    return pid, master


def read_until(master: int, word: bytes) -> None:
    seen = b""
    began = time.monotonic()
    while word not in seen:
        assert time.monotonic() - began < 20, seen[-500:]
        seen += os.read(master, 65536)


def exit_code(pid: int) -> int:
    codes: list[int] = []

    def ended() -> bool:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            codes.append(os.waitstatus_to_exitcode(status))
        return bool(done)

    try:
        until(ended, "the process still runs", 10)
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    return codes[0]


@pytest.mark.parametrize("own_session", [True, False], ids=["hang-up signal", "ended input"])
def test_the_console_ends_when_its_terminal_goes_away(folder, own_session):
    pid, master = in_pty(folder, own_session=own_session)
    read_until(master, b"Waiting")
    os.close(master)
    assert exit_code(pid) in (0, 1)


@pytest.mark.parametrize("closed", ["stdin", "stdout"])
def test_the_console_of_a_page_ends_when_either_of_its_pipes_is_closed(folder, closed):
    page = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver", "COLUMNS": "100", "ROWS": "30"}
    command = [sys.executable, "-m", "console", "--state-dir", str(folder / "none"), "--readonly", "--no-mic"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT | page, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        assert process.stdout is not None
        read_until(process.stdout.fileno(), b"Waiting")
        getattr(process, closed).close()
        assert process.wait(10) in (0, 1)
    finally:
        process.kill()
        process.wait()


def test_a_console_whose_page_stopped_reading_ends_when_its_input_does(folder):
    code = (
        "import os, time; from console.terminal import TerminalWatch; TerminalWatch(lambda: None).start()\n"
    )
    code += "while True: os.write(1, b'x' * 4096)"  # stuck in a full pipe before long
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 1
    finally:
        process.kill()
        process.wait()


def test_without_a_terminal_the_way_out_is_named(folder):
    done = subprocess.run(
        [sys.executable, "-m", "console"],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    assert done.returncode == 2 and b"call-thing run" in done.stderr and b"--web" in done.stderr


def test_help_imports_nothing_heavy():
    code = "import sys, console.__main__ as m\ntry: m.main(['--help'])\nexcept SystemExit: pass\n"
    code += "print([name for name in ('textual', 'zmq', 'msgspec', 'rich') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_demo_that_is_not_there_is_said_before_the_screen_is_taken(folder):
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(sys.executable, [sys.executable, "-m", "console", "--demo", "nowhere.yaml"], ENVIRONMENT)
    read_until(master, b"no such scenario file")
    assert exit_code(pid) == 2
    os.close(master)


def test_a_stuck_console_is_ended_all_the_same():
    code = "import os, time; from console.terminal import TerminalWatch; r, w = os.pipe(); os.close(w); "
    code += "TerminalWatch(lambda: time.sleep(60), r).start(); time.sleep(60)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, timeout=20)
    assert done.returncode == 1
