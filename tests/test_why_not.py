"""Why not: every way makes the condition true and no part of it does; on finite domains no smallest way is missed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain, combinations, product
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from test_conditions import NOW, READING, TICKET, WORDS, any_desk, cases, read, seen
from ticketcore import _why_not
from ticketcore._edits import ClockState
from ticketcore._text import LONGEST_TEXT
from ticketcore._ticket import draft_of
from ticketcore._time import HOUR_US
from ticketcore._witnesses import MOST_EVENTS, _blank, events
from ticketcore.conditions import (
    EDIT_KINDS,
    FLAG,
    INSTANT,
    MOST_EDITS,
    MOST_WAYS,
    NUMBER,
    SLA_STATES,
    AllOf,
    Condition,
    Edit,
    FieldType,
    Sla,
    View,
    Vocabulary,
    Way,
    WhyNot,
    compiled,
    field,
    fields_of,
    holds,
    hours,
    since,
    sla,
    to_data,
    until,
    why_not,
)  # fmt: skip
from ticketcore.hours import BusinessHours
from ticketcore.model import EVENTS, Agent, AgentReplied, Assigned, CustomerReplied, FrozenMap, Message, Noted, Person, Ticket

WHOLE = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def parts_of(edits: tuple[Edit, ...]) -> Any:
    """Every part of some edits but the whole."""
    return chain.from_iterable(combinations(edits, size) for size in range(len(edits)))


def check(condition: Condition, view: View) -> WhyNot:
    told = why_not(condition, view)
    assert told.holds == holds(condition, view)
    assert not (told.holds and told.ways)
    assert len(told.ways) <= MOST_WAYS
    assert [len(way.edits) for way in told.ways] == sorted(len(way.edits) for way in told.ways)
    for way in told.ways:
        assert 1 <= len(way.edits) <= MOST_EDITS
        assert holds(condition, way.apply(view)), way
        for part in parts_of(way.edits):
            partly = view
            for edit in part:
                partly = edit.apply(partly)
            assert not holds(condition, partly), (way, part)
    assert len({way.edits for way in told.ways}) == len(told.ways)
    return told


@given(st.one_of(cases(), any_desk()))
def test_every_way_makes_it_true_and_no_part_of_it_does(case: tuple[Condition, View]) -> None:
    told = check(*case)
    assert why_not(*case) == told  # the same answer every time
    assert str(told)


# --- against brute force -----------------------------------------------------------------------------------------------

SMALL = Vocabulary(
    statuses={"new": "new", "open": "open", "done": "resolved"}, levels=("low", "high", "urgent"),
    fields={"vip": FLAG, "score": NUMBER, "site": FieldType(kind="choice", choices=("web", "shop"))},
)  # fmt: skip
# One value for each way in which tests with these constants can come out; the slots of a set are its names.
DOMAIN: dict[str, list[Any]] = {
    "status": ["new", "open", "done"], "priority": ["low", "high", "urgent"], "vip": [None, True, False],
    "score": [None, 0, 1, 1.5, 2, 2.5, 3, 4], "site": [None, "web", "shop"], "tags:a": [False, True], "tags:b": [False, True],
}  # fmt: skip


def small_tests() -> st.SearchStrategy[Any]:
    def tests(name: str, ops: dict[str, Any]) -> st.SearchStrategy[Any]:
        return st.sampled_from(sorted(ops)).flatmap(lambda op: st.builds(lambda value: {"field": name, op: value}, ops[op]))

    def one_or_more(names: list[str]) -> st.SearchStrategy[Any]:
        return st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)

    listed = {"status": ["new", "open", "done"], "priority": ["low", "high", "urgent"], "site": ["web", "shop"]}
    equal = [tests(name, {"is": st.sampled_from(names), "is_not": st.sampled_from(names), "is_any": one_or_more(names),
                          "is_none": one_or_more(names)}) for name, names in listed.items()]  # fmt: skip
    number, ordered = st.integers(1, 3), st.sampled_from(["low", "high", "urgent"])
    order = [
        tests(name, {"below": at, "above": at, "at_least": at, "at_most": at}) for name, at in (("score", number), ("priority", ordered))
    ]
    few = st.just([1, 2]) | st.just([2, 3])
    return st.one_of(
        *equal, *order, tests("score", {"between": few, "is": number, "is_any": few, "is_set": st.booleans()}),
        tests("category", {"is": st.sampled_from(["new", "open", "resolved", "closed"])}),
        tests("vip", {"is": st.booleans(), "is_not": st.booleans(), "is_set": st.booleans()}),
        tests("tags", {"has": st.sampled_from("ab"), "has_any": one_or_more(["a", "b"]), "has_all": one_or_more(["a", "b"]),
                       "has_none": one_or_more(["a", "b"])}),
    )  # fmt: skip


def small_conditions() -> st.SearchStrategy[Condition]:
    def groups(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(parts, min_size=1, max_size=4)
        every, some = several.map(lambda items: {"all": items}), several.map(lambda items: {"any": items})
        return st.one_of(every, some, every.map(lambda items: {"not": items}), some.map(lambda items: {"not": items}))

    deep = groups(small_tests() | groups(small_tests()))
    return st.one_of(deep, groups(deep), groups(groups(deep))).map(lambda data: read(data, SMALL))


def small_ticket(values: dict[str, Any]) -> Ticket:
    return Ticket(
        id="T", status=values["status"], category=SMALL.statuses[values["status"]], priority=values["priority"],
        tags=frozenset(name for name in "ab" if values[f"tags:{name}"]),
        fields=FrozenMap({name: values[name] for name in ("vip", "score", "site") if values[name] is not None}),
    )  # fmt: skip


SMALL_VIEWS = [(values, View(SMALL, small_ticket(values), NOW)) for values in (
    dict(zip(DOMAIN, chosen, strict=True)) for chosen in product(*DOMAIN.values()))]  # fmt: skip


def smallest_changes(condition: Condition, start: dict[str, Any]) -> set[frozenset[str]]:
    """The smallest sets of what must change, by trying everything."""
    test = compiled(condition, SMALL)
    found: set[frozenset[str]] = set()
    for values, view in SMALL_VIEWS:
        different = frozenset(name for name in DOMAIN if values[name] != start[name])
        if different not in found and not any(smaller < different for smaller in found) and test(view):
            found.add(different)
    return {changes for changes in found if not any(other < changes for other in found)}


def changes_of(edits: tuple[Edit, ...]) -> frozenset[str]:
    return frozenset(f"{edit.field}:{edit.value}" if edit.op in {"add", "remove"} else edit.field.removeprefix("fields.") for edit in edits)


@given(small_conditions(), st.sampled_from(SMALL_VIEWS))
def test_on_a_finite_domain_no_smallest_way_is_missed(condition: Condition, at: tuple[dict[str, Any], View]) -> None:
    values, view = at
    told = check(condition, view)
    ways = {changes_of(way.edits) for way in told.ways}
    everything = smallest_changes(condition, values) if not told.holds else set()
    small_enough = {changes for changes in everything if len(changes) <= MOST_EDITS}
    assert told.complete
    assert ways <= everything
    if len(small_enough) <= MOST_WAYS:
        assert ways == small_enough
    else:
        assert len(ways) == MOST_WAYS
        assert sorted(map(len, ways)) == sorted(map(len, small_enough))[:MOST_WAYS]


# --- nothing is missed in silence --------------------------------------------------------------------------------------

WORDS_OF_TEXT = ("a", "b", "ab", "c")
TEXTS = [" ".join(chosen) for size in range(4) for chosen in product(WORDS_OF_TEXT, repeat=size)]
FIELDS = Vocabulary(levels=("low", "high"), metrics=("first_reply",), fields={"parts": FieldType(kind="set", choices=("disk", "screen"))})
ANN, BOB = Agent(id="ann", email="ann@example.org"), Agent(id="bob")
ASKING = Person(id="eve", email="eve@example.org")
OCCASIONS = [
    None,
    *(kind(at=NOW, by=by, message=Message(text=text, public=public)) for kind in (CustomerReplied, AgentReplied, Noted)
      for by in (ASKING, Person(id="ann"), ANN, BOB) for text in ("", "a b") for public in (True, False)),
    *(Assigned(at=NOW, agent="ann", by=by) for by in (ANN, BOB, None)),
]  # fmt: skip
STANDINGS = [
    None,
    *(ClockState(state=state, is_open=state in SLA_STATES[:3], is_running=state != "paused", due_us=due, started_us=started)
      for state in ("running", "breached", "met", "late") for due in (NOW - HOUR_US, NOW + HOUR_US, NOW + 5 * HOUR_US)
      for started in (NOW - 2 * HOUR_US, NOW - HOUR_US) if (state != "running" or due > NOW) and (state != "breached" or due <= NOW)),
    ClockState(state="paused", is_open=True, is_running=False, started_us=NOW - HOUR_US),
]  # fmt: skip
# What can be otherwise, by lever, with everything a little world knows of it.
WORLDS: dict[str, dict[str, list[Any]]] = {
    "texts": {"subject": TEXTS, "description": ["", "a", "b c"], "priority": ["low", "high"]},
    "sets": {**{f"tags:{name}": [False, True] for name in ("a", "b", "c", "something")},
             **{f"parts:{name}": [False, True] for name in ("disk", "screen")}, "priority": ["low", "high"]},
    "events": {"event": OCCASIONS, "assignee": [None, "ann", "bob"], "priority": ["low", "high"]},
    "clocks": {"clock": STANDINGS, "priority": ["low", "high"]},
}  # fmt: skip


def in_world(values: dict[str, Any]) -> View:
    def of(name: str) -> frozenset[str]:
        return frozenset(key.partition(":")[2] for key, there in values.items() if key.startswith(name + ":") and there)

    ticket = Ticket(
        id="T", subject=values.get("subject", ""), text=values.get("description", ""), priority=values["priority"], tags=of("tags"),
        assignee=values.get("assignee"), requester=ASKING, fields=FrozenMap({"parts": of("parts")} if of("parts") else {}),
    )  # fmt: skip
    return View(FIELDS, ticket, NOW, Ticket(id="T", tags=frozenset("a")), values.get("event"), lambda _metric: values.get("clock"))


@st.composite
def in_worlds(draw: st.DrawFn) -> tuple[Condition, str, dict[str, Any]]:
    world = draw(st.sampled_from(sorted(WORLDS)))
    word = st.sampled_from([*WORDS_OF_TEXT, "a b", "d"])
    words, names = st.lists(word, min_size=1, max_size=2), st.sampled_from(["a", "b", "c"])

    def one(name: str, ops: dict[str, Any]) -> st.SearchStrategy[Any]:
        return st.sampled_from(sorted(ops)).flatmap(lambda op: st.builds(lambda value: {"field": name, op: value}, ops[op]))

    parts = dict.fromkeys(("contains", "not_contains", "starts_with", "ends_with", "mentions_any", "mentions_all", "mentions_none"), words)
    text = {**parts, "is": word, "is_not": word, "is_any": words, "is_set": st.booleans(), "matches": word.map("{}*".format)}
    sets = {"has": names, "has_any": st.lists(names, min_size=1, max_size=2), "has_all": st.lists(names, min_size=1, max_size=2),
            "has_none": st.lists(names, min_size=1, max_size=2), "is_set": st.booleans()}  # fmt: skip
    disks = {"has": st.sampled_from(["disk", "screen"]), "has_none": st.just(["disk"]), "is_set": st.booleans()}
    people, roles = st.sampled_from(["ann", "bob", "eve", "zoe"]), st.sampled_from(["customer", "agent", "system"])
    kinds = st.sampled_from(["customer_replied", "noted", "assigned", "agent_replied", "created"])
    span, shares = st.sampled_from(["30m", "1h", "2h"]), st.sampled_from([20, 50, 80])
    tests: dict[str, list[st.SearchStrategy[Any]]] = {
        "texts": [one(name, text) for name in ("subject", "subject", "text", "description")],
        "sets": [one("tags", sets), one("parts", disks),
                 names.map(lambda name: {"changed": "tags", "to": name}), st.just({"changed": "tags"})],
        "events": [one("event.kind", {"is": kinds, "is_not": kinds}),
                   one("event.by", {"is": people, "is_not": people, "is_set": st.booleans()}),
                   one("event.by_role", {"is": roles, "is_not": roles}), one("event.by_assignee", {"is": st.booleans()}),
                   one("event.by_requester", {"is": st.booleans()}), one("event.public", {"is": st.booleans()}), one("event.text", text)],
        "clocks": [st.sampled_from(["running", "breached", "met", "paused"]).map(lambda state: {"sla": "first_reply", "is": state}),
                   span.map(lambda span: {"sla": "first_reply", "due_within": span}),
                   shares.map(lambda share: {"sla": "first_reply", "used_at_least": share}),
                   span.map(lambda span: {"since": "sla.first_reply.started", "at_least": span})],
    }  # fmt: skip
    leaf = st.one_of(*tests[world], one("priority", {"is": st.sampled_from(["low", "high"])}))
    several = st.lists(leaf | leaf.map(lambda data: {"not": data}), min_size=1, max_size=3)
    groups = several.map(lambda items: {"all": items}) | several.map(lambda items: {"any": items})
    data = draw(st.one_of(groups, st.lists(groups, min_size=2, max_size=3).map(lambda items: {"all": items})))
    values = {name: draw(st.sampled_from(choices)) for name, choices in WORLDS[world].items()}
    return read(data, FIELDS), world, values


def levers_of(way: Way, values: dict[str, Any]) -> frozenset[str]:
    """What a way changes, in the words of a world."""
    found = set()
    for edit in way.edits:
        name = edit.field.removeprefix("fields.")
        if edit.op == "clear":
            found |= {key for key, there in values.items() if key.startswith(name + ":") and there}
        elif edit.op in {"add", "remove"}:
            found.add(f"{name}:{edit.value}")
        else:
            found.add({"wait": "wait", "event": "event", "clock": "clock"}.get(edit.op, name))
        if edit.before:
            found.add("before")
    return frozenset(found)


@settings(max_examples=10_000 if WHOLE else settings().max_examples, derandomize=not WHOLE)
@given(in_worlds())
def test_no_way_is_missed_in_silence(case: tuple[Condition, str, dict[str, Any]]) -> None:
    """Whatever a little world of texts, sets, events or clocks has that would do is told, or the answer says that there may be more."""
    condition, world, values = case
    told = check(condition, in_world(values))
    if told.holds or not told.complete:
        assert told.holds or told.note.startswith("not everything was tried")
        return
    said = json.dumps(to_data(condition))
    loose = {name for name in ("tags", "parts") if f'"changed": "{name}"}}' in said or f'"field": "{name}", "is_' in said}

    def plain(levers: Iterable[str]) -> frozenset[str]:
        """Where any name of a set would do, one stands for all."""
        return frozenset(name.partition(":")[0] if name.partition(":")[0] in loose else name for name in levers)

    found = [plain(levers_of(way, values)) for way in told.ways]
    test, domain = compiled(condition, FIELDS), WORLDS[world]
    for chosen in product(*domain.values()):
        other = dict(zip(domain, chosen, strict=True))
        different = frozenset(name for name in domain if other[name] != values[name])
        once = {"description"} if "subject" in different and "subject" not in fields_of(condition) else set()  # told of one of the two
        if any(levers <= plain(different | once) for levers in found) or len(different) > MOST_EDITS or not test(in_world(other)):
            continue
        assert len(found) == MOST_WAYS, (different, other)
        assert max(map(len, found)) <= len(different), (different, other)


# --- what is said ------------------------------------------------------------------------------------------------------

BREACHED = Sla("first_reply", "is", "breached")
NOBODY = "(not by hand: it comes of what happens to the ticket)"
CLOCK = "(not by hand: the clock would have to be so)"
EVENT = "(not by hand: something else would have to happen)"
BEFORE = "(not by hand: it would have to have been so before)"


@pytest.mark.parametrize(
    ("condition", "view", "ways"),
    [
        (field.priority >= "high", seen(), [["priority: 'high' instead of 'medium'"]]),  # the nearest that will do
        (field.category == "resolved", seen(), [["status: 'resolved' instead of 'open'"]]),  # a category comes with a status
        (field.category == "postponed", seen(), []),  # no status of this desk has it
        (field.tags.has_all("vip", "press", "x"), seen(), [["tags: add 'press'", "tags: add 'x'"]]),
        (field.tags.has_none("vip", "x"), seen(), [["tags: remove 'vip'"]]),
        (field.tags.is_empty(), seen(), [["tags: remove all 2"]]),
        (field.parts.is_empty(), seen(), [["fields.parts: remove 'disk'"]]),
        (field.parts.is_set(), seen(Ticket(id="T")), [["fields.parts: add 'disk'"]]),  # the first of its choices
        (field.tags.is_set(), seen(Ticket(id="T")), [["tags: add 'something'"]]),
        (field.assignee.is_empty(), seen(), [["assignee: empty instead of 'maria'"]]),
        (field.group == "technicians", seen(), [["group: 'technicians' instead of 'sales'"]]),
        (field.vip.is_not(True), seen(), [["fields.vip: False instead of True"]]),
        (field.score > 7, seen(), [["fields.score: 8 instead of 7"]]),
        (field.score < 1.5, seen(), [["fields.score: 0.5 instead of 7"]]),
        ((field.score > 1) & (field.score < 1.5), seen(), [["fields.score: 1.25 instead of 7"]]),  # between two
        ((field.score > 2) & (field.score < 3), seen(), [["fields.score: 2.5 instead of 7"]]),  # also between two neighbours
        ((field.score > 2) & (field.score < 9) & (field.score != 7), seen(),
         [["fields.score: 8 instead of 7"]]),
        ((field.agent_replies > 2) & (field.agent_replies < 3), seen(), []),  # nobody counts by halves
        (field.effort < "0m", seen(), []),
        (field.effort >= "2h", seen(), [["fields.effort: 2h instead of 1h"]]),
        (field.effort.is_set(), seen(Ticket(id="T")), [["fields.effort: 1h instead of empty"]]),
        (field.deadline.is_set(), seen(Ticket(id="T")), [["fields.deadline: 2026-11-20T22:00:00Z instead of empty"]]),
        (field.score.is_set(), seen(Ticket(id="T")), [["fields.score: 1 instead of empty"]]),
        (field.site.starts_with("so"), seen(), [["fields.site: 'so north' instead of 'north'"]]),
        (field.site.is_not("north"), seen(), [["fields.site: 'something else' instead of 'north'"]]),
        (field.queue >= 20, seen(), [["facts.queue: 20 instead of 0   (the host reports it)"]]),
        (field.agent_replies >= 3, seen(), [[f"agent_replies: 3 instead of 2   {NOBODY}"]]),
        (field.agent_replies < 0, seen(), []),  # no counter is below nought
        (field.rating.is_set(), seen(), [[f"rating: 1 instead of empty   {NOBODY}"]]),
        (field.created < datetime(2026, 1, 1, tzinfo=UTC), seen(),
         [[f"created: 2025-12-31T23:59:59.999999Z instead of 2026-11-20T21:00:00Z   {NOBODY}"]]),
        (field.requester.tier == "platinum", seen(), [["requester.tier: 'platinum' instead of 'gold'"]]),
        (field.requester.tags.has("vip"), seen(), [["requester.tags: add 'vip'"]]),
        (field["requester.fields.plan"] == "free", seen(), [["requester.fields.plan: 'free' instead of 'pro'"]]),
        (field["requester.fields.plan"].is_empty(), seen(), [["requester.fields.plan: empty instead of 'pro'"]]),
        (field.requester.email_domain == "acme.com", seen(), [["requester.email_domain: 'acme.com' instead of 'Example.gr'"]]),
        (field.requester.email_domain.is_empty(), seen(), [["requester.email_domain: empty instead of 'Example.gr'"]]),
        (field.text.mentions_any("outage", "fault"), seen(), [["description: add 'outage' at the end"]]),  # not in the subject as well
        (field.text.mentions_none("shop", "εκτος"), seen(),
         [["description: 'something else' instead of 'The shop is DOWN'", "subject: 'something else' instead of 'Εκτός λειτουργίας'"]]),
        (field.subject.mentions_all("a", "b") & field.subject.starts_with("re:") & field.subject.ends_with("z"), seen(),
         [["subject: 're: Εκτός λειτουργίας a b z' instead of 'Εκτός λειτουργίας'"]]),
        (field.subject.starts_with("re:"), seen(), [["subject: put 're:' in front"]]),
        (field.subject.matches("*invoice ?2\\*") & field.subject.contains("invoice"), seen(),
         [["subject: 'invoice x2*' instead of 'Εκτός λειτουργίας'"]]),
        (field.remark.is_("no"), seen(), [["fields.remark: 'no' instead of 'Nestrādā'"]]),
        (field.subject.contains("e", "f") & ~field.subject.contains("shop"), seen(Ticket(id="T", subject="shop")),
         [["subject: 'e' instead of 'shop'"]]),
        (field.subject.matches_regex("xy"), seen(), [["subject: 'xy' instead of 'Εκτός λειτουργίας'"]]),  # taken literally
        (field.subject.matches_regex("xy"), seen(Ticket(id="T", subject="xY")), []),
        (hours("support").is_open(), seen(), [["wait until 2026-11-24T09:00:00Z"]]),  # Monday is a holiday
        (hours("support").is_open() & field.tags.has("x"), seen(), [["tags: add 'x'", "wait until 2026-11-24T09:00:00Z"]]),
        ((until("deadline") <= "30m") & field.vip.is_(False), seen(),
         [["fields.deadline: 2026-11-20T22:30:00Z instead of 2026-11-20T23:00:00Z", "fields.vip: False instead of True"],
          ["fields.vip: False instead of True", "wait until 2026-11-20T22:30:00Z"]]),
        (since("created") < "30m", seen(), [[f"created: 2026-11-20T22:00:00Z instead of 2026-11-20T21:00:00Z   {NOBODY}"]]),
        (since("last_agent_reply") >= "1 working day", seen(),
         [[f"last_agent_reply: 2026-11-19T22:00:00Z instead of empty   {NOBODY}"]]),
        (since("last_agent_reply") > "2 days", seen(), [[f"last_agent_reply: 2026-11-18T21:59:59.999999Z instead of empty   {NOBODY}"]]),
        (since("deadline", hours="support") >= "1h", seen(),
         [["fields.deadline: 2026-11-20T16:00:00Z instead of 2026-11-20T23:00:00Z"], ["wait until 2026-11-24T10:00:00Z"]]),
        (BREACHED, seen(), [[f"sla first_reply: breached, due 2026-11-20T22:00:00Z   {CLOCK}"]]),
        (BREACHED, seen(first_reply=READING),
         [["wait until 2026-11-21T00:00:00Z"], [f"sla first_reply: breached, due 2026-11-20T22:00:00Z   {CLOCK}"]]),
        (Sla("first_reply", "is", "met"), seen(), [[f"sla first_reply: met, due 2026-11-20T23:00:00Z   {CLOCK}"]]),
        (Sla("first_reply", "is", "paused"), seen(), [[f"sla first_reply: paused   {CLOCK}"]]),
        (~Sla("first_reply", "used_at_least", 50), seen(first_reply=READING),
         [[f"sla first_reply: running, due 2026-11-20T23:00:00Z   {CLOCK}"]]),
        (~sla("first_reply").is_("running") & ~BREACHED & ~sla("first_reply").is_("paused") & (field["sla.first_reply.due"].is_empty()),
         seen(first_reply=READING), [[f"sla first_reply: never started   {CLOCK}"]]),
        (field["sla.first_reply.due"] < datetime(2026, 1, 1, tzinfo=UTC), seen(),
         [[f"sla first_reply: breached, due 2025-12-31T23:59:59.999999Z   {CLOCK}"]]),
        (since("sla.first_reply.warned") >= "10m", seen(), [[
            f"sla first_reply: running, due 2026-11-20T23:00:00Z, warned 2026-11-20T21:50:00Z   {CLOCK}"]]),
        (field["sla.first_reply.warned"].is_set(), seen(), [[
            f"sla first_reply: running, due 2026-11-20T23:00:00Z, warned 2026-11-20T22:00:00Z   {CLOCK}"]]),
        (field.priority.changed(), seen(before=TICKET), [
            ["priority: 'low' instead of 'medium'"], [f"before the event, priority: 'low' instead of 'medium'   {BEFORE}"]]),
        (field.priority.changed("low", "urgent"), seen(before=TICKET),
         [["priority: 'urgent' instead of 'medium'", f"before the event, priority: 'low' instead of 'medium'   {BEFORE}"]]),
        (field.priority.changed(to="medium"), seen(), [[f"before the event, priority: 'low' instead of 'medium'   {BEFORE}"]]),
        (field.tags.changed(to="x"), seen(before=TICKET), [["tags: add 'x'"]]),
        (field.tags.changed("vip"), seen(before=TICKET), [["tags: remove 'vip'"]]),
        (~field.tags.changed(), seen(before=Ticket(id="T-1", tags=TICKET.tags | {"old"})),
         [["tags: add 'old'"], [f"before the event, tags: remove 'old'   {BEFORE}"]]),
        (field["event.kind"] == "agent_replied", seen(), [[f"another event: agent_replied, with kind 'agent_replied'   {EVENT}"]]),
        ((field["event.metric"] == "resolution") & (field["event.kind"] == "breached"), seen(),
         [[f"another event: breached, with metric 'resolution', kind 'breached'   {EVENT}"]]),
        (field["event.kind"].is_empty(), seen(event=Assigned(at=NOW, agent="maria")), [[f"no event at all   {EVENT}"]]),
        (field["event.by_assignee"].is_(True), seen(event=Assigned(at=NOW, agent="x", by=Agent(id="ivan"))),
         [["assignee: 'ivan' instead of 'maria'"], [f"another event: assigned, with by_assignee True   {EVENT}"]]),
        (field["event.public"].is_(False) & field["event.by_requester"].is_(True) & (field["event.attachments"] > 1), seen(),
         [[f"another event: created, with public False, by_requester True, attachments 2   {EVENT}"]]),
        (field.text.mentions_any("x") & field.subject.is_("a") & field.description.is_("b"),
         seen(Ticket(id="T", subject="a", text="b"), event=CustomerReplied(at=NOW, message=Message(text="c"))),
         [[f"another event: customer_replied, with text 'x'   {EVENT}"]]),
        # A change of status is as the ticket takes it: since now, no longer resolved, opened once more.
        ((field.status == "answered") & (since("status_since") >= "2h"), seen(), [
            ["status: 'answered' instead of 'open'", "wait until 2026-11-21T00:00:00Z"],
            ["status: 'answered' instead of 'open'", f"status_since: 2026-11-20T20:00:00Z instead of 1970-01-01T00:00:00Z   {NOBODY}"]]),
        (field.resolved_at.is_set() & field.category.is_any("resolved", "closed"), seen(), [["status: 'resolved' instead of 'open'"]]),
        (field.reopens > 0, seen(Ticket(id="T", status="resolved", category="resolved")), [
            ["status: 'answered' instead of 'resolved'"], [f"reopens: 1 instead of 0   {NOBODY}"]]),
        ((field.priority == "high") & (since("priority_since") < "1h"), seen(), [["priority: 'high' instead of 'medium'"]]),
        (field.status.changed(to="resolved") & (since("status_since") < "1h"), seen(before=TICKET),
         [["status: 'resolved' instead of 'open'"]]),
    ],
)  # fmt: skip
def test_what_would_make_it_true(condition: Condition, view: View, ways: list[list[str]] | None) -> None:
    told = check(condition, view)
    if ways is not None:
        assert [[str(edit) for edit in way.edits] for way in told.ways] == ways


SUBJECT, TEXTS_LEFT = field.subject, "not everything was tried: of texts, only some values"


@pytest.mark.parametrize(
    ("condition", "subject", "told"),
    [
        (AllOf([*(SUBJECT.contains(letter) for letter in "abcde"), ~SUBJECT.contains("f")]), "f", "'a b c d e' instead of 'f'"),
        (SUBJECT.matches("a*z") & SUBJECT.contains("mm") & SUBJECT.matches("*?k*"), "", "'ammxkz' instead of empty"),
        (AllOf([*(SUBJECT.contains(letter) for letter in "abcde"), SUBJECT.starts_with("re:"), ~SUBJECT.contains("f")]), "f",
         "'re: a b c d e' instead of 'f'"),
        (SUBJECT.contains("a") & SUBJECT.is_not("a"), "", "'a more' instead of empty"),
        (SUBJECT.starts_with("b", "a") & SUBJECT.ends_with("a") & ~SUBJECT.contains("b"), "", "'a' instead of empty"),
        (AllOf([*(SUBJECT.contains(letter) for letter in "abcde"), SUBJECT.mentions_all("x", "y"), ~SUBJECT.contains("b c")]), "",
         "'y x e d c b a' instead of empty"),
        (SUBJECT.is_any("abc", "abd") & SUBJECT.contains("bd"), "zzz", "'abd' instead of 'zzz'"),
        # What can be shown to be impossible is said without a doubt.
        (SUBJECT.is_any("abc", "abd") & SUBJECT.contains("x"), "", ""),
        (SUBJECT.starts_with("re:") & SUBJECT.starts_with("fwd:", "aw:"), "", ""),
        (SUBJECT.ends_with("!") & SUBJECT.ends_with("?"), "", ""),
        (SUBJECT.contains("an invoice") & SUBJECT.is_empty(), "", ""),
        (SUBJECT.contains("an invoice", "Invoices") & ~SUBJECT.contains("invoice"), "", ""),
        (SUBJECT.contains("a") & ~SUBJECT.contains("a") & SUBJECT.mentions_any("b"), "", ""),
        # and what cannot, with one.
        (SUBJECT.contains("an invoice") & ~SUBJECT.matches("*invoice*"), "", TEXTS_LEFT),
        (SUBJECT.contains("é", accents=True) & ~SUBJECT.contains("e"), "", TEXTS_LEFT),
        (SUBJECT.starts_with("a") & SUBJECT.starts_with("á", accents=True) & ~SUBJECT.contains("a"), "", ""),
        (field.text.is_("a b") & ~SUBJECT.contains("x"), "x", "'a b' instead of 'x'"),
        (field.text.is_("a b") & SUBJECT.contains("x"), "x", TEXTS_LEFT),
        (AllOf([*(SUBJECT.mentions_any(*"abcdefgh", str(number)) for number in range(3)), ~SUBJECT.matches("*a*"), ~SUBJECT.matches("*b*"),
                ~SUBJECT.matches("*c*"), ~SUBJECT.matches("*d*")]), "", "'e' instead of empty"),
        (field.assignee.is_any(*(f"a{number}" for number in range(100))) & field.assignee.ends_with("99"), "", "'a99' instead of empty"),
        (field.assignee.is_any(*(f"a{number}" for number in range(100))) & field.assignee.ends_with("x"), "", ""),
        (field.assignee.is_any(*(f"a{number}" for number in range(1001))) & field.assignee.ends_with("x"), "", TEXTS_LEFT),
        (AllOf([*(SUBJECT.contains(f"a{number}") for number in range(101)), ~SUBJECT.contains("a7")]), "", TEXTS_LEFT),
        (field.assignee.is_none(*(f"a{number}" for number in range(100))) & field.assignee.is_set(), "",
         "'something else' instead of empty"),
    ],
)  # fmt: skip
def test_texts_are_made_for_what_is_asked_of_them(condition: Condition, subject: str, told: str) -> None:
    answer = check(condition, seen(Ticket(id="T", subject=subject)))
    if told == TEXTS_LEFT or not told:
        assert (answer.ways, answer.note, answer.complete) == ((), told, not told)
    else:
        assert str(answer.ways[0]).partition(": ")[2] == told
        assert answer.complete


@pytest.mark.parametrize(
    ("condition", "tags", "ways"),
    [
        (field.tags.is_set() & field.tags.has("a"), "", ["tags: add 'a'"]),
        (field.tags.is_empty() & field.tags.has_none("a"), "ab", ["tags: remove all 2"]),
        (field.tags.is_empty() & field.tags.has_none("a"), "a", ["tags: remove 'a'"]),
        (field.tags.is_set() & field.tags.has_none("a"), "a", ["tags: remove 'a'\nand tags: add 'something'"]),
        (field.tags.is_set() & field.tags.has_none("something"), "", ["tags: add 'something 2'"]),
        (field.parts.is_set() & field.parts.has_none("disk"), "", ["fields.parts: add 'fan'"]),
        (~field.tags.changed() & field.tags.is_set(), "", ["tags: add 'x'"]),
    ],
)
def test_a_set_as_a_whole_and_its_names_go_together(condition: Condition, tags: str, ways: list[str]) -> None:
    view = View(WORDS, Ticket(id="T", tags=frozenset(tags)), NOW, Ticket(id="T", tags=frozenset("x")))
    told = check(condition, view)
    assert [str(way) for way in told.ways if all(edit.kind != "before" for edit in way.edits)] == ways
    assert told.complete


def test_what_the_description_must_not_say_the_subject_may() -> None:
    told = check(field.text.contains("a") & ~field.description.contains("a"), seen(Ticket(id="T")))
    assert [str(way) for way in told.ways] == ["subject: 'a' instead of empty"]


def test_waiting_longer_than_two_years_is_not_looked_at() -> None:
    answer = check((since("created") >= "800d") & field.tags.has("vip"), seen())
    assert [way for way in answer.ways if way.is_possible] == []
    assert answer.note == "not everything was tried: of instants more than two years ahead, only some values"


def test_of_clocks_and_business_time_only_some_values_are_tried() -> None:
    clock = check(Sla("first_reply", "used_at_least", 50) & ~Sla("first_reply", "used_at_least", 50) & BREACHED, seen())
    assert (clock.ways, clock.complete) == ((), True)  # one test cannot be both
    left = Sla("first_reply", "used_at_least", 80) & ~Sla("first_reply", "used_at_least", 20)
    assert (check(left, seen()).ways, check(left, seen()).note) == ((), "not everything was tried: of clocks, only some values")
    never = Sla("first_reply", "is", "met") & Sla("first_reply", "is", "late")
    assert (check(never, seen()).ways, check(never, seen()).complete) == ((), True)
    deadline = (since("deadline", hours="support") >= "2h") & (since("deadline", hours="support") < "1h")
    assert check(deadline, seen()).note == "not everything was tried: of instants, only some values"


# --- corners -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_any_event_can_be_wished_for(kind: str) -> None:
    told = check(field["event.kind"] == kind, seen())
    assert len(told.ways) == 1
    assert told.ways[0].apply(seen()).event.kind == kind  # type: ignore[union-attr]  # there is one now
    assert not told.ways[0].is_possible


@pytest.mark.parametrize(
    ("declared", "value"),
    [("int", 0), (int, 0), ("str", ""), (str, ""), ("tuple[str, ...]", ()), (tuple[str, ...], ()), ("str | None", None), (str | None, None),
     ("Any", None), (Any, None)],
)  # fmt: skip
def test_what_nobody_asks_for_is_left_blank(declared: object, value: object) -> None:
    # attrs keeps the names of types until somebody resolves them, as cattrs does for the codec.
    assert _blank(declared) == value


def test_what_can_be_brought_about() -> None:
    by_hand, wait = check(field.priority == "high", seen()), check(hours("support").is_open(), seen())
    assert by_hand.ways[0].is_possible
    assert wait.ways[0].is_possible
    assert not check(field.reopens > 1, seen()).ways[0].is_possible
    assert {edit.kind for told in (by_hand, wait) for way in told.ways for edit in way.edits} == {"by hand", "wait"}
    assert {"by hand", "wait"} <= set(EDIT_KINDS)


def test_waiting_is_said_on_the_wall_clock_of_the_desk() -> None:
    athens = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-17:00"]})
    words = Vocabulary(hours={"support": athens}, default_hours="support")
    told = check(hours("support").is_open(), View(words, Ticket(id="T"), NOW))
    assert [str(way) for way in told.ways] == ["wait until 2026-11-23T07:00:00Z (Mon 09:00 in Europe/Athens)"]


def test_the_ways_are_cut_at_eight_and_say_so() -> None:
    told = check(field.tags.has_any(*(f"t{number}" for number in range(100))), seen())
    assert len(told.ways) == MOST_WAYS
    assert not told.complete
    assert str(told).endswith("  8  tags: add 't7'\n  (not everything was tried: of a list, the first 64 names)")
    few = check(field.tags.has_any(*(f"t{number}" for number in range(20))), seen())
    assert len(few.ways) == MOST_WAYS
    assert few.complete  # none of those is missed
    assert few.note == "there may be more than these 8"
    assert str(few).endswith("  (there may be more than these 8)")
    assert few.data()["note"] == few.note
    assert check(field.tags.has_any("t0", "t1"), seen()).note == ""


def test_a_long_list_of_choices() -> None:
    many = FieldType(kind="choice", choices=tuple(f"c{number}" for number in range(200)))
    words = Vocabulary(fields={"many": many})
    view = View(words, Ticket(id="T", fields=FrozenMap({"many": "c3"})), NOW)
    assert [str(way) for way in check(field.many == "c150", view).ways] == ["fields.many: 'c150' instead of 'c3'"]
    assert [str(way) for way in check(field.many != "c3", view).ways] == ["fields.many: 'c4' instead of 'c3'"]
    ordered = Vocabulary(fields={"many": evolve(many, kind="ordered")})
    view = View(ordered, Ticket(id="T", fields=FrozenMap({"many": "c3"})), NOW)
    between = (field.many > "c100") & (field.many < "c102") & (field.many != "c3")
    assert [str(way) for way in check(between, view).ways] == ["fields.many: 'c101' instead of 'c3'"]
    assert [str(way) for way in check((field.many > "c100") & (field.many <= "c199"), view).ways] == ["fields.many: 'c199' instead of 'c3'"]


def test_hours_that_are_never_open_offer_no_instant() -> None:
    never = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-10:00"]}) & BusinessHours(zone="UTC", week={"mon-sun": ["10:00-11:00"]})
    words = Vocabulary(hours={"never": never}, fields={"deadline": INSTANT})
    view = View(words, Ticket(id="T", fields=FrozenMap({"deadline": NOW})), NOW)
    assert check(since("deadline", hours="never") >= "1h", view).ways == ()


def test_a_field_that_is_worked_out_cannot_be_changed_by_itself() -> None:
    words = Vocabulary()
    specs = {**words.specs, "rating": evolve(words.specs["rating"], attribute="")}
    object.__setattr__(words, "specs", FrozenMap(specs))
    assert check(field.rating >= 3, View(words, Ticket(id="T"), NOW)).ways == ()


@pytest.mark.parametrize("count", [1_000, 10**18, 2**62])
def test_a_message_with_more_files_than_anybody_sends_is_not_made(count: int) -> None:
    few, many = (check(field["event.attachments"] > most, seen()) for most in (998, count))
    assert few.complete
    assert few.ways
    assert (many.ways, many.note) == ((), "not everything was tried: of events, only some values")


def test_too_many_events_to_try() -> None:
    asked = [field["event.text"].contains(f"w{number}") for number in range(6)]
    asked += [field["event.channel"] == "web", field["event.by"] == "x", field["event.public"].is_(True), field["event.attachments"] > 3]
    told = check(AllOf([*asked, ~field["event.text"].matches("*w0*")]), seen())
    assert (told.ways, told.note) == ((), "not everything was tried: of events, only some values")
    assert not told.complete
    never = check(AllOf([*asked, ~field["event.text"].contains("w0")]), seen())
    assert (never.ways, never.complete) == ((), True)  # one test cannot be both
    assert len(list(events([*asked], seen()))) == MOST_EVENTS


def test_a_text_at_its_limit_takes_a_word_in_front() -> None:
    view = seen(Ticket(id="T", text="x" * LONGEST_TEXT))
    assert [str(way) for way in check(field.description.mentions_any("fire"), view).ways] == ["description: put 'fire' in front"]
    empty = seen(Ticket(id="T"))
    assert [str(way) for way in check(field.text.mentions_any("fire"), empty).ways] == ["description: 'fire' instead of empty"]


def test_the_draft_of_a_step_can_be_asked_too() -> None:
    view = View(WORDS, draft_of(TICKET), NOW, draft_of(TICKET))
    told = check(field.priority.changed(to="high"), view)
    assert [str(way) for way in told.ways] == ["priority: 'high' instead of 'medium'"]
    assert type(told.ways[0].apply(view).ticket) is Ticket


def test_who_counts_as_the_customer_moves_with_the_address() -> None:
    # With another address Ann is no longer the requester, and what she wrote as an agent no longer a customer's.
    ann = Agent(id="ann", email="ann@example.gr")
    asked = Ticket(id="T", requester=Person(email="ann@example.gr"))
    view = seen(asked, event=AgentReplied(at=NOW, by=ann))
    condition = (field["event.by_role"] == "customer") & field.requester.email.ends_with(".org") & (field["event.by"] == "ann")
    told = check(condition, view)
    assert told.ways == ()  # the address alone would do, were it not for the role


def test_the_search_ends_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_why_not, "WORK", 0)
    monkeypatch.setattr(_why_not, "WORK_A_PART", 3)
    told = check((field.priority == "high") & (field.tags.has("a") | field.tags.has("b")), seen())
    assert (told.ways, told.complete) == ((), False)
    assert "was found to make it true (not everything was tried: the search ended at its limit)" in str(told)
