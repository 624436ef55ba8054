"""May this call be placed, and on which line? Refused before anything is dialled."""

from __future__ import annotations

from pathlib import Path

from engine.errors import CallRefused, ModelError
from engine.protocol import PlaceCall, Task
from engine.recognizers.whisper import SIM_EAR
from engine.scenario import load
from engine.settings import Settings


def line_for(command: PlaceCall, settings: Settings) -> tuple[Task, str]:
    """The task for the agent and the scenario file for the line process.

    Raises ScenarioError, ModelError or CallRefused. The agent is given the task alone.
    """
    if command.line != "simulated":
        if settings.recognizer.model == SIM_EAR:
            raise ModelError(
                f"A call on a real line ({command.line}) needs a Whisper model: the embedded recogniser only "
                "understands simulated voices. Bring one with: call-thing models pull small, then set "
                'recognizer.model = "small".'
            )
        raise CallRefused(f'There is no line "{command.line}" in this version. Lines: simulated.')
    if not command.scenario:
        raise CallRefused("A simulated call needs a scenario. call-thing call en/accepts places one.")
    if "\0" in command.scenario:
        raise CallRefused("The scenario's path holds a zero byte, which no file name can.")
    path = Path(command.scenario)
    return load(path).task, str(path.absolute())
