"""`call-thing finetune …` from end to end, against a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engine.errors import CallThingError, SettingsError, StateError
from engine.finetune import remembered
from engine.finetune.vendor import VendorError
from engine.finetune_commands import finetune_app
from tests.fakes.finetune_server import KEY, RESULT, FinetuneServer, running
from tests.fakes.recorded_calls import played, record, write_journal

BASE = "gpt-small"


@pytest.fixture
def server() -> Iterator[FinetuneServer]:
    with running() as there:
        yield there


class Bench:
    """A state directory with recorded calls, a settings file, and the command line."""

    def __init__(self, folder: Path, url: str = "http://127.0.0.1:9/v1") -> None:
        self.state, self.out = folder / "state", folder / "out"
        self.settings = folder / "ours.toml"
        self.settings.write_text(
            f'# kept\n[brain]\nkind = "openai"\nbase_url = "{url}"\nkey_env = "TESTS_KEY"\n'
            f'model = "{BASE}"  # the old one\n'
        )

    def __call__(self, *arguments: str, types: str = "") -> Result:
        where = ["--state-dir", str(self.state), "--settings", str(self.settings)]
        result = CliRunner().invoke(finetune_app, [*arguments, *where], input=types)
        if isinstance(result.exception, CallThingError):
            raise result.exception
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def record(self, count: int = 14) -> None:
        for number in range(count):
            record(self.state, "en/accepts", f"call-{number:02}", phone="+441632960471")

    def exported(self) -> Path:
        self.record()
        self("approve", "--all-as-expected", "--by", "ada")
        assert self("export", str(self.out)).exit_code == 0
        return self.out


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTS_KEY", KEY)


@pytest.fixture
def bench(tmp_path: Path, server: FinetuneServer) -> Bench:
    return Bench(tmp_path, server.url)


# --- approve, export, check ---------------------------------------------------------------------------------


def test_approval_is_kept_beside_the_journal_with_who_and_when(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.record(2)
    rows = json.loads(bench("approve", "call-00", "--by", "ada", "--json").stdout)
    assert [(row["call"], row["approved_by"], row["as_expected"]) for row in rows] == [
        ("call-00", "ada", True)
    ]
    kept = json.loads((bench.state / "journals" / "call-00" / "approved.json").read_text())
    assert kept["by"] == "ada"
    assert kept["at"].endswith("+00:00")
    listed = json.loads(bench("approve", "--json").stdout)
    assert [bool(row["approved_at"]) for row in listed] == [True, False]
    assert not json.loads(bench("approve", "call-00", "--withdraw", "--json").stdout)[0]["approved_at"]


@pytest.mark.parametrize("beginning", ["[1]", "{", "no journal"])
def test_journal_that_cannot_be_read_is_named_and_the_others_are_listed(
    tmp_path: Path, beginning: str
) -> None:
    bench = Bench(tmp_path)
    bench.record(2)
    (bench.state / "journals" / "call-00" / "events.jsonl").write_text(beginning)
    listed = bench("approve")
    assert "call-01" in listed.stdout and "call-00" not in listed.stdout
    assert "1 journals cannot be read" in listed.stderr and "call-00" in listed.stderr


def test_all_as_expected_takes_no_other_calls(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.record(1)
    task, events, _ = played("en/accepts")
    write_journal(bench.state, "went-wrong", task, events, "en/accepts", outcome="needs_human")
    write_journal(bench.state, "real", task, events, "", outcome="booked")
    bench("approve", "--all-as-expected")
    rows = json.loads(bench("approve", "--json").stdout)
    assert [row["call"] for row in rows if row["approved_at"]] == ["call-00"]


def test_call_that_is_unknown_or_not_over_is_not_approved(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.record(2)
    task, events, _ = played("en/accepts")
    write_journal(bench.state, "still-going", task, events)
    for name, words in (("nobody", "no such call"), ("call-", "2 calls"), ("still", "not come to its end")):
        with pytest.raises(SettingsError, match=words):
            bench("approve", name)


def test_nothing_is_exported_that_nobody_approved(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.record(2)
    with pytest.raises(SettingsError, match="approve"):
        bench("export", str(bench.out))
    assert not bench.out.exists()
    assert "unapproved" not in CliRunner().invoke(finetune_app, ["export", "--help"]).output


def test_export_splits_by_call_and_check_finds_both_files_ready(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    folder = bench.exported()
    manifest = json.loads((folder / "examples.json").read_text())
    counts = {
        name: len((folder / name).read_text().splitlines()) for name in ("train.jsonl", "validation.jsonl")
    }
    assert counts == {name: len(lines) for name, lines in manifest.items()}
    assert sum(counts.values()) == 14
    for name in counts:
        found = json.loads(bench("check", str(folder / name), "--usd-per-million", "25", "--json").stdout)
        assert found["ok"], found
        assert found["cost_usd_estimated"] is not None
    everything = (folder / "train.jsonl").read_text() + (folder / "validation.jsonl").read_text()
    assert "Walker" not in everything
    assert "Lantern" not in everything


def test_check_fails_with_line_and_next_step(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    folder = bench.exported()
    lines = (folder / "train.jsonl").read_text().splitlines()
    (folder / "train.jsonl").write_text("\n".join([*lines, "{"]) + "\n")
    result = bench("check", str(folder / "train.jsonl"))
    assert result.exit_code == 1
    assert f"line {len(lines) + 1}: no JSON" in result.stdout
    assert "Export again" in result.stdout


# --- submit, status -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_nothing_leaves_before_a_yes(bench: Bench, server: FinetuneServer, answer: str) -> None:
    folder = bench.exported()
    result = bench("submit", str(folder), "--model", BASE, "--usd-per-million", "25", types=answer)
    assert result.exit_code == 1
    assert "examples" in result.stderr and server.url in result.stderr and "USD" in result.stderr
    assert server.asked == []


def test_files_are_uploaded_once_and_the_job_is_remembered(bench: Bench, server: FinetuneServer) -> None:
    folder = bench.exported()
    told = json.loads(
        bench(
            "submit", str(folder), "--model", BASE, "--suffix", "us", "--epochs", "2", "--yes", "--json"
        ).stdout
    )
    assert told["new"]
    assert sorted(name for name, _ in server.files.values()) == ["train.jsonl", "validation.jsonl"]
    assert dict(server.files.values())["train.jsonl"] == (folder / "train.jsonl").read_bytes()
    asked = server.jobs[told["job"]]["asked"]
    assert (asked["model"], asked["suffix"]) == (BASE, "us")
    assert asked["method"]["supervised"]["hyperparameters"] == {"n_epochs": 2}
    again = json.loads(
        bench(
            "submit", str(folder), "--model", BASE, "--suffix", "us", "--epochs", "2", "--yes", "--json"
        ).stdout
    )
    assert (again["job"], again["new"]) == (told["job"], False)
    assert (len(server.files), len(server.jobs)) == (2, 1)
    bench("submit", str(folder), "--model", BASE, "--suffix", "us", "--epochs", "2", "--yes", "--again")
    assert (len(server.files), len(server.jobs)) == (2, 2)
    assert (bench.state / remembered.FILE).stat().st_mode & 0o777 == 0o600


def test_job_whose_answer_was_lost_is_found_again(bench: Bench, server: FinetuneServer) -> None:
    folder = bench.exported()
    server.lost = ["POST /v1/fine_tuning/jobs"]
    with pytest.raises(VendorError, match="502"):
        bench("submit", str(folder), "--model", BASE, "--yes")
    assert len(server.jobs) == 1
    told = json.loads(bench("submit", str(folder), "--model", BASE, "--yes", "--json").stdout)
    assert (told["job"], told["new"]) == ("ftjob-1", False)
    assert (len(server.files), len(server.jobs)) == (2, 1)


def test_file_with_faults_is_not_submitted(bench: Bench, server: FinetuneServer) -> None:
    folder = bench.exported()
    (folder / "train.jsonl").write_text("{}\n")
    result = bench("submit", str(folder), "--model", BASE, "--yes")
    assert result.exit_code == 1
    assert "not ready" in result.stderr
    assert server.asked == []


@pytest.mark.parametrize(
    ("part", "code", "words"),
    [
        ("files", 401, "brain.key_env"),
        ("files", 400, "finetune check"),
        ("jobs", 429, "not uploaded twice"),
        ("jobs", 500, "Wait"),
    ],
)
def test_errors_are_words_with_a_next_step_and_without_the_key(
    bench: Bench, server: FinetuneServer, part: str, code: int, words: str
) -> None:
    folder = bench.exported()
    server.fail = [
        (f"POST /v1/{'fine_tuning/' if part == 'jobs' else ''}{part}", code, f"key sk-{KEY} is bad")
    ]
    with pytest.raises(VendorError, match=words) as error:
        bench("submit", str(folder), "--model", BASE, "--yes")
    assert KEY not in str(error.value)
    bench("submit", str(folder), "--model", BASE, "--yes")
    assert (len(server.files), len(server.jobs)) == (2, 1)


def test_busy_moment_of_the_server_is_waited_out_while_uploading(
    bench: Bench, server: FinetuneServer
) -> None:
    folder = bench.exported()
    server.fail = [("POST /v1/files", 503, "busy")]
    assert bench("submit", str(folder), "--model", BASE, "--yes").exit_code == 0
    assert len(server.jobs) == 1


def test_server_that_is_too_slow_is_not_waited_for_for_ever(
    bench: Bench, server: FinetuneServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.finetune.vendor.ASK_S", 0.2)
    server.slow_s = 1.0
    with pytest.raises(VendorError, match="no answer in time"):
        bench("status", "ftjob-1")


def test_missing_key_wrong_key_and_no_server_are_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = bench.exported()
    monkeypatch.setenv("TESTS_KEY", "another")
    with pytest.raises(VendorError, match="401"):
        bench("submit", str(folder), "--model", BASE, "--yes")
    monkeypatch.setenv("CALL_THING_BRAIN__BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(VendorError, match="nothing answers"):
        bench("status", "ftjob-1")
    monkeypatch.setenv("CALL_THING_BRAIN__BASE_URL", "")
    monkeypatch.delenv("TESTS_KEY")
    with pytest.raises(SettingsError, match="TESTS_KEY"):
        bench("status", "ftjob-1")


def test_status_follows_the_job_to_its_model(bench: Bench, server: FinetuneServer) -> None:
    folder = bench.exported()
    with pytest.raises(SettingsError, match="No job"):
        bench("status")
    bench("submit", str(folder), "--model", BASE, "--yes")
    told = [json.loads(bench("status", "--json").stdout) for _ in range(3)]
    assert [each["status"] for each in told] == ["queued", "running", "succeeded"]
    assert told[-1]["model"] == RESULT
    assert told[-1]["events"][0]["text"] == "The job is succeeded"
    assert RESULT in bench("status").stdout
    with pytest.raises(VendorError, match="404"):
        bench("status", "ftjob-99")


def test_job_that_failed_says_why_and_fails_the_command(bench: Bench, server: FinetuneServer) -> None:
    folder = bench.exported()
    bench("submit", str(folder), "--model", BASE, "--yes")
    server.bad_file = "line 3 is broken"
    result = bench("status")
    assert result.exit_code == 1
    assert "line 3 is broken" in result.stdout
    server.bad_file = ""
    bench("submit", str(folder), "--model", "gpt-other", "--yes")
    assert len(server.jobs) == 2


def test_broken_memory_is_an_error_in_words(bench: Bench) -> None:
    bench.state.mkdir()
    (bench.state / remembered.FILE).write_text("{")
    with pytest.raises(StateError, match="move it away"):
        bench("status")


# --- compare, use ---------------------------------------------------------------------------------------------


def test_model_is_used_after_a_comparison_and_given_up_again(bench: Bench, server: FinetuneServer) -> None:
    folder = bench.exported()
    bench("submit", str(folder), "--model", BASE, "--yes")
    for _ in range(3):
        bench("status")
    before = bench.settings.read_text()
    with pytest.raises(SettingsError, match="not compared"):
        bench("use")
    assert bench.settings.read_text() == before
    bench("compare", RESULT, RESULT, "--scenario", "en/accepts")
    with pytest.raises(SettingsError, match="not compared"):
        bench("use")  # with itself is with nothing
    result = bench("compare", "scripted", RESULT, "--scenario", "en/accepts")
    assert "1 of 1 as expected" in result.stdout and "0 of 1 as expected" in result.stdout
    used = bench("use")
    assert RESULT in used.stdout
    assert f"scripted 1 of 1, {RESULT} 0 of 1" in used.stderr
    assert bench.settings.read_text() == before.replace(f'"{BASE}"', f'"{RESULT}"')
    bench("use")  # twice is once
    bench("use", "--off")
    assert bench.settings.read_text() == before
    with pytest.raises(SettingsError, match="no model was put"):
        bench("use", "--off")


def test_untested_model_is_used_where_that_is_said(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench("use", "ft:new", "--untested")
    assert 'model = "ft:new"  # the old one' in bench.settings.read_text()
    with pytest.raises(SettingsError, match="finetune status"):
        bench("use", "--untested")
    with pytest.raises(SettingsError, match="Leave the model out"):
        bench("use", "ft:new", "--off")


def test_settings_file_keeps_its_mode(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.settings.chmod(0o640)
    bench("use", "ft:new", "--untested")
    assert bench.settings.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ours.toml", "state"]


def test_comparison_with_a_model_that_never_answered_does_not_count(
    bench: Bench, server: FinetuneServer
) -> None:
    server.fail = [("chat", 401, "no")] * 50
    with pytest.raises(CallThingError, match="answered in no turn"):
        bench("compare", "scripted", "ft:mute", "--scenario", "en/accepts")
    with pytest.raises(SettingsError, match="not compared"):
        bench("use", "ft:mute")


def test_comparison_is_one_object_for_programs(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    told = json.loads(bench("compare", "scripted", "scripted", "--scenario", "de/accepts", "--json").stdout)
    assert told["as_expected"] == [1, 1]
    assert told["rows"][0]["scenario"] == "de/accepts"
    assert told["rows"][0]["sides"][0]["turns"] > 2
