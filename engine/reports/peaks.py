"""A recording as a picture needs it: the lowest and the loudest sample of each short stretch. Pure."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from engine.protocol import HEARING_RATE_HZ
from engine.reports.parts import Waveform

if TYPE_CHECKING:
    import numpy as np

STEP_MS = 10  # finer than a pixel at any zoom that is of use
MOST_STEPS = (
    30_000  # of each voice: five minutes at 10 ms; longer calls are drawn more coarsely. 0.3 MB of base64
)


def peaks(pcm: bytes, began_ms: float) -> Waveform | None:
    """pcm: int16 stereo, 16 kHz, left the far end, right the agent. None where there is nothing to draw."""
    import numpy as np

    samples = np.frombuffer(pcm[: len(pcm) - len(pcm) % 4], "<i2").reshape(-1, 2)
    if not len(samples):
        return None
    step = max(HEARING_RATE_HZ * STEP_MS // 1000, -(-len(samples) // MOST_STEPS))
    tracks = [_lows_and_highs(samples[:, channel], step) for channel in (0, 1)]
    far, agent = (base64.b64encode(np.ascontiguousarray(track, "<i2").tobytes()).decode() for track in tracks)
    return Waveform(began_ms, step * 1000 / HEARING_RATE_HZ, far, agent)


def _lows_and_highs(samples: np.ndarray, step: int) -> np.ndarray:
    """int16, shape (stretches, 2)."""
    import numpy as np

    whole = np.pad(samples, (0, -len(samples) % step)).reshape(-1, step)
    return np.stack([whole.min(axis=1), whole.max(axis=1)], axis=1)
