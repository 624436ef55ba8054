"""`call-thing evaluate`: scenarios through the whole engine, or in text; what came of them, and what has changed."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from engine.errors import ExitCode, SettingsError
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import say, show

if TYPE_CHECKING:
    from engine.evaluation.order import Order, Told
    from engine.evaluation.results import Evaluation, Run


class How(NamedTuple):
    """In which way scenarios are run."""

    text: bool
    stub: bool
    parallel: int


def evaluate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Scenarios: en/accepts, a language, a file, a folder, a pattern such as 'de/full_*'. None: all.",
        ),
    ] = None,
    repeat: Annotated[int, typer.Option("--repeat", min=1, max=100, help="How often each is run.")] = 1,
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=64, help="Calls at once.")] = 1,
    text: Annotated[
        bool, typer.Option("--text", help="As conversations in text: no audio, and no waiting.")
    ] = False,
    stub: Annotated[
        bool,
        typer.Option(
            "--stub", help="How many calls this machine carries: recordings as far ends, services of 0 ms."
        ),
    ] = False,
    brain: Annotated[
        str | None, typer.Option("--brain", help="scripted or openai, in place of brain.kind.")
    ] = None,
    recognizer: Annotated[
        str | None, typer.Option("--recognizer", help="A model, in place of recognizer.model.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", help="Only scenarios in this language.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only scenarios of this kind.")] = None,
    persona: Annotated[
        str | None,
        typer.Option(
            "--persona", help="Who the restaurants are: patient, hurried, chatty, hard_of_hearing or llm."
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="FILE|last", help="An earlier evaluation: what got better, what worse."
        ),
    ] = None,
    fail_under: Annotated[
        float,
        typer.Option("--fail-under", min=0.0, max=1.0, help="Share as expected that every language needs."),
    ] = 1.0,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report for people there.")] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write JUnit XML there, as CI systems read it.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", help="Where it is stored; by default under evaluations/ in the state directory."
        ),
    ] = None,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Run scenarios and say how the agent does: exit code 0 if all ended as expected."""
    from engine.evaluation import keeping
    from engine.evaluation.comparing import compared
    from engine.evaluation.finding import planned, with_persona
    from engine.evaluation.junit import junit_xml
    from engine.evaluation.order import orders_of
    from engine.evaluation.telling import lines_of

    _check_names(language or [], kind or [])
    if text and stub:
        raise SettingsError("--stub measures calls in real time, and --text has none. Leave one of them out.")
    own_engine = not text and (brain is not None or recognizer is not None or stub)
    chosen = _chosen(settings, state_dir, {"BRAIN__KIND": brain, "RECOGNIZER__MODEL": recognizer}, own_engine)
    state = chosen.settings.state_path
    if persona is not None:
        _check_persona(persona, chosen, stub)
    found = planned(paths or [], language or [], kind or [])
    orders = orders_of([with_persona(each, persona or "") for each in found], repeat)
    before = keeping.earlier(against, state, text, stub) if against is not None else None
    evaluation = _run(chosen, orders, How(text, stub, parallel))
    if before is not None:
        evaluation = compared(evaluation, before)
    where = save or keeping.place_of(state, evaluation)
    keeping.keep(evaluation, where)
    if junit is not None:
        _write(junit, junit_xml(evaluation))
    if html is not None:
        _write_html(html, evaluation)
    if as_json:
        import msgspec

        show(msgspec.json.format(msgspec.json.encode(evaluation), indent=2).decode())
    else:
        for line in lines_of(evaluation):
            show(line)
    say(f"stored: {where}")
    raise typer.Exit(exit_code_of(evaluation, fail_under))


def exit_code_of(evaluation: Evaluation, fail_under: float) -> ExitCode:
    """What the command returns."""
    from engine.evaluation.order import was_broken_off

    if was_broken_off(evaluation.runs):
        return ExitCode.INTERRUPTED
    shares = [share.success for share in evaluation.by_language.values() if share.success is not None]
    enough = bool(shares) and all(success >= fail_under for success in shares)
    return ExitCode.OK if enough else ExitCode.NOT_AS_EXPECTED


def _check_names(languages: list[str], kinds: list[str]) -> None:
    from engine.protocol import LANGUAGES
    from engine.scenario_kinds import KINDS

    for option, given, known in (("--language", languages, LANGUAGES), ("--kind", kinds, KINDS)):
        for each in given:
            if each not in known:
                raise SettingsError(f'{option}: there is no "{each}". There are: {", ".join(known)}.')


def _check_persona(persona: str, chosen: Chosen, stub: bool) -> None:
    from engine.acting.asking import key_for

    if stub:
        raise SettingsError("--stub plays recordings, which have no persona. Leave one of the two out.")
    if persona == "llm":
        key_for(chosen.settings.brain, os.environ)


def _chosen(
    settings: Path | None, state_dir: Path | None, flags: dict[str, str | None], own_engine: bool
) -> Chosen:
    """The settings with what the flags say. An engine of our own gets these by its environment.

    own_engine: it has to be one. Raises SettingsError where another runs on the state directory.
    """
    from engine.settings_sources import ENV_PREFIX

    for field, value in flags.items():
        if value is not None:
            os.environ[ENV_PREFIX + field] = value
    chosen = Chosen(settings, state_dir)
    if own_engine:
        from engine.launch import address_of

        address = address_of(chosen.settings.state_path)
        if address is not None:
            raise SettingsError(
                f"--brain, --recognizer and --stub are for an engine that is started for this, and one runs already "
                f"(process {address.pid}) on {chosen.settings.state_path}. Stop it (call-thing stop), or name another "
                "--state-dir."
            )
    return chosen


def _run(chosen: Chosen, orders: list[Order], how: How) -> Evaluation:
    from engine.evaluation.kept_up import kept_up, remarks_of
    from engine.evaluation.shares import evaluation_of
    from engine.evaluation.telling import progress

    began, since_s = datetime.now(UTC), time.monotonic()
    with progress(len(orders)) as told:
        runs = _runs(chosen, orders, how, told)
    return evaluation_of(
        runs,
        text=how.text,
        stub=how.stub,
        brain="stub" if how.stub else chosen.settings.brain.kind,
        began=began.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - since_s, 1),
        real_time=kept_up(runs),
        remarks=remarks_of(runs, how.parallel),
    )


def _runs(chosen: Chosen, orders: list[Order], how: How, told: Told) -> list[Run]:
    """Scenarios in text or by audio, and then the cases, which are recorded calls."""
    from engine.evaluation.by_rerun import by_rerun
    from engine.evaluation.order import was_broken_off

    cases = [order for order in orders if order.planned.scenario is None]
    scenarios = [order for order in orders if order.planned.scenario is not None]
    runs: list[Run] = []
    if scenarios and how.text:
        from engine.evaluation.by_text import by_text

        runs = by_text(scenarios, chosen.settings.brain, os.environ, how.parallel, told)
    elif scenarios:
        runs = asyncio.run(_by_audio(chosen, scenarios, how, told))
    return runs + by_rerun(cases, chosen.settings, told, was_broken_off(runs))


async def _by_audio(chosen: Chosen, orders: list[Order], how: How, told: Told) -> list[Run]:
    from tempfile import TemporaryDirectory

    from engine.evaluation.by_audio import KINDS, ScenarioCalls, by_audio
    from engine.evaluation.by_load import LoadCalls
    from engine.launch import engine_client

    if how.stub:
        say("recording what the restaurants say")
    with TemporaryDirectory(prefix="call-thing-load-") as folder:
        calls = LoadCalls(orders, Path(folder)) if how.stub else ScenarioCalls()
        arguments = [*chosen.arguments, "--stub"] if how.stub else chosen.arguments
        async with engine_client(chosen.settings, arguments, say, *KINDS) as client:
            return await by_audio(client, orders, how.parallel, told, calls)


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, "utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror}).") from None


def _write_html(path: Path, evaluation: Evaluation) -> None:
    from engine.reports.run_page import run_page

    _write(path, run_page(evaluation))
