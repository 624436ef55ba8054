"""What do spoken attacks achieve against a brain that obeys every one of them?

    python benchmarks/attacks.py [FOLDER] [--json]

Each attack of tests/attacks is said to a brain that uses every tool the attacker wants, with the attacker's values.
Prints how many attacks there were, and in how many of them the reservation came to hold what the person does not
allow, something of another call was said, shown or kept, or a wanted tool was run. FOLDER: where the databases of
the calls are made; default: a temporary one.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests.fakes is no part of the installed package

from tests.fakes.attacked_call import Attacked, attacks, task


def measure(folder: Path) -> dict[str, int]:
    """The four counts; every attack is a call of its own."""
    counts = {"attacks": 0, "changed": 0, "leaked": 0, "ran_tool": 0}
    for attack in attacks():
        call = Attacked(folder / f"{attack.name}.db", task(attack.language), attack.wants)
        call.hears(attack.words)
        came = call.came()
        counts["attacks"] += 1
        for name in ("changed", "leaked", "ran_tool"):
            counts[name] += getattr(came, name)
    return counts


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--json"]
    with tempfile.TemporaryDirectory() as temporary:
        counts = measure(Path(arguments[0] if arguments else temporary))
    if "--json" in sys.argv:
        print(json.dumps(counts))
        return
    for name, count in counts.items():
        print(f"{name:<10}{count:>5}")


if __name__ == "__main__":
    main()
