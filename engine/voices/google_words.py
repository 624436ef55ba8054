"""What the service's errors mean, in words, with the next step."""

from __future__ import annotations

from typing import Any

from engine.voices.base import VoiceError


def failure(error: Any, voice: str, limit_s: float) -> VoiceError:
    """A gRPC error as one for people. voice: "" where none was asked for. limit_s: how long it was waited for.

    The service's own text is left out it may quote the sentence.
    """
    import grpc

    code = error.code() if hasattr(error, "code") else grpc.StatusCode.CANCELLED
    words = {
        grpc.StatusCode.UNAUTHENTICATED: (
            "Google does not accept the credentials. Renew the key file or run: "
            "gcloud auth application-default login"
        ),
        grpc.StatusCode.PERMISSION_DENIED: (
            "Google refuses these credentials the use of Text-to-Speech. Enable texttospeech.googleapis.com in the "
            "project and give the account access."
        ),
        grpc.StatusCode.RESOURCE_EXHAUSTED: (
            "Google's quota for speech is used up. Wait a minute, or raise it under Quotas in the Cloud console."
        ),
        grpc.StatusCode.UNAVAILABLE: (
            "Google's voice cannot be reached. Check the network and voice.google.endpoint."
        ),
        grpc.StatusCode.INVALID_ARGUMENT: (
            f'Google does not speak with the voice "{voice}". Choose another one: call-thing voices --ask'
        ),
        grpc.StatusCode.NOT_FOUND: (
            f'Google has no voice "{voice}". Choose another one: call-thing voices --ask'
        ),
    }
    if "plugin" in (
        (error.details() or "") if hasattr(error, "details") else ""
    ):  # gRPC asks google-auth for a token
        code = grpc.StatusCode.UNAUTHENTICATED
    late = f"Google's voice gave no answer within {limit_s:g} s. Check the network, or allow it more time in [voice]."
    if code in (grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED):
        return VoiceError(late)
    return VoiceError(
        words.get(code, f"Google's voice broke off ({code.name}). It is asked again by itself.")
    )
