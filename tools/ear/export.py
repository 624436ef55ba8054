"""The trained weights as a folder that faster-whisper loads: CTranslate2's format, 8 bits a weight."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.protocol import LANGUAGES
from tools.ear.clip import HOP, WINDOW_S
from tools.ear.model import MELS, Attention, Ear, EncoderLayer
from tools.ear.telephone import RATE_HZ
from tools.ear.tokens import Vocabulary

FFT = 400


def export(
    ear: Ear, vocabulary: Vocabulary, tokenizer: Path, folder: Path, quantization: str = "int8"
) -> None:
    """Write the model to a folder. tokenizer: file with the vocabulary's tokenizer."""
    from ctranslate2.specs import WhisperSpec

    ear = ear.cpu().float().eval()
    shape = ear.shape
    spec = WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    for name in ("conv1", "conv2"):
        conv = getattr(ear, name)
        getattr(spec.encoder, name).weight, getattr(spec.encoder, name).bias = (
            _array(conv.weight),
            _array(conv.bias),
        )
    spec.encoder.position_encodings.encodings = _array(ear.positions)
    _norm(spec.encoder.layer_norm, ear.encoder_norm)
    for written, layer in zip(spec.encoder.layer, ear.encoder, strict=True):
        _layer(written, layer)
    tokens = torch.zeros(len(vocabulary.tokens), shape.width)
    tokens[: vocabulary.spoken] = ear.embedding.weight
    spec.decoder.embeddings.weight = _array(tokens)
    spec.decoder.projection.weight = _array(tokens)
    spec.decoder.position_encodings.encodings = _array(ear.places)
    _norm(spec.decoder.layer_norm, ear.decoder_norm)
    for written, layer in zip(spec.decoder.layer, ear.decoder, strict=True):
        _layer(written, layer)
        _norm(written.attention.layer_norm, layer.encoder_attn_layer_norm)
        _attention(written.attention, layer.encoder_attn, of_itself=False)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [vocabulary.id(code) for code in LANGUAGES]
    layers = range(shape.decoder_layers // 2, shape.decoder_layers)
    spec.config.alignment_heads = [list(pair) for pair in itertools.product(layers, range(shape.heads))]
    spec.register_vocabulary(vocabulary.tokens)
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    features = {
        "feature_size": MELS,
        "sampling_rate": RATE_HZ,
        "hop_length": HOP,
        "chunk_length": WINDOW_S,
        "n_fft": FFT,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(features) + "\n", encoding="utf-8")


def _layer(written: Any, layer: EncoderLayer) -> None:
    _norm(written.self_attention.layer_norm, layer.self_attn_layer_norm)
    _attention(written.self_attention, layer.self_attn, of_itself=True)
    _norm(written.ffn.layer_norm, layer.final_layer_norm)
    _linear(written.ffn.linear_0, layer.fc1)
    _linear(written.ffn.linear_1, layer.fc2)


def _attention(written: Any, attention: Attention, of_itself: bool) -> None:
    """CTranslate2 keeps q, k and v in one matrix, of a look at something else k and v."""
    parts = [attention.q_proj, attention.k_proj, attention.v_proj]
    groups = [parts] if of_itself else [parts[:1], parts[1:]]
    for target, group in zip(written.linear, groups, strict=False):
        target.weight = _array(torch.cat([each.weight for each in group]))
        biases = [torch.zeros(each.out_features) if each.bias is None else each.bias for each in group]
        target.bias = _array(torch.cat(biases))
    _linear(written.linear[-1], attention.out_proj)


def _linear(written: Any, linear: nn.Linear) -> None:
    written.weight, written.bias = _array(linear.weight), _array(linear.bias)


def _norm(written: Any, norm: nn.LayerNorm) -> None:
    written.gamma, written.beta = _array(norm.weight), _array(norm.bias)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().numpy()
