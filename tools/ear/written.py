"""How a sentence is written by the ear: lower case, no punctuation, numbers as words. Pure."""

from __future__ import annotations

APOSTROPHES = str.maketrans({"’": "'", "`": "'", "´": "'"})
INSIDE_WORDS = "'-"


def written(text: str) -> tuple[str, list[int]]:
    """The label of a spoken text, and for each of its characters the place in the text that it comes from.

    "Guten Abend, Frau Maier!" → "guten abend frau maier".
    """
    text = text.translate(APOSTROPHES)
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        joins = (
            character in INSIDE_WORDS
            and 0 < place < len(text) - 1
            and text[place - 1].isalnum()
            and text[place + 1].isalnum()
        )
        if character.isalnum() or joins:
            lower = character.lower()
            kept.append(lower[0])
            places.append(place)
        elif kept and kept[-1] != " ":
            kept.append(" ")
            places.append(place)
    while kept and kept[-1] == " ":
        kept.pop()
        places.pop()
    return "".join(kept), places


def words_of(text: str) -> list[str]:
    """The words of a text as the ear writes them."""
    return written(text)[0].split()
