"""Google's speech service: the connection, and what its answers mean."""

from __future__ import annotations

from typing import Any

from engine.errors import SettingsError
from engine.settings import VoiceSettings
from engine.voices.base import VoiceError

LINEAR16_HEADER = b"RIFF"

Transport = Any  # google.cloud.texttospeech_v1.….TextToSpeechGrpcTransport; the SDK is untyped


def transport_of(settings: VoiceSettings) -> Transport:
    """A connection to the service with the credentials that the settings or the environment name.

    Raises VoiceError when there are none, SettingsError when the file that is named is no key.
    """
    from google.auth.exceptions import DefaultCredentialsError
    from google.cloud import texttospeech

    google = settings.google
    options = {"api_endpoint": google.endpoint} if google.endpoint else {}
    try:
        if google.credentials_file:
            client = texttospeech.TextToSpeechClient.from_service_account_file(
                google.credentials_file, client_options=options
            )
        else:
            client = texttospeech.TextToSpeechClient(client_options=options)
    except DefaultCredentialsError:
        raise VoiceError(
            "Google's voice has no credentials. Set GOOGLE_APPLICATION_CREDENTIALS or voice.google.credentials_file "
            "to a service account's key file, or run: gcloud auth application-default login"
        ) from None
    except (OSError, ValueError) as error:  # the text of a ValueError may quote the key
        raise SettingsError(
            f"voice.google.credentials_file cannot be used ({type(error).__name__}). It must be the JSON key file of "
            "a service account, readable for this account."
        ) from None
    return client.transport


def cannot_stream(error: Any) -> bool:
    """The service answers INVALID_ARGUMENT or UNIMPLEMENTED, and only its words tell a voice from a bad text."""
    import grpc

    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return True
    return error.code() is grpc.StatusCode.INVALID_ARGUMENT and "stream" in (error.details() or "").lower()


def without_header(wav: bytes) -> bytes:
    """LINEAR16 comes as a WAV file: the samples of its data chunk."""
    if not wav.startswith(LINEAR16_HEADER):
        return wav
    at = 12
    while at + 8 <= len(wav):
        size = int.from_bytes(wav[at + 4 : at + 8], "little")
        if wav[at : at + 4] == b"data":
            return wav[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return b""


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
