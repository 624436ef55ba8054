"""A room of an engine with stub services: `python -m engine.evaluation.stub_rooms ROOM`.

transcribe, agent and tts are the engine's own rooms with a stub behind each one's seam; every other room, and the line,
is as it is.
"""

from __future__ import annotations

import sys

from engine.wiring import House
from engine.workers.__main__ import Later, main, opened


def command(name: str) -> list[str]:
    """What the supervisor starts in the place of a room or a line."""
    return [sys.executable, "-m", "engine.evaluation.stub_rooms", name]


def stubbed(house: House, more: Later) -> None:
    """Run the room that the house's plan names."""
    from engine.evaluation.stub_services import StubBrain, StubEar, StubVoice
    from engine.workers import agent, transcribe, tts

    room = house.room if house.line is None else "line"
    match room:
        case "transcribe":
            transcribe.start(house, StubEar())
        case "agent":
            agent.start(house, lambda task, _: StubBrain(task))
        case "tts":
            tts.start(house, StubVoice())
        case _:
            opened(house, more)


if __name__ == "__main__":
    sys.exit(main(stubbed))
