"""Desk days as tests of pytest: one item a case, failures in the words of the desk day, and what no day exercised.

`pytest_ticketcore` is what pytest loads; it imports this when the first ``*.desk.toml`` is met.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

import pytest
from attrs import evolve

from pytest_ticketcore import SUFFIX
from ticketcore.errors import TicketcoreError
from ticketcore.extra.coverage import Watch
from ticketcore.extra.desk_days import DayFailed, DeskDay, load_days

__all__ = ["DeskFile", "DeskItem", "print_coverage"]


class DeskItem(pytest.Item):
    r"""One case of a desk-day file: ``day`` is the case. It fails in the words of the day, without a traceback.

    >>> case = '[[case]]\nname="a day"\nevents=[{at="Fri 20 Nov 2026 09:00", created="help"}]\nexpect=[{at="09:00", status="open"}]\n'
    >>> path = getfixture("tmp_path") / "wrong.desk.toml"
    >>> _ = path.write_text('preset = "liveagent"\n' + case)
    >>> [item] = DeskFile.from_parent(getfixture("request").session, path=path).collect()
    >>> with pytest.raises(DayFailed) as failed:
    ...     item.runtest()
    >>> print(item.repr_failure(failed))
    wrong.desk.toml: a day
    <BLANKLINE>
    ...
      status: expected 'open', was 'new'
    ...
    """

    def __init__(self, *, day: DeskDay, **given: Any) -> None:
        super().__init__(**given)
        self.day = day

    def runtest(self) -> None:
        """Live through the day."""
        self.day.run()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The day's own words, without a traceback."""
        if isinstance(excinfo.value, DayFailed):
            return f"{self.path.name}: {self.day.name}\n\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands in its file."""
        return self.path, self.day.line, self.day.name


class DeskFile(pytest.File):
    r"""A file of desk days: each of its cases is a test.

    >>> case = '[[case]]\nname="a day"\nevents=[{at="Fri 20 Nov 2026 09:00", created="help"}]\nexpect=[{at="09:00", status="new"}]\n'
    >>> path = getfixture("tmp_path") / "right.desk.toml"
    >>> _ = path.write_text('preset = "liveagent"\n' + case)
    >>> [(item.name, item.runtest()) for item in DeskFile.from_parent(getfixture("request").session, path=path).collect()]
    [('a day', None)]
    """

    def collect(self) -> Iterable[DeskItem]:
        """Its cases. Raises pytest's `CollectError` for a file that cannot be read, with every problem in it by its path."""
        try:
            days = load_days(self.path)
        except (TicketcoreError, TOMLDecodeError, OSError, UnicodeDecodeError) as error:
            raise self.CollectError(f"{self.path.name}: {error}") from error
        return [DeskItem.from_parent(self, name=day.name, day=day) for day in days]


def print_coverage(terminal: pytest.TerminalReporter) -> None:
    r"""Print what the desk days of this run did not exercise, desk by desk: what ``pytest --desk-coverage`` shows at the end.

    The days are lived through once more under watch, in this process: under ``pytest -n`` they ran in others.

    >>> from io import StringIO
    >>> out = StringIO()
    >>> print_coverage(pytest.TerminalReporter(getfixture("pytestconfig"), file=out))  # of a run without desk days
    >>> out.getvalue().splitlines()[-1]
    'no desk day ran'
    """
    found: dict[str, tuple[Watch, list[DeskDay]]] = {}
    for path, name in _ran(terminal):
        (day,) = (day for day in load_days(path) if day.name == name)
        watch, days = found.setdefault(day.desk.fingerprint, (Watch(day.desk), []))
        days.append(day)
        with suppress(DayFailed):  # it failed in its test already
            evolve(day, desk=watch.desk).run()
    terminal.section("desk coverage")
    for watch, days in found.values():
        terminal.write_line(str(evolve(watch.coverage(), histories=len(days), moments=sum(len(day.moments()) for day in days))))
    if not found:
        terminal.write_line("no desk day ran")


def _ran(terminal: pytest.TerminalReporter) -> Iterable[tuple[Path, str]]:
    """The file and the name of every desk day that ran, in the order they stand in the files."""
    reports = [report for outcome in ("passed", "failed") for report in terminal.stats.get(outcome, []) if report.when == "call"]
    found = {(terminal.config.rootpath / report.fspath, report.nodeid.partition("::")[2]) for report in reports}
    return sorted(pair for pair in found if pair[0].name.endswith(SUFFIX))
