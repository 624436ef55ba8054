"""One typed tree of settings, with a sentence for each; where their values come from is in settings_sources.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import platformdirs

from engine.protocol import LanguageCode

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=1, le=600_000)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=7200)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every group of settings refuses names that it does not know."""


class VadSettings(Section):
    enter: Share = 0.5
    """Speech probability at which a window counts as speech; Silero's default."""
    exit: Share = 0.35
    """Below this a window is quiet again; enter minus 0.15, as in Silero's own iterator."""
    window_ms: Milliseconds = 400
    """Span over which speech and silence are judged; slides with every 32 ms window."""
    silence_dbfs: Annotated[float, msgspec.Meta(ge=-120, le=0)] = -55.0
    """At or below this level a window is silence whatever the model thinks."""


class TurnSettings(Section):
    hangover_ms: Milliseconds = 350
    """Silence after which a turn is over when nothing special was asked and its words are not known."""
    hangover_yes_no_ms: Milliseconds = 250
    """The same after a question that "yes" or "no" answers, and after such an answer."""
    whole_ms: Milliseconds = 160
    """Silence that ends a turn whose words are a whole question or statement. Longer than closed lips and a short
    breath; every ms more is waited for at every turn."""
    fragment_ms: Milliseconds = 512
    """The same for words without a verb ("for four people on Friday"): half of the time more comes."""
    open_ms: Milliseconds = 1200
    """The same for words after which something must follow ("the kitchen closes at"), for numbers said digit by digit
    and names that are spelled. People who look something up pause for about a second."""
    hold_ms: Milliseconds = 1600
    """The same when they have asked us to wait: an answer any sooner would interrupt somebody who reads a diary."""
    longest_ms: Milliseconds = 2400
    """No silence is waited for longer than this, whatever speaks for it."""
    false_end_ms: Milliseconds = 150
    """What is waited for longer after each turn that was taken for finished and went on; half of it is forgotten with
    each turn that was not."""
    model: Literal["off", "smart-turn"] = "off"
    """"smart-turn": a network that hears whether a voice has finished is asked at every pause, beside the words; the
    extra `turn-model` brings it. It takes 60 ms of a core, in a thread of its own."""
    pause_ms: Milliseconds = 64
    """Silence after which the turn is transcribed on suspicion: so long before `whole_ms` that its words are there."""
    speculate: Literal["off", "words", "reply"] = "reply"
    """What is done at a pause already, in case the turn is over: "words": they are recognised; "reply": the answer is
    prepared as well, unheard, and thrown away should they go on."""
    barge_in_hold: Share = 0.7
    """Speech probability of one window over our voice at which our voice is silent and waits."""
    barge_in_cut_ms: Milliseconds = 1200
    """Speech over our voice that is an interruption even where no words are known. Our voice has been silent since
    the first window of it; an "okay, yes" lasts about a second."""


class RecognizerSettings(Section):
    model: str = "sim-ear"
    """"sim-ear" (simulated lines only), a Whisper size brought by `call-thing models pull`, or a folder."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where a model runs; "auto": on a GPU if there is one that works. `call-thing doctor` says which it is."""
    compute_type: str = "auto"
    """Arithmetic of the model; "auto": int8 on a CPU, float16 on a GPU, or the best that it has."""
    window: Literal["auto", "speech", "whole"] = "auto"
    """What a Whisper model looks at: "speech", the utterance and a margin, which is several times faster; "whole", 30 s
    filled up with silence, as it was trained; "auto", what `benchmarks/asr.py --keep` has found to be right for it,
    else "speech"."""
    window_floor_ms: Milliseconds = 10_000
    """With "speech", never less than this. Models with a shorter window of their own always get the whole of it."""
    window_margin_ms: Milliseconds = 2_000
    """With "speech", silence after the last word."""
    names: bool = True
    """Whether a Whisper model is told the names of the task, which nobody can spell by ear."""
    partial_every_ms: Milliseconds = 240
    """How often a turn in progress is transcribed."""


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


class CallSettings(Section):
    max_seconds: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 180
    """A call longer than this is ended by the engine; the wire's clock wraps after 35 minutes."""
    no_answer_s: Seconds = 30
    """A restaurant that has not picked up by then does not answer."""
    hold_s: Seconds = 120
    """Music or ringing tones for longer than this, once they have picked up: the agent waits no more."""


class JournalSettings(Section):
    keep_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 0
    """How long the record of a call is kept; older ones are deleted when an engine starts, and by `call-thing calls
    purge`. 0 = for ever."""
    sound: Literal["flac", "wav"] = "flac"
    """What a recording becomes when its call has ended: FLAC, a third to a half of the WAV; or it stays as it is."""


class RecordingSettings(Section):
    simulated: Literal["on", "off", "announce", "consent"] = "on"
    """Whether both voices are stored. Nobody is at the far end of a simulated line, so nobody need be told."""
    recorded: Literal["on", "off", "announce", "consent"] = "on"
    """The same where a recording is the far end."""
    sip: Literal["off", "announce", "consent"] = "off"
    """The same of real calls. "announce": the agent says that the call is recorded, and the far end's voice is stored
    from then on; "consent": it asks, and stores it after a yes. A far end on this machine is a test: with "off", it is
    recorded without a word."""


class SipAccount(Section):
    provider: str = ""
    """Domain or address of the SIP provider, with `:port` where it is not the usual one."""
    user: str = "call-thing"
    """The part before the @ of our own address."""
    auth_user: str = ""
    """Name for authentication, where it differs from `user`."""
    password_env: str = ""
    """Environment variable that holds the password."""
    password_file: str = ""
    """File that holds the password; its mode must be 0600."""
    proxy: str = ""
    """Outbound proxy, `host[:port]`, when it is not the provider itself."""
    transport: Literal["udp", "tcp", "tls"] = "tls"
    """How SIP travels. On TLS the server's certificate is always verified."""
    encryption: Literal["sdes", "dtls", "off"] = "sdes"
    """SRTP: keys in the SDP (protected by TLS alone, so only there), or DTLS; "off" switches it off. A far end
    without it is refused."""


class SipSettings(Section):
    listen: str = "127.0.0.1"
    """Address on which SIP and its audio are received. Another one than loopback needs `allowed_peers`."""
    port: Port = 0
    """UDP and TCP port for SIP; 0 = any free one. A fixed one serves one line process: as many calls at a time as
    share one, see `calls_per_process`."""
    rtp_ports: str = "20000-29998"
    """Range of UDP ports for audio."""
    allowed_peers: tuple[str, ...] = ()
    """Addresses and networks (203.0.113.0/28) from which packets are taken; everything else is dropped."""
    account: str = ""
    """Which of the accounts is used when none is named."""
    accounts: dict[str, SipAccount] = {}
    """Accounts by name: [sip.accounts.NAME] in the settings file."""
    codecs: tuple[Literal["opus", "g722", "pcmu", "pcma"], ...] = ("opus", "pcmu", "pcma")
    """Offered in this order; G.711 (pcmu, pcma) is what every telephone understands."""
    jitter_buffer_ms: Milliseconds = 20
    """What received audio waits for late packets; 20 on a good network, 40 and more on a bad one."""
    rtp_timeout_s: Seconds = 20
    """A far end of which nothing is heard for so long has gone."""
    ca_file: str = ""
    """Certificates that TLS servers are verified with; "" = the system's."""
    calls_per_process: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """Calls that share one line process: more save 40 MB each, and share its end if it crashes."""


class DialSettings(Section):
    allowed: tuple[str, ...] = ()
    """When not empty, only these numbers and addresses are called; a * at the end stands for any rest."""
    refused: tuple[str, ...] = ()
    """Never called, whatever else is set; written like `allowed`."""
    country: str = ""
    """Two letters: how a number without a country code is read. "" = such numbers are refused."""
    hours: str = "09:00-21:00"
    """When calls are made, by the clock of the place that is called; of UTC where that is not known."""
    calls_per_day: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    """Calls to one number within 24 hours."""


class JobBackoff(Section):
    first_s: Annotated[int, msgspec.Meta(ge=0, le=604_800)]
    """How long is waited after the first such end; 0 = not tried again after it."""
    factor: Annotated[float, msgspec.Meta(ge=1, le=10)] = 2.0
    """How much longer each time after that."""


class JobSettings(Section):
    store: Literal["sqlite", "firestore"] = "sqlite"
    """Where the jobs lie: jobs.db in the state directory, or Google's Firestore (the extra `firestore`)."""
    firestore_project: str = ""
    """Google Cloud project; "" = the one of the credentials."""
    firestore_database: str = "(default)"
    """Name of the database in that project."""
    firestore_collection: str = "call-thing"
    """What the names of its collections begin with."""
    hours: str = ""
    """When a job may be dialled that names no hours: "11:00-14:00,17:00-22:30"; "" = whenever dial.hours allows."""
    days: str = ""
    """The same for days: "mon-fri,sun"; "" = every day."""
    time_zone: str = ""
    """Such as Europe/Berlin, for jobs that name none and whose number does not say."""
    attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3
    """How often a number is tried for one job in all."""
    call_backs: Annotated[int, msgspec.Meta(ge=0, le=10)] = 2
    """How often it is called again on top of that because the restaurant asked for it."""
    call_back_s: Annotated[int, msgspec.Meta(ge=60, le=604_800)] = 3600
    """When they are called again if they named no time."""
    after: dict[
        Literal[
            "busy", "no_answer", "unavailable", "unreachable", "network_away", "voicemail", "line_lost", "failed",
            "far_end_hung_up",
        ],
        JobBackoff,
    ] = {}  # fmt: skip
    """How a call must have ended to be tried again, and how long is waited: [jobs.after.busy] first_s = 300."""
    budget_usd: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """What the calls of one job may cost before it is not tried again; not set = no limit."""


class RaySettings(Section):
    address: str = ""
    """HOST:PORT of the cluster's head; "" = what RAY_ADDRESS says, else the cluster that this machine belongs to."""
    namespace: str = "call-thing"
    """By it a coordinator finds its engines again. Two coordinators on one cluster need two names."""
    cpus: Annotated[float, msgspec.Meta(ge=0, le=1024)] = 1.0
    """Cores of a node that an engine counts as, for its place."""
    gpus: Annotated[float, msgspec.Meta(ge=0, le=64)] = 0.0
    """The same of GPUs: 0.25 = four engines share one. With 0 an engine sees none."""
    resources: dict[str, Annotated[float, msgspec.Meta(ge=0)]] = {}
    """What else a node must have left, by the names that the nodes give it: lines = 4."""
    runtime_env: dict[str, Any] = {}
    """Ray's runtime environment of an engine, such as env_vars; {} = what the node has."""
    folder: str = ""
    """State directory of engines on their nodes; "" = the same path as here. Their journals come home from there."""
    room_s: Seconds = 120
    """How long an engine may wait for a node with room: as long as your cluster takes to start one."""
    connect_s: Seconds = 30
    """How long the cluster may take to answer."""


class ContainerSettings(Section):
    image: str = "localhost/call-thing"
    """What engines run in; `make image` builds it."""
    socket: str = ""
    """Where Podman or Docker listens; "" = what DOCKER_HOST says, else where one of the two is usually found."""
    network: str = "host"
    """"host", or "container:NAME", the coordinator's own: it reaches engines at `engine.host`, which is loopback."""
    user: str = ""
    """UID:GID that engines run as; "" = the owner of the state directory. Never root."""
    userns: str = ""
    """"keep-id" with a Podman that is not root's: users are then the same inside as outside."""
    cpus: Annotated[float, msgspec.Meta(ge=0, le=1024)] = 0.0
    """Most cores of one engine; 0 = all there are."""
    memory_mb: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Most memory of one engine, in MB; 0 = no limit. One that needs more is killed, with its calls."""


class CoordinatorSettings(Section):
    spawner: Literal["local", "container", "ray"] = "local"
    """Where engines come from: processes of this machine, containers of it, or a Ray cluster."""
    min_idle: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 1
    """Free slots that are kept warm beside the calls that go on; 0: the first call waits for an engine to start."""
    max_engines: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    """There are never more engines than this, whatever waits."""
    calls_per_engine: Annotated[int, msgspec.Meta(ge=1, le=500)] = 4
    """Slots of an engine: so many calls at once. How many a machine carries is in deploy/README.md."""
    starts_at_once: Annotated[int, msgspec.Meta(ge=1, le=100)] = 2
    """Engines that may be starting at the same moment: each takes a core for some seconds."""
    idle_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 300
    """An engine that nobody has needed for so long is ended, while enough slots stay warm."""
    drain_s: Annotated[int, msgspec.Meta(ge=0, le=7200)] = 900
    """After SIGTERM: how long running calls may go on before they are ended with a goodbye."""
    silent_s: Annotated[int, msgspec.Meta(ge=1, le=600)] = 3
    """An engine that gives no sign of life for so long gets no calls, and it is asked whether it is gone."""
    hung_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 60
    """One that is silent for so long and not gone is killed: nobody hears of its calls any more."""
    metrics_port: Port = 0
    """Port of /metrics, for Prometheus, and of /healthz; 0 = none."""
    metrics_host: str = "127.0.0.1"
    """Address they are served on. Neither is protected: name another one only in a network of your own."""
    container: ContainerSettings = ContainerSettings()
    """With the spawner "container": what an engine runs in."""
    ray: RaySettings = RaySettings()
    """With the spawner "ray": the cluster, and what an engine takes of it."""


class OperatorSettings(Section):
    approve: tuple[Literal["book", "change", "cancel", "decline"], ...] = ()
    """Tools that run only after an operator has approved them; refused where no operator is there."""
    ask: bool = True
    """Whether the agent asks an operator, where one is there, about an offer outside of what the person allowed."""
    deadline_s: Annotated[int, msgspec.Meta(ge=3, le=120)] = 20
    """How long it waits for the operator's word before it takes the safe path."""
    lease_ms: Annotated[int, msgspec.Meta(ge=500, le=60_000)] = 2000
    """A take-over whose console has given no sign of life for so long is over."""
    holds_s: Seconds = 30
    """How long the agent holds the line after a take-over was lost, before it goes on by itself."""


class ConsoleSettings(Section):
    operator: str = ""
    """Who works at this console, as the journals are to name them; "" = the name of the system's user."""
    theme: Literal["dark", "light", "production"] = "dark"
    """Colours: on black, on white, or on black with a red header for an engine that calls real restaurants."""
    fps: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0
    """Frames a second; 0 = 15, and 8 over ssh."""
    bell: bool = True
    """Whether the terminal's bell rings once for each new alert."""
    microphone: str = ""
    """Name of the microphone, or a part of it; "" = the system's default."""
    speaker: str = ""
    """The same for the loudspeaker or headset."""
    on_blur: Literal["mute", "keep"] = "mute"
    """What becomes of an open microphone when the terminal loses the focus (push-to-talk always ends then)."""
    keys: dict[str, str] = {}
    """Other keys for actions, by their ids in console/actions.py: "call.hang_up" = "ctrl+x"."""


class TelemetrySettings(Section):
    otlp_endpoint: str = ""
    """Where calls are sent as OpenTelemetry traces, "http://127.0.0.1:4318". "" = nowhere, or where OpenTelemetry's own
    OTEL_EXPORTER_OTLP_ENDPOINT says. Needs the extra "otel"."""


class EngineSettings(Section):
    host: str = "127.0.0.1"
    """IPv4 address on which consoles and coordinators are received; they need the engine's keys. Another one than
    loopback is for private networks, as of the nodes of a cluster."""
    command_port: Port = 0
    """Port for commands; 0 = any free one, found through the state directory."""
    event_port: Port = 0
    """Port of the events that consoles watch; 0 = any free one."""
    hung_after_ms: Annotated[int, msgspec.Meta(ge=1000, le=600_000)] = 5000
    """A room that has not given a heartbeat for so long is restarted."""
    directory: str = ""
    """Folder with the lock, address, log and stored replies of this engine, where several share a state directory, as
    those of a coordinator do; "" = the state directory itself."""
    alone_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    """An engine without a call and without a client for so long ends itself; 0 = it stays."""


class Settings(Section):
    """The whole tree."""

    state_dir: str = ""
    """Journals, reservations, cache; default: the system's place for application state."""
    language: LanguageCode = "en"
    """Of the demo call, and where a scenario's bare name is looked for first."""
    engine: EngineSettings = EngineSettings()
    vad: VadSettings = VadSettings()
    turns: TurnSettings = TurnSettings()
    recognizer: RecognizerSettings = RecognizerSettings()
    cache: CacheSettings = CacheSettings()
    brain: BrainSettings = BrainSettings()
    voice: VoiceSettings = VoiceSettings()
    call: CallSettings = CallSettings()
    journal: JournalSettings = JournalSettings()
    recording: RecordingSettings = RecordingSettings()
    sip: SipSettings = SipSettings()
    dial: DialSettings = DialSettings()
    jobs: JobSettings = JobSettings()
    coordinator: CoordinatorSettings = CoordinatorSettings()
    operator: OperatorSettings = OperatorSettings()
    console: ConsoleSettings = ConsoleSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @property
    def state_path(self) -> Path:
        """The state directory as an absolute path."""
        return Path(self.state_dir or platformdirs.user_state_dir("call-thing")).expanduser().absolute()

    @property
    def engine_path(self) -> Path:
        """Where the running engine has its lock and is found, as an absolute path."""
        own = self.engine.directory
        return Path(own).expanduser().absolute() if own else self.state_path
