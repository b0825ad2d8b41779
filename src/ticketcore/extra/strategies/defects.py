"""Rule sets to judge: healthy ones, ones with a defect put in that a judge must find, and small ones that brute force can go through.

`seeded` makes a desk with defects of known kinds, the same for the same number; `small_desk` and `timed_desk` make desks over a
finite domain (`FINITE_FIELDS`, one tag, two levels), so small that every ticket can be tried, also as Hypothesis strategies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from attrs import frozen
from hypothesis import strategies as st

from ticketcore.conditions import AllOf, AnyOf, Condition, FieldType, Not, Test, field, since
from ticketcore.desk import Desk
from ticketcore.model import Length
from ticketcore.priority import Priority
from ticketcore.rules import Action, Rule, RuleSet

__all__ = ["DEFECTS", "FINITE_FIELDS", "Defect", "healthy", "seeded", "small_desk", "small_desks", "timed_desk", "timed_desks"]


@frozen
class Defect:
    """A defect that was put in: its kind, a code of `ticketcore.lint.CODES`, and the rules that have it.

    >>> desk, defects = seeded(0)
    >>> [(defect.code, defect.rules) for defect in defects]
    [('contradictory-rule', ('seed 0',)), ('unreachable-rule', ('seed 1',))]
    >>> set(defects[0].rules) <= {rule.name for rule in desk.rules}
    True
    """

    code: str
    rules: tuple[str, ...]


# --- healthy rule sets -------------------------------------------------------------------------------------------------

_PRODUCTS: Final = tuple(f"p{number}" for number in range(16))
_FIELDS: Final = {
    "product": FieldType(kind="choice", choices=_PRODUCTS),
    "urgent": FieldType(kind="flag"),
    "seats": FieldType(kind="number"),
}
_GROUPS: Final = ("support", "sales", "billing")
_NOTIFY: Final = Action("notify", "lead")


def _product(name: str) -> Condition:
    return Test("fields.product", "is", name)


def _extra(random: Random) -> Condition:
    """A demand besides the product, of any shape, which some tickets meet and some do not."""
    plain: list[Condition] = [
        Test("fields.urgent", "is", value=True), Test("fields.seats", "at_least", random.randrange(2, 50)), field.channel == "chat",
        Test("requester.tier", "is_any", ("gold", "silver")), ~(field.language == "el"), field.subject.contains("invoice"),
    ]  # fmt: skip
    one, two = random.sample(plain, 2)
    return random.choice([one, ~two, AnyOf((one, two)), AllOf((one, ~two)), Not(AllOf((one, two)))])


def _healthy_rule(random: Random, name: str, product: str) -> Rule:
    """A rule with nothing wrong: it works for a product of its own."""
    when = AllOf((_product(product), _extra(random)))
    make: list[Callable[[], Rule]] = [
        lambda: Rule(name=name, on=["created"], when=when, then=[Action("add_tag", f"seen {product}"), _NOTIFY]),
        lambda: Rule(name=name, on=["created", "customer_replied"], when=when, then=[Action("set_priority", "high")]),
        lambda: Rule(name=name, on=["created"], when=when, then=[Action("transfer", random.choice(_GROUPS), {"reason": "product"})]),
        lambda: Rule(name=name, on=["resolved"], when=_product(product), then=[Action("request_rating")]),
        lambda: Rule(
            name=name, when=AllOf((_product(product), field.status == "answered", since("status_since") >= "5d")), then=[Action("resolve")]
        ),
        lambda: Rule(name=name, when=AllOf((_product(product), field.status == "new", since("created") >= "1d")), then=[_NOTIFY]),
    ]  # fmt: skip
    return random.choice(make)()


def _desk(name: str, rules: list[Rule]) -> Desk:
    return Desk(name=name, metrics=(), fields=_FIELDS, groups=_GROUPS, rules=[RuleSet(name="rules", rules=rules)])


def healthy(number: int) -> Desk:
    """A desk of four to nine rules with nothing to find in it; the same for the same number.

    >>> [rule.name for rule in healthy(1).rules], healthy(1) == healthy(1)
    (['rule 0', 'rule 1', 'rule 2', 'rule 3', 'rule 4', 'rule 5', 'rule 6', 'rule 7', 'rule 8'], True)
    """
    random = Random(f"healthy {number}")  # noqa: S311 - the same for everybody, and no secret
    products = random.sample(_PRODUCTS, random.randrange(4, 10))
    return _desk(f"healthy {number}", [_healthy_rule(random, f"rule {place}", product) for place, product in enumerate(products)])


# --- defects -----------------------------------------------------------------------------------------------------------


def _contradictory(random: Random, product: str, name: str) -> list[Rule]:
    pairs: list[tuple[Condition, Condition]] = [
        (field.priority >= "high", field.priority < "high"), (field.status == "new", field.category == "resolved"),
        (field.tags.has("hot"), field.tags.has_none("hot", "cold")), (Test("fields.seats", "above", 9), Test("fields.seats", "below", 9)),
        (since("created") >= "4h", since("created") < "2h"), (field.channel == "chat", field.channel.is_any("email", "phone")),
    ]  # fmt: skip
    one, other = random.choice(pairs)
    return [Rule(name=name, on=["customer_replied"], when=AllOf((_product(product), one, _extra(random), other)), then=[_NOTIFY])]


def _unreachable(random: Random, product: str, name: str) -> list[Rule]:
    whens: list[tuple[list[str], Condition]] = [
        (["warned"], _product(product)), (["breached", "warned"], _product(product)), (["assigned"], field.event.text.contains("help")),
        (["clock_started"], _product(product)), (["tags_added"], field.event.public == True),  # noqa: E712 - a condition
    ]  # fmt: skip
    on, when = random.choice(whens)
    return [Rule(name=name, on=on, when=AllOf((when, _product(product))), then=[_NOTIFY])]


def _shadowed(random: Random, product: str, name: str) -> list[Rule]:
    upper: Condition = random.choice([_product(product), field["fields.product"].is_any(product)])
    parts: list[Condition] = [_product(product), _extra(random)]
    random.shuffle(parts)
    return [
        Rule(name=f"{name} above", on=["created", "noted"], when=upper, then=[_NOTIFY], stop=True),
        Rule(name=name, on=["created"], when=AllOf(parts), then=[Action("webhook", "crm")]),
    ]


def _duplicate(random: Random, product: str, name: str) -> list[Rule]:
    extra = _extra(random)
    then = [Action("webhook", "crm"), _NOTIFY]
    ways: list[Condition] = [
        AllOf((extra, _product(product))), Not(AnyOf((Not(_product(product)), Not(extra)))),
        AllOf((field["fields.product"].is_any(product), Not(Not(extra)))), AllOf((_product(product), AllOf((extra, _product(product))))),
    ]  # fmt: skip
    return [
        Rule(name=f"{name} above", on=["created"], when=AllOf((_product(product), extra)), then=then),
        Rule(name=name, on=["created"], when=random.choice(ways), then=then),
    ]


def _order_sensitive(random: Random, product: str, name: str) -> list[Rule]:
    sets: list[tuple[Action, Action]] = [
        (Action("set_priority", "high"), Action("set_priority", "medium")), (Action("transfer", "sales"), Action("transfer", "billing")),
        (Action("assign", "ann"), Action("assign", "bob")),
        (Action("set_field", "seats", {"to": 1}), Action("set_field", "seats", {"to": 2})),
    ]  # fmt: skip
    one, other = random.choice(sets)
    return [
        Rule(name=f"{name} above", on=["created"], when=AllOf((_product(product), Test("requester.tier", "is", "gold"))), then=[one]),
        Rule(name=name, on=["created"], when=AllOf((_product(product), field.channel == "chat")), then=[other]),
    ]


def _unsettled(random: Random, product: str, name: str) -> list[Rule]:
    ups: list[tuple[Condition, Action, Condition, Action]] = [
        (~field.tags.has(f"to {product}"), Action("add_tag", f"to {product}"), field.tags.has(f"to {product}"),
         Action("remove_tag", f"to {product}")),
        (field.priority < "high", Action("set_priority", "high"), field.priority >= "high", Action("set_priority", "low")),
        (~(field.group == "sales"), Action("transfer", "sales"), field.group == "sales", Action("transfer", "support")),
    ]  # fmt: skip
    low, up, high, down = random.choice(ups)
    return [
        Rule(name=f"{name} above", on=["noted"], when=AllOf((_product(product), low)), then=[up]),
        Rule(name=name, on=["noted"], when=AllOf((_product(product), high)), then=[down]),
    ]


def _runs_on(random: Random, product: str, name: str) -> list[Rule]:
    if random.random() < 0.5:
        hours = random.randrange(2, 40)
        return [
            Rule(name=f"{name} above", when=AllOf((_product(product), field.status == "new", since("created") >= "1h")),
                 then=[Action("postpone", _span(hours))]),
            Rule(name=name, on=["woken"], when=_product(product), then=[Action("postpone", _span(hours))]),
        ]  # fmt: skip
    return [
        Rule(name=f"{name} above", when=AllOf((_product(product), field.status == "answered", since("status_since") >= "2h")),
             then=[Action("reopen")]),
        Rule(name=name, when=AllOf((_product(product), field.status == "open", since("status_since") >= "3h")),
             then=[Action("mark_answered")]),
    ]  # fmt: skip


def _span(hours: int) -> Length:
    return Length(hours * 3_600_000_000, calendar=True)


def _illegal(random: Random, product: str, name: str) -> list[Rule]:
    tries: list[tuple[str, list[Action]]] = [
        ("new", [Action("close")]), ("resolved", [Action("postpone", _span(2))]), ("closed", [Action("resolve")]),
        ("spam", [Action("add_tag", "x"), Action("reopen")]), ("new", [Action("resolve"), Action("not_spam")]),
        ("open", [Action("set_status", "closed")]),
    ]  # fmt: skip
    status, then = random.choice(tries)
    return [Rule(name=name, on=["noted", "tags_added"], when=AllOf((_product(product), field.status == status)), then=then)]


DEFECTS: Final[Mapping[str, Callable[[Random, str, str], list[Rule]]]] = {
    "contradictory-rule": _contradictory, "unreachable-rule": _unreachable, "shadowed-rule": _shadowed, "duplicate-rule": _duplicate,
    "order-sensitive": _order_sensitive, "unsettled": _unsettled, "runs-on": _runs_on, "illegal-action": _illegal,
}  # fmt: skip


def seeded(number: int) -> tuple[Desk, tuple[Defect, ...]]:
    """A desk of healthy rules with two defects of different kinds among them, each for a product of its own; and the defects.

    The same for the same number; a hundred numbers in a row have each kind equally often.

    >>> from collections import Counter
    >>> kinds = Counter(defect.code for number in range(8) for defect in seeded(number)[1])
    >>> kinds["shadowed-rule"], set(kinds.values()), set(kinds) == set(DEFECTS)
    (2, {2}, True)
    """
    random = Random(f"seeded {number}")  # noqa: S311 - as above
    products = random.sample(_PRODUCTS, random.randrange(5, 9))
    rules = [_healthy_rule(random, f"rule {place}", product) for place, product in enumerate(products[2:])]
    kinds = list(DEFECTS)
    defects = []
    for turn, product in enumerate(products[:2]):
        code = kinds[(2 * number + turn) % len(kinds)]
        made = DEFECTS[code](random, product, f"seed {turn}")
        place = 0
        for rule in made:  # in their order, anywhere among the others
            place = random.randrange(place, len(rules) + 1)
            rules.insert(place, rule)
            place += 1
        defects.append(Defect(code, tuple(rule.name for rule in made)))
    return _desk(f"seeded {number}", rules), tuple(defects)


# --- small desks -------------------------------------------------------------------------------------------------------

FINITE_FIELDS: Final = {"kind": FieldType(kind="choice", choices=("a", "b")), "vip": FieldType(kind="flag")}
_TWO_LEVELS: Final = Priority(levels=("low", "high"))
_HEARD: Final = ("created", "noted", "customer_replied", "tags_added")
_TESTS: Final[tuple[Condition, ...]] = (
    field["fields.kind"] == "a", field["fields.kind"] == "b", Test("fields.vip", "is", value=True), field.tags.has("x"),
    field.priority == "high", field.status == "new", field.category == "resolved",
)  # fmt: skip
_ACTIONS: Final = (
    Action("set_priority", "high"), Action("set_priority", "low"), Action("add_tag", "x"), Action("remove_tag", "x"),
    Action("set_field", "kind", {"to": "a"}), Action("set_field", "kind", {"to": "b"}), Action("resolve"), _NOTIFY,
)  # fmt: skip


def _condition(random: Random, depth: int = 2) -> Condition:
    shape = random.randrange(4 if depth else 1)
    if shape == 1:
        return AllOf(tuple(_condition(random, depth - 1) for _ in range(random.randrange(1, 4))))
    if shape == 2:
        return AnyOf(tuple(_condition(random, depth - 1) for _ in range(random.randrange(1, 3))))
    return Not(_condition(random, depth - 1)) if shape == 3 else random.choice(_TESTS)


def _small(rules: list[Rule]) -> Desk:
    return Desk(metrics=(), priority=_TWO_LEVELS, fields=FINITE_FIELDS, rules=[RuleSet(name="s", rules=rules)])


def small_desk(random: Random) -> Desk:
    """A desk of one to four rules on events over the finite domain: every ticket of it can be tried.

    >>> desk = small_desk(Random(1))
    >>> 1 <= len(list(desk.rules)) <= 4, dict(desk.fields) == FINITE_FIELDS
    (True, True)
    """
    return _small([
        Rule(
            name=f"r{place}", on=random.sample(_HEARD, random.randrange(1, 3)), when=_condition(random),
            then=random.sample(_ACTIONS, random.randrange(1, 3)), stop=random.random() < 0.3,
        ) for place in range(random.randrange(1, 5))
    ])  # fmt: skip


def small_desks() -> st.SearchStrategy[Desk]:
    """Desks as `small_desk` makes them.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(small_desks())
    ... def test_all_rules_listen(desk):
    ...     assert all(rule.on for rule in desk.rules)
    >>> test_all_rules_listen()
    """
    return st.randoms(use_true_random=False).map(small_desk)


_TIMELESS: Final[tuple[Condition, ...]] = (
    field.status == "new", field.status == "open", field.status == "answered", field.category == "resolved", field.tags.has("x"),
    ~field.tags.has("x"), field.priority == "high", field.priority == "low", ~field.assignee.is_set(),
)  # fmt: skip
_MOVES: Final = (
    Action("resolve"), Action("reopen"), Action("mark_answered"), Action("postpone", _span(3)), Action("set_priority", "high"),
    Action("set_priority", "low"), Action("add_tag", "x"), Action("remove_tag", "x"), Action("assign", "ann"), Action("unassign"), _NOTIFY,
)  # fmt: skip


def timed_desk(random: Random) -> Desk:
    """A desk of one to three rules on time or on waking over the finite domain: some such desks never come to rest.

    >>> desk = timed_desk(Random(1))
    >>> all(rule.is_timed or rule.on == {"woken", "status_changed"} or not rule.on for rule in desk.rules)
    True
    """
    rules = []
    for place in range(random.randrange(1, 4)):
        then = random.sample(_MOVES, random.randrange(1, 3))
        tests = random.sample(_TIMELESS, random.randrange(3))
        if random.random() < 0.7:
            base = random.choice(["created", "status_since", "updated", "priority_since", "assigned_at"])
            tests.append(since(base) >= random.choice(["1h", "2h", "1d"]))
            rules.append(Rule(name=f"t{place}", when=AllOf(tuple(tests)), then=then))
        else:
            rules.append(Rule(name=f"t{place}", on=["woken", "status_changed"], when=AllOf(tuple(tests)), then=then))
    return _small(rules)


def timed_desks() -> st.SearchStrategy[Desk]:
    """Desks as `timed_desk` makes them.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(timed_desks())
    ... def test_there_are_few_rules(desk):
    ...     assert 1 <= len(list(desk.rules)) <= 3
    >>> test_there_are_few_rules()
    """
    return st.randoms(use_true_random=False).map(timed_desk)
