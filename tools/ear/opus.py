"""libopus through the copy that PyAV's wheel brings: what a real line does to a voice, lost packets included.

PyAV itself decodes no packet that never came, which is where a decoder has to invent something.
"""

from __future__ import annotations

import ctypes as c
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from engine.errors import EngineError

RATE_HZ = 16_000
FRAME = RATE_HZ // 50  # 20 ms, as the line sends them
APPLICATION_VOIP = 2048
SET_BITRATE, SET_COMPLEXITY = 4002, 4010
PACKET_BYTES = 1500


@cache
def _library() -> c.CDLL:
    import av

    folder = Path(av.__file__).parent.parent / "av.libs"
    found = sorted(folder.glob("libopus*"))
    if not found:
        raise EngineError(f"No libopus beside PyAV in {folder}. Install the pinned wheels: make ear")
    library = c.CDLL(str(found[0]))
    library.opus_encoder_create.restype = library.opus_decoder_create.restype = c.c_void_p
    library.opus_encode_float.argtypes = (c.c_void_p, c.c_void_p, c.c_int, c.c_void_p, c.c_int)
    library.opus_decode_float.argtypes = (c.c_void_p, c.c_void_p, c.c_int, c.c_void_p, c.c_int, c.c_int)
    library.opus_encoder_destroy.argtypes = library.opus_decoder_destroy.argtypes = (c.c_void_p,)
    return library


def through_opus(pcm: np.ndarray, bits_per_s: int, lost_share: float, random: Random) -> np.ndarray:
    """The audio after encoder, network and decoder, of the same length, late by the codec's 6.5 ms.

    pcm: float32, shape (samples,), 16 kHz; lost_share: of the packets, 0..1, each by itself.
    """
    library = _library()
    error = c.c_int()
    encoder = library.opus_encoder_create(RATE_HZ, 1, APPLICATION_VOIP, c.byref(error))
    decoder = library.opus_decoder_create(RATE_HZ, 1, c.byref(error))
    library.opus_encoder_ctl(c.c_void_p(encoder), SET_BITRATE, c.c_int(bits_per_s))
    library.opus_encoder_ctl(c.c_void_p(encoder), SET_COMPLEXITY, c.c_int(1))  # as the line does
    padded = np.pad(pcm, (0, -pcm.size % FRAME)).astype(np.float32)
    decoded = np.zeros_like(padded)
    packet = c.create_string_buffer(PACKET_BYTES)
    try:
        for start in range(0, padded.size, FRAME):
            length = library.opus_encode_float(
                encoder, padded[start:].ctypes.data, FRAME, packet, PACKET_BYTES
            )
            lost = random.random() < lost_share
            library.opus_decode_float(
                decoder,
                None if lost else packet,
                0 if lost else length,
                decoded[start:].ctypes.data,
                FRAME,
                0,
            )
    finally:
        library.opus_encoder_destroy(encoder)
        library.opus_decoder_destroy(decoder)
    return decoded[: pcm.size]
