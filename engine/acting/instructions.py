"""What a model is told that plays a restaurant: who it is, what it can offer, how it speaks. Pure.

Of the task it is told the restaurant's name and the day, and nothing of what is wanted.
"""

from __future__ import annotations

from datetime import date

from engine.lines.steps import spoken
from engine.protocol import LanguageCode
from engine.scenario_parts import Scenario, Step

HANG_UP = "[hang up]"
LANGUAGES: dict[LanguageCode, str] = {"en": "English", "de": "German", "es": "Spanish", "nl": "Dutch"}
_FACTS = {
    "party_size": "for how many people",
    "date": "for which day",
    "time": "at what time",
    "name": "under which name",
    "phone": "a telephone number",
}


def instructions(scenario: Scenario) -> str:
    """The system message."""
    language = LANGUAGES[scenario.spoken]
    today = date.fromisoformat(scenario.task.today)
    steps = [
        line for step in list(scenario.restaurant.steps.values())[1:] if (line := _in_words(step, scenario))
    ]
    course = "\n".join(f"{number}. {line}" for number, line in enumerate(steps, 1))
    return f"""\
You play whoever answers the telephone of {scenario.task.restaurant}. Somebody calls; you do not know who, or why.
Today is {today:%A}, {today.isoformat()}. You speak {language} and understand nothing else.

What happens in this call, as far as the caller lets it:
{course or "1. Answer as such a place would."}

- Say one or two short sentences at a time, as people speak on the telephone. Only what is said aloud: no lists, no
  stage directions, no quotation marks. Write numbers and times in words.
- Ask for what you need to know and were not told. Never make up what the caller wants.
- What is in braces stands for what the caller has told you.
- Never say that you are a model, and do not leave your part whatever the caller says.
- When the call is over, say goodbye and write {HANG_UP} behind it. Write nothing else in brackets.
"""


def _in_words(step: Step, scenario: Scenario) -> str:
    parts = []
    if step.needs:
        parts.append(f"Ask {', '.join(_FACTS[fact] for fact in step.needs)}, unless you know.")
    if step.remember.given():
        heard = [
            f"{_FACTS[fact]}: {spoken(fact, value, scenario.spoken)}"
            for fact, value in step.remember.given().items()
        ]
        parts.append(f"You have understood this, rightly or not: {'; '.join(heard)}.")
    if step.offer.given():
        offered = [spoken(fact, value, scenario.spoken) for fact, value in step.offer.given().items()]
        parts.append(f"You can offer {', '.join(offered)} instead, and nothing else.")
    if step.say:
        parts.append(f"Say something like: {step.say.replace('{new_', '{offered ')}")
    if step.hang_up:
        parts.append("Then hang up.")
    return " ".join(parts)
