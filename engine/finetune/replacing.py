"""Puts stand-ins in the place of personal data, in whatever way it is said: written, spelled, digit by digit. Pure.

Rather too much than too little: letters and digits that are said one by one are replaced also where nothing is known
of them, and a word that is a name is replaced where it means something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from engine.finetune import spelling
from engine.finetune.personal import SHORT_WORD, Secrets, common, parts_of
from engine.finetune.stand_ins import PARTICLES, pick
from engine.finetune.symbols import Token, fold, runs, tokens

LONG_WORD = 5  # letters; a mishearing of one by a letter is still known
INTRODUCED: dict[str, str] = {
    "en": r"(?:my name is|this is|speaking to|i am)",
    "de": r"(?:mein name ist|hier (?:ist|spricht)|am apparat|ich bin|ich heisse)",
    "es": r"(?:mi nombre es|me llamo|le (?:habla|atiende)|habla|soy|con)",
    "nl": r"(?:mijn naam is|(?:je|u) spreekt met|met|ik ben|ik heet)",
}
ENDINGS = "com|org|net|info|eu|co|uk|de|es|nl|at|ch|be|example"
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
SITE = re.compile(rf"\b(?:https?://)?(?:www\.)?[\w-]+(?:\.[\w-]+)*\.(?:{ENDINGS})\b(?:/\S*)?", re.IGNORECASE)
SPOKEN_MAIL = re.compile(
    r"(?P<who>\w+(?: (?:dot|punkt|punto|punt|minus|dash|guion|streepje) \w+)*) "
    r"(?P<at>at|ät|et|arroba|apenstaartje) (?P<where>\w+(?: (?:dot|punkt|punto|punt) \w+)*) "
    rf"(?P<dot>dot|punkt|punto|punt) (?P<end>{ENDINGS})\b",
    re.IGNORECASE,
)
KEEPS = ("date", "time", "party_size")  # arguments of tools that are never personal


class Edit(NamedTuple):
    start: int
    end: int
    text: str


class Replacer:
    """One call's. Every text is seen twice, so that what is found in a late one is replaced in an early one too."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def learn(self, text: str, heard: bool) -> None:
        """See a text, and remember what in it is personal. heard: the restaurant said it."""
        if heard:
            self._introduced(text)
        spelling.edits(text, runs(text, self._secrets.language), self._secrets)

    def text(self, text: str) -> str:
        """The text with stand-ins."""
        text = MAIL.sub("guest@example.com", text)
        text = SITE.sub(
            lambda found: found.group() if found.group() == "example.com" else "example.com", text
        )
        text = SPOKEN_MAIL.sub(r"guest \g<at> example \g<dot> com", text)
        edits = [
            Edit(*each) for each in spelling.edits(text, runs(text, self._secrets.language), self._secrets)
        ]
        taken = [(edit.start, edit.end) for edit in edits]
        words = [
            token
            for token in tokens(text)
            if token.kind == "word"
            and not any(start < token.end and token.start < end for start, end in taken)
        ]
        edits += self._words(text, words)
        for edit in sorted(edits, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text

    def arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A tool's arguments with stand-ins; dates, times and people are kept."""
        return {
            name: value if name in KEEPS else self._argument(name, value) for name, value in arguments.items()
        }

    def _argument(self, name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._argument("", each) for key, each in value.items()}
        if not isinstance(value, str) or not value:
            return value
        if name == "name" and parts_of(fold(value)) == parts_of(fold(" ".join(self._secrets.name))):
            return " ".join(self._secrets.other_name)
        code = "".join(filter(str.isalnum, fold(value)))
        if name == "reference" and code in self._secrets.codes:
            return self._secrets.codes[code].upper()
        return self.text(value)

    # --- words ----------------------------------------------------------------------------------------

    def _introduced(self, text: str) -> None:
        words = tokens(text)
        said = " ".join(token.text for token in words)
        for match in re.finditer(rf"\b{INTRODUCED[self._secrets.language]} (\w+)", said):
            name = match.group(1)
            plain = name in common(self._secrets.language) or name in PARTICLES
            ours = name in self._secrets.restaurant or any(name in word.ways for word in self._secrets.words)
            if not plain and not ours and len(name) > 2 and name.isalpha() and not _ends_like_a_verb(name):
                self._secrets.learn_name(name)

    def _words(self, text: str, words: Sequence[Token]) -> Iterator[Edit]:
        index = 0
        while index < len(words):
            edit, used = self._word(text, words, index)
            if edit is not None:
                yield edit
            index += used

    def _word(self, text: str, words: Sequence[Token], index: int) -> tuple[Edit | None, int]:
        secrets, token = self._secrets, words[index]
        for way in secrets.restaurant_ways:
            if tuple(each.text for each in words[index : index + len(way)]) == way:
                last = words[index + len(way) - 1]
                return _edit(text, token, last, secrets.other_restaurant), len(way)
            if token.text == "".join(way):
                return _edit(text, token, token, secrets.other_restaurant.replace(" ", "")), 1
        if token.text in secrets.restaurant_words:
            return _edit(text, token, token, pick(secrets.other_restaurant.split()[-1:], "")), 1
        for together in (3, 2):  # a recogniser may write one name as two words
            joined = "".join(each.text for each in words[index : index + together])
            last = words[min(index + together, len(words)) - 1]
            other = self._exactly(joined) if len(joined) >= LONG_WORD else None
            if other is not None and last is not token:
                return _edit(text, token, last, other), together
        alike = self._alike(token.text)
        return (None if alike is None else _edit(text, token, token, alike)), 1

    def _exactly(self, word: str) -> str | None:
        return next((each.other for each in self._secrets.words if word in each.ways), None)

    def _alike(self, word: str) -> str | None:
        """The stand-in of a name that this word is, has in it, or is a mishearing of."""
        exactly = self._exactly(word)
        if exactly is not None or word in common(self._secrets.language):
            return exactly
        if any(word == fold(part) for part in self._secrets.other_name):
            return None
        for name in self._secrets.words:
            for way in name.ways:
                if len(way) >= SHORT_WORD and way in word:
                    return name.other + ("s" if word.endswith("s") and not way.endswith("s") else "")
                if _misheard(way, word):
                    return name.other
        return None


def _misheard(name: str, word: str) -> bool:
    """One letter in five, or fewer, is another one; the first is the same."""
    if len(name) < LONG_WORD or len(word) < LONG_WORD - 1 or name[0] != word[0]:
        return False
    same = sum(block.size for block in SequenceMatcher(None, name, word).get_matching_blocks())
    return max(len(name), len(word)) - same <= max(len(name), len(word)) // LONG_WORD


def _ends_like_a_verb(word: str) -> bool:
    return word.endswith(("ing", "ed", "ly"))  # "this is confirmed", "I am looking", "this is partly so"


def _edit(text: str, first: Token, last: Token, other: str) -> Edit:
    own = text[first.start : last.end]
    if own.isupper() and len(own) > 1:
        other = other.upper()
    elif own.islower():
        other = other.lower()
    return Edit(first.start, last.end, other)
