"""Is the restaurant being asked to wait? The agent's own words for it, as its language has them. Pure."""

from __future__ import annotations

from engine.languages import load
from engine.protocol import LanguageCode
from engine.scenario_values import words_of

WAITS_MS = 25_000  # how long a restaurant that was asked to wait hears nothing before it wonders


def before_the_wait(text: str, code: LanguageCode) -> str | None:
    """What else was said before "one moment, please" at the end of `text`; None if it does not end with that.

    The longer wording ("…, I will just ask") may be cut anywhere after its first words: it is understood all the same.
    """
    say = load(code).say
    heard = words_of(text).split()
    for phrase in (say.ask_person, say.one_moment):
        whole = words_of(phrase).split()
        for length in range(len(whole), len(words_of(say.one_moment).split()) - 1, -1):
            if heard[-length:] == whole[:length]:
                return " ".join(heard[:-length])
    return None
