"""[jobs] [coordinator]: the queue of calls that are to be made, and the engines that make them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from engine.settings.section import Port, Seconds, Section


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
