"""Why a rule fired or did not: its condition with the values it saw in the step, and what else a rule needs besides.

The account of something that happened is kept by the step itself, run again with somebody watching: nothing is worked out twice
in two ways. The account of a ticket as it stands is its rule's condition at an instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import field, frozen

from ticketcore._parts import DeskParts
from ticketcore._step import StepRun
from ticketcore._time import iso
from ticketcore.conditions import View, WhyNot, names_category, why_not
from ticketcore.model import Draft, EventBase, Outside, Ticket
from ticketcore.rules import Rule, is_automatic


@frozen(kw_only=True)
class RuleAccount:
    """What became of a rule, and why.

    ``fired`` is None when nothing happened and only the ticket as it stands was asked about. ``on`` is the kind of the event it fired
    on or would have, ``notes`` say what besides the condition spoke against it, and ``why`` is the condition part by part with the
    smallest changes that would make it true. Prints as lines.

    >>> from ticketcore import Action, Created, Desk, Person, Rule, field
    >>> desk = Desk(rules=[Rule(name="vip", on=["created"], when=field.tags.has("vip"), then=[Action("notify", "lead")])])
    >>> account = desk.why_not(None, "vip", events=[Created(at=0, ticket="T-1", by=Person(name="Ada"), tags=["vip"])])
    >>> account.fired, account.holds, account.on
    (True, True, 'created')
    >>> print(account)
    rule 'vip': fired on created, 1970-01-01T00:00:00Z
    yes  tags has 'vip'   ('vip')
    """

    rule: str
    at_us: int = field(repr=iso)
    why: WhyNot
    fired: bool | None = None
    on: str = ""
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the condition of the rule is true."""
        return self.why.holds

    def data(self) -> dict[str, Any]:
        """The account as plain data.

        >>> from ticketcore import Created, Desk, field
        >>> desk = Desk(rules=[Rule(name="vip", on=["created"], when=field.tags.has("vip"))])
        >>> account = desk.why_not(None, "vip", events=[Created(at=0, ticket="T-1")]).data()
        >>> account["rule"], account["fired"], account["on"], account["at"]
        ('vip', False, 'created', '1970-01-01T00:00:00Z')
        """
        told = {"rule": self.rule, "at": iso(self.at_us), "fired": self.fired, "on": self.on, "notes": list(self.notes)}
        return {**told, **self.why.data()}

    def __str__(self) -> str:
        told = {True: "fired", False: "did not fire", None: "its condition " + ("holds" if self.holds else "does not hold")}[self.fired]
        title = f"rule {self.rule!r}: {told}" + (f" on {self.on}" if self.on and self.fired is not None else "") + f", {iso(self.at_us)}"
        lines = [title, *(f"  - {note}" for note in self.notes), str(self.why.explanation)]
        return "\n".join(lines if self.holds else [*lines, self.why.remedies()])


def standing(rule: Rule, view: View) -> RuleAccount:
    """The account of a rule for a ticket as it stands."""
    notes = list(_always(rule, view, view.ticket))
    if rule.on:
        notes.append(f"it listens to {_listed(rule.on)}: give events= to ask what it would do then")
    elif not rule.is_timed:
        notes.append("it listens to everything from outside: give events= to ask what it would do then")
    return RuleAccount(rule=rule.name, at_us=view.now_us, why=why_not(rule.when, view), notes=tuple(notes))


def stepped(desk: DeskParts, ticket: Ticket | None, rule: Rule, events: Sequence[Outside], *, restamp: bool, observe: bool) -> RuleAccount:
    """The account of a rule for what happens when *events* do: of the cycle that they start. Raises as `Desk.handle` does."""
    run = _Watching(desk, ticket, rule, restamp=restamp, observe=observe)
    outcome = run.handle(events)
    moment = next(event.moment for event in outcome.events if isinstance(event, Outside) and not event.cause)
    return next(account for root, account in run.accounts if root == moment)


class _Watching(StepRun):
    """A step that keeps an account of one rule for each of its cycles."""

    __slots__ = ("accounts", "rule", "seen")

    def __init__(self, desk: DeskParts, ticket: Ticket | None, rule: Rule, *, restamp: bool, observe: bool) -> None:
        super().__init__(desk, ticket, restamp=restamp, observe=observe)
        self.rule = rule
        self.accounts: list[tuple[str, RuleAccount]] = []
        self.seen: RuleAccount | None = None  # of this cycle, once the rule has fired

    def fire(self, rule: Rule, event: EventBase | None, number: int, skipped: tuple[str, ...]) -> None:
        """As any step does; the account is taken first, while the ticket is as the rule saw it."""
        if rule.name == self.rule.name:
            self.seen = self._account(self.view(event), fired=True, notes=())
        elif self.rule.name in skipped:
            self.seen = self._account(self.view(None), fired=False, notes=(f"a higher step of its ladder acted: {rule.name!r}",))
        super().fire(rule, event, number, skipped)

    def _end(self) -> None:
        super()._end()
        self.accounts.append((self.root, self.seen or self._unfired()))
        self.seen = None

    def _account(self, view: View, *, fired: bool, notes: Iterable[str]) -> RuleAccount:
        on = "" if view.event is None else view.event.kind
        why = why_not(self.rule.when, view)
        return RuleAccount(rule=self.rule.name, at_us=self.at_us, why=why, fired=fired, on=on, notes=tuple(notes))

    def _unfired(self) -> RuleAccount:
        """The rule was tried in the last pass, on the ticket as it is at the end of the cycle."""
        rule = self.rule
        heard = [event for event in self.cycle_events if _listens(rule, event)]
        event = next((event for event in heard if rule.automatic or not is_automatic(event)), heard[0] if heard else None)
        view = self.view(event)
        notes = list(_always(rule, view, self.before))
        holder = next((one.name for one in self.desk.rules.sets if rule.name in {each.name for each in one.rules}), "")
        if holder in self.closed:
            notes.append(f"a rule before it stopped the set {holder!r}")
        if rule.is_timed:
            before = self.view_before()
            if before is not None and not why_not(rule.when, view).ways and why_not(rule.when, before).holds:
                notes.append("its condition was true already: a time rule acts when it becomes true")
        elif not heard:
            happened = ", ".join(dict.fromkeys(each.kind for each in self.cycle_events))
            notes.append(f"it listens to {_listed(rule.on) if rule.on else 'everything from outside'}; what happened: {happened}")
        elif event is not None and is_automatic(event) and not rule.automatic:
            notes.append("the message was made by a machine, and the rule is not for those (automatic = true)")
        return self._account(view, fired=False, notes=notes)


def _listens(rule: Rule, event: EventBase) -> bool:
    return event.kind in rule.on if rule.on else not rule.is_timed and event.is_outside and not event.cause


def _always(rule: Rule, view: View, before: Ticket | Draft | None) -> Iterable[str]:
    """What keeps a rule from firing whatever its condition says."""
    if not rule.enabled:
        yield "it is disabled"
    asleep = [_is_asleep(rule, view, state) for state in (view.ticket, before) if state is not None]
    if all(asleep):
        yield f"no rule runs on a {view.ticket.category} ticket, unless its condition names that category"


def _is_asleep(rule: Rule, view: View, ticket: Any) -> bool:
    category = ticket.category
    return category in {"closed", "removed"} and not names_category(rule.when, view.vocabulary, category)


def _listed(kinds: Iterable[str]) -> str:
    return ", ".join(sorted(kinds))
