"""All yardsticks in one go, beside the peers, and `benchmarks/RESULTS.md` written from what they print.

    python benchmarks/run.py [--only W1,W11] [--shared DIR] [--rounds N] [--keep]

The scripts are those of the team's shelf (``../shared/perf``); they check every contender's answers first. W11 is our own. Machines are
noisy: only ratios of one run count. With ``--only``, the other sections of RESULTS.md stay as they are.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": ""}  # else W7 compiles our sources at every import, and those of installed packages never
PLUGIN = ["--plugin", str(ROOT / "benchmarks" / "yardstick.py")]
# workload -> (script, arguments, whether it takes plug-ins)
YARDSTICKS: dict[str, tuple[str, list[str], str]] = {
    "W1 W2": ("w1_w2_business_time.py", ["--base", "proto int closure"], "plugin"),
    "W3": ("w3_rules.py", [], "plugin"),
    "W3 mixes": ("w3_mixes.py", [], "own"),
    "W4 W5": ("w4_w5_machine_fold.py", [], "plugin"),
    "W6": ("w6_batch.py", [], "plugin"),
    "W7": (
        "w7_import_size.py",
        ["9", "attrs,pendulum", "ticketcore", "ticketcore.hours", "ticketcore.model", "ticketcore.desk", "ticketcore.codec"],
        "modules",
    ),
    "W8": ("w8_queue.py", [], "plugin"),
    "W9": ("w9_serialise.py", [], "plugin"),
    "W9 stored": ("w9_stored.py", [], "own"),
    "W10": ("w10_days.py", [], "wrapped"),
    "W11": ("w11_step.py", [], "own"),
}
TITLES = {
    "W1 W2": "business time: deadline and elapsed", "W3": "rules", "W3 mixes": "the hard mixes of rules, beside our own evaluators",
    "W4 W5": "transitions and folding", "W6": "a million pairs", "W7": "import time", "W8": "queue", "W9": "serialisation",
    "W9 stored": "what a host stores, beside our own plain definitions",
    "W10": "working days", "W11": "one whole desk step",
}  # fmt: skip


def command(name: str, shared: Path, rounds: int | None) -> list[str]:
    """The command that measures one yardstick."""
    script, extra, kind = YARDSTICKS[name]
    given = ["--rounds", str(rounds)] if rounds is not None and kind != "modules" else []
    if kind == "own":
        return [sys.executable, str(ROOT / "benchmarks" / script), *given]
    if kind == "modules":
        return [sys.executable, str(shared / script), *extra]
    if kind == "wrapped":
        return [sys.executable, str(ROOT / "benchmarks" / "yardstick.py"), str(shared / script), *given]
    return [sys.executable, str(shared / script), *PLUGIN, *extra, *given]


def shown(words: list[str], shared: Path) -> str:
    """The command as one would type it in the repository's folder."""
    replaced = {sys.executable: ".venv-bench/bin/python"}
    text = " ".join(f'"{word}"' if " " in word else word for word in (replaced.get(word, word) for word in words))
    return text.replace(str(shared), "../shared/perf").replace(str(ROOT) + "/", "")


def sections() -> dict[str, str]:
    """The sections of RESULTS.md as they are, by workload."""
    if not RESULTS.exists():
        return {}
    found: dict[str, str] = {}
    for part in RESULTS.read_text(encoding="utf-8").split("\n## ")[1:]:
        title = part.split(":", 1)[0]
        found[title] = part.rstrip() + "\n"
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="comma list of workloads, such as W1,W11")
    parser.add_argument("--shared", default=str(ROOT.parent / "shared" / "perf"))
    parser.add_argument("--rounds", type=int, default=None)
    given = parser.parse_args()
    shared = Path(given.shared)
    if not (shared / "common.py").exists():
        print(f"the yardsticks are not at {shared}: give their folder with --shared", file=sys.stderr)
        return 2
    wanted = [word.strip().upper() for word in given.only.split(",") if word.strip()]
    found = sections()
    failed = 0
    for name in YARDSTICKS:
        if wanted and not set(name.split()) & set(wanted):
            continue
        words = command(name, shared, given.rounds)
        print(f"--- {name}: {shown(words, shared)}", flush=True)
        path = os.pathsep.join([str(ROOT / "src"), str(shared)])
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **ENVIRONMENT, "PYTHONPATH": path})
        print(done.stdout, done.stderr, sep="\n", flush=True)
        failed += done.returncode != 0
        body = (
            done.stdout.strip().replace(str(Path.home()), "~").replace(str(ROOT.parent), "..")
            or f"failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no output'}"
        )
        found[name] = f"{name}: {TITLES[name]}\n\n`{shown(words, shared)}`\n\n```text\n{body}\n```\n"
    head = (
        f"# Results of the yardsticks\n\nWritten by `make bench`. Python {platform.python_version()} on {os.cpu_count()} cores; "
        "every contender first gave the agreed answers. Machines are noisy: compare ratios of one run, never times of two.\n"
    )
    order = [name for name in YARDSTICKS if name in found]
    RESULTS.write_text(head + "".join(f"\n## {found[name]}" for name in order), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
