"""The settings of a desk that belong to no room."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from ticketcore.errors import BadValue, shorten

LATE: Final = ("refuse", "restamp")  # what becomes of an event that comes too late


@frozen(kw_only=True)
class Settings:
    """How strict a desk is.

    ``late="restamp"`` moves an event that comes too late to the earliest instant allowed. ``observe`` does so too, takes illegal moves as
    the log says, and does without facts and reasons that were to be given: no message is lost. Both keep what was said and record a
    deviation. ``silence_after`` time roots without an outside event the desk falls silent (1 to 1,000,000). ``handoff_reason``: a
    transfer by people needs a reason. Raises `BadValue` for anything else.

    >>> from ticketcore import Created, Desk, Resolved
    >>> desk = Desk(settings=Settings(late="restamp"))
    >>> ticket = desk.handle(None, Created(at=60_000_000, ticket="T-1")).ticket
    >>> late = desk.handle(ticket, Resolved(at=0)).ticket  # refused, unless it may be moved
    >>> late.status, late.deviations
    ('resolved', 1)
    """

    late: str = "refuse"
    observe: bool = False
    silence_after: int = 1000
    handoff_reason: bool = False

    def __attrs_post_init__(self) -> None:
        if self.late not in LATE:
            raise BadValue(f"late is refuse or restamp, not {shorten(self.late)}", path="settings.late")
        for name in ("observe", "handoff_reason"):
            if type(getattr(self, name)) is not bool:
                raise BadValue(f"{name} is true or false, not {shorten(getattr(self, name))}", path=f"settings.{name}")
        if type(self.silence_after) is not int or not 1 <= self.silence_after <= 1_000_000:
            raise BadValue("silence_after is at least 1 and at most 1000000", path="settings.silence_after")
