"""Once the desk is built, the chain touches no file, socket, process, clock or chance, and its answer depends on none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pure_chain import MISDEEDS

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src"


def run(*arguments: str, **environment: str) -> dict[str, Any]:
    """What tests/pure_chain.py reports from a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(TESTS / "pure_chain.py"), *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_the_chain_touches_nothing_outside() -> None:
    assert run()["touched"] == []


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_touch_would_be_seen(misdeed: str) -> None:
    assert run(misdeed)["touched"] != []


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1"},  # the order of sets of texts
        {"PYTHONHASHSEED": "2", "TZ": "Pacific/Auckland"},  # the zone of the machine
        {"PYTHONHASHSEED": "3", "LC_ALL": "C"},  # its language
    ],
)
def test_the_answer_is_the_same_everywhere(environment: dict[str, str]) -> None:
    assert run(**environment, PYTHONUTF8="1")["answer"] == run(PYTHONHASHSEED="0", PYTHONUTF8="1")["answer"]
