"""What the stub rooms of a benchmark are told: a JSON file, named in the environment."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from benchmarks.turn_inputs import InputFile, Turn
from benchmarks.turn_sentences import ANSWER, ASKS, LONG_ANSWER
from engine.protocol import LanguageCode

PLAN_ENV = "CALL_THING_BENCHMARK"


class StubFile(msgspec.Struct):
    """One caller, see InputFile."""

    path: str
    language: LanguageCode
    turns: tuple[Turn, ...]


class StubPlan(msgspec.Struct):
    """All that the stubs know."""

    files: tuple[StubFile, ...]
    heard: str  # folder where the line writes what it heard, one file a call
    answer: str = ANSWER
    long_answer: str = LONG_ANSWER
    asks: tuple[str, ...] = tuple(ASKS.values())  # what the long answer is given to

    @classmethod
    def of(cls, files: list[InputFile], heard: Path) -> StubPlan:
        """For these callers."""
        return cls(tuple(StubFile(str(f.path), f.language, f.turns) for f in files), str(heard))

    def callers(self) -> list[InputFile]:
        """The callers again."""
        return [InputFile(Path(file.path), file.language, file.turns) for file in self.files]

    def write(self, path: Path) -> dict[str, str]:
        """Keep it there; the environment that tells a child of it."""
        path.write_bytes(msgspec.json.encode(self))
        return {**os.environ, PLAN_ENV: str(path)}

    @classmethod
    def read(cls) -> StubPlan:
        """What this process was told."""
        return msgspec.json.decode(Path(os.environ[PLAN_ENV]).read_bytes(), type=cls)
