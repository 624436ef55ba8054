"""Where a model runs and with which arithmetic: chosen from what CTranslate2 finds here. Choosing is pure."""

from __future__ import annotations

from typing import NamedTuple

from engine.errors import ModelError
from engine.settings import RecognizerSettings

AUTO, CPU, CUDA = "auto", "cpu", "cuda"
BEST = {
    CPU: ("int8", "int8_float32", "int16", "float32"),  # int8 is twice as fast as float32 and hears as well
    CUDA: ("float16", "int8_float16", "bfloat16", "int8_float32", "float32"),  # older GPUs have no float16
}


class Machine(NamedTuple):
    """What could be used here."""

    cuda_devices: int
    types: dict[str, frozenset[str]]  # arithmetic by device


class Hardware(NamedTuple):
    """What is used."""

    device: str
    compute_type: str


def this_machine() -> Machine:
    """As CTranslate2 reports it; a GPU that its driver hides is none."""
    import ctranslate2

    count = ctranslate2.get_cuda_device_count()
    devices = (CPU, CUDA) if count else (CPU,)
    return Machine(
        count, {device: frozenset(ctranslate2.get_supported_compute_types(device)) for device in devices}
    )


def choose(settings: RecognizerSettings, machine: Machine) -> Hardware:
    """What the settings come to on this machine. Raises ModelError where it has no such thing."""
    device = settings.device if settings.device != AUTO else CUDA if machine.cuda_devices else CPU
    if device == CUDA and not machine.cuda_devices:
        raise ModelError(
            'recognizer.device is "cuda", but CTranslate2 finds no CUDA device here. Install its driver, or set '
            'recognizer.device = "auto".'
        )
    there = machine.types[device]
    if settings.compute_type == AUTO:
        return Hardware(device, next((each for each in BEST[device] if each in there), "default"))
    if settings.compute_type not in there:
        raise ModelError(
            f'recognizer.compute_type is "{settings.compute_type}", which {device} does not have here. It has '
            f'{", ".join(sorted(there))}; "auto" takes the best of them.'
        )
    return Hardware(device, settings.compute_type)


def as_text(machine: Machine) -> str:
    """For people: "cpu: float32, int8; no CUDA device"."""
    said = [f"{device}: {', '.join(sorted(types))}" for device, types in machine.types.items()]
    return "; ".join(said if machine.cuda_devices else [*said, "no CUDA device"])
