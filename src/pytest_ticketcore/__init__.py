"""The pytest plug-in of ticketcore: desk days in ``*.desk.toml`` files are collected as tests.

This package is loaded by every pytest run in an environment that has ticketcore, so it imports nothing of it: what does the work
(`ticketcore.extra.pytest_plugin`) is imported when the first ``*.desk.toml`` is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path  # noqa: TID251 - the ban is on the core

    import pytest

__all__ = ["pytest_addoption", "pytest_collect_file", "pytest_terminal_summary"]

SUFFIX = ".desk.toml"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of desk days."""
    if not file_path.name.endswith(SUFFIX):
        return None
    from ticketcore.extra.pytest_plugin import DeskFile  # noqa: PLC0415 - see above

    return DeskFile.from_parent(parent, path=file_path)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--desk-coverage``."""
    parser.getgroup("ticketcore").addoption(
        "--desk-coverage", action="store_true", help="after the tests, print the rules, conditions and actions that no desk day exercised"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What no desk day exercised, when it was asked for."""
    if config.getoption("desk_coverage"):
        from ticketcore.extra.pytest_plugin import print_coverage  # noqa: PLC0415 - see above

        print_coverage(terminalreporter)
