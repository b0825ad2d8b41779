"""Tickets, their events and what is still to be done for them, in SQLite. The library decides; this only remembers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pendulum import DateTime

from ticketcore import Outcome, Ticket, event_from_data, event_to_data, ticket_from_data, ticket_to_data
from ticketcore.codec import effect_from_data, effect_to_data
from ticketcore.model import Effect, EffectBase, Event, EventBase

SCHEMA: Final = """
CREATE TABLE tickets (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, category TEXT NOT NULL,
    wake_us INTEGER,                                  -- nothing happens before this instant if nobody acts
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tickets_wake ON tickets (wake_us) WHERE wake_us IS NOT NULL;
CREATE TABLE events (
    ticket TEXT NOT NULL, number INTEGER NOT NULL, at_us INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    deviation TEXT,                                   -- what was irregular about it, when a log is only observed
    PRIMARY KEY (ticket, number)
) WITHOUT ROWID;
CREATE INDEX events_kind ON events (kind);
CREATE INDEX events_odd ON events (at_us) WHERE deviation IS NOT NULL;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,                         -- the effect's own: what is asked for twice is done once
    kind TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL
);
CREATE INDEX outbox_open ON outbox (number) WHERE NOT done;
CREATE TABLE refused (ticket TEXT NOT NULL, code TEXT NOT NULL, why TEXT NOT NULL, body TEXT NOT NULL);
"""
REMEMBERED: Final = 4096  # tickets kept as values besides; they never change, and a stale one is found out when it is saved


class Conflict(Exception):
    """Somebody else saved the ticket in between: load it again and repeat the step."""


def _us(at: DateTime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def _text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


class Store:
    """One database. Every step is saved in one transaction: ticket, events and outbox together, or nothing."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + SCHEMA)
        self._known: dict[str, Ticket] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Steps that reach the disk together: for bulk work, which would otherwise write every page a hundred times."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            self._known.clear()
            raise
        self._db.execute("COMMIT")

    # --- writing

    def save(self, outcome: Outcome, *, expected: int) -> None:
        """Keep what a step came to, if the stored ticket still has the version that the step began with (0: it is new).

        Raises `Conflict`, and then has stored nothing.
        """
        ticket = outcome.ticket
        row = (ticket.version, ticket.category, outcome.wake_us, _text(ticket_to_data(ticket)), ticket.id)
        self._db.execute("SAVEPOINT step")  # a transaction of its own, or a part of that of `together`
        try:
            if expected:
                sql = "UPDATE tickets SET version = ?, category = ?, wake_us = ?, body = ? WHERE id = ? AND version = ?"
                saved = self._db.execute(sql, (*row, expected)).rowcount
            else:
                sql = "INSERT INTO tickets (version, category, wake_us, body, id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
                saved = self._db.execute(sql, row).rowcount
            if not saved:
                raise Conflict(ticket.id)
            self._add(ticket.id, expected, outcome.events, outcome.effects)
        except BaseException:
            self._db.execute("ROLLBACK TO step")
            self._db.execute("RELEASE step")
            self._known.pop(ticket.id, None)
            raise
        self._db.execute("RELEASE step")
        if len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known.pop(ticket.id, None)
        self._known[ticket.id] = ticket

    def _add(self, ticket: str, version: int, events: Iterable[EventBase], effects: Iterable[EffectBase]) -> None:
        self._db.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
            [
                (ticket, number, event.at_us, event.kind, _text(event_to_data(event)), getattr(event, "deviation", "") or None)
                for number, event in enumerate(events, version + 1)
            ],
        )
        self._db.executemany(
            "INSERT INTO outbox (key, kind, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(effect.key, effect.kind, _text(effect_to_data(effect))) for effect in effects],
        )

    def refuse(self, moment: Sequence[EventBase], code: str, why: str) -> None:
        """Keep what was refused, whole, and why: a person may look into it."""
        body = _text([event_to_data(event) for event in moment])
        self._db.execute("INSERT INTO refused VALUES (?, ?, ?, ?)", (moment[0].ticket, code, why, body))

    def done(self, effect: Effect) -> None:
        """The effect was carried out."""
        self._db.execute("UPDATE outbox SET done = 1 WHERE key = ?", (effect.key,))

    # --- reading

    def ticket(self, name: str) -> Ticket | None:
        """The ticket of that id; None if there is none."""
        known = self._known.get(name)
        if known is not None:
            return known
        row = self._db.execute("SELECT body FROM tickets WHERE id = ?", (name,)).fetchone()
        return None if row is None else ticket_from_data(json.loads(row[0]))

    def tickets(self, *categories: str) -> list[Ticket]:
        """The tickets in these categories, by id."""
        marks = ", ".join("?" * len(categories))
        rows = self._db.execute(f"SELECT id FROM tickets WHERE category IN ({marks}) ORDER BY id", categories)  # noqa: S608 - only marks
        return [ticket for (name,) in rows.fetchall() if (ticket := self.ticket(name)) is not None]

    def due(self, until: DateTime) -> Iterator[Ticket]:
        """The tickets to which something happens up to and including an instant, the first due first."""
        rows = self._db.execute("SELECT id FROM tickets WHERE wake_us <= ? ORDER BY wake_us, id", (_us(until),)).fetchall()
        return (ticket for (name,) in rows if (ticket := self.ticket(name)) is not None)

    def events(self, ticket: str) -> tuple[Event, ...]:
        """All events of a ticket, in order."""
        rows = self._db.execute("SELECT body FROM events WHERE ticket = ? ORDER BY number", (ticket,))
        return tuple(event_from_data(json.loads(body)) for (body,) in rows)

    def events_of(self, kind: str) -> Iterator[Event]:
        """All events of a kind, by instant."""
        rows = self._db.execute("SELECT body FROM events WHERE kind = ? ORDER BY at_us, ticket, number", (kind,))
        return (event_from_data(json.loads(body)) for (body,) in rows.fetchall())

    def to_do(self) -> Iterator[Effect]:
        """The effects that wait to be carried out, in the order in which they were decided."""
        rows = self._db.execute("SELECT body FROM outbox WHERE NOT done ORDER BY number")
        return (effect_from_data(json.loads(body)) for (body,) in rows.fetchall())

    def refusals(self) -> list[tuple[str, str, str]]:
        """What was refused: ticket, code, why."""
        return self._db.execute("SELECT ticket, code, why FROM refused").fetchall()

    def counts(self) -> dict[str, int]:
        """How many rows there are."""
        tables = ("tickets", "events", "outbox", "refused")
        return {table: self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608 - our own names

    def deviations(self) -> Iterator[tuple[str, str]]:
        """Every deviation that was recorded, with its ticket."""
        rows = self._db.execute("SELECT ticket, deviation FROM events WHERE deviation IS NOT NULL ORDER BY at_us, ticket, number")
        yield from rows.fetchall()
