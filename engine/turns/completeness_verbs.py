"""Verbs among words: is there one, and does it still want its second half? Pure; the words are in languages/turns/."""

from __future__ import annotations

import re
from functools import cache

from engine.languages.turn_words import TurnWords, VerbFinal

SHORTEST_VERB = 3  # letters of a word that is a verb only because a pronoun stands beside it


def finite_verbs(words: tuple[str, ...], known: TurnWords) -> list[int]:
    """Where finite verbs (or imperatives) stand; a compound such as "would like" counts once."""
    found: list[int] = []
    for index in range(len(words)):
        if _is_verb(words, index, known) and not (found and _one_verb(words, found[-1], index, known)):
            found.append(index)
    return found


def _is_verb(words: tuple[str, ...], index: int, known: TurnWords) -> bool:
    word = words[index]
    before = words[index - 1] if index else ""
    if before in known.determiners and before not in known.pronouns and word not in known.dangling:
        return False  # "your booking"; but "this is"
    if _pattern(tuple(known.verbs)).fullmatch(word):
        return True
    if not index:
        return bool(known.gerunds) and re.fullmatch(known.gerunds, word) is not None
    beside = before in known.pronouns and len(word) >= SHORTEST_VERB
    return beside and word not in known.dangling and word not in known.questions


def _one_verb(words: tuple[str, ...], first: int, second: int, known: TurnWords) -> bool:
    """Do two verbs that stand near one another belong together, as in "would you like"?"""
    return second - first <= 2 and words[first + 1] not in known.subordinators


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def bracket_open(words: tuple[str, ...], cased: tuple[str, ...], known: TurnWords) -> str:
    """Why the verb of a German or Dutch sentence still wants its second half; "" where it does not, or nobody knows."""
    rules = known.verb_final
    if rules is None:
        return ""
    for index in range(len(words) - 1, -1, -1):
        word = words[index]
        rest = words[index + 1 :]
        if word in known.subordinators and index:
            return ""  # its verb stands at the end, or is not to be told from other words
        if word in rules.modals and rest:
            return "" if _closed(words, cased, index, rules) else f'a verb is missing to "{word}"'
        if word in rules.links and rest:
            return "" if _linked(words, index, known, rules) else f'what follows "{word}" is missing'
    return ""


def _closed(words: tuple[str, ...], cased: tuple[str, ...], modal: int, rules: VerbFinal) -> bool:
    """Is there an infinitive to the modal verb at this place?"""
    closes = _pattern((rules.infinitive,))
    if any(
        closes.fullmatch(words[index]) and _no_noun(cased, index) for index in range(modal + 1, len(words))
    ):
        return True
    if modal and closes.fullmatch(words[modal - 1]):
        return True  # "… machen können wir": it stands before
    like = re.fullmatch(rules.infinitive_like, words[-1]) is not None
    return like and words[-1] not in rules.not_infinitives and _no_noun(cased, len(words) - 1)


def _linked(words: tuple[str, ...], link: int, known: TurnWords, rules: VerbFinal) -> bool:
    """Does something follow "is", "are", "have" that makes a sentence of them?"""
    last = words[-1]
    if link and words[link - 1] in rules.neutral and last not in rules.adverbs and last not in known.pronouns:
        return True
    before = words[:link]
    asked = any(word in known.questions for word in before)
    inverted = bool(before) and not asked and not _is_subject(before, known, rules)
    return _has_predicate(words[link + 1 :], known, rules, inverted)


def _no_noun(cased: tuple[str, ...], index: int) -> bool:
    """Not written as a noun, by a recogniser that writes nouns with capitals."""
    return not cased[index][0].isupper() or not any(each[0].isupper() for each in cased[1:])


def _is_subject(before: tuple[str, ...], known: TurnWords, rules: VerbFinal) -> bool:
    """Does the sentence begin with its subject, rather than with "on Friday" or "then"?"""
    return before[-1] in known.pronouns or (
        before[0] not in rules.prepositions
        and before[0] not in rules.adverbs
        and before[-1] not in rules.adverbs
    )


def _has_predicate(rest: tuple[str, ...], known: TurnWords, rules: VerbFinal, inverted: bool) -> bool:
    """Is there more after the verb than pronouns, adverbs and "on Friday at eight"?"""
    predicate = _pattern((rules.predicate,))
    governed = False
    phrases = 0
    inside = False
    for index, word in enumerate(rest):
        following = rest[index + 1] if index + 1 < len(rest) else ""
        if predicate.fullmatch(word):
            return True
        if word in rules.prepositions:
            governed, inside = True, False
        elif word in known.determiners:
            inside = inside and not governed
        elif word in known.pronouns or word in rules.adverbs:
            governed, inside = False, False
            phrases += word in known.pronouns and inverted
        elif governed:
            governed = following in rules.units or (word.isdecimal() and following.isdecimal())
        elif not inside:
            inside = True
            bare = not index or rest[index - 1] not in known.determiners
            phrases += 1 + bare  # "Ruhetag" after "ist" is a predicate; "Ihr Tisch" may be the subject
    return phrases > inverted
