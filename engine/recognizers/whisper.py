"""faster-whisper: one adapter for a Whisper model and for the small recogniser of the simulator.

The small one ("sim-ear", 3.4 MB, in the package) only understands espeak-ng's voices: it is the default on
simulated lines and refused on real ones. See sim_ear/MODEL_CARD.md.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
import numpy as np

from engine.errors import ModelError
from engine.protocol import HEARING_RATE_HZ, LanguageCode
from engine.recognizers.base import NOT_ASKED, Recognition
from engine.recognizers.bigrams import bigrams_of
from engine.recognizers.hardware import AUTO, CPU, CUDA, Hardware, choose, this_machine
from engine.recognizers.lexicon import FILE as LEXICON, lexicon_of
from engine.recognizers.readings import respelled
from engine.recognizers.windows import Cutting, Window, pieces
from engine.settings import RecognizerSettings
from engine.turns.hallucination import repeats_itself

if TYPE_CHECKING:
    from engine.recognizers.whisper_model import OnceEncoded

log = logging.getLogger(__name__)

SIM_EAR = "sim-ear"
SIM_EAR_FOLDER = Path(__file__).parent / "sim_ear"
WHISPER_FRAMES = (
    3000  # 30 s in steps of 10 ms: a model with this window is a Whisper, and knows what Whispers know
)
TOKENS_A_SECOND, TOKENS_MORE = 8, 24  # people say at most 5 or 6 a second; a decoder in a loop writes 448
LONG = Cutting(
    most_ms=15_000
)  # a turn's beginning that is longer than this is not recognised again with each partial
SHORT = Cutting(
    most_ms=6_000, pause_ms=150
)  # the small recogniser stops at a pause: it was trained on one sentence
BEAM, SMALL_BEAM = 1, 8  # readings that are followed; a Whisper gains little by more than one
REMEMBERED = 64  # pieces
REPETITIVE = 2.4  # Whisper's own threshold on the compression ratio
NAMES_CHARACTERS = 120  # of a hint: a long one is paid for with every utterance


class Verdict(msgspec.Struct, forbid_unknown_fields=True):
    """What a benchmark has found out about a model; in its folder, as window.json."""

    window: Literal["speech", "whole"]


class Decoded(NamedTuple):
    """One window's words."""

    text: str
    log_probability: float  # of all tokens
    tokens: int
    no_speech: float


class WhisperRecognizer:
    """One model, loaded once; calls take turns with it."""

    def __init__(self, settings: RecognizerSettings, folder: Path) -> None:
        """folder: of the model. Raises ModelError when it cannot be loaded."""
        if not (folder / "model.bin").exists():
            raise ModelError(
                f'No model "{settings.model}" in {folder}. Bring it with: call-thing models pull {settings.model}'
            )
        self._model, self.hardware = _loaded(settings, folder)
        features = self._model.feature_extractor
        self.pretrained = features.nb_max_frames >= WHISPER_FRAMES
        self._model.window = window_of(settings, folder)
        self._model.bigrams = bigrams_of(folder)
        self._model.lexicon = lexicon_of(folder) if (folder / LEXICON).exists() else {}
        self._cutting = LONG if self.pretrained else SHORT
        self._detected: tuple[bytes, LanguageCode, dict[LanguageCode, float]] | None = None
        self._decoded: dict[tuple[bytes, LanguageCode, str | None], Decoded] = {}
        self._names = settings.names and self.pretrained

    def transcribe(
        self, pcm: np.ndarray, language: LanguageCode | None, names: Sequence[str] = ()
    ) -> Recognition:
        """See Recognizer. An empty text means that no words were heard."""
        cut = pieces(pcm, self._cutting) if pcm.size else []
        hinted = hint(names) if self._names else None
        languages = NOT_ASKED
        if language is None and cut:  # one language an utterance: that of its longest piece
            longest = max(cut, key=len)
            language, languages = self._language_of(longest)
            self._words(longest, language, hinted)  # at once, while it is encoded
        language = language or "en"
        found = [each for each in (self._words(piece, language, hinted) for piece in cut) if each.text]
        found = [each for each in found if not repeats_itself(each.text)] or found
        tokens = sum(each.tokens for each in found)
        return Recognition(
            " ".join(each.text for each in found),
            language,
            min(1.0, math.exp(sum(each.log_probability for each in found) / tokens)) if tokens else 0.0,
            min((each.no_speech for each in found), default=1.0),
            languages,
        )

    def _language_of(self, pcm: np.ndarray) -> tuple[LanguageCode, dict[LanguageCode, float]]:
        if not self._model.model.is_multilingual:
            return "en", {"en": 1.0}
        digest = _digest(pcm)
        if self._detected is None or self._detected[0] != digest:
            found = self._model.detect_language(features=self._model.feature_extractor(_floats(pcm)))
            self._detected = (digest, found[0], dict(found[2]))
        return self._detected[1:]

    def _words(self, pcm: np.ndarray, language: LanguageCode, hinted: str | None) -> Decoded:
        """A piece's words; those of a turn's beginning are asked for again with every partial, and remembered."""
        key = (_digest(pcm), language, hinted)
        known = self._decoded.pop(key, None)
        self._decoded[key] = known or self._decode(pcm, language, hinted)
        if len(self._decoded) > REMEMBERED:
            del self._decoded[next(iter(self._decoded))]
        return self._decoded[key]

    def _decode(self, pcm: np.ndarray, language: LanguageCode, hinted: str | None) -> Decoded:
        trained = self.pretrained
        segments, _ = self._model.transcribe(
            _floats(pcm),
            language=language,
            beam_size=BEAM if trained else SMALL_BEAM,
            best_of=1,
            temperature=(0.0, 0.4) if trained else (0.0,),  # the second one only for a decoder in a loop
            compression_ratio_threshold=REPETITIVE if trained else None,
            without_timestamps=True,
            condition_on_previous_text=False,
            suppress_tokens=[-1] if trained else [],  # -1: notes, brackets and other signs that nobody says
            suppress_blank=trained,
            vad_filter=False,
            no_speech_threshold=None,
            log_prob_threshold=None,
            max_new_tokens=token_limit(pcm.size),
            hotwords=hinted,
        )
        found = list(segments)
        tokens = sum(len(each.tokens) + 1 for each in found)
        text = " ".join(segment.text.strip() for segment in found).strip()
        known = self._model.lexicon.get(language)
        return Decoded(
            respelled(text, known) if known else text,
            sum(each.avg_logprob * (len(each.tokens) + 1) for each in found),
            tokens,
            max((each.no_speech_prob for each in found), default=1.0),
        )


def _digest(pcm: np.ndarray) -> bytes:
    return sha1(pcm.tobytes(), usedforsecurity=False).digest()


def _floats(pcm: np.ndarray) -> np.ndarray:
    return pcm.astype(np.float32) / 32768


def token_limit(samples: int) -> int:
    """Tokens that so much audio (16 kHz) can hold, and some more."""
    return TOKENS_A_SECOND * math.ceil(samples / HEARING_RATE_HZ) + TOKENS_MORE


def hint(names: Sequence[str]) -> str | None:
    """What a model is told was said before, so that it knows how names are spelled; None: nothing."""
    told = ", ".join(name for name in names if name)
    return (told if len(told) <= NAMES_CHARACTERS else told[:NAMES_CHARACTERS].rsplit(" ", 1)[0]) or None


def window_of(settings: RecognizerSettings, folder: Path) -> Window:
    """How much a model looks at: by the settings, or by the verdict in its folder. Raises ModelError."""
    wanted: str = settings.window
    verdict = folder / "window.json"
    if wanted == AUTO and verdict.is_file():
        try:
            wanted = msgspec.json.decode(verdict.read_bytes(), type=Verdict).window
        except (OSError, msgspec.MsgspecError) as error:
            raise ModelError(
                f"{verdict}: {error}. Remove it, or write it anew: benchmarks/asr.py --keep."
            ) from None
    return Window(wanted != "whole", settings.window_floor_ms, settings.window_margin_ms)


def folder_of(settings: RecognizerSettings, models: Path) -> Path:
    """Where the configured model lies: the package, the models folder, or a path of its own."""
    if settings.model == SIM_EAR:
        return SIM_EAR_FOLDER
    own = Path(settings.model).expanduser()
    return own if own.is_dir() else models / settings.model


def hardware_for(settings: RecognizerSettings) -> Hardware:
    """Where the configured model runs. Raises ModelError. The small recogniser is too small for a GPU to help."""
    if settings.model == SIM_EAR and settings.device == AUTO:
        settings = msgspec.structs.replace(settings, device=CPU)
    return choose(settings, this_machine())


def _loaded(settings: RecognizerSettings, folder: Path) -> tuple[OnceEncoded, Hardware]:
    """The model, and where it runs: on the CPU where a GPU was not demanded and does not work."""
    hardware = hardware_for(settings)
    try:
        return _load(folder, hardware), hardware
    except (RuntimeError, ValueError, OSError) as error:
        if hardware.device == CUDA and settings.device == AUTO:
            log.warning("The GPU cannot be used for recognition (%s): it runs on the CPU.", error)
            on_cpu = msgspec.structs.replace(settings, device=CPU, compute_type=AUTO)
            return _loaded(on_cpu, folder)
        raise ModelError(
            f"The recogniser in {folder} cannot be loaded ({error}). Remove the folder and pull the model again, "
            "or set recognizer.model to another one."
        ) from None


def _load(folder: Path, hardware: Hardware) -> OnceEncoded:
    from engine.recognizers.whisper_model import OnceEncoded

    arguments: dict[str, Any] = {"device": hardware.device, "compute_type": hardware.compute_type}
    model = OnceEncoded(
        str(folder),
        cpu_threads=1,  # more gave no dependable gain, and other rooms need the core
        local_files_only=True,
        **arguments,
    )
    if hardware.device == CUDA:  # its libraries are looked for at the first use, not before
        features = model.feature_extractor
        model.encode(np.zeros((features.mel_filters.shape[0], features.nb_max_frames), np.float32))
    return model
