"""What kind of person a restaurant is, whatever its part in the scenario. Pure values; `persona.py` plays them."""

from __future__ import annotations

import msgspec

from engine.scenario_parts import Personality


class Character(msgspec.Struct, frozen=True):
    """How it speaks and listens. What is done once or twice is done at the first occasions in a call."""

    pace: float = 1.0  # of its speech, times rate_wpm
    reaction: float = 1.0  # times after_ms
    endurance: float = 1.0  # of silence, times silence_s
    cuts_in_after_words: int = 0  # of the agent's first turn, which it does not let end; 0 = it does
    is_brief: bool = False  # asks in as few words as will do
    remarks: int = 0  # so many of its answers begin with small talk
    asks_again: int = 0  # so many times it has not heard what it was told
    mishears: bool = False  # it takes the number of people for another one, once


CHARACTERS: dict[Personality, Character] = {
    "patient": Character(),
    "hurried": Character(
        pace=1.12, reaction=0.5, endurance=0.75, cuts_in_after_words=16, is_brief=True
    ),  # the agent's first sentence has about ten words
    "chatty": Character(pace=0.95, reaction=1.5, endurance=1.5, remarks=2),
    "hard_of_hearing": Character(pace=0.92, reaction=1.75, endurance=1.5, asks_again=1, mishears=True),
    "llm": Character(),  # the model is its own character
}
