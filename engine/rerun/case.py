"""A moment of a call as a regression case: the call until then, and what is to be heard at that moment.

A case is a folder with a call's record, cut off some seconds after the moment, and `case.json`:

    {"case": 1, "call": …, "at_ms": …, "note": …, "expected": [{"start_ms": …, "end_ms": …, "words": …, "most_wer": …}]}

`start_ms` and `end_ms` are one utterance of the far end's, in media time: it must be heard, and must not be judged over
before it ends. `words` is what was said in it; null: whatever. `most_wer` is the word error rate that is put up with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from engine.errors import SettingsError
from engine.evaluation.word_errors import errors
from engine.protocol import LanguageCode
from engine.rerun.comparing import Difference
from engine.rerun.past_call import PastCall, read_call
from engine.rerun.running import How, Rerun, rerun
from engine.rerun.turns import Heard, Turn, cuts
from engine.settings import Settings

CASE = "case.json"
FORMAT = 1

Ms = Annotated[int, msgspec.Meta(ge=0)]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One utterance of the far end's."""

    start_ms: Ms
    end_ms: Ms
    words: str | None = None
    most_wer: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in case.json."""

    call: str
    at_ms: Ms
    expected: tuple[Expected, ...]
    note: str = ""
    case: int = FORMAT


class Case(msgspec.Struct, frozen=True):
    """One folder, read."""

    folder: Path
    told: Told
    past: PastCall

    @property
    def name(self) -> str:
        return self.folder.name


def is_case(folder: Path) -> bool:
    """Whether a folder holds one."""
    return (folder / CASE).is_file()


def load(folder: Path) -> Case:
    """Raises SettingsError where case.json is not as it should be, StateError where the call cannot be read."""
    path = folder / CASE
    try:
        told = msgspec.json.decode(path.read_bytes(), type=Told)
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be read ({error.strerror}). `call-thing case` makes cases."
        ) from None
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{path}: {error}.") from None
    if told.case != FORMAT:
        raise SettingsError(f"{path}: format {told.case}; this version reads {FORMAT}. Make the case again.")
    return Case(folder, told, read_call(folder))


def run(case: Case, settings: Settings | None = None, how: How | None = None) -> list[Difference]:
    """Hold the call again; what is not as the case expects. Raises what `rerun` does."""
    return held(case, settings or Settings(), how or How())[1]


def held(case: Case, settings: Settings, how: How) -> tuple[Rerun, list[Difference]]:
    """The same, with all that came of it."""
    found = rerun(case.past, settings, how)
    return found, unmet(case.told.expected, found.now, case.past.task.language)


def unmet(expected: tuple[Expected, ...], heard: Heard, language: LanguageCode) -> list[Difference]:
    """What is not as expected. Pure."""
    found: list[Difference] = []
    for each in expected:
        turns = [turn for turn in heard.turns if turn.start_ms < each.end_ms and turn.end_ms > each.start_ms]
        found += _of_one(each, turns, language)
    return found


def _of_one(expected: Expected, turns: list[Turn], language: LanguageCode) -> list[Difference]:
    where = f"{expected.start_ms / 1000:.2f} to {expected.end_ms / 1000:.2f} s"
    number = turns[0].turn if turns else None
    if not turns:
        return [Difference(None, "missing", expected.words, None, f"nothing is heard from {where}")]
    found = []
    cutting = [turn for turn in turns if cuts(turn, expected.start_ms, expected.end_ms)]
    if cutting:
        at_s = cutting[0].decided_ms / 1000
        text = f"cut off: judged over at {at_s:.2f} s ({cutting[0].reason}), and they speak from {where}"
        found.append(Difference(number, "cut_off", False, True, text))
    if expected.words is not None:
        words = " ".join(turn.words for turn in turns if turn.words)
        rate = errors(expected.words, words, language).rate
        wrong = bool(words) if rate is None else rate > expected.most_wer
        if wrong:
            text = f'"{words}" is heard from {where}, and "{expected.words}" was said'
            found.append(Difference(number, "words", expected.words, words, text))
    return found
