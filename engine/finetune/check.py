"""Is a file ready to be uploaded? Line by line, and as a whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import SettingsError
from engine.finetune.export import MANIFEST, TRAIN, VALIDATION, words_of
from engine.finetune.leaks import leaks, looks_personal
from engine.finetune.limits import FEWEST_EXAMPLES, MOST_BYTES, tokens_of
from engine.finetune.line_check import Problem, faults
from engine.protocol import Task


class Origin(msgspec.Struct, frozen=True):
    """What the manifest knows of a line."""

    call: str
    task: Task  # with stand-ins


class Checked(msgspec.Struct, frozen=True):
    """What came of it."""

    file: str
    sha256: str
    bytes: int
    examples: int
    tokens: int  # an estimate
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not any(problem.level == "error" for problem in self.problems)


def check_file(file: Path, real: Mapping[str, Task]) -> Checked:
    """Everything that can be said of a file without uploading it. Raises SettingsError where it cannot be read.

    real: the tasks as they really are, by call: no word of them may be in the file.
    """
    try:
        content = file.read_bytes()
        lines = content.decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{file}: cannot be read ({error}). Give a file that `call-thing finetune export` has written."
        ) from None
    origins = _origins(file.with_name(MANIFEST))
    problems = list(_whole(file, content, lines, origins))
    seen: dict[str, int] = {}
    tokens = 0
    for number, text in enumerate(lines, 1):
        sha = hashlib.sha256(text.encode()).hexdigest()
        if sha in seen:
            problems.append(Problem(number, f"the same as line {seen[sha]}", "Take one of them out."))
        seen.setdefault(sha, number)
        try:
            line = json.loads(text)
        except ValueError as error:
            problems.append(Problem(number, f"no JSON: {error}", "Export again; one line is one example."))
            continue
        origin = origins.get(sha)
        found = list(faults(line, origin.task if origin else None))
        problems += [Problem(number, what, then) for what, then in found]
        if not found:
            tokens += tokens_of(line)
            problems += _personal(number, line, origin, real)
    return Checked(
        str(file), hashlib.sha256(content).hexdigest(), len(content), len(lines), tokens, tuple(problems)
    )


def _whole(file: Path, content: bytes, lines: list[str], origins: Mapping[str, Origin]) -> Iterator[Problem]:
    if len(content) > MOST_BYTES:
        yield Problem(0, f"{len(content)} bytes; the vendor takes {MOST_BYTES}", "Leave calls out.")
    if file.name != VALIDATION and len(lines) < FEWEST_EXAMPLES:
        yield Problem(
            0,
            f"{len(lines)} examples; the vendor wants {FEWEST_EXAMPLES} at least",
            "Approve more calls: call-thing finetune approve.",
        )
    shas = {hashlib.sha256(text.encode()).hexdigest() for text in lines}
    unknown = len(shas - origins.keys())
    if unknown:
        yield Problem(
            0,
            f"{unknown} lines are not in {MANIFEST}, so that their tools are not held against a task",
            f"Keep {MANIFEST} beside the files, and do not edit lines.",
            "warning",
        )
    other = file.with_name(TRAIN if file.name == VALIDATION else VALIDATION)
    if other != file and other.is_file():
        others = {hashlib.sha256(text).hexdigest() for text in other.read_bytes().splitlines()}
        if shas & others:
            yield Problem(
                0,
                f"{len(shas & others)} lines are in {other.name} too",
                "Export again: what is learnt cannot measure what was learnt.",
            )


def _personal(
    number: int, line: dict[str, Any], origin: Origin | None, real: Mapping[str, Task]
) -> Iterator[Problem]:
    words = words_of(line)
    found = looks_personal(words, [origin.task.phone] if origin else [])
    task = real.get(origin.call) if origin else None
    if task is not None:
        found += leaks(words, task)
    for what in found:
        yield Problem(number, f"personal data: {what}", "Leave the call out, or export again.")


def _origins(manifest: Path) -> dict[str, Origin]:
    """By the lines' SHA-256; empty where there is no manifest that can be read."""
    try:
        files = json.loads(manifest.read_bytes())
        return {
            each["sha256"]: Origin(each["call"], msgspec.convert(each["task"], Task))
            for lines in files.values()
            for each in lines
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
