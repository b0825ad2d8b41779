"""The rows of a lifecycle in the making: what a desk gives, the settings and the default table worked in, and every problem on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ticketcore._clocks import Length
from ticketcore._moves import (
    ALIASES,
    CATEGORIES,
    CHECKS,
    DEFAULT_TABLE,
    DIRECT_EXTRA,
    NOT_BY_HAND,
    NOT_PERMITTED,
    REMOVED_ROLES,
    REPLIES,
    ROLES,
    SPECIAL_TARGETS,
    TRIGGERS,
    Cell,
    Move,
    Status,
    Test,
    To,
)  # fmt: skip
from ticketcore._names import hint as hint_for
from ticketcore._time import MINUTE_US
from ticketcore._values import EMPTY
from ticketcore.conditions import AllOf, Condition, compiled, field, holds, parse, say_span
from ticketcore.errors import Problem, key_step, shorten
from ticketcore.model import EVENTS

_FIELDS: Final = "fields."


class Build:
    """The rows of a lifecycle in the making, and every problem met on the way."""

    def __init__(self, given: Any) -> None:  # a Lifecycle, whose class is made of this one
        self.given = given
        self.closes: Move | None = None  # how the settings guard a close
        self.problems: list[Problem] = []
        self.categories: dict[str, str] = {}
        self.main: dict[str, str] = {}
        self.cells: dict[str, dict[str, Cell]] = {}
        self.by_hand: dict[str, dict[str, Cell]] = {}
        self._read_statuses()
        self._read_main()
        self._read_triggers()
        self._read_permissions()
        self._read_needs()
        for status in self.categories:
            self.cells[status] = self._make_row(status)
        self._check_names("table", given.table)
        self._check_names("moves", given.moves)
        self._check_names("direct", given.direct)
        for status, row in self.cells.items():
            self.by_hand[status] = self._make_choices(status, row)
        self._check_closing()

    def wrong(self, path: str, message: str, hint: str = "", code: str = "bad-value") -> None:
        """Note a problem."""
        self.problems.append(Problem(path=path, message=message, hint=hint, code=code))

    def unknown(self, path: str, what: str, name: object, known: Iterable[str]) -> None:
        """Note a name that nobody knows."""
        self.wrong(path, f"unknown {what} {shorten(name)}", hint_for(name, known), code="unknown-name")

    def _read_statuses(self) -> None:
        statuses: tuple[Any, ...] = self.given.statuses  # whatever the caller gave
        for number, status in enumerate(statuses):
            path = f"statuses[{number}]"
            if not isinstance(status, Status):
                self.wrong(path, f"a Status is wanted, not {type(status).__name__}")
                continue
            if not isinstance(status.name, str) or not status.name or status.name.startswith("@"):
                self.wrong(f"{path}.name", f"{shorten(status.name)} cannot name a status", "a text that does not begin with @")
            elif status.name in self.categories:
                self.wrong(f"{path}.name", f"a second status {shorten(status.name)}", "names are unique", code="duplicate")
            elif status.category not in CATEGORIES:
                self.unknown(f"{path}.category", "category", status.category, (*CATEGORIES, *ALIASES))
            self.categories.setdefault(str(status.name), status.category)

    def _read_main(self) -> None:
        """Which status each role of the default table means here."""
        for role in ROLES:
            category = "removed" if role in REMOVED_ROLES else role
            of_category = [name for name, its in self.categories.items() if its == category]
            if role in of_category:
                self.main[role] = role
            elif of_category and role not in REMOVED_ROLES:
                self.main[role] = of_category[0]
        for role, status in self.given.main.items():
            if role not in ROLES:
                self.unknown(f"main.{role}", "role", role, ROLES)
            elif status not in self.categories:
                self.unknown(f"main.{role}", "status", status, self.categories)
            elif self.categories[status] != ("removed" if role in REMOVED_ROLES else role):
                self.wrong(f"main.{role}", f"{shorten(status)} is of the category {self.categories[status]}, not {role}")
            else:
                self.main[role] = status
        first: str = self.given.initial_status
        if first and first not in self.categories:
            self.unknown("initial_status", "status", first, self.categories)
        elif not first and "new" not in self.main and "open" not in self.main:
            self.wrong("statuses", "no status is of the category new or open", "name the first one: initial_status=...")
        # Where a desk has no new or no open status, the other one stands for it: both are where support is to act.
        self.main.setdefault("new", self.main.get("open", first))
        self.main.setdefault("open", self.main["new"])

    def _read_triggers(self) -> None:
        movable = {kind for kind, cls in EVENTS.items() if cls.is_outside and kind not in TRIGGERS and kind != "created"}
        for kind in self.given.triggers:
            if kind not in movable:
                self.unknown(f"triggers.{kind}", "kind of event", kind, movable)
        self.known = set(TRIGGERS.values()).union(self.given.triggers.values()) - {"set"}

    def _read_permissions(self) -> None:
        """Who may pull what; only what somebody does by hand can ask for it: triggers, and kinds of events that are none."""
        kinds = {kind for kind, cls in EVENTS.items() if cls.is_outside and kind not in TRIGGERS and kind not in self.given.triggers}
        permitted = sorted((kinds | self.known | {"set"}) - NOT_PERMITTED)
        for trigger, roles in self.given.permissions.items():
            if trigger not in permitted:
                self.unknown(f"permissions.{trigger}", "trigger", trigger, permitted)
            elif not roles:
                self.wrong(f"permissions.{trigger}", "nobody could ever pull it", "name a role, or refuse the moves")

    def _read_needs(self) -> None:
        """What a close needs, as one guard with its reason."""
        needs = self.given.close_needs
        found = [self._need(f"close_needs[{number}]", name) for number, name in enumerate(needs)]
        parts = [part for part in found if part is not None]
        if parts:
            listed = ", ".join(needs[:-1]) + (" and " if needs[:-1] else "") + needs[-1]
            self.closes = Move(to=To.STAYS, guard=AllOf(tuple(parts)), reason=f"closing needs {listed}")

    def _need(self, path: str, name: str) -> Condition | None:
        """That a check was passed, or that a declared field is set; one that is true or false must be true."""
        if name in CHECKS:
            return field.checks.has(name)
        own, words = name.removeprefix(_FIELDS), self.given.vocabulary
        if words is not None and own not in words.fields:
            self.unknown(path, "check or field", name, (*CHECKS, *words.fields))
            return None
        is_flag = words is not None and words.fields[own].kind == "flag"
        wanted = field[_FIELDS + own]
        return wanted.is_(True) if is_flag else wanted.is_set()

    def _check_closing(self) -> None:
        """That what is said about closing has a close to speak of."""
        given, closes = self.given, self.closes
        guards = {cell.move.guard for row in self.cells.values() for cell in row.values()}
        if closes is not None and closes.guard not in guards:
            self.wrong("close_needs", "no row has a close that could need it", "guard the moves of the table: guard=")
        if given.close_after is None:
            return
        if not any("close" in row and self.categories[status] == "resolved" for status, row in self.cells.items()):
            self.wrong("close_after", "no resolved status can be closed")
        span = given.close_after
        if span.us < MINUTE_US if isinstance(span, Length) else span.count < 1:
            self.wrong("close_after", f"a resolved ticket stays so for a minute or more, not {say_span(span)}")

    def _check_names(self, where: str, given: Mapping[str, Any]) -> None:
        for status in given:
            if status not in self.categories:
                self.unknown(f"{where}{key_step(status)}", "status", status, self.categories)

    def _make_row(self, status: str) -> dict[str, Cell]:
        given = self.given
        row: dict[str, Any] = {**given.table[status]} if status in given.table else self._inherited(status)
        row.update(given.moves.get(status, EMPTY))
        cells = {}
        for trigger, move in row.items():
            path = f"{'moves' if trigger in given.moves.get(status, EMPTY) else 'table'}{key_step(status)}{key_step(trigger)}"
            if trigger == "set":
                self.wrong(path, "direct choices are no single move", "list them in direct", code="unknown-name")
            elif trigger not in self.known:
                self.unknown(path, "trigger", trigger, self.known)
            elif isinstance(move, Move):
                self._check_targets(path, move)
                cells[trigger] = Cell(move, self._test(path, move), given.permissions.get(trigger))
            elif move is not None:
                self.wrong(path, f"a move is wanted, not {type(move).__name__}", "a status, a Move, or None to refuse")
        return cells

    def _inherited(self, status: str) -> dict[str, Move | None]:
        """The row of the main status of this category, if the desk gives one; else the default one, in this desk's names."""
        category = self.categories[status]
        role = category if category != "removed" else next((role for role in REMOVED_ROLES if self.main.get(role) == status), "spam")
        given = self.given.table.get(self.main.get(role, ""))
        if given is not None:
            return {**given}
        row: dict[str, Move | None] = {}
        for trigger, target in DEFAULT_TABLE.get(role, EMPTY).items():
            move = self._default(role, trigger, target)
            if move is not None:
                row[trigger] = move
        return row

    def _default(self, role: str, trigger: str, target: str | To) -> Move | None:
        """One cell of the default table under the settings; None where a setting, or a status that the desk lacks, refuses it."""
        given = self.given
        if isinstance(target, str) and target not in self.main:  # a message is not lost for want of a status it could lead to
            return Move(to=To.STAYS) if trigger in REPLIES else None
        to = self.main[target] if isinstance(target, str) else target
        match role, trigger:
            case "resolved", "customer_replies":
                otherwise = To.FOLLOW_UP if given.follow_up_from_closed else To.STAYS
                reopens = given.reopen_on_reply
                return Move(to=to, within=given.reopen_window_us, otherwise=otherwise) if reopens else Move(to=otherwise)
            case "closed", "customer_replies" if not given.follow_up_from_closed:
                return None
            case "deleted", "customer_replies" if not given.restore_on_reply:
                return None
            case "closed", "reopen" if not given.reopen_closed:
                return None
            case _, "close" if self.closes is not None:
                return Move(to=to, guard=self.closes.guard, reason=self.closes.reason)
            case _:
                return Move(to=to)

    def _check_targets(self, path: str, move: Move) -> None:
        for name, target in (("to", move.to), ("otherwise", move.otherwise)):
            if not isinstance(target, To) and target not in self.categories:
                self.unknown(f"{path}.{name}", "status", target, (*self.categories, *SPECIAL_TARGETS))

    def _test(self, path: str, move: Move) -> Test | None:
        guard, vocabulary = move.guard, self.given.vocabulary
        if guard is None:
            return None
        if vocabulary is None:
            return lambda view: holds(guard, view)
        count = len(self.problems)
        checked = parse(guard, vocabulary, f"{path}.guard", self.problems, layer="lifecycle")
        return compiled(checked, vocabulary) if len(self.problems) == count else None

    def _make_choices(self, status: str, row: Mapping[str, Cell]) -> dict[str, Cell]:
        """What may be chosen by hand: as listed, else what the moves of a person lead to; each under the guard of such a move."""
        reached: dict[str, Cell] = {}
        for trigger, cell in row.items():
            to = cell.move.to
            if trigger in NOT_BY_HAND or trigger in self.given.triggers.values() or isinstance(to, To) or to == status:
                continue
            if self.categories.get(to) == "postponed" and not self.given.undated_postpone:
                continue
            if to not in reached or cell.test is None:
                reached[to] = Cell(Move(to=to, guard=cell.move.guard, reason=cell.move.reason), cell.test)
        return self._permitted(status, self._chosen(status, reached))

    def _chosen(self, status: str, reached: dict[str, Cell]) -> dict[str, Cell]:
        """What of it is listed, where the desk lists it."""
        listed = self.given.direct.get(status)
        if listed is None:
            extra = (self.main[role] for role in DIRECT_EXTRA.get(self.categories[status], ()) if status not in self.given.table)
            for to in extra:
                reached.setdefault(to, Cell(Move(to=to), None))
            return reached
        for number, to in enumerate(listed):
            if to not in self.categories:
                self.unknown(f"direct{key_step(status)}[{number}]", "status", to, self.categories)
        return {to: reached.get(to) or Cell(Move(to=to), None) for to in listed}

    def _permitted(self, status: str, chosen: dict[str, Cell]) -> dict[str, Cell]:
        """The choices with who may make them: whoever may pull a trigger that leads there, from here or else from anywhere."""
        if not self.given.permissions:
            return chosen
        return {to: Cell(cell.move, cell.test, self._choosers(status, to)) for to, cell in chosen.items()}

    def _choosers(self, status: str, to: str) -> tuple[str, ...] | None:
        here = self._leading([self.cells[status]], to)
        ways = here or self._leading(self.cells.values(), to)
        if not ways or any(roles is None for roles in ways):
            return None
        return tuple(sorted({role for roles in ways for role in roles or ()}))

    def _leading(self, rows: Iterable[Mapping[str, Cell]], to: str) -> list[tuple[str, ...] | None]:
        """Who may pull each of the triggers by which *rows* lead to a status, but for a merge, time and what customers write."""
        wanted = self.known - NOT_PERMITTED - {"merge"}
        return [cell.roles for row in rows for trigger, cell in row.items() if trigger in wanted and cell.move.to == to]
