"""`make demo`: one golden image carried to three regions on the emulated ECS, verified, and cleaned up."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
HOME: Final = ROOT / ".demo"
COMMAND: Final = Path(sys.executable).with_name("imageferry")

STATIONS: Final[tuple[tuple[str, str], ...]] = (
    (
        "A template says which image goes where. Is it right?",
        "imageferry validate examples/fan-out.ros.yml",
    ),
    (
        "Carry the image to three regions: the plan first, then the copies, side by side.",
        "imageferry deploy examples/fan-out.ros.yml --stack golden --yes",
    ),
    (
        "Once more, with nothing changed: nothing is done.",
        "imageferry deploy examples/fan-out.ros.yml --stack golden --yes",
    ),
    (
        "Is each copy what its source is, and as it was asked for? A signed receipt says so.",
        "imageferry verify golden --output .demo/golden.receipt.json",
    ),
    ("What the stack gives.", "imageferry outputs --stack golden"),
    ("What the emulated cloud has now.", "imageferry emulator images"),
    ("Take it all back.", "imageferry delete --stack golden --yes"),
    (
        "What is left: the first images, and the billed snapshots that every cloud copy leaves behind.",
        "imageferry emulator images --snapshots",
    ),
)


def main() -> int:
    """Show every station in turn; the first that fails ends the demo with its code."""
    shutil.rmtree(HOME, ignore_errors=True)
    dim, bold, plain = ("\033[2m", "\033[1m", "\033[0m") if _is_colourful() else ("", "", "")
    for number, (says, line) in enumerate(STATIONS, 1):
        print(f"\n{bold}{number}. {says}{plain}\n{dim}$ {line}{plain}", flush=True)
        code = subprocess.run(
            [COMMAND, *shlex.split(line)[1:]], cwd=ROOT, env=_environment(), check=False
        ).returncode
        if code != 0:
            print(f"\nthe demo ends here: exit code {code}", file=sys.stderr)
            return code
    print(
        f"\n{bold}That was a whole life of a stack, without an account.{plain}"
        f"\nIts records are in {HOME.name}/: look at them in a browser with"
        f"\n  IMAGEFERRY_HOME={HOME.name} .venv/bin/imageferry serve"
        "\nREADME.md says how to go on."
    )
    return 0


def _environment() -> dict[str, str]:
    """Ours, but for what would lead the demo elsewhere than to its own emulated cloud."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMAGEFERRY_")}
    return {
        **kept,
        "IMAGEFERRY_HOME": str(HOME),
        "IMAGEFERRY_CLOUD": "emulator",
        "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
    }


def _is_colourful() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


if __name__ == "__main__":
    sys.exit(main())
