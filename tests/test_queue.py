"""The queue: orders, their keys, the first few of many, and a queue that is kept."""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import _queue
from ticketcore._time import HOUR_US, from_us
from ticketcore._values import FrozenMap, changed
from ticketcore.conditions import View, Vocabulary, holds
from ticketcore.conditions import field as condition
from ticketcore.conditions import since as condition_since
from ticketcore.errors import BadDuration, BadValue, DeskError, UnknownName
from ticketcore.extra.strategies.routing import orders, queued_tickets, terms
from ticketcore.model import Memo, Ticket
from ticketcore.routing import Age, Due, First, HeadStart, Order, Priority, Queue, Term, Waiting, order_to_data, parse_order


def ticket(name: str = "T", **given_fields: Any) -> Ticket:
    memo = given_fields.pop("memo", Memo(wake_us=None, dues=FrozenMap(given_fields.pop("dues", {}))))
    return changed(Ticket(id=name, **{"category": "open", **given_fields}), memo=memo)


def ids(tickets: Any) -> list[str]:
    return [each.id for each in tickets]


# --- laws ------------------------------------------------------------------------------------------------------------


@given(orders(), queued_tickets())
def test_keys_are_total_and_sorted_follows_them(order: Order, tickets: list[Ticket]) -> None:
    keys = [order.key(each) for each in order.sorted(tickets)]
    assert all(one < other for one, other in pairwise(keys))
    assert {key[-1] for key in keys} == {each.id for each in tickets if each.category not in order.leave_out}


@given(orders(), queued_tickets(), st.randoms(use_true_random=False))
def test_the_order_in_which_tickets_come_in_makes_no_difference(order: Order, tickets: list[Ticket], random: Any) -> None:
    shuffled = random.sample(tickets, len(tickets))
    assert order.sorted(shuffled) == order.sorted(tickets)


@given(orders(), queued_tickets(), st.integers(0, 15), st.integers(1, 4))
def test_the_first_n_are_the_first_n_of_all(order: Order, tickets: list[Ticket], n: int, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_queue, "CHUNK", chunk)  # so that a dozen tickets are many chunks
        assert order.first(n, iter(tickets)) == order.sorted(tickets)[:n]


@pytest.mark.parametrize(
    "term",
    [
        Due(), Due(metric="a"), Due(find=lambda each, _: each.rating), Priority(), Waiting(), Age(), HeadStart(starts={"high": "5us"}),
        HeadStart(starts={"high": "5us"}, since="age"), First(name="vip", when=lambda each: each.rating == 1),
    ],
    ids=str,
)  # fmt: skip
def test_near_is_of_for_many_at_every_edge(term: Term) -> None:
    tickets = [
        ticket(f"{number}-{level}", dues=dues, priority=level, waiting_since_us=since, created_us=number, rating=number)
        for number, (dues, since) in enumerate([({}, None), ({"a": 3}, 3), ({"a": 6, "b": 4}, 6), ({"a": None}, 4)])
        for level in ("low", "high", "odd")
    ]
    for cut in (*range(-6, 8), _queue.NEVER - 1, _queue.NEVER):
        assert term.near(tickets, cut) == [(term.of(each), each) for each in tickets if term.of(each) <= cut]


@given(terms(), queued_tickets(), st.integers(-8, 8) | st.just(_queue.NEVER))
def test_near_is_of_for_many(term: Term, tickets: list[Ticket], cut: int) -> None:
    assert term.near(tickets, cut) == [(term.of(each), each) for each in tickets if term.of(each) <= cut]


@given(orders(), queued_tickets())
def test_explained_positions_are_the_places_in_sorted(order: Order, tickets: list[Ticket]) -> None:
    queued = order.sorted(tickets)
    for place, each in enumerate(queued, 1):
        standing = order.explain(each, tickets)
        assert (standing.position, standing.of) == (place, len(queued))
        assert sum(term.ahead for term in standing.terms) == place - 1
    for each in set(tickets) - set(queued):
        assert order.explain(each, tickets).position is None


@given(
    st.dictionaries(st.sampled_from(_queue.LEVELS), st.integers(0, 9), min_size=1), st.sampled_from(["waiting", "age"]), queued_tickets()
)
def test_nobody_is_passed_by_who_came_later_by_more_than_the_largest_head_start(
    starts: dict[str, int], since: str, tickets: list[Ticket]
) -> None:
    term = HeadStart(starts=starts, since=since)
    came: Callable[[Ticket], Any] = operator.attrgetter("created_us" if since == "age" else "waiting_since_us")
    queued = [each for each in Order.by(term).sorted(tickets) if came(each) is not None]
    for place, passed in enumerate(queued):
        assert all(came(ahead) - came(passed) <= max(starts.values()) for ahead in queued[:place])


@given(orders(), st.lists(queued_tickets(), max_size=4), st.integers(0, 3), st.data())
def test_a_kept_queue_is_the_sorted_latest_versions(order: Order, batches: list[list[Ticket]], chunk: int, data: st.DataObject) -> None:
    latest: dict[str, Ticket]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_queue, "CHUNK", chunk)  # so that outdated keys are swept often
        queue, latest = Queue(order), {}
        for batch in batches:
            for each in batch:
                queue.put(each)
                latest[each.id] = each
            gone: str = data.draw(st.sampled_from(["", *sorted(latest)]))
            if gone:
                queue.discard(gone)
                del latest[gone]
            expected = order.sorted(latest.values())
            n = data.draw(st.integers(0, 3))
            assert queue.first(n) == expected[:n]
            assert len(queue) == len(expected)
            assert [queue.position(each.id) for each in expected] == list(range(1, len(expected) + 1))
        assert tuple(queue) == order.sorted(latest.values())


@given(queued_tickets())
def test_orders_and_queues_pickle(tickets: list[Ticket]) -> None:
    order = Order.by(due="first_reply").then("priority").then(head_start={"urgent": "4h"})
    again = pickle.loads(pickle.dumps(order))
    assert (again, hash(again), again.sorted(tickets)) == (order, hash(order), order.sorted(tickets))
    queue = Queue(order, tickets)
    assert tuple(pickle.loads(pickle.dumps(queue))) == tuple(queue)


def test_the_first_few_of_many_with_moves_in_between() -> None:
    order = Order.by("age")
    many = [ticket(f"{number:04}", created_us=number * 7919 % 2003) for number in range(2000)]
    queue = Queue(order, many)
    for each in queue.first(30):  # the front moves to the end: its outdated keys lie on top
        queue.put(attrs.evolve(each, created_us=9999))
    queue.discard(queue.first(1)[0].id)
    expected = sorted(many, key=lambda each: each.created_us)[31:36]
    assert queue.first(5) == queue.first(5) == tuple(expected)
    assert order.first(5, many) == order.sorted(many)[:5]


def test_the_first_few_of_many_by_their_due_instants() -> None:
    def due(number: int) -> Ticket:
        at = number * 7919 % 5003
        return ticket(f"{number:04}", memo=Memo(wake_us=at, dues=FrozenMap({"first_reply": at})))

    many = [due(number) for number in range(5000)]
    for order in (Order.by(due="first_reply"), Order.by("age").then(due="first_reply")):
        assert order.first(5, many) == order.sorted(many)[:5]


def test_outdated_keys_are_swept() -> None:
    queue = Queue(Order.by("age"), [ticket("T-1")])
    for at in range(5000):
        queue.put(ticket("T-2", created_us=at))
    assert ids(queue) == ["T-1", "T-2"]
    assert len(pickle.dumps(queue)) < len(pickle.dumps([(at, "T-2") for at in range(2000)]))


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "first", "second"),
    [
        (Order.by("due"), {"dues": {"a": 9, "b": 2}}, {"dues": {"a": 3, "b": None}}),  # the earliest promise of any metric
        (Order.by("due"), {"dues": {"a": 3}}, {"dues": {}}),  # nothing promised comes last
        (Order.by(due="a"), {"dues": {"a": 5}}, {"dues": {"b": 1}}),  # only the metric asked for counts
        (Order.by(due="a"), {"dues": {"a": 5}}, {"dues": {"a": None}}),  # paused: not due
        (Order.by("priority"), {"priority": "urgent"}, {"priority": "high"}),
        (Order.by("priority"), {"priority": "low"}, {"priority": "refund request"}),  # an unknown level after all known
        (Order.by("waiting"), {"waiting_since_us": 9}, {}),  # nobody waits: last
        (Order.by("waiting"), {"waiting_since_us": 1}, {"waiting_since_us": 2}),
        (Order.by("fifo"), {"created_us": 1}, {"created_us": 2}),  # order of receipt
        (Order.by("priority").then("age"), {"priority": "low", "created_us": 1}, {"priority": "low", "created_us": 2}),
        (Order.by(First(name="vip", when=lambda each: "vip" in each.tags)), {"tags": frozenset({"vip"})}, {"created_us": -1}),
        (Order.by(head_start={"high": "1h"}), {"waiting_since_us": HOUR_US - 1, "priority": "high"}, {"waiting_since_us": 0}),
        (Order.by(head_start={"high": "1h"}), {"waiting_since_us": 0}, {"waiting_since_us": HOUR_US + 1, "priority": "high"}),  # the bound
        (Order.by(HeadStart(starts={"high": 5}, since="age")), {"created_us": 4, "priority": "high"}, {"created_us": 0}),
    ],
)
def test_what_comes_first(order: Order, first: dict[str, Any], second: dict[str, Any]) -> None:
    one, other = ticket("Z", **first), ticket("A", **second)  # the id alone would put them the other way round
    assert ids(order.sorted([other, one])) == ["Z", "A"]
    assert ids(order.first(1, [other, one])) == ["Z"]


@pytest.mark.parametrize("category", ["closed", "removed"])
def test_closed_and_removed_tickets_are_left_out(category: str) -> None:
    gone = ticket("T-1", category=category)
    order = Order.by("age")
    assert order.sorted([gone]) == order.first(1, [gone]) == tuple(Queue(order, [gone])) == ()
    assert str(order.explain(gone, [gone])) == f"T-1: not queued: left out: its category is {category}"


def test_a_ticket_that_closes_leaves_a_kept_queue() -> None:
    queue = Queue(Order.by("age"), [ticket("T-1"), ticket("T-2", created_us=1)])
    queue.put(ticket("T-1", category="closed"))
    queue.discard("never there")
    assert (ids(queue), len(queue), "T-1" in queue, "T-2" in queue) == (["T-2"], 1, False, True)
    with pytest.raises(UnknownName, match="'T-1' is not in this queue"):
        queue.position("T-1")


def test_a_new_version_with_the_same_key_takes_the_place() -> None:
    queue = Queue(Order.by("age"), [ticket("T-1")])
    queue.put(ticket("T-1", subject="news"))
    assert [each.subject for each in queue] == ["news"]


def test_a_position_is_explained_term_by_term() -> None:
    order = Order.by(due="first_reply").then("priority").then("waiting")
    mine = ticket("T-5", dues={"first_reply": 60_000_000}, priority="high", waiting_since_us=0)
    tickets = [
        ticket("T-1", dues={"first_reply": 1}),
        ticket("T-2", dues={"first_reply": 60_000_000}, priority="urgent"),
        ticket("T-4", dues={"first_reply": 60_000_000}, priority="high", waiting_since_us=0),
        mine,
        ticket("T-6", dues={"first_reply": 60_000_001}),
    ]
    standing = order.explain(mine, tickets)
    assert str(standing) == (
        "T-5: 4 of 5: first_reply due 1970-01-01T00:01:00Z (1 ahead due sooner); priority high (1 ahead of higher priority); "
        "waiting since 1970-01-01T00:00:00Z; otherwise equal (1 ahead by id)"
    )
    assert [(ahead.term, ahead.ahead) for ahead in standing.terms] == [("due", 1), ("priority", 1), ("waiting", 0), ("id", 1)]
    assert order.explain(mine, []).position == 1  # it need not be among them


@pytest.mark.parametrize(
    ("term", "fields", "said"),
    [
        (Due(), {"dues": {"a": 0}}, "a promise due 1970-01-01T00:00:00Z"),
        (Due(), {}, "nothing not due"),
        (Due(metric="a"), {}, "a not due"),
        (Priority(), {"priority": "odd"}, "priority 'odd' is no level of this order"),
        (Waiting(), {}, "nobody waits"),
        (Age(), {}, "created 1970-01-01T00:00:00Z"),
        (First(name="vip", when=lambda each: each.rating == 1), {"rating": 1}, "vip"),
        (First(name="vip", when=lambda each: each.rating == 1), {}, "not vip"),
        (HeadStart(starts={"high": "1h"}), {}, "nobody waits"),
        (
            HeadStart(starts={"high": "1h"}),
            {"waiting_since_us": 0, "priority": "high"},
            "waiting since 1970-01-01T00:00:00Z, 1h head start for high",
        ),
        (HeadStart(starts={"high": "1h"}, since="age"), {}, "created 1970-01-01T00:00:00Z"),
    ],
)
def test_what_a_term_says(term: Term, fields: dict[str, Any], said: str) -> None:
    assert term.says(ticket(**fields)) == said


def test_an_order_of_no_terms_is_by_id() -> None:
    order = Order()
    assert ids(order.sorted([ticket("B"), ticket("A")])) == ["A", "B"]
    assert str(order.explain(ticket("A"), [])) == "A: 1 of 1: first by id"
    assert repr(Queue(order)) == "<Queue of 0 by id>"
    assert repr(Queue(Order.by("due").then("age"), [ticket()])) == "<Queue of 1 by due, age>"
    assert Queue(Order.by("age")).order == Order.by("age")


def test_an_order_is_bound_to_a_desk() -> None:
    plain = Order.by(due="a").then(First(name="vip", when="tag:vip")).then("priority").then("age")
    dues: dict[str, Any] = {"Z": from_us(1), "A": 2}
    bound = plain.bind(
        due=lambda each, metric: dues.get(each.id) if metric == "a" else None,
        holds=lambda condition, each: condition == "tag:vip" and "vip" in each.tags,
        levels=["odd", "odder"],
    )
    bare: dict[str, Any] = {"memo": None}
    assert ids(bound.sorted([ticket("X", **bare), ticket("A", **bare), ticket("Z", **bare)])) == ["Z", "A", "X"]
    assert bound.first(1, [ticket("A", **bare), ticket("Z", **bare)])[0].id == "Z"
    vip, odder = ticket("V", tags=frozenset({"vip"})), ticket("O", priority="odder")
    assert ids(bound.sorted([ticket("P", priority="odd"), odder, vip])) == ["V", "O", "P"]
    assert plain.bind() == plain


def test_a_condition_of_the_desk_can_come_first() -> None:
    words = Vocabulary()
    order = Order.by(First(name="vip", when=condition.tags.has("vip"))).bind(holds=lambda when, each: holds(when, View(words, each, 0)))
    assert ids(order.sorted([ticket("A"), ticket("V", tags=frozenset({"vip"}))])) == ["V", "A"]


WORDS = Vocabulary(levels=("low", "refund request", "urgent"), metrics=("first_reply",))
VIP = condition.tags.has("vip")
NO_TERM = " is no term of an order; write due, priority, waiting, age, fifo, or a table with one of due, head_start, first"


def test_an_order_over_the_names_of_a_desk() -> None:
    plain = Order.by(First(name="vip", when=VIP)).then("priority").then(due="first_reply").then(head_start={"urgent": "4h"})
    order = plain.using(WORDS)
    assert order.terms[1] == Priority(levels=WORDS.levels)
    tickets = [ticket("A", priority="low"), ticket("R", priority="refund request"), ticket("V", priority="low", tags=frozenset({"vip"}))]
    assert ids(order.sorted(tickets)) == ["V", "R", "A"]
    assert order.explain(tickets[2], tickets).terms[0].says == "vip"
    assert pickle.loads(pickle.dumps(order)).sorted(tickets) == order.sorted(tickets)  # what is compiled is made again
    assert Order.by("priority").using(Vocabulary()) == Order.by("priority")  # a vocabulary of no levels leaves the usual ones


def test_an_order_that_a_desk_cannot_read_is_refused_whole() -> None:
    order = Order.by(due="frist_reply").then(head_start={"urgnt": "4h"}).then(First(name="old", when=condition_since("created") >= "1h"))
    with pytest.raises(DeskError) as caught:
        order.using(WORDS)
    assert [str(problem) for problem in caught.value.problems] == [
        "order[0]: unknown metric 'frist_reply'; did you mean 'first_reply'?",
        "order[1]: unknown level 'urgnt'; did you mean 'urgent'?",
        "order[2]: the condition 'old' tests time; a key must not change as time passes: order by due or waiting",
    ]


def plain(term: Term) -> Term:
    """A term that has a plain form."""
    return First(name=term.name, when=VIP) if isinstance(term, First) else Priority() if isinstance(term, Priority) else term


@given(orders())
def test_an_order_in_plain_data_is_read_back(order: Order) -> None:
    order = attrs.evolve(order, terms=[plain(term) for term in order.terms])
    assert parse_order(order_to_data(order)) == order


@pytest.mark.parametrize(("data", "order"), [
    ("fifo", Order.by("age")),
    ({"due": "first_reply"}, Order.by(due="first_reply")),
    (["due", "waiting"], Order.by("due").then("waiting")),
    ({"by": ["age"], "leave_out": ["removed"]}, Order(terms=[Age()], leave_out=["removed"])),
    ({"by": "age"}, Order.by("age")),
    ([{"head_start": {"urgent": "4h"}, "since": "age"}], Order.by(HeadStart(starts={"urgent": "4h"}, since="age"))),
    ([{"first": "vip", "when": {"field": "tags", "has": "vip"}}], Order.by(First(name="vip", when=VIP))),
    ([], Order()),
])  # fmt: skip
def test_what_plain_data_means(data: Any, order: Order) -> None:
    assert parse_order(data) == order
    assert parse_order(data, WORDS) == order.using(WORDS)


@pytest.mark.parametrize(("data", "said"), [
    (["du", 5], ["order[0]: unknown order 'du'; did you mean 'due'?",
                 f"order[1]: 5{NO_TERM}"]),
    ({"due": ""}, ['order.due: \'\' names no metric; write {"due": "first_reply"}, or "due" for any']),
    ({"due": "first_reply", "head_start": {}}, [f"order: dict of 2{NO_TERM}"]),
    ([{"due": "first_reply", "sinc": 1}], ["order[0]: unknown key 'sinc'; known are due"]),
    ([{"head_start": {"urgent": 4}}], ['order[0].head_start: head starts are durations by level; write {"urgent": "4h"}']),
    ([{"head_start": ["urgent"]}], ['order[0].head_start: head starts are durations by level; write {"urgent": "4h"}']),
    ([{"head_start": {"urgent": "4h"}, "since": "due"}], ["order[0].head_start: a head start counts from waiting or age, not 'due'"]),
    ([{"first": "vip"}], ['order[0]: first needs a name and a condition; write {"first": "vip", "when": {...}}']),
    ([{"first": "vip", "when": {"field": "tgs", "has": "vip"}}], ["order[0].when.field: unknown field 'tgs'; did you mean 'tags'?"]),
    ({"by": ["age"], "leave_out": "closed", "x": 1}, [
        "order: unknown key 'x'; known are by, leave_out", "order.leave_out: a list of categories is wanted, not 'closed'"]),
    ({"by": "age", "leave_out": ["clsed", 3]}, [
        "order.leave_out: unknown category 'clsed'; did you mean 'closed'?",
        "order.leave_out: unknown category 3; known are answered, closed, new, open, postponed, removed, resolved"]),
    (["age"] * 33, ["order: 33 terms; at most 32"]),
    ([{"due": "frist_reply"}], ["order[0]: unknown metric 'frist_reply'; did you mean 'first_reply'?"]),
    ([[]], [f"order[0]: list of 0{NO_TERM}"]),
])  # fmt: skip
def test_wrong_plain_data_is_refused_with_every_problem(data: Any, said: list[str]) -> None:
    with pytest.raises(DeskError) as caught:
        parse_order(data, WORDS)
    assert [str(problem) for problem in caught.value.problems] == said


@pytest.mark.parametrize("term", [First(name="vip", when=lambda _: True), Due(find=lambda _, __: None)])
def test_a_term_that_a_function_decides_has_no_plain_form(term: Term) -> None:
    with pytest.raises(BadValue, match="a function decides this"):
        order_to_data(Order.by(term))


def test_due_instants_that_nobody_worked_out_are_asked_for() -> None:
    folded = [ticket("T-1", dues={"a": 1}), *[ticket("T-9", memo=None)] * 3]
    with pytest.raises(UnknownName, match="'T-9' carries no due instants; hand in order"):
        Order.by(due="a").sorted(folded)
    with pytest.raises(UnknownName, match="'T-9' carries no due instants"):
        Due(metric="a").near(folded, 5)


def test_tickets_that_are_left_out_need_no_due_instants() -> None:
    many = [ticket(f"{number:04}", dues={"a": 5000 - number}) for number in range(3000)]
    gone = [ticket("gone", category="closed", memo=None), ticket("past", category="closed", dues={"a": -1})]
    order = Order.by(due="a")
    assert order.first(2, [*many, *gone]) == order.sorted([*many, *gone])[:2] == (many[-1], many[-2])


def test_the_largest_head_start_is_a_duration() -> None:
    assert HeadStart(starts={"high": 1, "urgent": "4h"}).largest.total_seconds() == 4 * 3600
    assert HeadStart(starts={}).largest.total_seconds() == 0


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda: Order.by("sla"), UnknownName, "no order by 'sla'; by due, priority, waiting, age, fifo"),
        (Order.by, BadValue, "one term at a time"),
        (lambda: Order.by("age").then("due", due="a"), BadValue, "one term at a time"),
        (lambda: Order.by("age").first(-1, []), BadValue, "how many tickets"),
        (lambda: Queue(Order.by("age")).first(True), BadValue, "how many tickets"),
        (lambda: HeadStart(starts={"high": -1}), BadValue, "of 'high' is negative"),
        (lambda: HeadStart(starts={"high": "soon"}), BadDuration, "no duration"),
        (lambda: HeadStart(starts={"high": 1.5}), BadDuration, "text or a timedelta"),  # type: ignore[dict-item]  # that is the test
        (lambda: HeadStart(starts=["high"]), BadValue, "a mapping"),  # type: ignore[arg-type]  # that is the test
        (lambda: HeadStart(starts={}, since="due"), BadValue, "waiting or age, not 'due'"),
        (lambda: Order.by(First(name="vip", when=0)).key(ticket()), BadValue, "'vip' of this order is not bound"),
        (lambda: Order(leave_out="closed"), BadValue, "list of names"),  # a text's letters are not meant
        (lambda: Priority(levels="low"), BadValue, "list of names"),
    ],
)
def test_what_is_refused(wrong: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        wrong()


def test_terms_say_what_each_must() -> None:
    plain = _queue.TermBase()
    with pytest.raises(NotImplementedError):
        plain.of(ticket())
    with pytest.raises(NotImplementedError):
        plain.says(ticket())
