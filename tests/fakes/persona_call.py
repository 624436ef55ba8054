"""A call with the simulated restaurant alone: a test speaks, its acts are played out at once, time is a number."""

from __future__ import annotations

from pathlib import Path

from engine.lines.persona import Persona
from engine.lines.steps import Act, HangUp, Speak
from engine.scenario import load

HEAD = """\
title: A try
language: en
task: {restaurant: Blue Anchor, today: 2025-12-01, date: 2025-12-05, time: 19:30, party_size: 4, name: Anna Walker}
expected: {outcome: booked, reservation: {status: booked}}
restaurant:
  silence_s: 8
  steps:
    greet:
      say: good evening
"""
REQUEST = "I would like to book a table for four people on Friday at seven thirty p m."


class Call:
    """A call with a persona: says things to it and plays its acts out, the clock in between."""

    def __init__(
        self, folder: Path, steps: str, character: str = "patient", recording: str = "allows"
    ) -> None:
        path = folder / "try.yaml"
        manner = f"restaurant:\n  persona: {character}\n  recording: {recording}\n  "
        path.write_text(HEAD.replace("restaurant:\n  ", manner, 1) + steps, "utf-8")
        self.persona = Persona(load(path))
        self.now_ms = 0
        self.opening = self.played(self.persona.answered(0))

    def played(self, acts: list[Act]) -> list[Act]:
        """All acts that follow from these, each played to its end."""
        done: list[Act] = []
        while acts:
            assert len(acts) == 1, "one sounding act at a time"
            done += acts
            if isinstance(acts[0], HangUp):
                break
            self.now_ms += 1000
            acts = self.persona.finished(self.now_ms)
        return done

    def say(self, text: str) -> list[Act]:
        """One turn of the agent, and all that comes of it."""
        self.now_ms += 1000
        return self.played(self.persona.agent_finished(text, self.now_ms))

    def quiet(self, seconds: int) -> list[Act]:
        """Nobody speaks."""
        done: list[Act] = []
        for _ in range(seconds * 4):
            self.now_ms += 250
            done += self.played(self.persona.tick(self.now_ms))
        return done


def texts(acts: list[Act]) -> list[str]:
    return [act.text for act in acts if isinstance(act, Speak)]


AGREE = """\
      next: agree
    agree:
      needs: [party_size, date, time]
      say: a table for {party_size} on {day} at {time}
"""
