"""Priority: laws first (precedence, undo, order of tags, totality, bounds), then tables of causes, then what is refused."""

from __future__ import annotations

import pickle
from itertools import permutations
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore.conditions import NUMBER, TEXT, Fact, FieldType, View, Vocabulary, field
from ticketcore.errors import BadValue, DeskError, UnknownName
from ticketcore.extra.strategies.priority import levels, matrices, priorities, priority_tickets, score_cards
from ticketcore.model import Agent, FrozenMap, Person, Slot, SlotCleared, SlotSet, TagsAdded, Ticket, fold
from ticketcore.priority import SLOTS, Levels, Matrix, Priority, Score, ScoreCard, Suggestion, Verdict

GOLD = field.requester.tier.is_("gold")
FULL = Priority(
    tags={"urgent": "urgent", "vip": "high", "question": "low"},
    matrix=Matrix({"low": {"low": "low", "high": "medium"}, "high": {"low": "medium", "high": "urgent"}}),
    score=ScoreCard(
        entries=[Score(condition=GOLD, weight=5, reason="gold customer"), Score(condition=field.reopens >= 2, weight=4),
                 Score(condition=field.tags.has("question"), weight=-3, reason="a question")],
        thresholds=[(4, "medium"), (8, "high")],
    ),
    suggestion=Suggestion(fact="suggested", confidence="confidence", at_least=80),
)  # fmt: skip


def a_ticket(**known: Any) -> Ticket:
    tags, fields = frozenset(known.pop("tags", ())), FrozenMap(known.pop("fields", {}))
    facts, slots = FrozenMap(known.pop("facts", {})), FrozenMap(known.pop("slots", {}))
    return Ticket(id="T-1", tags=tags, fields=fields, facts=facts, slots=slots, **known)


EVERYTHING = a_ticket(
    slots={"manual": Slot(level="low", cause="maria"), "rules": Slot(level="medium", cause="rule:shop down")},
    tags={"vip"}, fields={"impact": "high", "urgency": "high"}, requester=Person(tier="gold"),
    facts={"suggested": "high", "confidence": 90},
)  # fmt: skip


# --- laws ------------------------------------------------------------------------------------------------------------


@given(st.data())
def test_the_highest_filled_slot_decides(data: st.DataObject) -> None:
    priority = data.draw(priorities())
    ticket = data.draw(priority_tickets(priority))
    why = priority.why(ticket)
    assert priority.derive(ticket) == why[0]
    assert all(verdict.level in priority.levels for verdict in why)
    assert why[-1].slot == "default"
    order = list(priority.slots)
    if "manual" in order and "rules" in order and not priority.manual_pinned:  # then these two may change places, and no others
        slots = ticket.slots
        if {"manual", "rules"} <= set(slots) and slots["rules"].at_us >= slots["manual"].at_us:
            first, second = order.index("manual"), order.index("rules")
            order[first], order[second] = order[second], order[first]
    places = [order.index(verdict.slot) for verdict in why]
    assert places == sorted(places)
    assert {verdict.slot for verdict in why} <= set(priority.slots)


@given(st.data())
def test_undoing_a_manual_choice_shows_the_derived_level_of_now(data: st.DataObject) -> None:
    priority = data.draw(priorities())
    ticket = data.draw(priority_tickets(priority))
    level = data.draw(st.sampled_from(priority.levels.names))
    at = max(ticket.as_of_us, *(slot.at_us for slot in ticket.slots.values())) if ticket.slots else ticket.as_of_us
    bare = attrs.evolve(ticket, slots=ticket.slots.without("manual"))
    chosen = fold([SlotSet(at=at, level=level, by=Agent(id="maria")), TagsAdded(at=at, tags=["new"])], bare)
    undone = fold([SlotCleared(at=at)], chosen)
    assert priority.derive(undone) == priority.derive(fold([TagsAdded(at=at, tags=["new"])], bare))


@given(st.data())
def test_manual_wins_while_it_is_pinned(data: st.DataObject) -> None:
    priority = attrs.evolve(data.draw(priorities()), slots=SLOTS, manual_pinned=True)
    ticket = data.draw(priority_tickets(priority))
    manual = ticket.slots.get("manual")
    verdict = priority.derive(ticket)
    assert (verdict.slot == "manual") == (manual is not None and manual.level in priority.levels)
    if manual is not None and verdict.slot == "manual":
        assert verdict.level == manual.level


@given(levels(), st.data())
def test_the_order_of_tags_does_not_matter_and_the_highest_counts(known: Levels, data: st.DataObject) -> None:
    tags = data.draw(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(known.names), min_size=1, max_size=4))
    found = {Priority(levels=known, tags=dict(order)).derive(a_ticket(tags=tags)) for order in permutations(tags.items())}
    assert len(found) == 1
    assert found.pop().level == known.highest_of(tags.values())


@given(levels(), st.data())
def test_raising_is_bounded_and_keeps_the_order(known: Levels, data: st.DataObject) -> None:
    level, steps = data.draw(st.sampled_from(known.names)), data.draw(st.integers(-10, 10))
    raised = known.raise_by(level, steps)
    assert known.rank(raised) == min(max(known.rank(level) + steps, 0), len(known) - 1)
    assert known.raise_by(level, 0) == level
    assert known.raise_by(level, len(known)) == known.highest
    assert known.raise_by(level, -len(known)) == known.lowest


@given(levels().flatmap(lambda known: st.tuples(st.just(known), matrices(known))))
def test_a_matrix_is_total(drawn: tuple[Levels, Matrix]) -> None:
    known, matrix = drawn
    for impact in matrix.impacts:
        for urgency in matrix.urgencies:
            level = matrix.level(impact=impact, urgency=urgency)
            assert level in known
            verdict = Priority(levels=known, matrix=matrix).derive(a_ticket(fields={"impact": impact, "urgency": urgency}))
            assert verdict == Verdict(level=level, slot="matrix", because=f"impact {impact}, urgency {urgency}")
    rows = [[matrix.rows[impact][urgency] for urgency in matrix.urgencies] for impact in matrix.impacts]
    assert Matrix.of(impact=matrix.impacts, urgency=matrix.urgencies, levels=rows) == matrix


@given(levels().flatmap(lambda known: st.tuples(st.just(known), score_cards(known))), st.integers(-100, 100))
def test_more_points_never_give_a_lower_level(drawn: tuple[Levels, ScoreCard], points: int) -> None:
    known, card = drawn
    rank: dict[str | None, int] = {name: known.rank(name) for name in known}
    rank[None] = -1
    assert rank[card.level_of(points)] <= rank[card.level_of(points + 1)]
    assert card.level_of(card.thresholds[0][0] - 1) is None
    for needed, level in card.thresholds:
        assert card.level_of(needed) == level


@given(st.data())
def test_a_compiled_score_card_is_the_plain_one(data: st.DataObject) -> None:
    priority = data.draw(priorities())
    words = Vocabulary(
        levels=priority.levels.names, fields={"impact": FieldType(kind="text"), "urgency": FieldType(kind="text")},
        facts={"hint": Fact(type=TEXT), "sure": Fact(type=NUMBER)},
    )  # fmt: skip
    ticket = data.draw(priority_tickets(priority))
    compiled = priority.using(words)
    assert compiled == priority
    assert compiled.why(ticket) == compiled.why(ticket, View(words, ticket, 0)) == priority.why(ticket)


@given(priorities())
def test_a_priority_is_a_value(priority: Priority) -> None:
    again = pickle.loads(pickle.dumps(priority))
    assert again == priority
    assert hash(again) == hash(priority)
    assert again.why(EVERYTHING) == priority.why(EVERYTHING)


# --- causes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ticket", "said"), [
    (a_ticket(), "low: default"),
    (a_ticket(slots={"rules": Slot(level="urgent", cause="rule:shop down")}), 'urgent: rule "shop down"; overruled: low (default)'),
    (a_ticket(slots={"rules": Slot(level="high")}), "high: a rule; overruled: low (default)"),
    (a_ticket(slots={"manual": Slot(level="medium", cause="maria")}), "medium: manual, by maria; overruled: low (default)"),
    (a_ticket(slots={"manual": Slot(level="medium", cause="rule:reset")}), 'medium: manual, rule "reset"; overruled: low (default)'),
    (a_ticket(slots={"manual": Slot(level="medium")}), "medium: manual; overruled: low (default)"),
    (a_ticket(slots={"manual": Slot(level="critical")}), "low: default"),                       # a level of another desk fills nothing
    (a_ticket(tags={"vip", "urgent"}), 'urgent: tag "urgent"; overruled: low (default)'),       # of several tags the highest
    (a_ticket(tags={"other"}), "low: default"),
    (a_ticket(fields={"impact": "high", "urgency": "low"}), "medium: impact high, urgency low; overruled: low (default)"),
    (a_ticket(fields={"impact": "high"}), "low: default"),                                      # one of two is not enough
    (a_ticket(fields={"impact": "huge", "urgency": "low"}), "low: default"),                    # not on the axis
    (a_ticket(fields={"impact": "high", "urgency": "now"}), "low: default"),
    (a_ticket(fields={"impact": ("high",), "urgency": "low"}), "low: default"),
    (a_ticket(requester=Person(tier="gold")), "medium: 5 points: gold customer (+5); overruled: low (default)"),
    (a_ticket(requester=Person(tier="gold"), tags={"question"}), 'low: tag "question"; overruled: low (default)'),  # 2 points: no level
    (a_ticket(facts={"suggested": "high", "confidence": 80}), "high: suggested, 80 % sure; overruled: low (default)"),
    (a_ticket(facts={"suggested": "high", "confidence": 79}), "low: default"),                  # not sure enough
    (a_ticket(facts={"suggested": "high", "confidence": True}), "low: default"),                # no number
    (a_ticket(facts={"suggested": "high"}), "low: default"),
    (a_ticket(facts={"suggested": "critical", "confidence": 99}), "low: default"),              # no such level
    (a_ticket(facts={"suggested": 4, "confidence": 99}), "low: default"),
    (EVERYTHING, ('low: manual, by maria; overruled: medium (rule "shop down"), high (tag "vip"), urgent (impact high, urgency high), '
                  "medium (5 points: gold customer (+5)), high (suggested, 90 % sure), low (default)")),
])  # fmt: skip
def test_every_level_names_its_cause(ticket: Ticket, said: str) -> None:
    assert str(FULL.why(ticket)) == said
    assert FULL.derive(ticket) == FULL.why(ticket)[0]


def test_a_score_without_a_reason_shows_its_condition() -> None:
    verdict = FULL.derive(a_ticket(requester=Person(tier="gold"), reopens=2))
    assert (verdict.level, verdict.slot) == ("high", "score")
    assert verdict.because.startswith("9 points: gold customer (+5), ")
    assert "reopens" in verdict.because
    card = ScoreCard(entries=[], thresholds=[(0, "medium")])
    assert str(Priority(score=card).derive(a_ticket())) == "medium: 0 points"


def test_points_name_the_lines_that_hold() -> None:
    points, held = FULL.points(a_ticket(requester=Person(tier="gold"), tags={"question"}))
    assert (points, [entry.weight for entry in held]) == (2, [5, -3])
    assert Priority().points(a_ticket()) == (0, ())


def test_all_entries_count_without_a_vocabulary_too() -> None:
    entries = [Score(condition=field.reopens >= 1, weight=weight) for weight in (1, 10, 100)]
    card = Priority(score=ScoreCard(entries=entries, thresholds=[(0, "low")]))
    assert card.points(a_ticket(reopens=1)) == (111, tuple(entries))
    assert card.points(a_ticket()) == (0, ())


def test_a_verdict_without_a_cause_names_its_slot() -> None:
    assert str(Verdict(level="high", slot="matrix")) == "high: matrix"


def test_a_suggestion_without_confidence_always_counts() -> None:
    priority = Priority(suggestion=Suggestion(fact="suggested"))
    assert str(priority.derive(a_ticket(facts={"suggested": "high"}))) == "high: suggested"


@pytest.mark.parametrize(("pinned", "manual_at", "rules_at", "level"), [
    (True, 1, 2, "low"),      # pinned: the manual choice stays
    (False, 1, 2, "urgent"),  # the rule came later
    (False, 2, 2, "urgent"),  # at one instant a rule comes after what people did
    (False, 3, 2, "low"),     # a manual choice after the rule
])  # fmt: skip
def test_a_manual_choice_is_pinned_unless_the_desk_says_otherwise(pinned: bool, manual_at: int, rules_at: int, level: str) -> None:
    ticket = a_ticket(slots={"manual": Slot(level="low", at_us=manual_at), "rules": Slot(level="urgent", at_us=rules_at)})
    priority = Priority(manual_pinned=pinned)
    assert priority.derive(ticket).level == level
    assert {verdict.slot for verdict in priority.why(ticket)} == {"manual", "rules", "default"}


@pytest.mark.parametrize("slots", [{}, {"manual": Slot(level="low")}, {"rules": Slot(level="low")}])
def test_one_stored_slot_needs_no_comparison(slots: dict[str, Slot]) -> None:
    assert Priority(manual_pinned=False).derive(a_ticket(slots=slots)).level == "low"


def test_the_order_of_the_slots_is_the_desks() -> None:
    tags_first = attrs.evolve(FULL, slots=("tags", "manual", "default"))
    assert [verdict.slot for verdict in tags_first.why(EVERYTHING)] == ["tags", "manual", "default"]


def test_the_default_may_be_named() -> None:
    assert Priority(default="medium").derive(a_ticket()).level == "medium"
    assert Priority(levels=["normal", "refund request"]).derive(a_ticket()).level == "normal"


# --- levels and matrix -----------------------------------------------------------------------------------------------


def test_levels_are_an_order() -> None:
    known = Levels()
    assert list(known) == ["low", "medium", "high", "urgent"]
    assert (known.lowest, known.highest, len(known)) == ("low", "urgent", 4)
    assert "high" in known
    assert "hgh" not in known
    assert 3 not in known
    assert known.highest_of(["medium", "low"]) == "medium"
    with pytest.raises(BadValue, match="highest of no levels"):
        known.highest_of([])
    for ask in (known.rank, lambda name: known.raise_by(name, 1), lambda name: known.highest_of([name])):
        with pytest.raises(UnknownName, match="unknown level 'hgh'; did you mean 'high'"):
            ask("hgh")


@pytest.mark.parametrize(("names", "said"), [
    ([], "no level of priority"),
    (["low", "low"], "a second level 'low'"),
    (["low", ""], "cannot name a level"),
])  # fmt: skip
def test_wrong_levels_are_refused(names: list[str], said: str) -> None:
    with pytest.raises(DeskError, match=said):
        Levels(names)


@pytest.mark.parametrize(("rows", "path"), [
    ({"low": {"low": "low", "high": "high"}, "high": {"low": "low"}}, "matrix.high.high"),
    ({}, "matrix"),
    ({"low": {}}, "matrix"),
])  # fmt: skip
def test_a_matrix_with_a_hole_is_refused(rows: Any, path: str) -> None:
    with pytest.raises(DeskError) as caught:
        Matrix(rows)
    assert [problem.path for problem in caught.value.problems] == [path]


@pytest.mark.parametrize("rows", [[], {"low": ["low"]}])
def test_a_matrix_is_a_mapping_of_mappings(rows: Any) -> None:
    with pytest.raises(BadValue, match="impact to urgency to level"):
        Matrix(rows)


@pytest.mark.parametrize(("table", "path"), [
    ({"impact": ["a"], "urgency": ["x", "y"], "levels": [["low"]]}, "matrix.levels[0]"),
    ({"impact": ["a", "b"], "urgency": ["x"], "levels": [["low"]]}, "matrix.levels"),
    ({"impact": ["a", "a"], "urgency": ["x"], "levels": [["low"], ["low"]]}, "matrix.impact"),
    ({"impact": ["a"], "urgency": ["x", "x"], "levels": [["low", "low"]]}, "matrix.urgency"),
])  # fmt: skip
def test_a_table_that_does_not_fit_its_axes_is_refused(table: dict[str, Any], path: str) -> None:
    with pytest.raises(DeskError) as caught:
        Matrix.of(**table)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_matrix_names_a_value_that_is_not_on_its_axis() -> None:
    matrix = Matrix({1: {"low": "low"}})
    with pytest.raises(UnknownName, match="unknown impact 2"):
        matrix.level(impact=2, urgency="low")
    with pytest.raises(UnknownName, match="unknown urgency 'lwo'; did you mean 'low'"):
        matrix.level(impact=1, urgency="lwo")


def test_the_servicenow_matrix_of_numbers() -> None:
    pairs = {(1, 1): "P1", (1, 2): "P2", (1, 3): "P3", (2, 1): "P2", (2, 2): "P3", (2, 3): "P4", (3, 1): "P3", (3, 2): "P4", (3, 3): "P4"}
    rows = [[pairs[impact, urgency] for urgency in (1, 2, 3)] for impact in (1, 2, 3)]
    priority = Priority(levels=("P4", "P3", "P2", "P1"), matrix=Matrix.of(impact=(1, 2, 3), urgency=(1, 2, 3), levels=rows))
    for (impact, urgency), level in pairs.items():
        assert priority.derive(a_ticket(fields={"impact": impact, "urgency": urgency})).level == level


# --- what is refused at construction ---------------------------------------------------------------------------------


def problems_of(make: Any, **given_: Any) -> dict[str, str]:
    with pytest.raises(DeskError) as caught:
        make(**given_)
    return {problem.path: f"{problem.message}; {problem.hint}" for problem in caught.value.problems}


WORDS = Vocabulary(fields={"impact": FieldType(kind="choice", choices=("low", "high"))}, facts={"suggested": Fact(type=TEXT)})


@pytest.mark.parametrize(("wrong", "path", "said"), [
    ({"default": "lw"}, "default", "did you mean 'low'"),
    ({"tags": {"vip": "hgh"}}, "tags.vip", "did you mean 'high'"),
    ({"matrix": Matrix({"low": {"low": "lw"}})}, "matrix.low.low", "did you mean 'low'"),
    ({"score": ScoreCard(entries=[], thresholds=[(1, "hgh")])}, "score.thresholds[0]", "did you mean 'high'"),
    ({"score": ScoreCard(entries=[], thresholds=[(1, "high"), (2, "low")])}, "score.thresholds[1]", "levels rise with the points"),
    ({"slots": ["manul", "default"]}, "slots[0]", "did you mean 'manual'"),
    ({"slots": ["tags", "tags", "default"]}, "slots[1]", "a second slot 'tags'"),
    ({"slots": ["default", "tags"]}, "slots", "default is not the last slot"),
    ({"slots": []}, "slots", "default is not the last slot"),
    ({"suggestion": Suggestion(fact="x", confidence="y", at_least=101)}, "suggestion.at_least", "from 0 to 100"),
    ({"suggestion": Suggestion(fact="x", confidence="y", at_least=True)}, "suggestion.at_least", "True is no percentage"),
    ({"suggestion": Suggestion(fact="x", at_least=80)}, "suggestion.confidence", "how sure"),
    ({"suggestion": Suggestion(fact="sugested"), "vocabulary": WORDS}, "suggestion.fact", "did you mean 'suggested'"),
    ({"matrix": Matrix({"low": {"low": "low"}}), "urgency": "impct", "vocabulary": WORDS}, "matrix", "did you mean 'impact'"),
    ({"suggestion": Suggestion(fact="suggested", confidence="sure"), "vocabulary": WORDS}, "suggestion.confidence", "unknown fact 'sure'"),
    ({"matrix": Matrix({"low": {"low": "low"}}), "vocabulary": WORDS}, "matrix", "unknown field 'urgency'"),
    ({"matrix": Matrix({"lwo": {"low": "low"}}), "vocabulary": WORDS}, "matrix.impact", "impact has no value 'lwo'"),
    ({"score": ScoreCard(entries=[Score(condition=field.nope.is_("x"), weight=1)], thresholds=[(1, "low")]), "vocabulary": WORDS},
     "score.entries[0].condition.field", "unknown field 'nope'"),
    ({"score": ScoreCard(entries=[Score(condition=field.priority.is_("low"), weight=1)], thresholds=[(1, "low")]),
      "vocabulary": Vocabulary(levels=("low",))}, "score.entries[0].condition.field", "set by priority"),
])  # fmt: skip
def test_a_wrong_priority_is_refused_by_its_place(wrong: dict[str, Any], path: str, said: str) -> None:
    assert said in problems_of(Priority, **wrong)[path]


@pytest.mark.parametrize(("wrong", "path", "said"), [
    ({"entries": [Score(condition=GOLD, weight=True)]}, "score.entries[0].weight", "True is no weight"),
    ({"entries": [Score(condition=GOLD, weight=10**9)]}, "score.entries[0].weight", "a whole number up to"),
    ({"thresholds": []}, "score.thresholds", "name at least one threshold"),
    ({"thresholds": [(5, "low"), (5, "high")]}, "score.thresholds[1]", "thresholds rise"),
    ({"thresholds": [("5", "low")]}, "score.thresholds[0]", 'write [10, "high"]'),
    ({"thresholds": [(5, "low", "x")]}, "score.thresholds[0]", 'write [10, "high"]'),
])  # fmt: skip
def test_a_wrong_score_card_is_refused_by_its_place(wrong: dict[str, Any], path: str, said: str) -> None:
    assert said in problems_of(ScoreCard, **{"entries": [], "thresholds": [(1, "low")], **wrong})[path]


def test_all_problems_come_at_once() -> None:
    assert set(problems_of(Priority, default="lw", tags={"a": "hgh", "b": "x"}, slots=["manul"])) == {
        "default", "tags.a", "tags.b", "slots[0]", "slots",
    }  # fmt: skip
