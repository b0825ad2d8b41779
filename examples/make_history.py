"""Write the history of the demo: three months of a help desk in six languages, made up with dice that always fall the same way.

    python examples/make_history.py            # writes examples/replay/history.jsonl.gz, always the same bytes

Only what people did is written, one event a line, in the order in which it reached the help desk: what a desk makes of it is
for the desk to say. Customers follow the rhythm of day and week of their country, agents work within their hours.
"""

from __future__ import annotations

import gzip
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from heapq import merge
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from attrs import frozen

from ticketcore import (
    Acknowledged,
    Agent,
    AgentReplied,
    Assigned,
    BusinessHours,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    FieldSet,
    MarkedAnswered,
    MarkedSpam,
    Merged,
    Message,
    Noted,
    NotSpam,
    Person,
    Postponed,
    Purged,
    Rated,
    Reopened,
    Resolved,
    Restored,
    SlotCleared,
    SlotSet,
    TagsAdded,
    TargetExtended,
    Transferred,
    Unassigned,
)  # fmt: skip
from ticketcore.codec import event_to_line
from ticketcore.model import Actor, Outside, Spoken

HERE: Final = Path(__file__).parent
OUTPUT: Final = HERE / "replay" / "history.jsonl.gz"
SEED: Final = "ticketcore"
TICKETS: Final = 1870
SURGE: Final = 130  # more, on the day of the outage
FIRST_DAY: Final = date(2026, 9, 1)
DAYS: Final = 91
END: Final = datetime(2026, 11, 30, 7, 50, tzinfo=ZoneInfo("UTC"))
OUTAGE: Final = datetime(2026, 10, 15, 6, 40, tzinfo=ZoneInfo("UTC"))
FIXED: Final = datetime(2026, 10, 15, 11, 20, tzinfo=ZoneInfo("UTC"))
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

T = TypeVar("T")

# --- who works when --------------------------------------------------------------------------------------------------

ATHENS: Final = BusinessHours(
    zone="Europe/Athens", week={"mon-fri": ["09:00-17:00"]}, holidays={"2026-10-28": "Ohi Day", "2026-12-25": "Christmas"}
)
SHANGHAI: Final = BusinessHours(
    zone="Asia/Shanghai", week={"mon-fri": ["09:00-18:00"]}, exceptions={"2026-10-10": ["09:00-18:00"], "2026-09-20": ["09:00-18:00"]},
    holidays=[(date(2026, 9, 25), "Mid-Autumn"), *((date(2026, 10, day), "National Day") for day in range(1, 8))],
)  # fmt: skip


@frozen(kw_only=True)
class Worker:
    """An agent of the made-up company."""

    id: str
    groups: tuple[str, ...]
    languages: tuple[str, ...]
    hours: BusinessHours


_HOURS: Final = {"athens": ATHENS, "shanghai": SHANGHAI}
STAFF: Final = tuple(
    Worker(id=name, groups=tuple(row["groups"]), languages=tuple(row["languages"]), hours=_HOURS[row["hours"]])
    for name, row in tomllib.loads((HERE / "replay" / "roster.toml").read_text("utf-8")).items()
)
LEAD: Final = {"Europe/Athens": "maria", "Asia/Shanghai": "wei"}

# --- dice ------------------------------------------------------------------------------------------------------------


class Dice:
    """Choices that are the same wherever this runs: made from `Random.random` alone, the one method Python promises to keep."""

    def __init__(self, *seed: object) -> None:
        self._next = Random("/".join(map(str, (SEED, *seed)))).random

    def chance(self, probability: float) -> bool:
        """Whether it happens."""
        return self._next() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number from *low* to *high*, both possible."""
        return low + int(self._next() * (high - low + 1))

    def spread(self, low: int, high: int) -> int:
        """A number between *low* and *high*, as often below their geometric mean as above it: how waiting times lie."""
        return int(low * (high / low) ** self._next())

    def pick(self, choices: Sequence[T]) -> T:
        """One of *choices*."""
        return choices[int(self._next() * len(choices))]

    def weighted(self, choices: Mapping[T, float]) -> T:
        """One of the keys, in the ratio of their values."""
        point = self._next() * sum(choices.values())
        for choice, weight in choices.items():
            point -= weight
            if point < 0:
                return choice
        raise ValueError("weights are positive")


# --- customers -------------------------------------------------------------------------------------------------------

PHRASES: Final[Mapping[str, Any]] = tomllib.loads((HERE / "phrases.toml").read_text("utf-8"))
LANGUAGES: Final = {name: PHRASES[name]["share"] for name in ("en", "el", "zh", "lv", "hu", "ru")}
DOMAINS: Final = {"en": "com", "el": "gr", "zh": "cn", "lv": "lv", "hu": "hu", "ru": "ru"}
PLACES: Final = {"en": "London", "el": "Athens", "zh": "Shanghai", "lv": "Riga", "hu": "Budapest", "ru": "Almaty"}
CHANNELS: Final = {"email": 54, "form": 19, "chat": 15, "phone": 8, "social": 4}
# How many write in each hour of the day, local time.
RHYTHM: Final = dict(enumerate((1, 1, 0, 0, 0, 1, 2, 5, 12, 20, 22, 21, 17, 14, 17, 19, 17, 13, 9, 7, 6, 5, 4, 2)))
WEEK: Final = (1.25, 1.1, 1.0, 1.0, 0.9, 0.35, 0.25)


def customers(language: str) -> list[Person]:
    """Everybody who writes in a language: a tenth gold, a fifth silver; some without a name, known by their visitor id."""
    dice = Dice("people", language)
    people = []
    for number in range(1, 61):
        shop = f"shop{number:02}.example.{DOMAINS[language]}"
        tier = dice.weighted({"gold": 9, "silver": 20, "standard": 71})
        fields: dict[str, Any] = {"name": dice.pick(PHRASES[language]["names"]), "email": f"office@{shop}"}
        if tier == "standard" and dice.chance(0.08):
            fields = {"visitor_id": f"v-{language}-{number:02}"}
        if dice.chance(0.2):
            fields["phone"] = f"+{dice.number(30, 86)} 555 {dice.number(1000, 9999)}"
        people.append(
            Person(
                **fields,
                tier=tier,
                organisation=shop.split(".", 1)[0] if tier != "standard" else "",
                language=language,
                location=PLACES[language],
                tags={"vip"} if tier == "gold" and dice.chance(0.5) else (),
            )
        )
    return people


def filled(text: str, dice: Dice) -> str:
    """A phrase with its numbers put in."""
    return text.replace("{n}", str(dice.number(10_000, 99_999))).replace("{m}", str(dice.number(3, 9)))


# --- one ticket ------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Arrival:
    """That a customer turns to the help desk: when, who and about what."""

    at_us: int
    language: str
    topic: str
    person: Person
    dice: Dice
    surge: bool = False


class Story:
    """What happened to one ticket, told event by event while time goes on."""

    def __init__(self, ticket: str, arrival: Arrival, number: int, master: str) -> None:
        self.ticket, self.arrival, self.number, self.master = ticket, arrival, number, master
        self.dice, self.person, self.at = arrival.dice, arrival.person, arrival.at_us
        self.words = PHRASES[arrival.language]
        self.topic = PHRASES["topics"][arrival.topic]
        self.group = "shanghai" if arrival.language == "zh" else str(self.topic["group"])
        self.subject = ""
        self.events: list[Outside] = []
        self.agent = self.somebody()
        grave = self.topic["gravity"] + (0.3 if self.person.tier == "gold" else 0)
        self.grave = grave + (0.15 if self.dice.chance(0.2) else 0)

    # --- time and people

    def somebody(self) -> Worker:
        """An agent of the ticket's group, one who speaks the language if there is one."""
        team = [worker for worker in STAFF if self.group in worker.groups]
        speakers = [worker for worker in team if self.arrival.language in worker.languages]
        return self.dice.pick(speakers or team)

    def wait(self, low: int, high: int) -> None:
        """The customer takes this long."""
        self.at = _minute(self.at + self.dice.spread(low, high))

    def work(self, low: int, high: int) -> None:
        """It takes this much of the agent's working time."""
        self.at = _minute(self.agent.hours.add_us(self.at, self.dice.spread(low, high)))

    @property
    def by(self) -> Agent:
        """The agent as the one who acts."""
        return Agent(id=self.agent.id)

    @property
    def sender(self) -> Person:
        """The customer as a mail shows them: by address alone."""
        return Person(email=self.person.email, visitor_id=self.person.visitor_id)

    def add(self, by: Actor | None, *events: tuple[type[Outside], Mapping[str, Any]]) -> None:
        """Add what *by* did at this instant; several things together are one moment, and what came as a message has an id."""
        together: dict[str, Any] = {"moment": f"m{len(self.events)}"} if len(events) > 1 else {}
        for kind, fields in events:
            name = f"e{len(self.events)}" if issubclass(kind, Spoken) else ""
            self.events.append(kind(at=self.at, id=name, ticket=self.ticket, by=by, **together, **fields))

    def act(self, kind: type[Outside], **fields: Any) -> None:
        """The agent does one thing."""
        self.add(self.by, (kind, fields))

    def said(self, kind: str, *, automatic: bool = False) -> dict[str, Any]:
        """A message of that kind in the customer's language."""
        return {"message": Message(text=filled(self.dice.pick(self.words[kind]), self.dice), automatic=automatic)}

    def writes(self, kind: str, *, automatic: bool = False) -> None:
        """The customer writes."""
        self.add(self.sender, (CustomerReplied, self.said(kind, automatic=automatic)))

    # --- the plot

    def tell(self) -> list[Outside]:
        """The whole story, in order."""
        dice = self.dice
        if not self.arrival.surge and dice.chance(0.025):
            self.reached_out()
        elif not self.arrival.surge and dice.chance(0.045):
            self.spam()
        else:
            self.asked()
        return self.events

    def asked(self) -> None:
        """A customer asked; somebody looks at it, it goes back and forth, and ends in one way or another."""
        dice = self.dice
        words = self.words[self.arrival.topic]
        channel = dice.weighted(CHANNELS)
        fields: dict[str, Any] = {}
        if channel == "form" and dice.chance(0.6):
            fields = self.judged()
        self.subject = filled(dice.pick(words["subjects"]), dice)
        self.add(self.person, (Created, {
            "channel": channel, "subject": self.subject, "language": self.arrival.language,
            "message": Message(text=filled(dice.pick(words["texts"]), dice), attachments=["screen.png"] if dice.chance(0.12) else ()),
            "fields": fields, "has_message": channel != "phone",
        }))  # fmt: skip
        if self.arrival.surge and self.master and dice.chance(0.2):
            self.work(8 * MINUTE, 60 * MINUTE)
            self.act(Merged, into=self.master)
            return
        if not self.arrival.surge and dice.chance(0.015):
            self.thrown_away()
            return
        self.triage(known=bool(fields))
        if not self.arrival.surge and dice.chance(0.09):
            self.passed_on()
        if self.person.tier == "gold" and self.grave >= 0.5 and dice.chance(0.35):
            self.work(40 * MINUTE, 200 * MINUTE)
            self.add(Agent(id=LEAD[self.agent.hours.zone]), (Acknowledged, {}))
        self.back_and_forth()

    def judged(self) -> dict[str, Any]:
        """Impact and urgency as somebody sees them."""
        steps = ("low", "medium", "high")
        seen = int(min(self.grave, 0.99) * 3)
        return {"impact": steps[seen], "urgency": steps[min(2, max(0, seen + self.dice.number(-1, 1)))]}

    def triage(self, *, known: bool) -> None:
        """Somebody sees it first, judges it perhaps, and takes it or gives it to somebody."""
        dice = self.dice
        late = 1 + 2 * self.arrival.surge
        self.work(2 * MINUTE, (20 if self.grave >= 0.3 else 75) * late * MINUTE)
        deeds: list[tuple[type[Outside], Mapping[str, Any]]] = []
        if not known and dice.chance(0.22):
            deeds += [(FieldSet, {"name": name, "value": value}) for name, value in self.judged().items()]
        if dice.chance(0.12):
            deeds.append((TagsAdded, {"tags": [self.arrival.topic]}))
        if dice.chance(0.03):
            deeds.append((SlotSet, {"level": dice.weighted({"high": 3, "urgent": 2, "low": 1})}))
        self.add(self.by, *deeds, (Assigned, {"agent": self.agent.id}))
        if any(kind is SlotSet for kind, _ in deeds) and dice.chance(0.4):
            self.work(10 * MINUTE, 90 * MINUTE)
            self.act(SlotCleared)
        if dice.chance(0.15):
            self.work(MINUTE, 20 * MINUTE)
            self.act(Noted, message=Message(text=dice.pick(PHRASES["notes"]["look"]), public=False))
        if dice.chance(0.012):
            self.work(5 * MINUTE, 60 * MINUTE)
            self.act(Unassigned)
            self.agent = self.somebody()
            self.work(5 * MINUTE, 60 * MINUTE)
            self.act(Assigned, agent=self.agent.id)

    def passed_on(self) -> None:
        """To another department, with the reason; now and then back again."""
        dice, home = self.dice, self.group
        for group in (dice.pick([name for name in ("support", "billing", "technicians", "sales") if name != home]), home):
            self.work(5 * MINUTE, 80 * MINUTE)
            self.act(Transferred, group=group, reason=dice.pick(PHRASES["notes"]["reason"]))
            self.group = group
            self.agent = self.somebody()
            self.work(5 * MINUTE, 60 * MINUTE)
            self.act(Assigned, agent=self.agent.id)
            if dice.chance(0.8):
                break

    def back_and_forth(self) -> None:
        """Answers and questions until it is over."""
        dice = self.dice
        low, high = (4, 70) if self.grave >= 0.8 else (6, 100) if self.person.tier == "gold" else (12, 330)
        if dice.chance(0.06):  # forgotten for a while
            low, high = 300, 1500
        late = 2 if self.arrival.surge else 1
        self.work(low * MINUTE, high * late * MINUTE)
        if dice.chance(0.07) and not self.arrival.surge:
            self.put_off()
        if dice.chance(0.012):
            self.act(
                TargetExtended, metric="resolution", extra_us=dice.number(1, 3) * 4 * HOUR, reason=dice.pick(PHRASES["notes"]["extend"])
            )
            self.work(20 * MINUTE, 300 * MINUTE)
        for _ in range(dice.weighted({0: 51, 1: 31, 2: 13, 3: 4, 5: 1})):
            self.answers("ask")
            if dice.chance(0.06):
                return  # the customer never comes back; the desk's own rule ends it
            self.wait(8 * MINUTE, 52 * HOUR)
            self.writes("more")
            if dice.chance(0.1):
                self.wait(30 * MINUTE, 6 * HOUR)
                self.writes("more")
            self.work(5 * MINUTE, (60 if self.grave >= 0.6 else 300) * MINUTE)
        self.end()

    def answers(self, kind: str) -> None:
        """The agent answers; a machine may answer back at once."""
        if self.dice.chance(0.03):
            self.act(MarkedAnswered)  # by phone
        else:
            self.add(self.by, (AgentReplied, self.said(kind)))
        if self.dice.chance(0.04):
            self.at += self.dice.number(5, 90) * SECOND
            self.writes("away", automatic=True)

    def put_off(self) -> None:
        """Postponed to a morning of the agent's next days."""
        self.act(Noted, message=Message(text=self.dice.pick(PHRASES["notes"]["postpone"]), public=False))
        hours = self.agent.hours
        until = hours.next_open_us(self.at + self.dice.number(1, 5) * DAY)
        self.act(Postponed, until=until)
        if self.dice.chance(0.25):
            self.wait(2 * HOUR, max(3 * HOUR, until - self.at))
            self.writes("more")
        else:
            self.at = until
        self.work(10 * MINUTE, 150 * MINUTE)

    def end(self) -> None:
        """Solved: sent and resolved together, after the customer's thanks, or left to the rule for silent customers."""
        dice = self.dice
        if self.arrival.surge:
            self.at = max(self.at, _minute(self.agent.hours.add_us(_us(FIXED), dice.spread(2 * MINUTE, 150 * MINUTE))))
        ending = dice.weighted({"together": 52, "thanks": 26, "silent": 14, "plain": 8})
        if ending == "together":
            self.add(self.by, (AgentReplied, self.said("answer")), (Resolved, {}))
        elif ending == "plain":
            self.answers("answer")
            self.work(MINUTE, 240 * MINUTE)
            self.act(Resolved)
        else:
            self.answers("answer")
            if ending == "silent":
                return
            self.wait(10 * MINUTE, 30 * HOUR)
            self.writes("thanks")
            self.work(MINUTE, 200 * MINUTE)
            self.act(Resolved)
        self.afterwards()

    def afterwards(self) -> None:
        """Ratings, reopenings, replies that come too late, closings by hand."""
        dice = self.dice
        if dice.chance(0.16):
            self.wait(5 * MINUTE, 20 * HOUR)
            score = dice.weighted({5: 50, 4: 28, 3: 10, 2: 6, 1: 6})
            self.add(self.sender, (Rated, {"score": score, "comment": dice.pick(self.words["thanks"]) if score == 5 else ""}))
        if dice.chance(0.075):
            self.wait(HOUR, 5 * DAY)
            self.writes("again")
            self.work(10 * MINUTE, 260 * MINUTE)
            self.answers("answer")
            self.work(5 * MINUTE, 400 * MINUTE)
            self.act(Resolved)
        elif dice.chance(0.012):
            self.work(30 * MINUTE, 600 * MINUTE)
            self.act(Reopened)
            self.work(10 * MINUTE, 200 * MINUTE)
            self.add(self.by, (AgentReplied, self.said("answer")), (Resolved, {}))
        elif dice.chance(0.02):
            self.comes_too_late()
        elif dice.chance(0.06):
            self.work(HOUR, 12 * HOUR)
            self.act(Closed)

    def comes_too_late(self) -> None:
        """The ticket is closed by now, so the reply goes into a follow-up: the host opened it, as the desk asked."""
        self.wait(9 * DAY, 25 * DAY)
        self.writes("late")
        reply = self.events[-1]
        self.ticket += "-F"
        self.add(self.person, (Created, {
            "channel": "email", "subject": self.subject, "language": self.arrival.language, **self.said("late"),
            "answers": f"{reply.ticket}/{reply.id}/divert/{reply.id}",
        }))  # fmt: skip
        self.triage(known=False)
        self.work(12 * MINUTE, 200 * MINUTE)
        self.add(self.by, (AgentReplied, self.said("answer")), (Resolved, {}))

    # --- other plots

    def reached_out(self) -> None:
        """An agent writes first."""
        self.at = self.agent.hours.next_open_us(self.at)
        self.work(MINUTE, 60 * MINUTE)
        said = self.said("reach")
        subject = said["message"].text.split(";")[0].split("·")[0].rstrip(".")
        self.act(
            Created, requester=self.person, channel="email", subject=subject, language=self.arrival.language, assignee=self.agent.id, **said
        )
        if self.dice.chance(0.6):
            self.wait(20 * MINUTE, 50 * HOUR)
            self.writes("thanks")
            self.work(5 * MINUTE, 240 * MINUTE)
            self.act(Resolved)
            self.afterwards()

    def spam(self) -> None:
        """Nothing of value, or a customer who sounded like it."""
        dice = self.dice
        mistaken = dice.chance(0.15)
        words = self.words[self.arrival.topic] if mistaken else PHRASES["spam"]
        sender = self.person if mistaken else Person(email=f"offer{dice.number(100, 999)}@spam.example")
        self.person = sender
        self.add(sender, (Created, {
            "channel": "email", "subject": filled(dice.pick(words["subjects"]), dice), "language": self.arrival.language,
            "message": Message(text=filled(dice.pick(words["texts"]), dice)),
        }))  # fmt: skip
        self.work(3 * MINUTE, 240 * MINUTE)
        self.act(MarkedSpam)
        if mistaken:
            self.work(30 * MINUTE, 500 * MINUTE)
            self.act(NotSpam)
            self.triage(known=False)
            self.back_and_forth()
        elif dice.chance(0.2):
            self.work(60 * MINUTE, 2000 * MINUTE)
            self.act(Deleted)
            self.work(60 * MINUTE, 2000 * MINUTE)
            self.act(Purged)

    def thrown_away(self) -> None:
        """Deleted, perhaps by mistake."""
        self.work(5 * MINUTE, 300 * MINUTE)
        self.act(Deleted)
        if self.dice.chance(0.4):
            self.work(5 * MINUTE, 600 * MINUTE)
            self.act(Restored)
            self.triage(known=False)
            self.back_and_forth()


# --- three months ----------------------------------------------------------------------------------------------------


def arrivals() -> list[Arrival]:
    """Who comes, in order of time."""
    people = {language: customers(language) for language in LANGUAGES}
    topics = {name: topic["weight"] for name, topic in PHRASES["topics"].items()}
    days = {FIRST_DAY + timedelta(day): WEEK[(FIRST_DAY + timedelta(day)).weekday()] for day in range(DAYS)}
    found = []
    for number in range(TICKETS):
        dice = Dice("ticket", number)
        language = dice.weighted(LANGUAGES)
        zone = ZoneInfo("Asia/Shanghai" if language == "zh" else "Europe/Athens")
        day = dice.weighted(days)
        local = datetime(day.year, day.month, day.day, dice.weighted(RHYTHM), dice.number(0, 59), tzinfo=zone)
        person = dice.pick(people[language])
        found.append(Arrival(at_us=_us(local), language=language, topic=dice.weighted(topics), person=person, dice=dice))
    for number in range(SURGE):
        dice = Dice("surge", number)
        language = dice.weighted(LANGUAGES)
        at = _minute(_us(OUTAGE) + dice.spread(2 * MINUTE, 270 * MINUTE))
        topic = dice.weighted({"outage": 80, "payment": 12, "slow": 8})
        person = dice.pick(people[language])
        found.append(Arrival(at_us=at, language=language, topic=topic, person=person, dice=dice, surge=True))
    return sorted(found, key=lambda arrival: arrival.at_us)


def _minute(us: int) -> int:
    """The whole minute, as most help desks write it down."""
    return us - us % MINUTE


def _us(when: datetime) -> int:
    return int(when.timestamp()) * SECOND


def stories() -> Iterable[list[Outside]]:
    """Every ticket's events, up to the end of the three months."""
    master = ""
    for number, arrival in enumerate(arrivals()):
        ticket = f"T-{10_001 + number}"
        events = Story(ticket, arrival, number, master).tell()
        if arrival.surge and not master:
            master = ticket
        yield [event for event in events if event.at_us < _us(END)]


def slips(events: list[Outside], number: int) -> list[Outside]:
    """What goes wrong in real life: a forbidden click, a mail delivered twice, a mail that comes late."""
    if not events or number % 97 != 42:
        return events
    first, kind = events[0], number // 97 % 3
    replies = [place for place, event in enumerate(events) if isinstance(event, CustomerReplied)]
    if kind == 0 and replies:
        return [*events[: replies[0] + 1], *events[replies[0] :]]
    if kind == 1 and len(events) > 2 and isinstance(events[1], Assigned):
        early = Noted(
            at=events[1].at_us - SECOND, id="x1", ticket=first.ticket, by=events[1].by, message=Message(text="Seen.", public=False)
        )
        return [*events[:2], early, *events[2:]]
    wrong: dict[str, Any] = {"ticket": first.ticket, "at": first.at_us + SECOND, "by": Agent(id="nikos")}
    return [first, Closed(**wrong) if kind else Transferred(**wrong, group="billing"), *events[1:]]


def history() -> list[Outside]:
    """All events in the order in which they reach the help desk."""
    arriving = []
    for number, events in enumerate(stories()):
        now, rows = 0, []
        for place, event in enumerate(slips(events, number)):
            now = max(now, event.at_us)
            rows.append((now, number, place, event))
        arriving.append(rows)
    return [event for *_, event in merge(*arriving, key=lambda row: row[:3])]


def main(path: Path = OUTPUT) -> int:
    """Write the file; an unchanged history keeps its bytes even where another zlib would pack it differently."""
    lines = [event_to_line(event) + "\n" for event in history()]
    text = "".join(lines).encode()
    if not path.exists() or gzip.decompress(path.read_bytes()) != text:
        with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(text)
    print(f"{path.name}: {len(lines):,} events, {len(text):,} bytes, {path.stat().st_size:,} packed")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
