"""The settings of a desk that belong to no room."""

from __future__ import annotations

from attrs import frozen

from ticketcore.errors import BadValue


@frozen(kw_only=True)
class Settings:
    """How strict a desk is.

    ``late="restamp"`` moves an event that comes too late to the earliest instant allowed, and ``observe`` takes illegal moves as
    the log says; both keep what was said and record a deviation. ``silence_after`` time roots without an outside event the desk
    falls silent. ``handoff_reason``: a transfer needs a reason.
    """

    late: str = "refuse"
    observe: bool = False
    silence_after: int = 1000
    handoff_reason: bool = False

    def __attrs_post_init__(self) -> None:
        if self.late not in ("refuse", "restamp"):
            raise BadValue(f"late is refuse or restamp, not {self.late!r}", path="settings.late")
        if not 1 <= self.silence_after <= 1_000_000:
            raise BadValue("silence_after is at least 1 and at most 1000000", path="settings.silence_after")
