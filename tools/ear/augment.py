"""Other voices, lines and noises made out of features, while training: free, and different each time.

Features are faster-whisper's: (log10 of mel power, at least the clip's maximum - 8, plus 4) / 4. A step of 1 is 40 dB.
"""

from __future__ import annotations

import math
from random import Random

import torch
from torch import Tensor

from tools.ear import nobody
from tools.ear.clip import WINDOW_S, features_of
from tools.ear.model import MELS

DB = 1 / 40
NOISES = 300
NARROW_HZ = 3850
NOISY_SHARE, LOUD_SHARE = 0.6, 0.45
SNR_DB, LOUD_SNR_DB = (12.0, 45.0), (2.0, 13.0)
BABBLE_SHARE, BABBLE_VOICES, BABBLE_SNR_DB = 0.12, 4, 8.0  # at least: louder, it is not known who is meant
NARROW_SHARE = 0.15  # besides those that were narrow before
LEVEL_DB, TILT_DB = 7.0, 5.0
WARP_SHARE, WARP = 0.4, 0.09  # longer and shorter throats
BAND_SHARE, BAND_BINS = 0.4, 8
HOLE_SHARE, HOLE_FRAMES = 0.15, 3
SPEECH_UNDER_PEAK = 1e-3  # frames that count for the level of a voice


def mel_hz() -> Tensor:
    """Centres of the mel bins (Slaney's scale, as Whisper uses it), Hz, shape (80,)."""
    mels = torch.linspace(0, 45.245640471924965, MELS + 2)[1:-1]
    return torch.where(mels < 15, mels * 200 / 3, 1000 * torch.exp((mels - 15) * math.log(6.4) / 27))


class Augmenter:
    """Changes whole batches, on the device they are on."""

    def __init__(self, seed: int, device: torch.device) -> None:
        random = Random(seed)
        made = [features_of(nobody.noise(WINDOW_S, random))[:, :400] for _ in range(NOISES)]
        power = 10 ** (4 * torch.stack([torch.from_numpy(each) for each in made]) - 4)
        hz = mel_hz()
        self._widths = torch.gradient(hz)[0].to(device)  # power of a bin counts by how wide it is
        self._narrow = (hz > NARROW_HZ).to(device)
        power = power.to(device)
        self._noises = power / self._level(power)[:, None, None]
        self._device = device

    def _level(self, power: Tensor) -> Tensor:
        """Mean power of the loud frames, shape (batch,). power: shape (batch, 80, frames)."""
        frames = (power * self._widths[:, None]).sum(1)
        loud = frames > SPEECH_UNDER_PEAK * frames.amax(1, keepdim=True)
        return (frames * loud).sum(1) / loud.sum(1).clamp(min=1)

    def __call__(self, features: Tensor, lengths: Tensor, dice: torch.Generator, hard: float = 1.0) -> Tensor:
        """features, shape (batch, 80, frames), with zeros after each clip's length in frames.

        hard: 0 = hardly any noise and the voices as they are, 1 = everything.
        """
        batch, _, frames = features.shape
        inside = (torch.arange(frames, device=self._device) < lengths[:, None])[:, None]

        def throw(*shape: int) -> Tensor:
            return torch.rand(shape, generator=dice).to(self._device)

        x = self._warped(features, throw(batch), throw(batch), hard)
        x = x + ((2 * throw(batch, 1, 1) - 1) * LEVEL_DB + self._tilt(throw(batch, 4)) * TILT_DB) * DB
        power = 10 ** (4 * x - 4) * inside
        power = power + self._noise(power, inside, throw, dice, hard)
        log = power.clamp(min=1e-10).log10()
        narrow = (throw(batch, 1, 1) < NARROW_SHARE) & self._narrow[:, None]
        peak = log.amax((1, 2), keepdim=True)
        log = torch.where(narrow, peak - 8, torch.maximum(log, peak - 8))
        x = (log + 4) / 4
        x = self._holes(x, lengths, throw)
        return x * inside

    def _warped(self, x: Tensor, dice: Tensor, amount: Tensor, hard: float) -> Tensor:
        """Formants higher or lower, as of shorter or longer throats."""
        scale = 1 + torch.where(dice < WARP_SHARE, (2 * amount - 1) * WARP * hard, torch.zeros_like(amount))
        place = (torch.arange(MELS, device=x.device) * scale[:, None]).clamp(max=MELS - 1)
        low = place.floor().long().clamp(max=MELS - 2)
        part = (place - low)[..., None]
        below = x.gather(1, low[..., None].expand(-1, -1, x.shape[2]))
        above = x.gather(1, (low + 1)[..., None].expand(-1, -1, x.shape[2]))
        return below * (1 - part) + above * part

    def _tilt(self, dice: Tensor) -> Tensor:
        """A smooth curve over the bins within about -1..1, shape (batch, 80, 1)."""
        place = torch.linspace(0, 1, MELS, device=dice.device)[None]
        slow = torch.cos(math.pi * (place + 2 * dice[:, :1])) * (2 * dice[:, 1:2] - 1)
        fast = torch.cos(3 * math.pi * (place + 2 * dice[:, 2:3])) * (dice[:, 3:] - 0.5)
        return (slow + fast)[..., None]

    def _noise(self, power: Tensor, inside: Tensor, throw, dice: torch.Generator, hard: float) -> Tensor:  # type: ignore[no-untyped-def]
        batch, _, frames = power.shape
        level = self._level(power)
        loud = throw(batch) < LOUD_SHARE * hard
        usual = SNR_DB[0] + throw(batch) * (SNR_DB[1] - SNR_DB[0])
        low = LOUD_SNR_DB[0] + throw(batch) * (LOUD_SNR_DB[1] - LOUD_SNR_DB[0])
        snr_db = torch.where(loud, low, usual)
        chosen = torch.randint(0, NOISES, (batch,), generator=dice).to(power.device)
        noises = self._noises[chosen]
        noises = torch.roll(noises, int(torch.randint(0, 400, (1,), generator=dice)), dims=2)
        noises = noises.repeat(1, 1, -(-frames // noises.shape[2]))[:, :, :frames]
        if batch > BABBLE_VOICES and torch.rand(1, generator=dice) < BABBLE_SHARE * 2:
            others = sum(
                power.roll(shift, 0) / level.roll(shift, 0)[:, None, None]
                for shift in range(1, BABBLE_VOICES + 1)
            )
            talk = throw(batch) < 0.5
            noises = torch.where(talk[:, None, None], others / BABBLE_VOICES, noises)
            snr_db = torch.where(talk, snr_db.clamp(min=BABBLE_SNR_DB), snr_db)
        share = level * 10 ** (-snr_db / 10) * (throw(batch) < NOISY_SHARE * (0.3 + 0.7 * hard))
        return noises * share[:, None, None] * inside

    def _holes(self, x: Tensor, lengths: Tensor, throw) -> Tensor:  # type: ignore[no-untyped-def]
        """A band that is missing, and frames that are."""
        batch, bins, frames = x.shape
        mean = x.mean((1, 2), keepdim=True)
        bin_number = torch.arange(bins, device=x.device)[None, :, None]
        first, width = throw(batch, 1, 1) * bins, 1 + throw(batch, 1, 1) * BAND_BINS
        band = (throw(batch, 1, 1) < BAND_SHARE) & (bin_number >= first) & (bin_number < first + width)
        frame_number = torch.arange(frames, device=x.device)[None, None]
        start, length = throw(batch, 1, 1) * lengths[:, None, None], 1 + throw(batch, 1, 1) * HOLE_FRAMES
        hole = (throw(batch, 1, 1) < HOLE_SHARE) & (frame_number >= start) & (frame_number < start + length)
        return torch.where(band | hole, mean, x)
