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
    CreateFollowUp,
    EffectBase,
    Notify,
    Reply,
    RequestMerge,
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
    Noted,
    NotSpam,
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
from ticketcore._folding import TEXT_FIELDS
from ticketcore._names import hint
from ticketcore._people import Message, Outside
from ticketcore._values import EMPTY, FrozenMap, frozen_map, frozen_value
from ticketcore.errors import BadValue, UnknownName, shorten
from ticketcore.model import Draft


@frozen
class Action:
    """One thing to do, a name of `ACTIONS` with its value and options; nothing stands for true where an action takes no value.

    Raises `UnknownName` for a name that is no action and `BadValue` for an option it does not have. Values are checked by the desk.

    >>> Action("set_priority", "urgent"), Action("resolve").value
    (Action(name='set_priority', value='urgent', options={}), True)
    >>> Action("reply", "ack", {"stale_after_us": 3_600_000_000}).options
    {'stale_after_us': 3600000000}
    >>> Action("set_prioritty", "urgent")
    Traceback (most recent call last):
    ticketcore.errors.UnknownName: 'set_prioritty' is not an action; did you mean 'set_priority'?
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
    actor: str | None  # the agent who acts, or acted in the event that a rule listens to
    event_id: str  # of that event; "" where time alone brought the rule

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
    """What an action takes (a type of value that a desk file checks) and what it comes to.

    >>> kind = ACTIONS["add_tag"]
    >>> kind.takes, kind.becomes, kind.is_effect, ACTIONS["notify"].options
    ('tags', 'tags_added', False, ('template', 'via', 'stale_after_us'))
    """

    takes: str
    becomes: str  # the kind of event or effect
    make: Callable[[Action, Draft, Scene], Deed] = field(eq=False, repr=False)
    options: tuple[str, ...] = ()
    text: str = ""
    is_effect: bool = False


def deed_of(action: Action, ticket: Draft, scene: Scene) -> Deed:
    """What *action* comes to on *ticket* as it is now; None if it would change nothing.

    >>> from ticketcore.model import Ticket
    >>> kind, given = deed_of(Action("add_tag", "vip"), Ticket(id="T-1"), None)
    >>> kind.__name__, given
    ('TagsAdded', {'tags': ('vip',)})
    >>> deed_of(Action("add_tag", "vip"), Ticket(id="T-1", tags=frozenset({"vip"})), None) is None
    True
    """
    return ACTIONS[action.name].make(action, ticket, scene)


# --- changes of the ticket -------------------------------------------------------------------------------------------


def _raise_priority(action: Action, ticket: Draft, scene: Scene) -> Deed:
    """From the level that shows. Where there is no higher (or lower) one nothing is raised, and no slot is filled."""
    level = scene.raised(ticket.priority, action.value)
    return None if level == ticket.priority else (SlotSet, {"slot": _slot(scene), "level": level})


def _set_priority(action: Action, ticket: Draft, scene: Scene) -> Deed:
    level, name = action.value, _slot(scene)
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


def _clear_tags(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return (TagsRemoved, {"tags": tuple(sorted(ticket.tags))}) if ticket.tags else None


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _set_field(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    name, value = action.value, action.options.get("to")
    now = getattr(ticket, name) or None if name in TEXT_FIELDS else ticket.fields.get(name)
    return None if now == value else (FieldSet, {"name": name, "value": value})


def _assign(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return None if ticket.assignee == action.value else (Assigned, {"agent": action.value})


def _take(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    """Nobody takes it where no agent acted: time, a customer, the host."""
    return None if scene.actor in (None, ticket.assignee) else (Assigned, {"agent": scene.actor})


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
    public = action.options.get("public", False)
    return Noted, {"message": Message(text=scene.filled(action.value), public=public, automatic=True)}


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


def _create_follow_up(action: Action, ticket: Draft, scene: Scene) -> Deed:  # noqa: ARG001 - one signature for all
    return CreateFollowUp, {"event": scene.event_id}


def _change(takes: str, becomes: str, make: Callable[[Action, Draft, Scene], Deed], text: str, *options: str) -> ActionKind:
    """An action that changes the ticket."""
    return ActionKind(takes=takes, becomes=becomes, make=make, text=text, options=options)


def _asked(takes: str, becomes: str, make: Callable[[Action, Draft, Scene], Deed], text: str, *options: str) -> ActionKind:
    """An action that asks something of the host, which may be stale after a while."""
    return ActionKind(takes=takes, becomes=becomes, make=make, text=text, options=(*options, "stale_after_us"), is_effect=True)


ACTIONS: Final[Mapping[str, ActionKind]] = FrozenMap({
    "set_priority": _change("level", "slot_set", _set_priority, "put a level into the rules' priority slot"),
    "raise_priority": _change("steps", "slot_set", _raise_priority, "raise (or lower) the priority that shows by so many levels"),
    "release_priority": _change("flag", "slot_cleared", _release_priority, "empty the rules' priority slot"),
    "set_status": _change("status", "status_set", _set_status, "choose a status that the lifecycle allows"),
    "mark_answered": _change("flag", "marked_answered", _plain(MarkedAnswered), "mark as answered without a message"),
    "resolve": _change("flag", "resolved", _plain(Resolved), "resolve"),
    "close": _change("flag", "closed", _plain(Closed), "close"),
    "reopen": _change("flag", "reopened", _plain(Reopened), "reopen"),
    "postpone": _change("span", "postponed", _postpone, "postpone for a span of time, of these hours", "hours"),
    "mark_spam": _change("flag", "marked_spam", _plain(MarkedSpam), "mark as spam"),
    "not_spam": _change("flag", "not_spam", _plain(NotSpam), "take back from spam"),
    "delete": _change("flag", "deleted", _plain(Deleted), "move to the bin"),
    "restore": _change("flag", "restored", _plain(Restored), "take back from the bin"),
    "purge": _change("flag", "purged", _plain(Purged), "delete for good"),
    "acknowledge": _change("flag", "acknowledged", _plain(Acknowledged), "acknowledge, which stops ladders"),
    "add_tag": _change("tags", "tags_added", _more("tags", TagsAdded, "tags"), "add a tag"),
    "add_tags": _change("tags", "tags_added", _more("tags", TagsAdded, "tags"), "add tags"),
    "remove_tag": _change("tags", "tags_removed", _fewer("tags", TagsRemoved, "tags"), "remove a tag"),
    "remove_tags": _change("tags", "tags_removed", _fewer("tags", TagsRemoved, "tags"), "remove tags"),
    "clear_tags": _change("flag", "tags_removed", _clear_tags, "remove all tags; with add_tags after it, replace them"),
    "add_followers": _change("names", "followers_added", _more("followers", FollowersAdded, "agents"), "have agents follow the ticket"),
    "remove_followers": _change("names", "followers_removed", _fewer("followers", FollowersRemoved, "agents"), "have them follow no more"),
    "add_cc": _change("names", "cc_added", _more("cc", CcAdded, "addresses"), "send copies to addresses"),
    "remove_cc": _change("names", "cc_removed", _fewer("cc", CcRemoved, "addresses"), "send addresses no more copies"),
    "set_field": _change("field", "field_set", _set_field, "set a declared field (empty without to)", "to"),
    "assign": _change("agent", "assigned", _assign, "assign to an agent"),
    "take": _change("flag", "assigned", _take, "assign to the agent who acts"),
    "unassign": _change("flag", "unassigned", _unassign, "take from its agent"),
    "transfer": _change("group", "transferred", _transfer, "hand over to a group", "reason"),
    "escalate": _change("count", "escalated", _escalate, "raise to a level of attention", "to"),
    "set_policy": _change("policy", "policy_set", _set_policy, "choose an SLA policy"),
    "release_policy": _change("flag", "policy_set", _release_policy, "let the SLA policy be chosen by its condition again"),
    "extend_target": _change("metric", "target_extended", _extend_target, "grant more time for the open cycle", "by_us", "reason"),
    "note": _change("template", "noted", _note, "write a note from a template, internal unless public", "public"),
    "reply": _asked("template", "reply", _effect(Reply, "template"), "reply from a template"),
    "notify": _asked("to", "notify", _effect(Notify, "to", "template", "via"), "tell somebody, by some means", "template", "via"),
    "webhook": _asked("name", "webhook", _effect(Webhook, "name"), "call a webhook by name"),
    "request_rating": _asked("flag", "request_rating", _effect(RequestRating, "", "template"), "ask for a rating", "template"),
    "suggest_article": _asked("name", "suggest_article", _effect(SuggestArticle, "article"), "suggest an article"),
    "create_child": _asked("text", "create_child", _effect(CreateChild, "subject", "fields"), "open a child", "fields"),
    "create_follow_up": _asked("flag", "create_follow_up", _create_follow_up, "open a follow-up to what the rule listens to"),
    "request_merge": _asked("name", "request_merge", _effect(RequestMerge, "into"), "have it merged into another ticket"),
    "route": _asked("group", "route", _effect(Route, "to", "strategy"), "have an agent chosen", "strategy"),
    "classify": _asked("name", "classify", _effect(Classify, "name"), "ask a classifier"),
})  # fmt: skip
