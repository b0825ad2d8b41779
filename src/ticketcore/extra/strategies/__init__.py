"""Hypothesis strategies for every room, the same that ticketcore is tested with. Plural names, every valid value by default.

``from ticketcore.extra import strategies``, then ``strategies.desks()``, ``strategies.histories(desk)``, ``strategies.hours()``.
Where two rooms have the same name for different things, the name says which: ``promises`` of a policy, ``moment_instants`` of a history.
"""

from ticketcore.extra.strategies.conditions import (
    condition_data,
    conditions,
    facts,
    field_types,
    operands,
    readings,
    seen_events,
    seen_tickets,
    short_hours,
    timed_conditions,
    timed_data,
    values,
    views,
    vocabularies,
)  # fmt: skip
from ticketcore.extra.strategies.desks import actions, desk_hours, desk_settings, desks, metrics, policies, promises, rules
from ticketcore.extra.strategies.histories import actors, creations, histories, moment_instants, moments, outside_events
from ticketcore.extra.strategies.hours import business_hours, clock_changes, covered_instants, day_spans, durations, hours, weeks, zones
from ticketcore.extra.strategies.legal import legal_histories
from ticketcore.extra.strategies.lifecycle import (
    guards,
    lifecycle_tickets,
    lifecycles,
    move_events,
    moves,
    permissions,
    statuses,
    workflows,
)  # fmt: skip
from ticketcore.extra.strategies.model import (
    agents,
    effects,
    events,
    field_values,
    instants,
    messages,
    names,
    of_class,
    persons,
    targets,
    tickets,
)  # fmt: skip
from ticketcore.extra.strategies.priority import levels, matrices, priorities, priority_tickets, score_cards
from ticketcore.extra.strategies.routing import (
    members,
    needs,
    orders,
    queued_tickets,
    rosters,
    routing_steps,
    routing_strategies,
    terms,
)  # fmt: skip

__all__ = [
    "actions", "actors", "agents", "business_hours", "clock_changes", "condition_data", "conditions", "covered_instants", "creations",
    "day_spans", "desk_hours", "desk_settings", "desks", "durations", "effects", "events", "facts", "field_types", "field_values",
    "guards", "histories", "hours", "instants", "legal_histories", "levels", "lifecycle_tickets", "lifecycles", "matrices", "members",
    "messages", "metrics",
    "moment_instants", "moments", "move_events", "moves", "names", "needs", "of_class", "operands", "orders", "outside_events",
    "permissions", "persons", "policies", "priorities", "priority_tickets", "promises", "queued_tickets", "readings", "rosters",
    "routing_steps", "routing_strategies", "rules", "score_cards", "seen_events", "seen_tickets", "short_hours", "statuses", "targets",
    "terms", "tickets", "timed_conditions", "timed_data", "values", "views", "vocabularies", "weeks", "workflows", "zones",
]  # fmt: skip
