"""The closed union of effects: what the host is asked to do in the world. Nothing here does it.

Every effect has a stable ``key`` (ticket, root, rule, position): a host that stores the key never sends twice. ``at`` is the
instant it belongs to, maybe long before the host's now; after ``expires`` it is stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._time import from_us, iso, maybe_from_us, maybe_us, to_us
from ticketcore._values import EMPTY, FrozenMap, frozen_map


@frozen(kw_only=True)
class EffectBase:
    """What every effect has.

    >>> Erase(key="T-1/e1/a rule/0", at=0, ticket="T-1", expires=60_000_000).expires
    DateTime(1970, 1, 1, 0, 1, 0, tzinfo=Timezone('UTC'))
    >>> str(Erase(key="T-1/e1/a rule/0", at=60_000_000, ticket="T-1").at)
    '1970-01-01 00:01:00+00:00'
    """

    key: str
    at_us: int = field(alias="at", converter=to_us, repr=iso)
    ticket: str
    rule: str = ""
    expires_us: int | None = field(default=None, alias="expires", converter=maybe_us, repr=iso)
    variables: FrozenMap[str, str] = field(default=EMPTY, converter=frozen_map)
    kind: ClassVar[str] = ""

    @property
    def at(self) -> DateTime:
        """The instant the effect belongs to."""
        return from_us(self.at_us)

    @property
    def expires(self) -> DateTime | None:
        """After this instant it is stale news; None: never."""
        return maybe_from_us(self.expires_us)


@frozen(kw_only=True)
class Reply(EffectBase):
    """Write to the requester, with a copy to the ticket's ``cc``: the template's name, its text filled in, and the variables used.

    >>> Reply(key="T-1/e1/a rule/0", at=0, ticket="T-1", template="ack", text="We have it.").text
    'We have it.'
    """

    template: str
    text: str = ""
    kind: ClassVar[str] = "reply"


@frozen(kw_only=True)
class Notify(EffectBase):
    """Tell somebody: ``assignee``, ``group``, ``requester``, ``followers``, ``cc``, or a name or address that the host knows.

    >>> Notify(key="T-1/e1/a rule/0", at=0, ticket="T-1", to="duty").to
    'duty'
    """

    to: str
    template: str = ""
    text: str = ""
    via: str = ""  # by which means: a word of the host's, such as sms
    about: str = ""  # the kind of the event that led to it
    level: int = 0  # the step of an escalation ladder
    skipped: tuple[str, ...] = ()
    kind: ClassVar[str] = "notify"


@frozen(kw_only=True)
class Webhook(EffectBase):
    """Call the host's webhook of this name.

    >>> Webhook(key="T-1/e1/a rule/0", at=0, ticket="T-1", name="pager").kind
    'webhook'
    """

    name: str
    kind: ClassVar[str] = "webhook"


@frozen(kw_only=True)
class RequestRating(EffectBase):
    """Ask the requester to rate the help.

    >>> RequestRating(key="T-1/e1/a rule/0", at=0, ticket="T-1", template="rating").template
    'rating'
    """

    template: str = ""
    kind: ClassVar[str] = "request_rating"


@frozen(kw_only=True)
class SuggestArticle(EffectBase):
    """Suggest an article of the knowledge base.

    >>> SuggestArticle(key="T-1/e1/a rule/0", at=0, ticket="T-1", article="reset-password").article
    'reset-password'
    """

    article: str
    kind: ClassVar[str] = "suggest_article"


@frozen(kw_only=True)
class CreateFollowUp(EffectBase):
    """Open a follow-up ticket for a reply that this one no longer takes.

    >>> CreateFollowUp(key="T-1/e1/a rule/0", at=0, ticket="T-1", event="e9").event
    'e9'
    """

    event: str
    kind: ClassVar[str] = "create_follow_up"


@frozen(kw_only=True)
class ForwardReply(EffectBase):
    """Hand a reply on to the ticket this one was merged into.

    >>> ForwardReply(key="T-1/e1/a rule/0", at=0, ticket="T-1", event="e9", to="T-2").to
    'T-2'
    """

    event: str
    to: str
    kind: ClassVar[str] = "forward_reply"


@frozen(kw_only=True)
class CreateChild(EffectBase):
    """Open a child ticket, with these fields.

    >>> CreateChild(key="T-1/e1/a rule/0", at=0, ticket="T-1", subject="order a part").subject
    'order a part'
    """

    subject: str = ""
    fields: FrozenMap[str, Any] = field(default=EMPTY, converter=frozen_map)
    kind: ClassVar[str] = "create_child"


@frozen(kw_only=True)
class Route(EffectBase):
    """Choose an agent (`ticketcore.routing.choose`) for the ticket, within the group if one is named, and hand back `Assigned`.

    >>> Route(key="T-1/e1/a rule/0", at=0, ticket="T-1", to="technicians", strategy="best_skill").to
    'technicians'
    """

    to: str = ""
    strategy: str = ""
    kind: ClassVar[str] = "route"


@frozen(kw_only=True)
class Classify(EffectBase):
    """Ask the host's classifier of this name; its answer comes back as facts.

    >>> Classify(key="T-1/e1/a rule/0", at=0, ticket="T-1", name="language").name
    'language'
    """

    name: str
    kind: ClassVar[str] = "classify"


@frozen(kw_only=True)
class Erase(EffectBase):
    """Erase the contents of a purged ticket from the host's store; the tombstone stays.

    >>> Erase(key="T-1/e1/a rule/0", at=0, ticket="T-1").kind
    'erase'
    """

    kind: ClassVar[str] = "erase"


@frozen(kw_only=True)
class RequestMerge(EffectBase):
    """Merge the ticket (`Desk.merge`) into the one that ``into`` names: an id, or a word by which the host finds it.

    >>> RequestMerge(key="T-1/e1/a rule/0", at=0, ticket="T-1", into="T-2").into
    'T-2'
    """

    into: str
    kind: ClassVar[str] = "request_merge"


Effect = (
    Reply | Notify | Webhook | RequestRating | SuggestArticle | CreateFollowUp | RequestMerge | ForwardReply | CreateChild | Route
    | Classify | Erase
)  # fmt: skip

EFFECTS: Mapping[str, type[EffectBase]] = FrozenMap({kind.kind: kind for kind in Effect.__args__})
