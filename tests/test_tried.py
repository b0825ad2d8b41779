"""What `lint`, `search`, `difference` and `why_not` try: the values, tickets and events among which they look, held as text.

Of a condition they try values around its own, of a desk the tickets and events that its conditions can tell apart. tests/facts/tried.txt
says which, for a desk that has something of everything; ``python tests/test_tried.py`` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import attrs

from test_lint_parts import RICH, WORDS
from ticketcore import Action as Do
from ticketcore import Agent, AgentReplied, Created, Desk, FieldType, Lifecycle, Message, Move, Person, Rule, RuleSet, field, since, until
from ticketcore._lint_domain import Wanted, _group, _mentioned, atoms_of, group_of, possible, representatives, solutions
from ticketcore._lint_footprint import _behind, after, cone_of, event_fields, footprint, kinds_of, reads_of
from ticketcore._lint_script import Script
from ticketcore._lint_space import MONDAY, Space, Walk, conditions_of
from ticketcore._lint_survey import Survey, distance
from ticketcore._time import HOUR_US
from ticketcore._witnesses import clock_states, events, fitting, is_exact, is_exact_of_clock, is_exact_of_events, texts, values
from ticketcore.conditions import AllOf, AnyOf, Changed, Condition, InHours, Not, Since, Sla, Test, Until, View, hours, sla, to_data
from ticketcore.extra.strategies.desks import actions
from ticketcore.lint import search
from ticketcore.model import EVENTS
from ticketcore.rules import Action

KEPT: Final = Path(__file__).with_name("facts") / "tried.txt"
CONDITIONS: Final = (AllOf, AnyOf, Not, Test, Changed, Since, Until, InHours, Sla)
LEFT_OUT: Final = frozenset({"depth", "id", "version", "memo"})


def flat(value: Any) -> str:
    """*value* in words that are the same in every run."""
    if isinstance(value, CONDITIONS):
        return str(to_data(value))
    if isinstance(value, frozenset | set):
        return "{" + ", ".join(sorted(map(flat, value))) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(sorted(f"{key}: {flat(one)}" for key, one in value.items())) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flat, value)) + "]"
    if attrs.has(type(value)):
        own = [(of.name, getattr(value, of.name), of.default) for of in attrs.fields(type(value)) if of.name not in LEFT_OUT]
        return f"{type(value).__name__}({', '.join(f'{name}={flat(one)}' for name, one, usual in own if one != usual)})"
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    return value.isoformat() if isinstance(value, datetime) else repr(value)


# --- conditions of every kind ----------------------------------------------------------------------------------------------

SEATS, TIER, DUE = field["fields.seats"], field.requester.tier, field["fields.due"]
ASKED: Final[tuple[Condition, ...]] = (
    SEATS == 3, SEATS > 3, SEATS >= 3, SEATS < 3, SEATS <= 3, SEATS.between(2, 5), SEATS.is_set(), SEATS.is_empty(), SEATS.is_any(1, 4),
    SEATS.is_none(1, 4), SEATS != 3, field.notes > 2, field.notes.between(1, 3), field.rating >= 3, field.priority >= "high",
    field.priority < "medium", field.priority.changed(), field.priority.changed(to="high"), field.priority.changed(was="low", to="high"),
    field.status == "open", field.status.is_any("new", "open"), field.category == "closed", field.category.is_none("open", "new"),
    field["fields.impact"] == "low", field["fields.impact"].changed(), TIER == "gold", TIER.is_any("gold", "silver"), TIER.is_empty(),
    TIER.contains("ol"), field.channel.changed(to="chat"), field.subject.contains("printer"), field.subject.contains("a", "b"),
    field.subject.starts_with("re"), field.subject.ends_with("!"), field.subject.matches("*down?"), field.subject.mentions_any("fire", "x"),
    field.subject.mentions_all("a", "b"), field.subject == "x", field.text.mentions_any("down"), field.text.contains("ü", accents=True),
    field.description.is_empty(), field.tags.has("vip"), field.tags.has_any("a", "b"), field.tags.has_all("a", "b"), field.tags.is_empty(),
    field.tags.has_none("a", "b"), field.tags.changed(), field.tags.changed(to="x"), field.assignee.is_set(), field.assignee == "ann",
    field.group == "sales", field.event.by_role == "customer", field.event.public == True, field.event.kind == "noted",  # noqa: E712
    field.event.text.contains("help"), field.event.by == "maria", field.event.reason == "x", field.event.group == "sales",
    field.event.by_assignee == True, DUE < "2026-11-24T09:00:00+00:00", DUE.is_set(), field.created > "2026-11-23T09:00:00+00:00",  # noqa: E712
    since("created") >= "1h", since("created") < "1h", since("updated") <= "2h business", since("status_since") > "1 day",
    since("created") >= "2 working days", until("postponed_until") <= "30m", until("fields.due") <= "1h", until("sla.fa.due") < "1h",
    since("sla.fa.started") >= "10m", hours("office").is_open(), hours("office").is_closed(), hours("office").is_holiday(),
    sla("fa").is_("running"), sla("fa").is_("breached"), sla("fa").used_at_least(50), sla("fa").due_within("30m"),
    field["facts.queue"] > 3, field["facts.mood"] == "bad",
)  # fmt: skip
PAIRS: Final[tuple[Condition, ...]] = (
    (SEATS > 3) & (SEATS < 9), (field.tags.has("a") & ~field.tags.has("b")), (field.status == "open") | field.category.is_any("closed"),
    ~((field.channel == "chat") | (TIER == "gold")), (since("created") >= "1h") & (since("created") < "2h"),
    (field.subject.contains("a")) & ~field.subject.contains("b"), sla("fa").is_("running") & sla("fa").used_at_least(50),
    (field.priority >= "high") & field.priority.changed() & (TIER != "gold"), hours("office").is_open() & (since("created") >= "1h"),
    AnyOf((field.notes == 1, field.notes == 2)) & ~(field.notes == 1),
    (field["fields.impact"] == "low") & (field["fields.impact"] != "low"),
)  # fmt: skip

ADA: Final = Person(email="ada@example.org", tier="gold", organisation="acme")
TICKET: Final = RICH.handle(None, Created(
    at=MONDAY, ticket="T-1", by=ADA, subject="printer", message=Message(text="it is down"), tags=["a"],
    fields={"seats": 4}, facts={"mood": "x"},
)).ticket  # fmt: skip


def view(event: Any = None, *, before: bool = False) -> View:
    later = RICH.tick(TICKET, MONDAY + HOUR_US).ticket
    return View(
        WORDS, later, MONDAY + HOUR_US, TICKET if before else None, event, lambda metric: RICH.sla.reading(later, metric, MONDAY + HOUR_US)
    )


# --- the pages ---------------------------------------------------------------------------------------------------------------


def of_domains() -> Iterator[str]:
    for condition in ASKED:
        (atom,) = atoms_of(condition)
        name = group_of(atom, WORDS)
        yield f"{flat(condition)}"
        yield f"  reads {flat(reads_of(condition, WORDS))}, in the group {name}"
        yield f"  {flat(_group(name, (atom,), WORDS))[:900]}"
        if isinstance(atom, Test | Changed):
            yield f"  values {flat(representatives(WORDS.field(atom.field).name, (atom,), WORDS))}; mentioned {flat([*_mentioned(atom)])}"
    for condition in (*ASKED, *PAIRS, *map(Not, ASKED)):
        yield f"solutions of {flat(condition)}: {possible([Wanted(condition)], WORDS)}"
        yield from (f"  {flat(one)}" for one in islice(solutions([Wanted(condition)], WORDS, most=3), 3))


def menu() -> list[Action]:
    """Every action with a value of its own."""
    return list(dict.fromkeys(actions(WORDS).elements))  # type: ignore[attr-defined]  # what is drawn from


def of_footprints() -> Iterator[str]:
    for action in menu():
        rule = Rule(name="r", on=["created"], then=[action])
        made = footprint(rule, RICH)
        yield f"{action.name} {flat(action.value)} {flat(action.options)}"
        yield f"  reads {flat(made.reads)}; writes {flat(made.writes)}; of itself {flat(made.direct)}; makes {flat(made.makes)}"
        yield f"  then {flat(after(rule, RICH))}"
    for kind in EVENTS:
        told = dict(event_fields(kind, automatic=False))
        yield f"{kind}: {flat(told)}; automatic {flat(event_fields(kind, automatic=True).keys() ^ told.keys())}"
    yield f"every kind that can come: {flat(kinds_of(Rule(name='r', on=[*EVENTS]), RICH))}"
    for name in ("priority", "policy", "sla", "status", "resolved_at", "tags:x", "channel", "priority_since"):
        yield f"behind {name}: {flat(_behind(RICH, {name}))}"
        yield f"  cone {flat(cone_of(RULED, {name}))}"


RULED: Final = RICH.evolve(rules=[
    RuleSet(name="a", rules=[
        Rule(name="stop", on=["created"], when=field.subject.contains("x"), stop=True),
        Rule(name="tag", on=["created", "customer_replied"], when=field.channel == "chat", then=[Do("add_tag", "x")]),
        Rule(name="off", on=["created"], then=[Do("add_tag", "x")], enabled=False),
        Rule(name="raise", on=["tags_added"], when=field.tags.has("x") & (SEATS > 3), then=[Do("set_priority", "urgent")], automatic=True),
    ]),
    RuleSet(name="b", rules=[
        Rule(name="move", on=["agent_replied"], when=field.text.mentions_any("done"), then=[Do("resolve")]),
        Rule(name="late", when=(since("created") >= "4h") & (field.status == "new") & hours("office").is_open(), then=[Do("escalate", 1)]),
        Rule(name="owner", on=["noted"], when=field.assignee.is_empty() & (TIER == "gold"), then=[Do("assign", "ann")]),
    ]),
])  # fmt: skip
INCIDENTS: Final = Lifecycle(moves={"open": {"close": Move(to="closed", guard=TIER == "x")}})
TYPED: Final = Desk(
    metrics=(), fields={"kind": FieldType(kind="choice", choices=("incident", "question"))},
    lifecycle=Lifecycle(type_field="kind", by_type={"incident": INCIDENTS}),
)  # fmt: skip
SPACES: Final[dict[str, Any]] = {
    "all": lambda: Space([RULED], limit=60),
    "of two rules": lambda: Space([RULED], rules=frozenset({"tag", "raise"}), limit=60),
    "of the priority": lambda: Space([RULED], rules=frozenset({"raise"}), reads=frozenset({"priority", "tags:x"}), limit=40),
    "of promises": lambda: Space([RULED], rules=frozenset(), reads=frozenset({"sla", "policy"}), limit=40),
    "still": lambda: Space([RULED], rules=frozenset({"tag"}), reads=frozenset({"tags:x"}), still=True, limit=40),
    "still, but for late": lambda: Space([RULED], rules=frozenset({"late"}), reads=frozenset({"status"}), still=True, limit=40),
    "with seeds": lambda: Space([RULED], (field.channel == "e-mail",), seeds=[{"channel": "e-mail"}, {"fields.seats": 9}], limit=12,
                                rules=frozenset()),
    "of two desks": lambda: Space([RULED, RICH], rules=frozenset({"move", "owner"}), reads=frozenset({"status"}), limit=40),
    "bare": lambda: Space([Desk(metrics=())]),
    "about time": lambda: Space([Desk()], (since("created") >= "1h", until("postponed_until") <= "2h", sla("resolution").is_("paused"))),
}  # fmt: skip


def of_spaces() -> Iterator[str]:
    for name, make in SPACES.items():
        space: Space = make()
        yield f"space {name}: whole {space.is_whole}, exact {space.is_exact}, in hours {space.in_hours}, heard {flat(space.heard)}"
        yield f"  agent {flat(space.agent)}; asked at most {flat(space._longest)}; of time {flat(space.timed)}"
        yield from (f"  value {field_name}: {flat(found)}" for field_name, found in sorted(space.values.items()))
        yield f"  {len(space.conditions)} conditions, {len(space.beginnings)} beginnings"
        yield from (f"    {line}" for moment in space.beginnings[:14] for line in str(Script((moment,))).splitlines())
        desk = space.desk
        ticket = desk.handle(None, *space.beginnings[0]).ticket
        yield from (f"  may happen: {flat(moment)}" for moment in space.moments(ticket, MONDAY + HOUR_US))
        walk = Walk(space, depth=3, budget=45)
        for visit in islice(walk, 30):
            yield f"  walked to {visit.script!s} until {visit.now_us}".replace("\n", " / ")
        yield f"  {walk.states} states, {walk.steps} steps, complete {walk.is_complete}"
    yield f"conditions: {flat(conditions_of(RULED))}"
    for reads in ({"priority"}, {"sla"}, {"channel"}, {"requester.tier"}):
        yield f"conditions of {flat(reads)}: {flat(conditions_of(RULED, frozenset({'tag'}), frozenset(reads)))}"
    yield f"conditions of workflows: {flat(conditions_of(TYPED))}"
    survey = Survey(RULED, depth=2, budget=200)
    for rule in RULED.rules:
        yield f"{rule.name}: helpers {flat(survey._helpers(rule))}, as far as {distance(rule.when, view())}"


def of_witnesses() -> Iterator[str]:
    replied = AgentReplied(at=MONDAY + HOUR_US, by=Agent(id="maria"), message=Message(text="help"))
    for condition in ASKED:
        (atom,) = atoms_of(condition)
        for seen in (view(), view(replied, before=True)):
            yield flat(condition) + (" before" if seen.before else "")
            if isinstance(atom, Sla) or (isinstance(atom, Since | Until) and atom.of.startswith("sla.")):
                yield f"  clocks {flat([*clock_states([atom], seen)])}, exact {is_exact_of_clock([atom])}"
            elif isinstance(atom, Test) and atom.field.startswith("event."):
                yield f"  events {flat([*islice(events([atom], seen), 40)])}, exact {is_exact_of_events([atom], seen)}"
            elif not isinstance(atom, InHours):
                spec = WORDS.field(getattr(atom, "field", "") or getattr(atom, "of", ""))
                if spec.type.kind != "set":
                    yield f"  values {flat([*values(spec, [atom], seen, spec.read(seen))])}, exact {is_exact(spec, [atom])}"
            if isinstance(atom, Test) and WORDS.field(atom.field).type.kind == "text":
                yield f"  texts {flat([*texts([atom], 'it is down')])}"
    for pattern in ("a*b", "*", "?", "a?c*", r"a\*b", "**x?", "", "?" * 3):
        yield f"fitting {pattern!r}: {fitting(pattern)!r} {fitting(pattern, 'zz')!r}"


def of_searches() -> Iterator[str]:
    for never in (field.tags.has("x"), (field.status == "resolved") & (field.agent_replies == 0), field.escalation >= 1, SEATS > 9):
        yield from str(search(RULED, never, depth=2, budget=150)).splitlines()


PAGES: Final = (of_domains, of_footprints, of_spaces, of_witnesses, of_searches)


def tried() -> Iterator[str]:
    for page in PAGES:
        yield f"# {page.__name__}"
        yield from page()


def test_what_is_tried_is_what_was_tried() -> None:
    now, then = [*tried()], KEPT.read_text(encoding="utf-8").splitlines()
    assert [line for line in now if line not in then] == []
    assert now == then


if __name__ == "__main__":
    KEPT.write_text("\n".join(tried()) + "\n", encoding="utf-8")
