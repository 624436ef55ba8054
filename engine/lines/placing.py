"""May this call be placed, and on which line? Refused before anything is dialled."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from engine.errors import CallRefused, CallThingError, ModelError
from engine.protocol import PlaceCall, Task
from engine.recognizers.whisper import SIM_EAR
from engine.scenario import load
from engine.settings import Settings

SIMULATED = "simulated"
LINES = (SIMULATED,)  # those of this version


def may_place(line: str, recognizer_model: str, lines_there_are: Collection[str]) -> CallThingError | None:
    """Why no call can be placed on this line, or None when one can. A line that is not there is said first.

    The embedded recogniser understands simulated voices alone: a real line needs a Whisper model.
    """
    if line not in lines_there_are:
        return CallRefused(
            f'There is no line "{line}" in this version. Lines: {", ".join(lines_there_are)}. Real lines come later, '
            "and will need a Whisper model: call-thing models pull small."
        )
    if line != SIMULATED and recognizer_model == SIM_EAR:
        return ModelError(
            f"A call on a real line ({line}) needs a Whisper model: the embedded recogniser only understands "
            'simulated voices. Bring one with: call-thing models pull small, then set recognizer.model = "small".'
        )
    return None


def line_for(command: PlaceCall, settings: Settings) -> tuple[Task, str]:
    """The task for the agent and the scenario file for the line process.

    Raises ScenarioError, ModelError or CallRefused. The agent is given the task alone.
    """
    refused = may_place(command.line, settings.recognizer.model, LINES)
    if refused is not None:
        raise refused
    if not command.scenario:
        raise CallRefused("A simulated call needs a scenario. call-thing call en/accepts places one.")
    if "\0" in command.scenario:
        raise CallRefused("The scenario's path holds a zero byte, which no file name can.")
    path = Path(command.scenario)
    return load(path).task, str(path.absolute())
