"""Which lines of the scenarios does the simulator's recogniser not hear word for word?

    python -m benchmarks.scenario_words [--language en] [--only NAME …] [--json]

Every `say`, with its slots filled as in a call that goes as the scenario expects, is spoken by the scenario's voice,
put through its telephone at its level, with its noise and lost packets, and transcribed after three different leading
silences. A line counts as heard when all three transcripts are right. Stock phrases (asking, small talk, farewell) are
tried in the language's default voices. stdout is data, with --json one object for each line that is not heard; the
summary goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from engine.audio.resample import Decimator
from engine.lines import phrases
from engine.lines.far_end import FRAME_SAMPLES
from engine.lines.packet_loss import Concealed
from engine.lines.sounds import RestaurantVoice, noise_of
from engine.lines.steps import Known, fill
from engine.protocol import HEARING_RATE_HZ, LANGUAGES, LINE_RATE_HZ, LanguageCode, Task
from engine.recognizers.whisper import SIM_EAR_FOLDER, WhisperRecognizer
from engine.scenario import listing, load
from engine.scenario_parts import VOICES, Restaurant, Scenario
from engine.settings import RecognizerSettings

LEADING_MS = (100, 237, 410)
TRAILING_MS = 400  # about the hangover after which a turn is over
_PUNCTUATION = re.compile(r"[,.?]")


class Line(NamedTuple):
    """Something a restaurant says, and how."""

    where: str  # scenario and step
    text: str
    language: LanguageCode
    restaurant: Restaurant


class Result(NamedTuple):
    """A line and its transcripts, one for each leading silence."""

    where: str
    text: str
    heard: tuple[str, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """The transcripts that differ."""
        said = _PUNCTUATION.sub("", self.text)
        return tuple(text for text in self.heard if text != said)


class Bench:
    """Voice and recogniser, loaded once."""

    def __init__(self) -> None:
        self._recognizer = WhisperRecognizer(RecognizerSettings(), SIM_EAR_FOLDER)

    def listen(self, line: Line) -> Result:
        """Speak one line and write down what is heard of it."""
        heard = [self._recognizer.transcribe(pcm, None).text for pcm in self._takes(line)]
        return Result(line.where, line.text, tuple(" ".join(text.split()) for text in heard))

    def _takes(self, line: Line) -> Iterator[np.ndarray]:
        """As the line carries it: through the restaurant's telephone, its noise and its lost packets."""
        restaurant = line.restaurant
        sound = RestaurantVoice(restaurant, VOICES[line.language]).speak(line.text)
        speech = sound.pcm[sound.first : sound.last]
        for lead_ms in LEADING_MS:
            lead, trail = (np.zeros(LINE_RATE_HZ * ms // 1000, np.int16) for ms in (lead_ms, TRAILING_MS))
            noise = noise_of(restaurant, lead_ms)
            way = Concealed(restaurant.packet_loss, restaurant.loss_burst, lead_ms)
            signal = noise.add(np.concatenate([lead, speech, trail]))
            frames = [signal[at : at + FRAME_SAMPLES] for at in range(0, signal.size, FRAME_SAMPLES)]
            heard = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)
            yield np.concatenate([heard.feed(way.over(frame)) for frame in frames[:-1]])


def lines_of(name: str, scenario: Scenario) -> Iterator[Line]:
    """Every `say` of a scenario, filled with what the restaurant would know; below an offer, it was accepted."""
    known = expected_facts(scenario)
    for step_name, step in scenario.restaurant.steps.items():
        if step.say:
            language = step.language or scenario.spoken
            text = fill(step.say, {**known, **step.remember.given()}, step.offer.given(), language)
            speaker = scenario.restaurant
            if step.language:
                speaker = msgspec.structs.replace(speaker, voice=VOICES[language])
            yield Line(f"{name}:{step_name}", text, language, speaker)
        if scenario.expected.outcome in ("booked", "changed"):
            known |= step.offer.given()


def expected_facts(scenario: Scenario) -> Known:
    """What the restaurant has heard of the agent: the task's wish."""
    task: Task = scenario.task
    return {
        "party_size": task.party_size,
        "date": task.date,
        "time": task.time,
        "name": task.name,
        "phone": task.phone.removeprefix("+"),
    }


def stock_lines(language: LanguageCode) -> Iterator[Line]:
    """The phrases that every restaurant has."""
    stock = [phrases.PARDON[language], phrases.YES[language], phrases.FAREWELL[language]]
    stock += [phrases.AGAIN[language], fill(phrases.CHECK[language], {"party_size": 5}, {}, language)]
    asked = [*phrases.ASK[language].values(), *phrases.BRIEF[language].values()]
    for text in [*asked, *phrases.REMARKS[language], *stock]:
        yield Line(f"{language}/stock", text, language, Restaurant(voice=VOICES[language]))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument(
        "--only", metavar="NAME", nargs="+", default=[], help="these scenarios alone, without stock"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--say", metavar="TEXT", nargs="+", help="try these sentences instead of the scenarios"
    )
    parser.add_argument("--voice", default="", help="with --say: another voice than the language's own")
    arguments = parser.parse_args()
    languages: list[LanguageCode] = [arguments.language] if arguments.language else list(LANGUAGES)
    if arguments.say:
        restaurant = Restaurant(voice=arguments.voice)
        lines = [Line("say", text, languages[0], restaurant) for text in arguments.say]
    else:
        lines = [line for code in languages for line in stock_lines(code) if not arguments.only]
        for path in listing():
            if path.parent.name in languages and (not arguments.only or path.stem in arguments.only):
                lines += lines_of(f"{path.parent.name}/{path.stem}", load(path))
    bench = Bench()
    results = [bench.listen(line) for line in lines]
    missed = [result for result in results if result.wrong]
    for result in missed:
        if arguments.json:
            print(
                json.dumps(
                    {"where": result.where, "said": result.text, "heard": result.heard}, ensure_ascii=False
                )
            )
        else:
            print(f"{result.where}\n  said   {result.text}")
            print("".join(f"  heard  {text}\n" for text in dict.fromkeys(result.wrong)), end="")
    print(f"{len(results) - len(missed)} of {len(results)} lines heard word for word", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
