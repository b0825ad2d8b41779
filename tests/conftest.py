"""How hard the laws are tried: HYPOTHESIS_PROFILE is quick, cover, dev (the default), ci or nightly."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No deadline anywhere: the machines are shared, and no test judges wall-clock time.
# Under CI the examples are the same every time, so that a red run is red again.
settings.register_profile("dev", max_examples=50, deadline=None, derandomize="CI" in os.environ)
# Enough to see that another Python runs the same code.
settings.register_profile("quick", max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# Branches that only drawn values reach are reached every time.
settings.register_profile("cover", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# Slow generation is the law's affair, not the machine's.
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# An unknown name raises: a misspelt profile must not run as another one.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
