"""A scenario in words: what is wanted, what the restaurant will do, and under which conditions. Pure."""

from __future__ import annotations

from engine.protocol import Task
from engine.scenario_parts import FACTS, Branch, Facts, Restaurant, Step, When

_KINDS = {"book": "Book a table", "change": "Change a booking", "cancel": "Cancel a booking"}
_PLAYS = {
    "music": "music",
    "ringback": "a ringing tone",
    "busy": "a busy tone",
    "information": "three rising tones",
    "beep": "a beep",
    "silence": "silence",
}
_BANDS = {
    "landline": "an analogue line (300 to 3400 Hz)",
    "telephone": "telephone sound (up to 4 kHz)",
    "wide": "wide-band sound",
}
_NOISES = {"white": "noise", "pub": "a full room", "street": "a street"}
_PERSONAS = {
    "hurried": "in a hurry: cuts in, asks briefly, answers at once",
    "chatty": "likes to talk: says something else first",
    "hard_of_hearing": "hears badly: asks again, and mistakes a number",
    "llm": "played by a language model",
}
_LANGUAGES = {"en": "English", "de": "German", "es": "Spanish", "nl": "Dutch"}


def goal_of(task: Task) -> tuple[str, ...]:
    """What the agent is asked to do, line by line."""
    people = "1 person" if task.party_size == 1 else f"{task.party_size} people"
    what = _KINDS[task.kind]
    if task.kind != "book":
        what += f" of {task.old_date} {task.old_time}"
    wish = f"{task.date} {task.time}, {people}, for {task.name}"
    lines = [f"{what} at {task.restaurant}" + ("" if task.kind == "cancel" else f": {wish}")]
    if task.accept_from or task.accept_until:
        lines.append(f"{task.accept_from} to {task.accept_until} would do too")
    if task.accept_dates:
        lines.append(f"{', '.join(task.accept_dates)} would do too")
    if task.wishes:
        lines.append(f"wishes: {task.wishes}")
    lines.append(f"may be called back on {task.phone}" if task.phone else "no telephone number is given")
    return tuple(lines)


def conditions_of(restaurant: Restaurant) -> tuple[str, ...]:
    """The line, the voice and the manners of the restaurant."""
    if not restaurant.answers:
        return ("nobody picks up",)
    lines = [
        f"rings {restaurant.ring_s:g} s",
        f"{_BANDS[restaurant.band]}, voice {restaurant.level_dbfs:g} dBFS, {_noise(restaurant)}",
        f"voice {restaurant.voice}, {restaurant.rate_wpm} words a minute",
        f"answers after {restaurant.after_ms} ms, asks who is there after {restaurant.silence_s:g} s of silence",
    ]
    if restaurant.packet_loss:
        lines.append(
            f"{restaurant.packet_loss:g} % of what it says is lost, {restaurant.loss_burst:g} packets in a row"
        )
    if restaurant.persona != "patient":
        lines.insert(0, _PERSONAS[restaurant.persona])
    if restaurant.language:
        lines.insert(
            0, f"speaks and understands {_LANGUAGES[restaurant.language]}, not the language of the task"
        )
    return tuple(["an answering machine: it hears nothing", *lines] if restaurant.machine else lines)


def _noise(restaurant: Restaurant) -> str:
    kind = _NOISES[restaurant.noise]
    if restaurant.snr_db is not None:
        return f"{kind} {restaurant.snr_db:g} dB below it"
    return "no noise" if restaurant.noise_dbfs is None else f"{kind} {restaurant.noise_dbfs:g} dBFS"


def plot_of(restaurant: Restaurant) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each step of the restaurant, by its name, with what it does there."""
    return tuple((name, tuple(_step(step))) for name, step in restaurant.steps.items())


def _step(step: Step) -> list[str]:
    lines = []
    if step.needs:
        lines.append(f"asks for {_list(step.needs)}, if not known")
    if step.play:
        lines.append(f"plays {_PLAYS[step.play]} for {step.seconds:g} s")
    if step.say:
        language = f" in {_LANGUAGES[step.language]}" if step.language else ""
        lines.append(f'says "{step.say}"{language}')
    lines += [
        f"{verb} {_facts(facts)}"
        for verb, facts in (("offers", step.offer), ("notes, whatever was said,", step.remember))
        if facts.given()
    ]
    if step.interrupt_after_words:
        lines.append(f"cuts in after {step.interrupt_after_words} words of the answer")
    lines += [f"{_when(branch)} -> {branch.go}" for branch in step.next]
    lines += [f"if the agent presses {key} -> {target}" for key, target in step.keys.items()]
    if step.on_silence:
        lines.append(f"at silence -> {step.on_silence}")
    if step.then:
        lines.append(f"at once -> {step.then}")
    if step.hang_up:
        lines.append("hangs up")
    return lines


def _when(branch: Branch) -> str:
    parts = _conditions(branch.when)
    return f"if the agent {' and '.join(parts)}" if parts else "then"


def _conditions(when: When) -> list[str]:
    parts = []
    if when.intents:
        parts.append(f"means {_list(when.intents, 'or')}")
    if when.says:
        parts.append("says " + " or ".join(f'"{words}"' for words in when.says))
    if when.polarity is not None:
        parts.append("says yes" if when.polarity else "says no")
    for fact in FACTS:
        value = getattr(when, fact)
        if value in ("", None):
            continue
        name = _plain(fact)
        parts.append({"any": f"names a {name}", "none": f"names no {name}"}.get(str(value), f"says {value}"))
    if when.known:
        parts.append(f"has told {_list(when.known)}")
    if when.visits:
        parts.append(f"is here for the {when.visits}. time")
    return parts


def _facts(facts: Facts) -> str:
    return ", ".join(f"{_plain(name)} {value}" for name, value in facts.given().items())


def _list(names: tuple[str, ...], last: str = "and") -> str:
    words = [_plain(name) for name in names]
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _plain(name: str) -> str:
    return name.replace("_", " ")
