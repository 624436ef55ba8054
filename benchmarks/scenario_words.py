"""Which lines of the scenarios does the simulator's recogniser not hear word for word?

    python -m benchmarks.scenario_words [--language en] [--only NAME …] [--json]

Every `say`, with its slots filled as in a call that goes as the scenario expects, is spoken by the scenario's voice,
put through the telephone band at its level and noise, and transcribed after three different leading silences. A line
counts as heard when all three transcripts are right. Stock phrases (asking, farewell) are tried in the language's
default voices. stdout is data, with --json one object for each line that is not heard; the summary goes to stderr.
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
import soxr

from engine.audio.levels import trim_silence, with_level
from engine.lines import phrases
from engine.lines.steps import Known, fill
from engine.protocol import LANGUAGES, LanguageCode, Task
from engine.recognizers.whisper import SIM_EAR_FOLDER, WhisperRecognizer
from engine.scenario import listing, load
from engine.scenario_parts import VOICES, Restaurant, Scenario
from engine.settings import RecognizerSettings
from engine.voices.espeak import Espeak

HEARING_RATE_HZ = 16_000
TELEPHONE_RATE_HZ = 8_000
LEADING_MS = (100, 237, 410)
TRAILING_MS = 400  # about the hangover after which a turn is over
NO_NOISE_DBFS = -90.0
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
        self._espeak = Espeak()
        self._recognizer = WhisperRecognizer(RecognizerSettings(), SIM_EAR_FOLDER)

    def listen(self, line: Line) -> Result:
        """Speak one line and write down what is heard of it."""
        heard = [self._recognizer.transcribe(pcm, None).text for pcm in self._takes(line)]
        return Result(line.where, line.text, tuple(" ".join(text.split()) for text in heard))

    def _takes(self, line: Line) -> Iterator[np.ndarray]:
        restaurant = line.restaurant
        voice = restaurant.voice or VOICES[line.language]
        made = self._espeak.synthesize(line.text, voice, restaurant.rate_wpm, restaurant.pitch)
        pcm, _ = trim_silence(made.pcm, made.rate_hz)
        speech = pcm.astype(np.float32)
        if restaurant.band == "telephone":
            speech = soxr.resample(speech, made.rate_hz, TELEPHONE_RATE_HZ)
            speech = soxr.resample(speech, TELEPHONE_RATE_HZ, HEARING_RATE_HZ)
        else:
            speech = soxr.resample(speech, made.rate_hz, HEARING_RATE_HZ)
        speech = with_level(speech.clip(-32768, 32767).astype(np.int16), restaurant.level_dbfs).astype(
            np.float32
        )
        noise_dbfs = NO_NOISE_DBFS if restaurant.noise_dbfs is None else restaurant.noise_dbfs
        for lead_ms in LEADING_MS:
            lead, trail = (
                np.zeros(HEARING_RATE_HZ * ms // 1000, np.float32) for ms in (lead_ms, TRAILING_MS)
            )
            signal = np.concatenate([lead, speech, trail])
            noise = (
                np.random.default_rng(lead_ms).standard_normal(signal.size) * 10 ** (noise_dbfs / 20) * 23170
            )
            yield (signal + noise).clip(-32768, 32767).astype(np.int16)


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
    for text in [*phrases.ASK[language].values(), *stock]:
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
