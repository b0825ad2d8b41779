"""What a judgement of a desk says: findings as data, and the list of them, which prints well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

from ticketcore._lint_script import Script
from ticketcore._values import FrozenMap

__all__ = ["CODES", "Finding", "Findings"]

CODES: Final[Mapping[str, str]] = FrozenMap({
    "contradictory-rule": "a rule whose condition can never hold",
    "unreachable-rule": "a rule that nothing can make fire",
    "shadowed-rule": "a rule that never fires because those above it stop its set",
    "duplicate-rule": "two rules that do the same",
    "order-sensitive": "two rules whose order decides what becomes of a ticket",
    "unsettled": "a rule whose work is undone in the same cycle, so that only once-a-cycle keeps it from going on",
    "runs-on": "time rules that run on without anybody doing anything",
    "illegal-action": "an action that the lifecycle refuses where its rule fires",
    "or-not-contains": "any of several 'does not': true of nearly every ticket",
    "unreachable-status": "a status that no move leads to",
    "dead-end": "a live status that no move leaves",
    "contradictory-guard": "a move whose guard can never hold",
    "targets-not-monotone": "a higher priority is promised a later answer than a lower one",
    "no-clock": "a ticket to which nothing is promised",
    "no-stop": "a promise that nothing can keep, because its clock never stops",
    "idle-warning": "a warning as long as the promise or longer, so that it is not given",
    "contradictory-policy": "a policy whose condition can never hold",
    "shadowed-policy": "a policy that can never be chosen",
    "overlapping-policies": "two policies that both fit a ticket, while neither is a case of the other",
    "hours-end": "business hours of a promise that are not open for ever",
    "near-duplicates": "two names that differ only a little",
    "unknown-name": "an agent or group that the roster does not have",
    "unused": "something declared that nothing uses",
})  # fmt: skip
SEVERITIES: Final = ("error", "warning", "info")


@frozen(kw_only=True)
class Finding:
    """One thing found: what (``code``, a key of `CODES`), where (``place``), and what to do about it.

    ``verdict`` is ``proven`` or ``unknown`` (it may be so, and could not be decided); ``witness`` is a script that shows it when it is
    replayed through the desk, None where nothing can show it (that something never happens is proven by going through all
    cases, as ``because`` says). ``short`` says it in a line of a list.

    >>> from ticketcore import Desk
    >>> from ticketcore.lint import lint
    >>> [found] = lint(Desk())
    >>> found.code, found.place, found.severity, found.verdict, len(found.witness)
    ('no-clock', 'sla', 'warning', 'proven', 1)
    """

    code: str
    place: str
    message: str
    severity: str = "warning"
    verdict: str = "proven"
    witness: Script | None = None
    because: str = ""
    short: str = ""

    def __str__(self) -> str:
        mark = "" if self.verdict == "proven" else f" [{self.verdict}]"
        return f"{self.severity}: {self.place}: {self.message} ({self.code}){mark}"

    def told(self) -> str:
        """The finding with what shows it: the script of its witness, or why it is certain.

        >>> found = Finding(code="unused", place="groups[0]", message="nothing uses 'sales'", severity="info", because="all was read")
        >>> print(found.told())
        info: groups[0]: nothing uses 'sales' (unused)
            all was read
        """
        lines = [str(self)]
        if self.because:
            lines.append(f"    {self.because}")
        if self.witness is not None:
            lines += [f"    {line}" for line in str(self.witness).splitlines()]
        return "\n".join(lines)


class Findings(tuple[Finding, ...]):
    """All findings about a desk. Prints each with what shows it, and how many there are; `of` picks those of a code.

    >>> from ticketcore import Desk
    >>> from ticketcore.lint import lint
    >>> found = lint(Desk())
    >>> len(found), found[0].code, str(found).splitlines()[-1]
    (1, 'no-clock', '1 warning')
    """

    __slots__ = ()

    def of(self, *codes: str) -> Findings:
        """The findings with one of these codes.

        >>> from ticketcore import Desk
        >>> from ticketcore.lint import lint
        >>> found = lint(Desk())
        >>> [finding.place for finding in found.of("no-clock")], len(found.of("dead-end", "unused"))
        (['sla'], 0)
        """
        return Findings(finding for finding in self if finding.code in codes)

    def __str__(self) -> str:
        if not self:
            return "nothing found"
        lines: list[str] = []
        pairs = [finding for finding in self if finding.code == "order-sensitive" and finding.witness is not None]
        for finding in self:
            if finding not in pairs:
                lines.append(finding.told())
            elif finding is pairs[0]:
                lines += _told_pairs(pairs)
        return "\n".join((*lines, _counted(self)))


def _told_pairs(pairs: list[Finding]) -> list[str]:
    """Pairs of rules whose order matters, set by set, each in a line with its ticket."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair.place.partition("[")[0], []).append(f"    {pair.short}: {pair.witness!s}".replace("\n", "\n    "))
    lines = []
    for place, told in found.items():
        count = f"{len(told)} pairs of rules" if len(told) > 1 else "two rules"
        lines += [f"info: {place}: what becomes of a ticket depends on which of {count} comes first (order-sensitive)", *told]
    return lines


def _counted(findings: Iterable[Finding]) -> str:
    listed = list(findings)
    parts = [f"{count} {name}" for name in SEVERITIES if (count := sum(one.severity == name for one in listed))]
    undecided = sum(one.verdict == "unknown" for one in listed)
    return ", ".join(parts) + (f"; {undecided} undecided" if undecided else "")
