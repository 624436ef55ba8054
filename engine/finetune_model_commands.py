"""`call-thing finetune submit|status|use|compare`: a model is made of checked files, compared and used."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.errors import CallThingError, ExitCode, SettingsError
from engine.finetune_options import Epochs, Price, checked_file, tell
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import say, show


def submit(
    folder: Annotated[Path, typer.Argument(help="The folder that export has written, or its train.jsonl.")],
    model: Annotated[
        str, typer.Option("--model", help="The model to begin with, by the vendor's name for it.")
    ],
    suffix: Annotated[str, typer.Option("--suffix", help="A word for the new model's name.")] = "",
    epochs: Epochs = 0,
    usd_per_million: Price = 0.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before files are uploaded.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin another job with the same files.")] = False,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Upload the files and begin a job; asks before anything leaves this machine."""
    from engine.finetune import submitting, telling
    from engine.finetune.export import TRAIN, VALIDATION
    from engine.finetune.limits import LONGEST_SUFFIX
    from engine.finetune.vendor import Vendor

    if len(suffix) > LONGEST_SUFFIX:
        raise SettingsError(f"--suffix: {LONGEST_SUFFIX} characters at most. Choose a shorter word.")
    chosen = Chosen(settings, state_dir)
    training = folder / TRAIN if folder.is_dir() else folder
    beside = training.with_name(VALIDATION)
    measuring = beside if beside != training and beside.is_file() and beside.stat().st_size else None
    files = [checked_file(file, chosen) for file in (training, measuring) if file is not None]
    for checked in files:
        if not checked.ok:
            found = telling.of_check(checked, usd_per_million, epochs)
            for line in telling.check_lines(found):
                say(line)
            raise typer.Exit(ExitCode.NOT_AS_EXPECTED)
    what = submitting.Submission(files[0], files[1] if len(files) > 1 else None, model, suffix, epochs)
    vendor = Vendor(chosen.settings.brain, os.environ)
    cost = telling.cost_usd(files[:1], usd_per_million, epochs)
    for checked in files:
        say(
            f"{checked.file}: {checked.examples} examples, {checked.bytes} bytes, about {checked.tokens} tokens"
        )
    say(
        f"go to {vendor.where}, to make a model of {model}"
        + ("" if cost is None else f", for about {cost:.2f} USD")
    )
    if not yes and not typer.confirm("Upload these files?", err=True):
        raise typer.Exit(ExitCode.NOT_AS_EXPECTED)
    job, new = submitting.submit(chosen.settings.state_path, vendor, what, datetime.now(UTC), again)
    told = {"job": job.job, "new": new, "status": job.status, "base": job.base, "submitted_at": job.at}
    known = "" if new else ", begun before with the same files; --again begins another"
    tell(told, as_json, [f"{job.job}: {job.status}{known}"])


def status(
    job: Annotated[str, typer.Argument(help="A job's id; default: the one that was submitted last.")] = "",
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Say how a job stands, what happened in it, and which model came of it. Exit code 1 if it failed."""
    import msgspec

    from engine.finetune import remembered, telling
    from engine.finetune.vendor import Vendor

    chosen = Chosen(settings, state_dir).settings
    known = remembered.read(chosen.state_path)
    if not job and not known.jobs:
        raise SettingsError(
            "No job was submitted from here. Give its id, or submit one: call-thing finetune submit."
        )
    number = job or known.jobs[-1].job
    vendor = Vendor(chosen.brain, os.environ)
    now = vendor.job(number)
    told = telling.of_job(now, vendor.events(number))
    for each in known.jobs:
        if each.job == number:
            known = known.updated(msgspec.structs.replace(each, status=now.status, model=now.model))
            remembered.write(chosen.state_path, known)
    tell(told, as_json, telling.job_lines(told))
    raise typer.Exit(ExitCode.NOT_AS_EXPECTED if now.status in ("failed", "cancelled") else ExitCode.OK)


def use(
    model: Annotated[
        str, typer.Argument(help="The model's name; default: what the last job that succeeded made.")
    ] = "",
    off: Annotated[bool, typer.Option("--off", help="Back to the model that was used before.")] = False,
    untested: Annotated[
        bool, typer.Option("--untested", help="Also where no comparison was made with it.")
    ] = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Write the model's name into the settings file, after a comparison; the rest of the file stays as it is."""
    from engine.finetune.using import switch_off, switch_on, told_of

    chosen = Chosen(settings, state_dir).settings
    if off and model:
        raise SettingsError("--off goes back to what was used before. Leave the model out.")
    file = settings or Path("call-thing.toml")
    state = chosen.state_path
    now = switch_off(state, file) if off else switch_on(state, file, model, untested)
    show(f"{file}: [brain] model = {json.dumps(now)}" if now else f"{file}: [brain] names no model")
    if now and (compared := told_of(state, now)):
        say(compared)
    if chosen.brain.kind != "openai" and now:
        say(f'brain.kind is {chosen.brain.kind}: the model is asked when it is kind = "openai", in [brain].')
    if os.environ.get("CALL_THING_BRAIN__MODEL"):
        say("CALL_THING_BRAIN__MODEL is set, and wins over the file.")


def compare(
    first: Annotated[str, typer.Argument(help="A model's name, or `scripted`.")],
    second: Annotated[str, typer.Argument(help="The other one.")],
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="Only this one; may be given several times.")
    ] = None,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Let two models make the same calls, in text, and show how each came out."""
    from engine.finetune import comparing, remembered, telling
    from engine.scenario import find, listing, load as load_scenario

    chosen = Chosen(settings, state_dir).settings
    paths = [find(name, chosen.language) for name in scenario] if scenario else listing()
    scenarios = [(f"{path.parent.name}/{path.stem}", load_scenario(path)) for path in paths]
    models = (first, second)
    if not as_json:
        show(telling.compare_head(models))
    with (
        comparing.brain_of(first, chosen.brain, os.environ) as one,
        comparing.brain_of(second, chosen.brain, os.environ) as other,
    ):
        rows = comparing.compare(
            scenarios, (one, other), lambda row: None if as_json else show(telling.compare_line(row))
        )
    if as_json:
        show(json.dumps(comparing.summary(models, rows), ensure_ascii=False, indent=2))
    else:
        show(telling.compare_foot(rows))
    silent = comparing.never_answered(models, rows)
    if silent:
        raise CallThingError(
            f"{', '.join(silent)}: answered in no turn, so that this compares nothing. Look at brain.base_url, the key "
            "and the model's name."
        )
    expected = (comparing.count_as_expected(rows, 0), comparing.count_as_expected(rows, 1))
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    done = remembered.Compared(models, moment, len(rows), expected)
    remembered.write(chosen.state_path, remembered.read(chosen.state_path).with_comparison(done))
