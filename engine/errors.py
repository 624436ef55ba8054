"""The error tree. Every message says what went wrong, where, and the next step.

CallThingError
├── SettingsError     a settings file, an environment variable or a flag
├── ScenarioError     a scenario file: names file, line and field
├── EngineError       the engine cannot start, or a room cannot
│   ├── AlreadyRunning    another engine holds the state directory
│   └── NoEngine          nobody answers where an engine should be
├── StateError        the state directory, a journal or a database cannot be written or read
├── ModelError        a recogniser's model is missing or broken
├── JobError          a job that cannot be meant, or cannot be changed so
└── CallRefused       the engine does not place this call, and says why
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line returns; documented in the README."""

    OK = 0
    NOT_AS_EXPECTED = 1  # the call ended, but not as it should have
    BAD_INPUT = 2  # settings, scenario, flags
    ENGINE = 3  # the engine could not be started or reached
    STATE = 4  # the state directory cannot be used
    MODEL = 5  # a model is missing
    INTERRUPTED = 130


class CallThingError(Exception):
    """Base of all errors meant for people; the command line prints its text and exits with `exit_code`."""

    exit_code = ExitCode.ENGINE


class SettingsError(CallThingError):
    exit_code = ExitCode.BAD_INPUT


class ScenarioError(CallThingError):
    exit_code = ExitCode.BAD_INPUT


class EngineError(CallThingError):
    exit_code = ExitCode.ENGINE


class AlreadyRunning(EngineError):
    pass


class NoEngine(EngineError):
    pass


class StateError(CallThingError):
    exit_code = ExitCode.STATE


class ModelError(CallThingError):
    exit_code = ExitCode.MODEL


class JobError(CallThingError):
    exit_code = ExitCode.BAD_INPUT


class CallRefused(CallThingError):
    exit_code = ExitCode.BAD_INPUT
