"""How hard the laws are tried: HYPOTHESIS_PROFILE is quick, cover, dev (the default), ci or nightly; and what is said is held."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import said
import told

# No deadline anywhere: the machines are shared, and no test judges wall-clock time.
# Under CI the examples are the same every time, so that a red run is red again.
# There they are fewer: the run is to stay under a quarter of an hour, and each developer's run tries others.
IN_CI = "CI" in os.environ
settings.register_profile("dev", max_examples=30 if IN_CI else 50, deadline=None, derandomize=IN_CI)
# Enough to see that another Python runs the same code.
settings.register_profile("quick", max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# Branches that only drawn values reach are reached every time.
settings.register_profile("cover", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# Slow generation is the law's affair, not the machine's.
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# An unknown name raises: a misspelt profile must not run as another one.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Every refusal that a test waits for is held to what is kept of it (said.py), and so is every judgement that it is told (told.py).

    Not in a law, which draws what it refuses and judges, nor where the docstrings of public things are looked at, for which told.py puts
    others.
    """
    if hasattr(getattr(item, "obj", None), "hypothesis") or item.path.name == "test_examples.py":
        return (yield)
    with said.noted() as errors, told.noted() as words:
        result = yield
    said.compare(item, errors)
    told.compare(item, words)
    return result


def pytest_sessionfinish() -> None:
    if said.ANEW:
        said.write()
    if told.ANEW:
        told.write()
