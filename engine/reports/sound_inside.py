"""A recording small enough to travel inside of a page: Opus in Ogg, which browsers play from a data address."""

from __future__ import annotations

import io
from typing import Any, cast

from engine.errors import StateError
from engine.protocol import HEARING_RATE_HZ

MEDIA_TYPE = "audio/ogg; codecs=opus"
BITS_A_SECOND = (
    32_000  # both voices; speech at 16 kHz loses nothing that a listener would miss. 0.24 MB a minute
)
PIECE_SAMPLES = HEARING_RATE_HZ // 50 * 50  # a second at once; the encoder cuts it into packets of 20 ms
# Of 10 steps of effort: 0.6 s of a core for three minutes. The mode for voices would take four times that.
EFFORT = {"compression_level": "3", "application": "audio"}


def as_opus(pcm: bytes) -> bytes:
    """pcm: int16 stereo, 16 kHz. Raises StateError where this machine's FFmpeg cannot."""
    import av
    import numpy as np

    samples = np.frombuffer(pcm[: len(pcm) - len(pcm) % 4], "<i2").reshape(1, -1)
    file = io.BytesIO()
    try:
        with av.open(file, "w", format="ogg") as container:
            stream = cast("Any", container.add_stream("libopus", rate=HEARING_RATE_HZ, options=EFFORT))
            stream.bit_rate, stream.layout, stream.format = BITS_A_SECOND, "stereo", "s16"
            for place in range(0, samples.shape[1], PIECE_SAMPLES * 2):
                piece = np.ascontiguousarray(samples[:, place : place + PIECE_SAMPLES * 2])
                frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="stereo")
                frame.sample_rate, frame.pts = HEARING_RATE_HZ, place // 2
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (av.FFmpegError, ValueError) as error:
        raise StateError(
            f"the sound cannot be put into the report ({error}). --no-audio leaves it out."
        ) from None
    return file.getvalue()
