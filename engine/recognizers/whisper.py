"""faster-whisper: one adapter for a Whisper model and for the small recogniser of the simulator.

The small one ("sim-ear", 2.8 MB, in the package) only understands espeak-ng's voices: it is the default on
simulated lines and refused on real ones. See sim_ear/MODEL_CARD.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ModelError
from engine.protocol import LANGUAGES, LanguageCode
from engine.recognizers.base import Recognition
from engine.settings import RecognizerSettings

SIM_EAR = "sim-ear"
SIM_EAR_FOLDER = Path(__file__).parent / "sim_ear"
WHISPER_FRAMES = 3000  # 30 s in steps of 10 ms, what faster-whisper pads every segment to
MAX_TOKENS = 80  # of one decoding; a turn of 8 s has about 40


class WhisperRecognizer:
    """One model, loaded once; calls take turns with it."""

    def __init__(self, settings: RecognizerSettings, folder: Path) -> None:
        """folder: of the model. Raises ModelError when it cannot be loaded."""
        from faster_whisper import WhisperModel

        if not (folder / "model.bin").exists():
            raise ModelError(
                f'No model "{settings.model}" in {folder}. Bring it with: call-thing models pull {settings.model}'
            )
        try:
            self._model = WhisperModel(
                str(folder),
                device=settings.device,
                compute_type=settings.compute_type,
                cpu_threads=1,  # more gave no dependable gain, and other rooms need the core
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(
                f"The recogniser in {folder} cannot be loaded ({error}). Remove the folder and pull the model again, "
                "or set recognizer.model to another one."
            ) from None
        window = self._model.feature_extractor.nb_max_frames
        if window < WHISPER_FRAMES:
            _cut_to_window(self._model, window)

    def transcribe(
        self, pcm: np.ndarray, language: LanguageCode | None, names: Sequence[str] = ()
    ) -> Recognition:
        """See Recognizer. An empty text means that no words were heard."""
        segments, info = self._model.transcribe(
            pcm.astype(np.float32) / 32768,
            language=language,
            beam_size=1,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            suppress_tokens=[],
            suppress_blank=False,
            vad_filter=False,
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
            max_new_tokens=MAX_TOKENS,
        )
        found = list(segments)
        text = " ".join(segment.text.strip() for segment in found).strip()
        confidence = math.exp(sum(s.avg_logprob for s in found) / len(found)) if found else 0.0
        no_speech = max((s.no_speech_prob for s in found), default=1.0)
        heard = language or _one_of_ours(info.language, info.all_language_probs)
        return Recognition(text, heard, min(1.0, confidence), no_speech)


def folder_of(settings: RecognizerSettings, models: Path) -> Path:
    """Where the configured model lies: the package, the models folder, or a path of its own."""
    if settings.model == SIM_EAR:
        return SIM_EAR_FOLDER
    own = Path(settings.model).expanduser()
    return own if own.is_dir() else models / settings.model


def _cut_to_window(model: Any, frames: int) -> None:
    """Undo faster-whisper's padding to 30 s for a model whose window is shorter.

    The features are cut to the model's whole window, not to the utterance: cropped further the small
    recogniser is twice as wrong.
    """
    encode = model.encode
    model.encode = lambda features: encode(np.ascontiguousarray(features[..., :frames]))


def _one_of_ours(detected: str, probabilities: list[tuple[str, float]] | None) -> LanguageCode:
    if detected in LANGUAGES:
        return detected
    ours = [(p, code) for code, p in probabilities or [] if code in LANGUAGES]
    return max(ours)[1] if ours else "en"
