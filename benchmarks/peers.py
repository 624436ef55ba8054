"""Turn-taking of Pipecat, LiveKit Agents and this engine on the same WAVs with services of 0 ms, in one run.

    python benchmarks/peers.py [--inputs DIR] [--json] [--quick] [--only ENGINE …] [--profiles NAME …]

Each peer runs in a virtual environment of its own, which uv makes in .state/peers at its pinned version; this project's
environment and locks are not touched. Prints the object of benchmarks/turns.py for each engine: `pipecat`, `livekit`,
`call_thing`, and the peers' other profiles below them. What cannot be had (a download, a model) is said in the place of
the profile, as `failed`. Where somebody speaks over us, a peer is made to say the long sentence at a fixed time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a script, from anywhere

from benchmarks import turns
from benchmarks.spoken_words import stops_of, words_of
from benchmarks.stub_services import AMPLITUDE, MS_A_CHARACTER
from benchmarks.turn_figures import Figures, Heard, Played, as_json, figures_of
from benchmarks.turn_inputs import RATE_HZ, InputFile
from benchmarks.turn_sentences import ANSWER, LONG_ANSWER
from engine.lines.audio_file import line_audio
from engine.protocol import LINE_RATE_HZ

HERE = Path(__file__).parent
ROOT = HERE.parent
UV = ROOT / ".tools" / "uv" / "bin" / "uv"
KEEP = ROOT / ".state" / "peers"
PACKAGES = {
    "pipecat": ("pipecat-ai[silero]==1.14.0",),
    "livekit": ("livekit-agents==1.8.9", "livekit-plugins-silero==1.8.9"),
}
PROFILES = {"pipecat": ("default", "fast"), "livekit": ("default", "fast")}
ALL_PROFILES = {
    "pipecat": ("default", "agreed", "timeout", "fast", "fastest"),
    "livekit": ("default", "timeout", "fast"),
}
INSTALL_S = 900
SPEAK_AFTER_S = 0.3  # after the question that our long answer is for: about when it would be given
MARGIN_S = 120.0


def environment(peer: str) -> Path:
    """The interpreter of a peer's environment, made where it is not there. Raises OSError or CalledProcessError."""
    folder = KEEP / f"{peer}-{PACKAGES[peer][0].rpartition('==')[2]}"
    python = folder / "bin" / "python"
    stamp = folder / "complete"
    if not stamp.exists():
        print(f"  making an environment for {', '.join(PACKAGES[peer])}", file=sys.stderr, flush=True)
        clean = {
            name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")
        }
        made = ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
        install = ["pip", "install", "--quiet", "--python", str(python), *PACKAGES[peer]]
        for arguments in (made, install):
            subprocess.run([str(UV), *arguments], check=True, timeout=INSTALL_S, env=clean)
        stamp.touch()
    return python


def job_of(profile: str, callers: list[InputFile], at_once: int) -> dict[str, Any]:
    """What a peer is told; see benchmarks/peer_job.py."""
    files = []
    for caller in callers:
        pcm = line_audio(caller.path, 0)[:: LINE_RATE_HZ // RATE_HZ]
        asks = [turn for turn in caller.turns if turn.kind == "ask"]
        muted = {number for number, turn in enumerate(caller.turns) if turn.kind == "ask"}
        files.append(
            {
                "name": caller.name,
                "path": str(caller.path),
                "words": [word for word in words_of(caller, pcm, RATE_HZ) if word.turn not in muted],
                "stops_s": stops_of(caller, pcm, RATE_HZ),
                "speak_at_s": [turn.end_s + SPEAK_AFTER_S for turn in asks],
                "mute_s": [(turn.start_s, turn.end_s) for turn in asks],
            }
        )
    return {
        "profile": profile,
        "at_once": at_once,
        "answer": ANSWER,
        "long_answer": LONG_ANSWER,
        "ms_a_character": MS_A_CHARACTER,
        "amplitude": AMPLITUDE,
        "files": files,
    }


def peer_figures(
    peer: str, profile: str, callers: list[InputFile], at_once: int, folder: Path
) -> dict[str, Any]:
    """One profile of one peer: its figures, or why there are none."""
    told, result = folder / f"{peer}-{profile}.json", folder / f"{peer}-{profile}-result.json"
    told.write_text(json.dumps(job_of(profile, callers, at_once)))
    lasts_s = sum(line_audio(caller.path, 0).size / LINE_RATE_HZ for caller in callers)
    try:
        command = [str(environment(peer)), str(HERE / f"peer_{peer}.py"), str(told), str(result)]
        log = folder / f"{peer}-{profile}.log"
        with log.open("wb") as words:
            subprocess.run(
                command, check=True, stdout=words, stderr=words, timeout=lasts_s + MARGIN_S, env=_quiet()
            )
        noted = json.loads(result.read_text())
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        said = (
            (folder / f"{peer}-{profile}.log").read_text()
            if (folder / f"{peer}-{profile}.log").exists()
            else ""
        )
        return {"failed": f"{error}", "words": said.splitlines()[-3:]}
    long_s = len(LONG_ANSWER) * MS_A_CHARACTER / 1000
    found = {
        caller.name: figures_of(
            Played(
                caller,
                [Heard(*piece) for piece in noted[caller.name]["voice"]],
                noted[caller.name]["decided_s"],
                long_s,
            )
        )
        for caller in callers
    }
    return {
        **as_json(sum(found.values(), Figures())),
        "input_late_ms": round(max(each["late_ms"] for each in noted.values()), 1),
        "by_file": {name: as_json(figures) for name, figures in found.items()},
    }


def _quiet() -> dict[str, str]:
    """A peer's environment: nothing of ours, nothing sent anywhere."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    return {**clean, "ORT_DISABLE_TELEMETRY": "1", "OTEL_SDK_DISABLED": "true", "HF_HUB_OFFLINE": "1"}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=Path, help="folder with manifest.json and its WAVs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a few turns, to see that it works")
    parser.add_argument("--only", nargs="*", default=["pipecat", "livekit", "call_thing"])
    parser.add_argument("--profiles", nargs="*", help="of the peers; default: default and fast")
    parser.add_argument("--at-once", type=int, default=1, help="files without interruptions played at a time")
    parser.add_argument("--set", nargs="*", default=[], help="settings of this engine that differ")
    arguments = parser.parse_args()
    arguments.calls = []
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="call-thing-peers-") as name:
        folder = Path(name)
        callers = turns.inputs(arguments, folder)
        for peer in [each for each in PACKAGES if each in arguments.only]:
            profiles = arguments.profiles or PROFILES[peer]
            of_peer = {
                profile: peer_figures(peer, profile, callers, arguments.at_once, folder)
                for profile in ALL_PROFILES[peer]
                if profile in profiles
            }
            for profile, found in of_peer.items():
                tell(peer, profile, found)
            first = next(iter(of_peer), "")
            others = {profile: found for profile, found in of_peer.items() if profile != first}
            figures[peer] = {**of_peer.get(first, {}), "profile": first, "profiles": others}
        if "call_thing" in arguments.only:
            figures["call_thing"] = asyncio.run(turns.measure(arguments, folder / "call_thing", callers))
            tell("call_thing", "default", figures["call_thing"])
    if arguments.json:
        print(json.dumps(figures, indent=1))
    return 0


def tell(engine: str, profile: str, found: dict[str, Any]) -> None:
    """One line for whoever watches."""
    shown = {name: value for name, value in found.items() if name not in ("by_file", "profiles")}
    print(f"  {engine:<11}{profile:<9}{json.dumps(shown)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
