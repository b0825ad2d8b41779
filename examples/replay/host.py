"""The help desk around the library: takes what comes in, lets time pass, keeps the outcomes, carries out the effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import Final

from pendulum import DateTime
from store import Conflict, Store

from ticketcore import Created, Desk, Outcome, TicketcoreError
from ticketcore.model import CreateFollowUp, EffectBase, Outside, Spoken
from ticketcore.replay import moments

TOGETHER: Final = 500  # moments of a history that are saved together
TIMER: Final = timedelta(hours=1)  # how often the timer job runs, in the time of the history


class Host:
    """One desk over one store.

    ``watch`` is shown every outcome, ``send`` every effect that goes out into the world. In ``observe`` mode nothing is refused for being
    against the rules of the desk: what is irregular is recorded with its deviation.
    """

    def __init__(
        self,
        desk: Desk,
        store: Store,
        *,
        observe: bool | None = None,
        late: str | None = None,
        watch: Callable[[Outcome], None] = lambda _: None,
        send: Callable[[EffectBase], None] = lambda _: None,
    ) -> None:
        self.desk, self.store = desk, store
        self._observe, self._late = observe, late
        self._watch, self._send = watch, send

    def post(self, *moment: Outside) -> Outcome | None:
        """Take what happened together to one ticket. None: it was refused, which is kept with the reason."""
        while True:
            ticket = self.store.ticket(moment[0].ticket)
            try:
                outcome = self.desk.handle(ticket, *moment, late=self._late, observe=self._observe)
            except TicketcoreError as error:
                self.store.refuse(moment, error.code, str(error))
                return None
            if self._saved(outcome, 0 if ticket is None else ticket.version):
                return outcome

    def pass_time(self, until: DateTime) -> None:
        """The timer job: let everything happen that is due. Late is no harm, the result is the same."""
        for ticket in self.store.due(until):
            outcome = self.desk.tick(ticket, until)
            if outcome.events:
                self._saved(outcome, ticket.version)  # if somebody was faster, that step has let time pass too

    def deliver(self, now: DateTime) -> None:
        """The delivery job: carry out what the outbox holds. After a crash it begins again where it was; keys keep it from doubling."""
        for effect in self.store.to_do():
            stale = effect.expires is not None and effect.expires <= now
            if isinstance(effect, CreateFollowUp):
                self._follow_up(effect)
            elif not stale:
                self._send(effect)
            self.store.done(effect)

    def run(self, history: Iterable[Outside], *, in_order: bool = True) -> DateTime:
        """Take a whole history, let time pass to its last instant, and return that. ``in_order`` of time: the jobs run while it goes on."""
        last: DateTime | None = None
        timer: DateTime | None = None
        steps = moments(history)
        while batch := tuple(islice(steps, TOGETHER)):
            with self.store.together():
                for moment in batch:
                    at = moment[0].at
                    if in_order and (timer is None or at >= timer):
                        self._jobs(at.subtract(microseconds=1))  # what comes in at this very instant is still in time
                        timer = at + TIMER
                    self.post(*moment)
                    last = at if last is None else max(last, at)
        if last is None:
            raise ValueError("an empty history")
        with self.store.together():
            self._jobs(last)
        return last

    def _jobs(self, now: DateTime) -> None:
        self.pass_time(now)
        self.deliver(now)

    def _saved(self, outcome: Outcome, expected: int) -> bool:
        try:
            self.store.save(outcome, expected=expected)
        except Conflict:
            return False
        self._watch(outcome)
        return True

    def _follow_up(self, effect: CreateFollowUp) -> None:
        """A reply to a ticket that takes none any more begins a new one, unless an earlier attempt got that far."""
        name = f"{effect.ticket}-F"
        old = self.store.ticket(effect.ticket)
        reply = next((event for event in self.store.events(effect.ticket) if event.id == effect.event), None)
        if old is None or not isinstance(reply, Spoken) or self.store.ticket(name) is not None:
            return
        self.post(Created(
            at=effect.at_us, ticket=name, by=old.requester, channel=old.channel, subject=old.subject, language=old.language,
            message=reply.message, answers=effect.key,
        ))  # fmt: skip
