"""Judging a desk before it is used: what in it can never happen, contradicts itself, or leaves a ticket without a clock.

``print(lint(desk))`` says what was found. A finding is data: a stable code, the place, a sentence with the remedy, and what shows it:
a script of events that replays through the desk, or that all cases were gone through. What could not be decided is marked
``unknown`` and never hidden. Doubtful but legal configurations are flagged here, not refused at load.

``search(desk, never)`` looks for a day on which something happens that never should, and gives the shortest.

Statuses and moves are judged as the desk enforces them: what an imported history is observed to do, or a ticket taken over from another
desk brings along, is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from ticketcore._lint_findings import CODES, SEVERITIES, Finding, Findings
from ticketcore._lint_levels import judge_promises, judge_statuses, reachable_statuses
from ticketcore._lint_names import judge_names, judge_roster, judge_use
from ticketcore._lint_order import judge_order
from ticketcore._lint_rules import illegal_macros, judge_rules
from ticketcore._lint_running import judge_running
from ticketcore._lint_script import Script
from ticketcore._lint_search import Answer, search
from ticketcore._lint_settling import judge_settling
from ticketcore._lint_survey import Survey
from ticketcore.desk import Desk
from ticketcore.errors import check_kind
from ticketcore.routing import Roster

__all__ = ["CODES", "Answer", "Finding", "Findings", "Script", "lint", "search"]


def lint(desk: Desk, roster: Roster | None = None) -> Findings:
    r"""Everything found in *desk*, the gravest first; with a *roster*, also names of agents and groups that it lacks.

    Deterministic, and bounded in work whatever the desk: a desk of twenty rules takes seconds.

    >>> from ticketcore import Desk
    >>> print(lint(Desk()))
    warning: sla: a ticket that matches no policy has no promise; add a policy without a condition, or name a default (no-clock)
        1. Mon 23 Nov 2026 09:00  created by customer
    1 warning
    """
    check_kind(desk, Desk, "a desk", "lint(desk, roster)", "desk")
    if roster is not None:
        check_kind(roster, Roster, "a roster", "give Roster(members=[...])", "roster")
    found = list(_looked(desk))
    if roster is not None:
        found += judge_roster(desk, roster)
    return Findings(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))


def _looked(desk: Desk) -> Iterator[Finding]:
    yield from judge_promises(desk)
    yield from judge_statuses(desk)
    if any(rule.enabled for rule in desk.rules):
        survey = Survey(desk)
        yield from judge_rules(desk, survey, reachable_statuses(desk))
        yield from judge_order(desk, survey)
        yield from judge_settling(desk, survey)
        yield from judge_running(desk, survey)
    yield from illegal_macros(desk)
    yield from judge_names(desk)
    yield from judge_use(desk)
