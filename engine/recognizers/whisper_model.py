"""faster-whisper's model, with four things changed that its own arguments do not reach.

* It looks at the utterance and a margin, not always at 30 s filled up with zeros (`windows.Window`).
* Audio is encoded once: its own `transcribe(language=None)` encodes it for the language and again for the words.
* The language is one of our four; the other ninety-five are not asked about.
* Where all words of a model are known, its best readings are compared (`readings`), not the first one taken.

Importing this module loads CTranslate2.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from faster_whisper import WhisperModel

from engine.protocol import LANGUAGES, LanguageCode
from engine.recognizers.bigrams import Bigrams
from engine.recognizers.lexicon import Lexicon
from engine.recognizers.readings import Reading, believed
from engine.recognizers.windows import Window


class OnceEncoded(WhisperModel):  # type: ignore[misc]  # it has no type information
    """A model that remembers what it encoded last."""

    window = Window(cropped=False)
    lexicon: Lexicon
    """All words of each language of which somebody can say so; of a Whisper nobody can."""
    bigrams: Mapping[LanguageCode, Bigrams]
    """Which words follow each other, where a model has that beside its lexicon."""
    languages: dict[LanguageCode, float]
    """Of the last detection, summing to 1."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.lexicon, self.bigrams, self.languages = {}, {}, {}
        self._seen: np.ndarray | None = None
        self._encoded: Any = None

    def encode(self, features: np.ndarray) -> Any:
        """Encode features, shape (mels, frames), of one segment: more zeros are added, or cut, as the window wants."""
        heard = np.flatnonzero(features.any(axis=0))
        frames = self.window.frames(
            int(heard[-1]) + 1 if heard.size else 0,
            self.feature_extractor.nb_max_frames,
            self.feature_extractor.time_per_frame * 1000,
        )
        seen = np.zeros((features.shape[0], frames), np.float32)
        seen[:, : features.shape[1]] = features[:, :frames]
        if self._seen is None or not np.array_equal(seen, self._seen):
            self._seen, self._encoded = seen, super().encode(seen)
        return self._encoded

    def detect_language(self, audio: Any = None, features: Any = None, **named: Any) -> Any:
        """As faster-whisper's, which calls it with features, but among our languages alone.

        audio and the other arguments are not used.
        """
        whole = min(
            self.feature_extractor.nb_max_frames, features.shape[-1] - 1
        )  # as generate_segments counts
        found = self.model.detect_language(self.encode(features[:, :whole]))[0]
        self.languages = of_ours(found)
        best = max(self.languages, key=lambda code: self.languages[code])
        return best, self.languages[best], list(self.languages.items())

    def generate_with_fallback(
        self, encoder_output: Any, prompt: list[int], tokenizer: Any, options: Any
    ) -> tuple[Any, float, float, float]:
        """As faster-whisper's, which calls it: what was read, its mean log probability, temperature and repetitiveness.

        With known words there is neither a second temperature nor a measure of repetitions.
        """
        known = self.lexicon.get(tokenizer.language_code)
        if known is None:
            return super().generate_with_fallback(encoder_output, prompt, tokenizer, options)
        found = self.model.generate(
            encoder_output,
            [prompt],
            beam_size=options.beam_size,
            num_hypotheses=options.beam_size,
            max_length=len(prompt) + options.max_new_tokens,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=options.suppress_blank,
            suppress_tokens=options.suppress_tokens,
        )[0]
        readings = [
            Reading(tokenizer.decode(tokens), score, len(tokens))
            for tokens, score in zip(found.sequences_ids, found.scores, strict=True)
        ]
        best = believed(readings, known, self.bigrams.get(tokenizer.language_code))
        tokens, score = found.sequences_ids[best], found.scores[best]
        read = SimpleNamespace(sequences_ids=[tokens], scores=[score], no_speech_prob=found.no_speech_prob)
        return read, score * len(tokens) / (len(tokens) + 1), 0.0, 1.0


def of_ours(found: list[tuple[str, float]]) -> dict[LanguageCode, float]:
    """The probabilities of our four languages, summing to 1, from those of all: [("<|en|>", 0.7), …]."""
    of = {token[2:-2]: probability for token, probability in found}
    ours = {code: of.get(code, 0.0) for code in LANGUAGES}
    total = sum(ours.values())
    return {code: probability / total if total else 1 / len(ours) for code, probability in ours.items()}
