"""Which model the settings name: one that has been compared, or the one there was before."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.errors import SettingsError
from engine.finetune import remembered
from engine.finetune.settings_line import model_in, save, with_model


def switch_on(state: Path, file: Path, model: str, untested: bool) -> str:
    """Name `model` ("" = what the last job made) in the settings file; returns it. Raises SettingsError, StateError."""
    known = remembered.read(state)
    made = [job.model for job in known.jobs if job.model]
    wanted = model or (made[-1] if made else "")
    if not wanted:
        raise SettingsError(
            "No job has made a model yet. Ask for it: call-thing finetune status; or give a model's name."
        )
    if not untested and known.was_compared(wanted) is None:
        raise SettingsError(
            f"{wanted} was not compared with anything. Do that first: call-thing finetune compare MODEL {wanted}; "
            "or use it --untested."
        )
    text = _text_of(file)
    before = model_in(text)
    edited = with_model(text, wanted)
    place = str(file.absolute())
    if before != wanted:
        remembered.write(state, msgspec.structs.replace(known, before={**known.before, place: before}))
    save(file, edited)
    return wanted


def told_of(state: Path, model: str) -> str:
    """How it did in its latest comparison, in words; "" where there was none."""
    done = remembered.read(state).was_compared(model)
    if done is None:
        return ""
    sides = ", ".join(
        f"{name} {count} of {done.scenarios}"
        for name, count in zip(done.models, done.as_expected, strict=True)
    )
    return f"compared on {done.at}, as expected: {sides}"


def switch_off(state: Path, file: Path) -> str:
    """Name the model that stood there before, if any; returns it. Raises SettingsError, StateError."""
    known = remembered.read(state)
    place = str(file.absolute())
    if place not in known.before:
        raise SettingsError(f"{file}: no model was put into it from here. Edit [brain] model there.")
    before = known.before[place]
    save(file, with_model(_text_of(file), before))
    others = {each: model for each, model in known.before.items() if each != place}
    remembered.write(state, msgspec.structs.replace(known, before=others))
    return before or ""


def _text_of(file: Path) -> str:
    """The file as it is, line ends included; "" where there is none yet."""
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{file}: cannot be read ({error}). Check the path and its permissions."
        ) from None
