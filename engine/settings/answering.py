"""[cache] [brain] [voice]: where an answer comes from, and who speaks it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.settings.section import Milliseconds, Seconds, Section, Share


class CacheSettings(Section):
    enabled: bool = True
    """Whether stored replies are looked up and new ones stored."""
    threshold: Share = 0.85
    """Cosine similarity at which the look-up starts; the guard decides."""
    budget_ms: Milliseconds = 40
    """The agent waits no longer than this for the cache's verdict."""
    url: str = ""
    """A Qdrant server that keeps the replies, such as http://127.0.0.1:6333; "" = what the environment says in
    QDRANT_URL, else a folder in the state directory."""
    key_env: str = "QDRANT_API_KEY"
    """Environment variable that holds the server's key, if it wants one."""
    embedder: Literal["lexical", "fastembed"] = "lexical"
    """What "alike" is measured by: "lexical" needs nothing; "fastembed" is an extra with a downloaded model."""
    embedder_model: str = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
    """The model of fastembed."""


class BrainSettings(Section):
    kind: Literal["scripted", "openai"] = "scripted"
    """Who thinks: "scripted", which needs nothing; or "openai", a model behind OpenAI's API or a compatible server."""
    model: str = ""
    """The model's name as its server knows it."""
    base_url: str = ""
    """Where the server is, up to /v1; "" = OpenAI itself."""
    key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key. OPENAI_API_KEY is sent to OpenAI alone; other servers need another
    name, or no key."""
    key_file: str = ""
    """File that holds the key instead; its mode must be 0600."""
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.3
    """How freely the model chooses its words."""
    max_tokens: Annotated[int, msgspec.Meta(ge=16, le=16_384)] = 400
    """Longest answer; on the telephone three sentences are long."""
    first_token_ms: Milliseconds = 2500
    """A model that has not begun to answer by then is asked once more, or the scripted brain answers."""
    budget_ms: Milliseconds = 8000
    """What a whole turn may take: all questions to the model, tools and the second try included."""
    tool_rounds: Annotated[int, msgspec.Meta(ge=1, le=10)] = 4
    """How often within a turn the model may use tools before the scripted brain takes over."""
    asks_ahead: bool = True
    """Whether a model may be asked at a pause already, with `turns.speculate` = "reply": sooner answers, and now and
    then a question for nothing, at most one a turn."""
    usd_per_million_in: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Price of a million tokens that the model reads; 0 = not known."""
    usd_per_million_out: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Price of a million tokens that it writes; 0 = not known."""


class GoogleVoiceSettings(Section):
    en: str = "en-US-Chirp3-HD-Aoede"
    de: str = "de-DE-Chirp3-HD-Aoede"
    es: str = "es-ES-Chirp3-HD-Aoede"
    nl: str = "nl-NL-Chirp3-HD-Aoede"
    """Google's name of the voice in each language; `call-thing voices --ask` lists them. Chirp 3 HD voices stream."""
    speaking_rate: Annotated[float, msgspec.Meta(ge=0.25, le=2.0)] = 1.0
    """1 = the voice's own speed."""
    credentials_file: str = ""
    """A service account's key file; "" = GOOGLE_APPLICATION_CREDENTIALS, or gcloud's default credentials."""
    endpoint: str = ""
    """Host of the service; "" = Google's choice. "eu-texttospeech.googleapis.com" keeps the text in the EU."""


class ProcessVoiceSettings(Section):
    en: str = ""
    de: str = ""
    es: str = ""
    nl: str = ""
    """The voice's file (Piper: .onnx, its .onnx.json beside it) or folder (Coqui: model and config.json)."""
    speaker: str = ""
    """Which of a model's speakers, where it has several; Piper takes a number."""
    python: str = ""
    """Interpreter that has the package; "" = the engine's own. Coqui wants one of its own, for it brings torch."""
    start_s: Seconds = 60
    """How long it may load its models."""


class VoiceSettings(Section):
    engine: Literal["espeak", "google", "piper", "coqui"] = "espeak"
    """Who speaks for the agent. espeak-ng is inside, and takes over where another one fails."""
    en: str = "en-us+f2"
    de: str = "de+f2"
    es: str = "es+f2"
    nl: str = "nl+f2"
    """The agent's voice in each language, by espeak-ng's name for it."""
    rate_wpm: Annotated[int, msgspec.Meta(ge=80, le=450)] = 165
    """Words a minute of espeak-ng."""
    first_audio_ms: Milliseconds = 1200
    """A voice that has given no sound of a sentence by then is replaced by espeak-ng for it."""
    sentence_ms: Milliseconds = 10_000
    """The same for the whole sentence."""
    cache_mb: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 200
    """Disk for sentences without anybody's data that Google, Piper or Coqui have spoken; 0 = none are kept."""
    google: GoogleVoiceSettings = GoogleVoiceSettings()
    piper: ProcessVoiceSettings = ProcessVoiceSettings()
    coqui: ProcessVoiceSettings = ProcessVoiceSettings()
