"""What a chat model is told before a call: who we are, what is wanted, what may be accepted, how to speak. Pure.

The wording is data, `engine/languages/prompts/*.toml`. Nothing here keeps a model from doing what it must not:
`dialogue.constraints` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from engine.dialogue.constraints import NOTHING, TOOL_OF_KIND, Granted, time_window
from engine.dialogue.sentences import refill, surname
from engine.dialogue.tool_schemas import tools_for
from engine.languages import Language, load
from engine.languages.words import say_date, say_party, say_phone, say_time, spell
from engine.languages.written import Prompting, prompting
from engine.protocol import LanguageCode, Task

NAMELESS = "…"  # a task without a name still discloses


def disclosure(task: Task, language: LanguageCode) -> str:
    """The first sentence of every call: that an AI assistant is calling, and for whom. Code says it, no model."""
    spoken = load(language)
    template = spoken.say.disclosure_called if task.called_back else spoken.say.disclosure
    return refill(template, msgspec.structs.replace(task, name=_line(task.name) or NAMELESS), spoken)


def system_prompt(
    task: Task, language: LanguageCode, may_ask: bool = False, granted: Granted = NOTHING
) -> str:
    """The system message of a call about `task`, spoken in `language`.

    may_ask: somebody is there whom `ask_principal` would reach. granted: what an operator has allowed besides.
    """
    texts, spoken = prompting(language), load(language)
    slots = _Slots(task, spoken)
    role = texts.role_called if task.called_back else texts.role
    parts = [
        slots.fill(role),
        texts.said_already.format(disclosure=disclosure(task, language)),
        _section(
            texts.goal, [slots.fill(getattr(texts, f"goal_{task.kind}")), slots.fill_today(texts.today)]
        ),
        _section(texts.allowed, _alternatives(task, texts, spoken, granted)),
        _section(texts.facts, _facts(task, texts, slots)),
        _section(texts.manner, texts.manners),
        _section(texts.rules, texts.rule_list),
        _section(texts.tools, _tools(task, texts, may_ask)),
    ]
    return "\n\n".join(parts)


class _Slots:
    """The task's values as they stand in the prompt: as words and, where a tool needs them, as it needs them."""

    def __init__(self, task: Task, language: Language) -> None:
        self._task, self._language = task, language

    def fill(self, template: str) -> str:
        task, language = self._task, self._language
        old_date, old_time = task.old_date or task.date, task.old_time or task.time
        return template.format(
            restaurant=_line(task.restaurant),
            name=_line(task.name),
            party_size=f"{say_party(task.party_size, language)} ({task.party_size})",
            date=both_ways(say_date, task.date, language),
            time=both_ways(say_time, task.time, language),
            old_date=both_ways(say_date, old_date, language),
            old_time=both_ways(say_time, old_time, language),
            phone=say_phone(task.phone, language),
            raw=task.phone,
            wishes=_line(task.wishes),
            spelling=spell(surname(task.name)),
        )

    def fill_today(self, template: str) -> str:
        return template.format(date=both_ways(say_date, self._task.today, self._language))


def both_ways(say: Callable[[str, Language], str], value: str, language: Language) -> str:
    """A value as it is said, and as a tool takes it: "seven thirty p m (19:30)"."""
    return f"{say(value, language)} ({value})"


def _alternatives(task: Task, texts: Prompting, language: Language, granted: Granted) -> Iterator[str]:
    def listed(say: Callable[[str, Language], str], values: tuple[str, ...]) -> str:
        return "; ".join(both_ways(say, value, language) for value in dict.fromkeys(values))

    if task.kind == "cancel":
        yield texts.only_this
        return
    windows = (time_window(task), *granted.windows)
    wide = [(earliest, latest) for earliest, latest in windows if earliest != latest]
    dates, times = (*task.accept_dates, *granted.dates), (*task.accept_times, *granted.times)
    people = granted.party_sizes
    if dates:
        yield texts.allowed_dates.format(dates=listed(say_date, dates))
    for earliest, latest in wide:
        first, last = both_ways(say_time, earliest, language), both_ways(say_time, latest, language)
        yield texts.allowed_window.format(earliest=first, latest=last)
    if times:
        yield texts.allowed_times.format(times=listed(say_time, times))
    if people:
        yield texts.allowed_people.format(people=", ".join(map(str, people)))
    yield texts.allowed_rest if dates or wide or times or people else texts.only_this


def _facts(task: Task, texts: Prompting, slots: _Slots) -> Iterator[str]:
    if spell(surname(task.name)):
        yield slots.fill(texts.spelling)
    yield slots.fill(texts.phone if task.phone else texts.no_phone)
    yield slots.fill(texts.wishes if task.wishes else texts.no_wishes)
    yield slots.fill(texts.nothing_more)


def _tools(task: Task, texts: Prompting, may_ask: bool) -> Iterator[str]:
    for tool in tools_for(task, may_ask):
        when = texts.tool[tool]
        yield f"{when} {texts.read_back}" if tool == TOOL_OF_KIND[task.kind] else when
    yield texts.refused


def _section(title: str, lines: tuple[str, ...] | Iterator[str] | list[str]) -> str:
    return "\n".join([f"{title}:", *(f"- {line}" for line in lines)])


def _line(text: str) -> str:
    """A value of the task in one line: it can not begin a paragraph of the prompt."""
    return " ".join(text.split())
