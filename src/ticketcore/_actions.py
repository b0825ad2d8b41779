"""What rules can do: the closed table of actions. What changes the ticket becomes an event, what touches the world an effect.

An action is data, a name and a value; `ACTIONS` says what each takes, and `deed_of` what it comes to on a ticket. Here, and
only here, an action's name gets its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from attrs import field, frozen

from ticketcore._effects import (
    Classify,
    CreateChild,
    EffectBase,
    Notify,
    Reply,
    RequestRating,
    Route,
    SuggestArticle,
    Webhook,
)  # fmt: skip
from ticketcore._events import (
    Acknowledged,
    Assigned,
    CcAdded,
    CcRemoved,
    Closed,
    Deleted,
    Escalated,
    FieldSet,
    FollowersAdded,
    FollowersRemoved,
    MarkedAnswered,
    MarkedSpam,
    Message,
    Noted,
    NotSpam,
    Outside,
    PolicySet,
    Postponed,
    Purged,
    Reopened,
    Resolved,
    Restored,
    SlotCleared,
    SlotSet,
    StatusSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Transferred,
    Unassigned,
)  # fmt: skip
from ticketcore._names import hint
from ticketcore._values import EMPTY, FrozenMap, frozen_map, frozen_value
from ticketcore.errors import BadValue, UnknownName, shorten
from ticketcore.model import TEXT_FIELDS, Draft


@frozen
class Action:
    """One thing to do, a name of `ACTIONS` with its value and options; nothing stands for true where an action takes no value.

    Raises `UnknownName` for a name that is no action and `BadValue` for an option it does not have. Values are checked by the desk.

    >>> Action("set_priority", "urgent").value, Action("resolve").value
    ('urgent', True)
    >>> Action("reply", "ack", {"stale_after_us": 3_600_000_000}).options
    {'stale_after_us': 3600000000}
    """

    name: str
    value: Any = field(default=None, converter=frozen_value)
    options: FrozenMap[str, Any] = field(default=EMPTY, converter=frozen_map)

    def __attrs_post_init__(self) -> None:
        kind = ACTIONS.get(self.name)
        if kind is not None and kind.takes == "flag" and self.value is None:
            object.__setattr__(self, "value", True)
        if kind is None:
            raise UnknownName(f"{shorten(self.name)} is not an action", value=shorten(self.name), hint=hint(self.name, ACTIONS))
        for name in self.options:
            if name not in kind.options:
                raise BadValue(f"{self.name} has no option {name!r}", value=name, hint=f"it has {', '.join(kind.options) or 'none'}")


class Scene(Protocol):
    """What an action may ask of the desk."""

    at_us: int
    by_hand: bool  # an agent's macro: it fills the slots of a person, not those of the rules

    def raised(self, level: str, by: int) -> str:
        """The level *by* steps above *level*, within bounds."""
        ...

    def after(self, span: Any, hours: str | None) -> int:
        """The instant a span of time after now."""
        ...

    def filled(self, template: str) -> str:
        """The text of a template, filled in for the ticket as it is now."""
        ...


# An event or effect class with its fields; None: the action would change nothing.
Deed = tuple[type[Outside] | type[EffectBase], dict[str, Any]] | None


@frozen(kw_only=True)
class ActionKind:
    """What an action takes (a type of value that a desk file checks) and what it comes to."""

    takes: str
    make: Callable[[Action, Draft, Scene], Deed] = field(eq=False, repr=False)
    options: tuple[str, ...] = ()
    text: str = ""
    is_effect: bool = False


def deed_of(action: Action, ticket: Draft, scene: Scene) -> Deed:
    """What *action* comes to on *ticket* as it is now; None if it would change nothing."""
    return ACTIONS[action.name].make(action, ticket, scene)


# --- changes of the ticket -------------------------------------------------------------------------------------------


def _set_priority(action: Action, ticket: Draft, scene: Scene) -> Deed:
    level = scene.raised(ticket.priority, action.value) if action.name == "raise_priority" else action.value
    name = _slot(scene)
    slot = ticket.slots.get(name)
    return None if slot is not None and slot.level == level else (SlotSet, {"slot": name, "level": level})


def _release_priority(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    name = _slot(scene)
    return (SlotCleared, {"slot": name}) if name in ticket.slots else None


def _slot(scene: Scene) -> str:
    return "manual" if scene.by_hand else "rules"


def _chooser(scene: Scene) -> str:
    return "manual" if scene.by_hand else "rule"


def _set_status(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return None if ticket.status == action.value else (StatusSet, {"status": action.value})


def _plain(kind: type[Outside]) -> Callable[[Action, Draft, Scene], Deed]:
    return lambda _action, _ticket, _scene: (kind, {})


def _postpone(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return Postponed, {"until": scene.after(action.value, action.options.get("hours"))}


def _more(attribute: str, kind: type[Outside], field_name: str) -> Callable[[Action, Draft, Scene], Deed]:
    """Names put into a set of the ticket: those it lacks."""

    def make(action: Action, ticket: Draft, _scene: Scene) -> Deed:
        new = tuple(name for name in _listed(action.value) if name not in getattr(ticket, attribute))
        return (kind, {field_name: new}) if new else None

    return make


def _fewer(attribute: str, kind: type[Outside], field_name: str) -> Callable[[Action, Draft, Scene], Deed]:
    """Names taken out of a set of the ticket: those it has."""

    def make(action: Action, ticket: Draft, _scene: Scene) -> Deed:
        gone = tuple(name for name in _listed(action.value) if name in getattr(ticket, attribute))
        return (kind, {field_name: gone}) if gone else None

    return make


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _set_field(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    name, value = action.value, action.options.get("to")
    now = getattr(ticket, name) or None if name in TEXT_FIELDS else ticket.fields.get(name)
    return None if now == value else (FieldSet, {"name": name, "value": value})


def _assign(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return None if ticket.assignee == action.value else (Assigned, {"agent": action.value})


def _unassign(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return None if ticket.assignee is None else (Unassigned, {})


def _transfer(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    reason = action.options.get("reason", "")
    return None if ticket.group == action.value else (Transferred, {"group": action.value, "reason": reason})


def _escalate(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return Escalated, {"level": action.value, "to": action.options.get("to", "")}


def _set_policy(action: Action, ticket: Draft, scene: Scene) -> Deed:
    return None if ticket.policy_choices.get(_chooser(scene)) == action.value else (PolicySet, {"policy": action.value})


def _release_policy(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return (PolicySet, {"policy": None}) if _chooser(scene) in ticket.policy_choices else None


def _note(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return Noted, {"message": Message(text=scene.filled(action.value), public=False, automatic=True)}


def _extend_target(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    clock = ticket.clocks.get(action.value)
    if clock is None or not clock.cycle.is_open:
        return None
    return TargetExtended, {"metric": action.value, "extra_us": action.options.get("by_us", 0), "reason": action.options.get("reason", "")}


# --- effects ---------------------------------------------------------------------------------------------------------


def _effect(kind: type[EffectBase], name: str = "", *more: str) -> Callable[[Action, Draft, Scene], Deed]:
    """An effect whose field *name* is the action's value; *more* are fields taken from its options."""

    def make(action: Action, _ticket: Draft, _scene: Scene) -> Deed:
        fields = {option: action.options[option] for option in more if option in action.options}
        if name:
            fields[name] = action.value
        return kind, fields

    return make


_STALE: Final = ("stale_after_us",)

ACTIONS: Final[Mapping[str, ActionKind]] = FrozenMap({
    "set_priority": ActionKind(takes="level", make=_set_priority, text="put a level into the rules' priority slot"),
    "raise_priority": ActionKind(takes="steps", make=_set_priority, text="raise (or lower) the priority by so many levels"),
    "release_priority": ActionKind(takes="flag", make=_release_priority, text="empty the rules' priority slot"),
    "set_status": ActionKind(takes="status", make=_set_status, text="choose a status that the lifecycle allows"),
    "mark_answered": ActionKind(takes="flag", make=_plain(MarkedAnswered), text="mark as answered without a message"),
    "resolve": ActionKind(takes="flag", make=_plain(Resolved), text="resolve"),
    "close": ActionKind(takes="flag", make=_plain(Closed), text="close"),
    "reopen": ActionKind(takes="flag", make=_plain(Reopened), text="reopen"),
    "postpone": ActionKind(takes="span", make=_postpone, options=("hours",), text="postpone for a span of time"),
    "mark_spam": ActionKind(takes="flag", make=_plain(MarkedSpam), text="mark as spam"),
    "not_spam": ActionKind(takes="flag", make=_plain(NotSpam), text="take back from spam"),
    "delete": ActionKind(takes="flag", make=_plain(Deleted), text="move to the bin"),
    "restore": ActionKind(takes="flag", make=_plain(Restored), text="take back from the bin"),
    "purge": ActionKind(takes="flag", make=_plain(Purged), text="delete for good"),
    "acknowledge": ActionKind(takes="flag", make=_plain(Acknowledged), text="acknowledge, which stops ladders"),
    "add_tag": ActionKind(takes="tags", make=_more("tags", TagsAdded, "tags"), text="add a tag"),
    "add_tags": ActionKind(takes="tags", make=_more("tags", TagsAdded, "tags"), text="add tags"),
    "remove_tag": ActionKind(takes="tags", make=_fewer("tags", TagsRemoved, "tags"), text="remove a tag"),
    "remove_tags": ActionKind(takes="tags", make=_fewer("tags", TagsRemoved, "tags"), text="remove tags"),
    "add_followers": ActionKind(takes="names", make=_more("followers", FollowersAdded, "agents"), text="have agents follow the ticket"),
    "remove_followers": ActionKind(takes="names", make=_fewer("followers", FollowersRemoved, "agents"), text="have agents follow no more"),
    "add_cc": ActionKind(takes="names", make=_more("cc", CcAdded, "addresses"), text="send copies to addresses"),
    "remove_cc": ActionKind(takes="names", make=_fewer("cc", CcRemoved, "addresses"), text="send addresses no more copies"),
    "set_field": ActionKind(takes="field", make=_set_field, options=("to",), text="set a declared field (empty without to)"),
    "assign": ActionKind(takes="agent", make=_assign, text="assign to an agent"),
    "unassign": ActionKind(takes="flag", make=_unassign, text="take from its agent"),
    "transfer": ActionKind(takes="group", make=_transfer, options=("reason",), text="hand over to a group"),
    "escalate": ActionKind(takes="count", make=_escalate, options=("to",), text="raise to a level of attention"),
    "set_policy": ActionKind(takes="policy", make=_set_policy, text="choose an SLA policy"),
    "release_policy": ActionKind(takes="flag", make=_release_policy, text="let the SLA policy be chosen by its condition again"),
    "extend_target": ActionKind(
        takes="metric", make=_extend_target, options=("by_us", "reason"), text="grant more time for the open cycle of a metric"
    ),
    "note": ActionKind(takes="template", make=_note, text="write an internal note from a template"),
    "reply": ActionKind(
        takes="template", make=_effect(Reply, "template"), options=_STALE, text="reply from a template", is_effect=True
    ),
    "notify": ActionKind(
        takes="to", make=_effect(Notify, "to", "template"), options=("template", *_STALE), text="tell somebody", is_effect=True
    ),
    "webhook": ActionKind(takes="name", make=_effect(Webhook, "name"), options=_STALE, text="call a webhook by name", is_effect=True),
    "request_rating": ActionKind(
        takes="flag", make=_effect(RequestRating, "", "template"), options=("template", *_STALE), text="ask for a rating", is_effect=True
    ),
    "suggest_article": ActionKind(
        takes="name", make=_effect(SuggestArticle, "article"), options=_STALE, text="suggest an article", is_effect=True
    ),
    "create_child": ActionKind(
        takes="text", make=_effect(CreateChild, "subject", "fields"), options=("fields", *_STALE), text="open a child", is_effect=True
    ),
    "route": ActionKind(
        takes="group", make=_effect(Route, "to", "strategy"), options=("strategy", *_STALE), text="have an agent chosen", is_effect=True
    ),
    "classify": ActionKind(takes="name", make=_effect(Classify, "name"), options=_STALE, text="ask a classifier", is_effect=True),
})  # fmt: skip
