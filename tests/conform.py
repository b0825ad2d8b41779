"""Any file of facts put to ticketcore through its public API: `python tests/conform.py KIND FILE...`.

KIND is `hours` or `sla` with vector files, or `log` with NAME EVENTS TRUTH: a real log, for which `examples/real_logs/NAME.py` is
the adapter. One line for each failing or skipped case, then `N passed, M failed, K skipped`; the exit status says whether any failed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(ROOT / "examples")]  # run by hand, with nothing installed

from conform_hours import run_hours  # noqa: E402 - the path comes first
from conform_sla import run_sla  # noqa: E402 - as above

USAGE = "usage: conform.py hours FILE... | sla FILE... | log NAME EVENTS TRUTH"


def main(arguments: Sequence[str]) -> int:
    """Run one kind of facts; 0 when nothing failed, 1 when something did, 2 when the command makes no sense."""
    match list(arguments):
        case ["hours", *files] if files:
            passed, failed, skipped = run_hours(files)
        case ["sla", *files] if files:
            passed, failed, skipped = run_sla(files)
        case ["log", name, events, truth]:
            from conform_log import run_log

            passed, failed, skipped = run_log(name, events, truth)
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
