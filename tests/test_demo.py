"""The demo: its history is made the same every time, and its host loses nothing, whatever comes in its way."""

from __future__ import annotations

import gzip
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import main as demo
import make_history
import pytest
from host import Host
from rich.cells import cell_len
from rich.console import Console
from store import Conflict, Store

from ticketcore import Agent, AgentReplied, Created, CustomerReplied, Desk, Message, Noted, Person, Resolved, fold, load_desk
from ticketcore.codec import history_from_lines
from ticketcore.lint import lint
from ticketcore.model import CreateFollowUp, Outside, Route, RuleFired
from ticketcore.replay import moments

HERE = Path(demo.__file__).parent
HISTORY = make_history.OUTPUT
ADA, MARIA = Person(email="ada@example.org", name="Ada"), Agent(id="maria")


@pytest.fixture(scope="module")
def desk() -> Desk:
    return load_desk(tomllib.loads((HERE / "desk.toml").read_text("utf-8")))


@pytest.fixture(scope="module")
def history() -> list[Any]:
    return list(history_from_lines(demo.read_lines(HISTORY)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "desk.sqlite")
    yield opened
    opened.close()


# --- the history -----------------------------------------------------------------------------------------------------


def test_the_history_is_made_the_same_every_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "a.gz", tmp_path / "b.gz"
    for path in (first, second):
        assert make_history.main(path) == 0
    assert first.read_bytes() == second.read_bytes()
    # the text, not the bytes: another zlib may pack it another way
    assert gzip.decompress(first.read_bytes()) == gzip.decompress(HISTORY.read_bytes())
    copy = tmp_path / "c.gz"
    copy.write_bytes(gzip.compress(gzip.decompress(HISTORY.read_bytes()), 1))
    packed = copy.read_bytes()
    make_history.main(copy)
    assert copy.read_bytes() == packed  # an unchanged history is left alone
    assert "events" in capsys.readouterr().out


def test_the_history_is_small_and_has_everything(history: list[Any]) -> None:
    assert HISTORY.stat().st_size < 400_000
    created = [event for event in history if event.kind == "created"]
    assert 1_900 < len(created) < 2_100
    languages = Counter(event.language for event in created)
    assert set(languages) == {"en", "el", "zh", "lv", "hu", "ru"}
    assert min(languages.values()) > 100
    days = Counter(event.at.date() for event in created)
    assert days.most_common(1)[0][0] == make_history.OUTAGE.date()
    kinds = {event.kind for event in history}
    assert kinds >= {
        "created", "customer_replied", "agent_replied", "noted", "postponed", "marked_spam", "not_spam", "deleted", "restored", "purged",
        "reopened", "transferred", "assigned", "field_set", "rated", "merged", "acknowledged", "slot_set", "tags_added", "target_extended",
    }  # fmt: skip
    assert all(event.is_outside and not event.cause for event in history)
    assert any(isinstance(event.by, Agent) for event in created)
    assert any(event.kind == "customer_replied" and event.message.automatic for event in history)
    assert all(event.reason for event in history if event.kind == "transferred" and event.by.id != "nikos")


def test_the_history_comes_in_order_but_for_the_late_mails(history: list[Any]) -> None:
    late = [later for earlier, later in pairwise(history) if later.at_us < earlier.at_us]
    assert 0 < len(late) < 20


def test_agents_act_within_their_hours(history: list[Any]) -> None:
    hours = {worker.id: worker.hours for worker in make_history.STAFF}
    slips = [
        event for event in history
        if isinstance(event.by, Agent) and hours[event.by.id].elapsed_us(event.at_us - 60_000_000, event.at_us + 60_000_000) == 0
    ]  # fmt: skip
    assert len(slips) < 20  # the forbidden clicks of `slips`, made one second after the ticket came


def test_customers_keep_day_and_week(history: list[Any]) -> None:
    asked = [event.at.astimezone(ZoneInfo("Europe/Athens")) for event in history if event.kind == "created" and event.language != "zh"]
    by_day = Counter(at.weekday() for at in asked)
    assert min(by_day[day] for day in range(5)) > 2 * max(by_day[5], by_day[6])
    assert sum(at.hour < 6 for at in asked) < len(asked) / 20


# --- the host --------------------------------------------------------------------------------------------------------


def test_what_lint_says_of_the_desk_file_is_meant_so_and_marked_there(desk: Desk) -> None:
    """A careful admin's desk: a list of which the first that fits counts, a metric without a promise, and what could not be decided."""
    findings = lint(desk)
    assert {finding.severity for finding in findings} == {"info"}
    shown = {(finding.code, finding.place.partition("[")[0]) for finding in findings if finding.verdict == "proven"}
    assert shown == {("order-sensitive", "routing"), ("unused", "metrics.first_assign")}
    assert {finding.code for finding in findings if finding.verdict == "unknown"} == {"order-sensitive", "unsettled"}
    text = (HERE / "desk.toml").read_text("utf-8")
    for code in ("order-sensitive", "unused"):
        assert f'# lint: "{code}"' in text
    for code in ("order-sensitive", "unsettled"):
        assert f'lint: undecided "{code}"' in text


def test_a_ticket_is_routed_once_when_it_comes(desk: Desk) -> None:
    """Also a data breach written in Chinese, and an outage about an invoice: one group, one search for an agent."""
    cases = [
        ("zh", "数据泄露", "shanghai"), ("zh", "宕机", "shanghai"), ("en", "outage: no invoice", "technicians"),
        ("en", "data breach", "technicians"), ("en", "no invoice", "billing"), ("en", "hello", "support"),
    ]  # fmt: skip
    for language, text, group in cases:
        outcome = desk.handle(None, Created(at=0, ticket="T", by=ADA, language=language, message=Message(text=text)))
        assert (outcome.ticket.group, outcome.ticket.transfers) == (group, 0), text
        assert [effect.to for effect in outcome.effects if isinstance(effect, Route)] == [group], text


def test_everything_is_kept_and_folds_to_the_ticket(desk: Desk, history: list[Any], store: Store) -> None:
    came = history[:900]
    Host(desk, store).run(came)
    kept = 0
    for ticket in store.tickets("new", "open", "answered", "postponed", "resolved", "closed", "removed"):
        events = store.events(ticket.id)
        kept += sum(event.is_outside and not event.cause for event in events)
        assert fold(events) == ticket
        assert ticket.version == len(events)
    assert kept + len(store.refusals()) == len(came)
    assert not list(store.to_do())


def test_without_timers_the_tickets_are_the_same(desk: Desk, history: list[Any], tmp_path: Path) -> None:
    came = [event for event in history[:1200] if event.id != "x1"]  # a late mail is taken as the timers left the ticket
    stores = [Store(tmp_path / name) for name in ("often.sqlite", "never.sqlite")]
    for store, in_order in zip(stores, (True, False), strict=True):
        Host(desk, store).run(came, in_order=in_order)
    often, never = ([*store.tickets("new", "open", "answered", "postponed", "resolved", "closed", "removed")] for store in stores)
    assert often == never
    assert len(often) > 100
    for store in stores:
        store.close()


def test_every_decision_of_a_rule_can_be_asked_why_in_one_line(desk: Desk, history: list[Any]) -> None:
    """Of every rule at every moment, fired or not: the account agrees with what happened, and prints."""
    tickets: dict[str, Any] = {}
    asked: Counter[tuple[str, bool]] = Counter()
    names = [event.ticket for event in history if event.kind == "created"]
    few = set(names[:: max(1, len(names) // 12)])
    for moment in moments(history):
        if moment[0].ticket not in few:
            continue
        before = tickets.get(moment[0].ticket)
        outcome = desk.handle(before, *moment, late="restamp", observe=True)
        tickets[moment[0].ticket] = outcome.ticket
        root = next(event.moment for event in outcome.events if isinstance(event, Outside) and not event.cause)
        fired = {event.rule for event in outcome.events if isinstance(event, RuleFired) and event.id.startswith(f"{root}/")}
        for rule in desk.rules:
            account = desk.why_not(before, rule.name, events=moment)
            assert account.fired == (rule.name in fired), (rule.name, moment)
            assert str(account).startswith(f"rule {rule.name!r}: {'fired' if account.fired else 'did not fire'}")
            asked[rule.name, rule.name in fired] += 1
    assert sum(asked.values()) > 500
    assert sum(fired for _, fired in asked) > 5


def test_who_saves_second_begins_again(desk: Desk, store: Store) -> None:
    host = Host(desk, store)
    host.post(Created(at=0, ticket="T", by=ADA))
    before = store.ticket("T")
    assert before is not None
    mine = desk.handle(before, Noted(at=60_000_000, by=MARIA))
    theirs = desk.handle(before, AgentReplied(at=60_000_000, by=MARIA))
    store.save(theirs, expected=before.version)
    with pytest.raises(Conflict):
        store.save(mine, expected=before.version)
    assert store.ticket("T") == theirs.ticket
    assert len(store.events("T")) == theirs.ticket.version
    with pytest.raises(Conflict):
        store.save(desk.handle(None, Created(at=0, ticket="T", by=ADA)), expected=0)


def test_a_conflict_is_met_by_doing_the_step_again(desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(desk, store)
    host.post(Created(at=0, ticket="T", by=ADA))
    stale = store.ticket("T")
    host.post(AgentReplied(at=60_000_000, ticket="T", by=MARIA))
    read, looks = store.ticket, iter((stale,))
    monkeypatch.setattr(store, "ticket", lambda name: next(looks, None) or read(name))
    outcome = host.post(Resolved(at=120_000_000, ticket="T", by=MARIA))
    assert outcome is not None
    assert outcome.ticket.status == "resolved"
    assert outcome.ticket.agent_replies == 1


def test_a_crash_in_the_middle_of_bulk_work_leaves_nothing_half_done(desk: Desk, store: Store) -> None:
    def crashing() -> None:
        with store.together():
            Host(desk, store).post(Created(at=0, ticket="T", by=ADA))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crashing()
    assert store.ticket("T") is None
    assert store.counts() == {"tickets": 0, "events": 0, "outbox": 0, "refused": 0}


def test_effects_go_out_once_and_stale_ones_never(desk: Desk, store: Store) -> None:
    sent: list[str] = []
    host = Host(desk, store, send=lambda effect: sent.append(effect.kind))
    outcome = host.post(Created(at=0, ticket="T", by=ADA, message=Message(text="total outage")))
    assert outcome is not None
    wanted = [effect.kind for effect in outcome.effects]
    assert "notify" in wanted
    for _ in range(2):
        host.deliver(outcome.ticket.created.add(hours=3))  # the notice to duty is stale after two
    assert sent == [kind for kind in wanted if kind != "notify"]


def test_a_reply_to_a_closed_ticket_opens_a_follow_up_once(desk: Desk, store: Store) -> None:
    host = Host(desk, store)
    host.post(Created(at=0, ticket="T", by=ADA, subject="printer"))
    host.post(Resolved(at=60_000_000, ticket="T", by=MARIA))
    outcome = host.post(CustomerReplied(at=30 * 86_400_000_000, ticket="T", by=ADA, message=Message(text="again")))
    assert outcome is not None
    assert [effect for effect in outcome.effects if isinstance(effect, CreateFollowUp)]
    for _ in range(2):
        host.deliver(outcome.ticket.as_of)
    follow_up = store.ticket("T-F")
    assert follow_up is not None
    assert (follow_up.subject, follow_up.text, follow_up.requester) == ("printer", "again", ADA)


def test_an_empty_history_is_said_to_be_one(desk: Desk, store: Store) -> None:
    with pytest.raises(ValueError, match="empty"):
        Host(desk, store).run([])


# --- the whole -------------------------------------------------------------------------------------------------------


def test_it_prints_on_eighty_columns_without_a_terminal(tmp_path: Path) -> None:
    short = tmp_path / "short.jsonl"
    short.write_bytes(b"".join(islice(demo.read_lines(HISTORY), 1500)))
    out = StringIO()
    assert demo.main(["--history", str(short), "--out", str(tmp_path)], Console(file=out, width=80)) == 0
    told = out.getvalue()
    assert max(cell_len(line) for line in told.splitlines()) <= 80
    for part in (
        "1,500 events came in", "The queue on", "Broken promises", "why it was due when it was", "Who gets it? T-20001: kostas",
        "An escalation", "close is refused", "Why has “silent customer” not fired", "wait until", "with ageing", "The report",
        "by priority", "by group", "by channel",
    ):  # fmt: skip
        assert part in told, part


def test_a_desk_of_your_own_may_be_a_plain_one(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[[sla]]\nname = "standard"\ntargets.first_reply = "4h"\n')
    short = tmp_path / "short.jsonl"
    short.write_bytes(b"".join(islice(demo.read_lines(HISTORY), 300)))
    out = StringIO()
    arguments = ["--desk", str(tmp_path / "mine.toml"), "--history", str(short), "--out", str(tmp_path)]
    assert demo.main(arguments, Console(file=out, width=80)) == 0
    assert "300 events came in" in out.getvalue()
    assert "Who gets it?" not in out.getvalue()  # it asks for nobody


@pytest.mark.parametrize(("desk_file", "history_file", "told"), [
    ("nowhere.toml", None, "nowhere.toml"), ("a = ", None, "desk.toml: Invalid value"), ("nam = 'x'", None, "did you mean 'name'?"),
    (None, "nowhere.jsonl", "there is no file"), (None, "", "an empty history"),
    (None, '{"kind":"craeted","at":"2026-01-01T00:00:00Z"}', r"my.jsonl\[1\].kind  unknown event kind 'craeted'"),
])  # fmt: skip
def test_a_mistake_in_your_own_files_is_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], desk_file: str | None, history_file: str | None, told: str
) -> None:
    paths = {"--desk": tmp_path / "desk.toml", "--history": tmp_path / "my.jsonl"}
    paths["--desk"].write_text("" if desk_file is None else desk_file)
    paths["--history"].write_text('{"kind":"created","at":"2026-01-01T00:00:00Z","ticket":"T"}' if history_file is None else history_file)
    for name, given in (("--desk", desk_file), ("--history", history_file)):
        if given is not None and given.startswith("nowhere"):
            paths[name] = tmp_path / given
    with pytest.raises(SystemExit) as caught:
        demo.main([*(part for name, path in paths.items() for part in (name, str(path))), "--out", str(tmp_path)], Console(file=StringIO()))
    assert re.search(told, f"{caught.value}\n{capsys.readouterr().err}")


def test_a_log_needs_its_data(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        demo.main(["--log", "servicenow"])
    assert "--data" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        demo.main(["--log", "servicenov", "--data", "."])
    assert "'servicenow'" in capsys.readouterr().err


def test_a_real_log_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])  # the demo adds to it
    log = [
        ("2012-10-09T14:50:17+02:00", "Assign seriousness"), ("2012-10-09T14:51:01+02:00", "Take in charge ticket"),
        ("2012-10-12T15:02:56+02:00", "Resolve ticket"), ("2012-10-25T11:54:26+02:00", "Closed"),
        ("2012-10-25T12:54:26+02:00", "Take in charge ticket"),  # irregular: the log has moves that nobody meant to allow
    ]  # fmt: skip
    rows = [json.dumps({"t": "Case1", "n": number, "at": at, "kind": kind, "by": "Value 1"}) for number, (at, kind) in enumerate(log)]
    (tmp_path / "italian_events.jsonl.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    out = StringIO()
    assert (
        demo.main(["--log", "italian", "--data", str(tmp_path), "--out", str(tmp_path / "new" / "folder")], Console(file=out, width=80))
        == 0
    )
    assert "10 events came in, 10 were kept, 0 refused" in out.getvalue()
    assert "set: Closed -> In charge" in out.getvalue()
    assert "Deviations: 1 on 1 tickets" in out.getvalue()
    assert (tmp_path / "new" / "folder" / "italian.sqlite").exists()
