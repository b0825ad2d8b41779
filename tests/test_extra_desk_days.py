"""Desk days: instants as people write them, every key of an entry, what a failure says, and what is refused by which path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ticketcore import load_desk
from ticketcore._time import iso, load_zone
from ticketcore.errors import BadValue, DataError, DeskError, TicketcoreError
from ticketcore.extra import desk_days
from ticketcore.extra._day_checks import CHECKS
from ticketcore.extra._day_instants import read_instant, say_instant
from ticketcore.extra.desk_days import DayFailed, DeskDay, days_from_data, load_days

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
DAYS = ROOT / "examples" / "replay" / "days"
ATHENS = load_zone("Europe/Athens")
FRIDAY = read_instant("Fri 20 Nov 2026 16:50", ATHENS, None)


# --- instants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Fri 20 Nov 2026 16:50", "2026-11-20T14:50:00Z"),
        ("friday 20 november 2026 16:50", "2026-11-20T14:50:00Z"),
        ("20 Nov 2026 16:50:30", "2026-11-20T14:50:30Z"),
        ("2026-11-20 16:50:30.000001", "2026-11-20T14:50:30.000001Z"),
        ("Fri 20 Nov 2026 16:50 Asia/Shanghai", "2026-11-20T08:50:00Z"),
        ("2026-11-20 16:50 UTC", "2026-11-20T16:50:00Z"),
        ("2026-11-20T16:50:00", "2026-11-20T14:50:00Z"),
        ("2026-11-20T16:50:00Z", "2026-11-20T16:50:00Z"),
        ("Mon 09:05", "2026-11-23T07:05:00Z"),
        ("Fri 16:50", "2026-11-20T14:50:00Z"),  # at or after
        ("Fri 16:49", "2026-11-27T14:49:00Z"),
        ("16:50", "2026-11-20T14:50:00Z"),
        ("16:49", "2026-11-21T14:49:00Z"),
        ("24:00", "2026-11-20T22:00:00Z"),
        ("16:51 Asia/Shanghai", "2026-11-21T08:51:00Z"),
        ("+1h 30m", "2026-11-20T16:20:00Z"),
        ("Sun 29 Mar 2026 03:30", "2026-03-29T01:00:00Z"),  # skipped by the clock change: the instant of the change
        ("Sun 25 Oct 2026 03:30", "2026-10-25T00:30:00Z"),  # twice: the first
    ],
)
def test_an_instant_as_people_write_it(text: str, instant: str) -> None:
    assert iso(read_instant(text, ATHENS, FRIDAY)) == instant


def test_an_instant_of_toml_may_have_a_zone_or_not() -> None:
    (naive, aware) = (
        days_from_data({**_day(), "zone": "Europe/Athens"}, lines=[0])[0].steps[0].at_us,
        days_from_data(_day(events=[{"at": "2026-11-20T09:00:00+01:00", "created": ""}]))[0].steps[0].at_us,
    )
    assert naive == aware
    import tomllib

    local, with_zone = tomllib.loads("a = 2026-11-20T10:00:00.5\nb = 2026-11-20T10:00:00Z").values()
    assert iso(read_instant(local, ATHENS, None)) == "2026-11-20T08:00:00.500000Z"
    assert iso(read_instant(with_zone, ATHENS, None)) == "2026-11-20T10:00:00Z"


@pytest.mark.parametrize(
    "wrong",
    ["", " ", 7, None, "x" * 101, "Fri", "25:00", "16:60", "16:50:60", "16", "16:5a", "16:50:00.1234567", "16:50:00.x",
     "Thu 20 Nov 2026 16:50",
     "31 Feb 2026 09:00", "20 Nov 09:00", "20 Nuv 2026 09:00", "2026-99-20T09:00:00", "09:00 Europe/Nowhere", "+soon"],
)  # fmt: skip
def test_what_is_no_instant_is_refused(wrong: object) -> None:
    with pytest.raises(TicketcoreError):
        read_instant(wrong, ATHENS, FRIDAY)


@pytest.mark.parametrize("form", ["Mon 09:05", "09:05", "+1h"])
def test_the_first_instant_needs_its_date(form: str) -> None:
    with pytest.raises(TicketcoreError, match="the first instant needs its date"):
        read_instant(form, ATHENS, None)


@pytest.mark.parametrize("text", ["Fri 20 Nov 2026 16:50", "Sat 21 Nov 2026 00:00:07", "Sun 22 Nov 2026 23:59:59.000001"])
def test_what_is_said_of_an_instant_can_be_read(text: str) -> None:
    assert say_instant(read_instant(text, ATHENS, None), ATHENS) == text


# --- a day -----------------------------------------------------------------------------------------------------------

DESK: dict[str, Any] = {
    "zone": "Europe/Athens", "groups": ["support", "billing"], "fields": {"site": "name", "spots": {"type": "set"}},
    "facts": {"queue": {"type": "number", "default": 0}}, "settings": {"handoff_reason": True},
    "hours": {"office": {"zone": "Europe/Athens", "week": {"mon-fri": ["09:00-17:00"]}}},
    "templates": {"ack": "We answer by {{ due_first_reply }}."},
    "sla": [{"name": "std", "hours": "office", "targets": {"first_reply": {"urgent": "1h", "else": "4h"}}}],
    "rules": [
        {"name": "ack", "on": ["created"], "then": [{"reply": "ack"}]},
        {"name": "urgent", "on": ["created", "customer_replied"], "when": {"field": "text", "contains": "down"},
         "then": [{"set_priority": "urgent", "add_tag": "outage", "notify": "duty", "webhook": "pager"}]},
        {"name": "late", "on": ["breached"], "then": [{"notify": "lead"}]},
    ],
}  # fmt: skip


LOADED = load_desk(DESK)  # once: 100 cases take it


def _day(**given: Any) -> dict[str, Any]:
    case = {
        "name": "a day", "events": [{"at": "Fri 20 Nov 2026 10:00", "created": "the shop is down"}],
        "expect": [{"at": "10:00", "status": "new"}], **given,
    }  # fmt: skip
    return {"desk": LOADED, "case": [case]}


def _run(**given: Any) -> DeskDay:
    (day,) = days_from_data(_day(**given))
    day.run()
    return day


CREATED = {"at": "Fri 20 Nov 2026 10:00", "created": {"text": "the shop is down", "channel": "email", "subject": "help", "language": "en"}}


@pytest.mark.parametrize(
    ("events", "expect"),
    [
        ([], {"status": "new", "category": "new", "priority": "urgent", "policy": "std", "assignee": "", "group": "", "merged_into": ""}),
        ([], {"channel": "email", "subject": "help", "text": "the shop is down", "language": "en"}),
        ([], {"tags": ["outage"], "has_tags": "outage", "lacks_tags": ["vip"], "fields": {"site": ""}}),
        ([], {"replied": "ack", "notified": ["duty"], "webhooks": ["pager"], "fired": ["ack", "urgent"]}),
        ([], {"effects": ["reply", "notify", "webhook"], "events": "created"}),
        ([], {"due": {"first_reply": "11:00"}, "sla": {"first_reply": "running", "next_reply": "none"}, "wake_at": "11:00"}),
        ([], {"used": {"first_reply": "0s", "next_reply": "0s"}, "due": {"next_reply": "never"}}),
        ([], {"why": {"priority": 'rule "urgent"', "policy": "first", "status": "new since"}}),
        ([], {"holds": {"all": [{"field": "tags", "has": "outage"}, {"hours": "office", "is": "open"}]}}),
        ([{"by": "maria", "agent_replied": "hm", "resolved": True}], {"status": "resolved", "agent_replies": 1, "notified": ["duty"]}),
        ([{"by": "maria", "agent_replied": True}], {"status": "answered", "sla": {"first_reply": "met"}}),
        ([{"by": "maria", "status_set": "resolved"}], {"status": "resolved"}),
        ([{"noted": "a note among agents"}], {"notes": 1, "agent_replies": 0}),
        ([{"noted": {"text": "seen by all", "public": True}}], {"notes": 1}),
        ([{"postponed": "10:30"}], {"status": "postponed", "wake_at": "10:30"}),
        ([{"postponed": {"until": "+30m"}}], {"status": "postponed", "wake_at": "10:30"}),
        ([{"merged": "T-2"}], {"status": "closed", "merged_into": "T-2"}),
        ([{"slot_set": "low"}], {"priority": "low"}),
        ([{"tags_added": ["a", "b"]}, {"tags_removed": "b"}], {"tags": ["a", "outage"]}),
        ([{"assigned": "maria"}], {"assignee": "maria"}),
        ([{"transferred": {"group": "billing", "reason": "money"}}], {"group": "billing"}),
        ([{"transferred": "billing", "refused": True}], {"group": ""}),
        ([{"transferred": "billing", "refused": "reason"}], {"group": ""}),
        ([{"closed": True, "refused": "IllegalMove"}], {"status": "new"}),
        ([{"transferred": {"group": "billing", "reason": "x"}, "refused": False}], {"group": "billing"}),
        ([{"policy_set": "std"}], {"policy": "std"}),
        ([{"rated": 5}], {"rating": 5}),
        ([{"escalated": 2}], {"escalation": 2}),
        ([{"facts_reported": {"queue": 7}}], {"facts": {"queue": 7}}),
        ([{"facts": {"queue": 8}, "noted": ""}], {"facts": {"queue": 8}}),
        ([{"field_set": {"name": "site", "value": "Rīga"}}], {"fields": {"site": "Rīga"}}),
        ([{"field_set": {"name": "spots", "value": ["b", "a"]}}], {"fields": {"spots": ["a", "b"]}}),
        ([{"target_extended": {"metric": "first_reply", "extra": "30m"}}], {"due": {"first_reply": "11:30"}}),
        ([{"customer_replied": {"text": "away", "automatic": True}}], {"customer_replies": 0}),
        ([{"by": {"role": "agent", "id": "maria"}, "agent_replied": ""}], {"agent_replies": 1}),
        ([{"by": {"email": "bob@example.org"}, "customer_replied": ""}], {"customer_replies": 1}),
        ([{"agent_replied": {"by": "ivan", "text": "x"}}], {"agent_replies": 1}),
    ],
)  # fmt: skip
def test_every_key_of_an_entry(events: list[dict[str, Any]], expect: dict[str, Any]) -> None:
    day = _run(
        events=[CREATED, *({"at": "10:00", **event} for event in events)],
        expect=[{"at": "10:00", **expect}],
    )
    assert len(day.moments()) == 1 + len(events)


def test_every_check_is_tried() -> None:
    (mark,) = (mark for mark in vars(test_every_key_of_an_entry)["pytestmark"] if mark.name == "parametrize")
    tried = {key for _, expect in mark.args[1] for key in expect}
    assert CHECKS.keys() - tried == {"reassignments", "deviations", "reopens", "transfers", "returns"}  # read as the other counts are


def test_an_agent_may_write_first() -> None:
    day = _run(
        requester={"email": "eva@example.org"}, ticket="T-77",
        events=[{"at": "Fri 20 Nov 2026 10:00", "by": "maria", "created": {"text": "hello"}}],
        expect=[{"at": "10:00", "status": "answered"}],
    )  # fmt: skip
    (outcome, _) = day.run()
    assert (outcome.ticket.id, outcome.ticket.requester.email) == ("T-77", "eva@example.org")


def test_time_passes_between_entries() -> None:
    _run(expect=[
        {"at": "10:59", "sla": {"first_reply": "running"}, "used": {"first_reply": "59m"}, "notified": "duty"},
        {"at": "11:00", "sla": {"first_reply": "breached"}, "notified": ["lead"], "events": ["breached", "rule_fired"]},
        {"at": "11:00", "notified": []},
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"expect": [{"at": "10:00", "status": "open", "rating": 1}]},
         ["expect[0]:", "status: expected 'open', was 'new'", "rating: expected 1, was none"]),
        ({"expect": [{"at": "10:00", "priority": "low"}]}, ["priority: expected 'low', was 'urgent'", 'why: urgent: rule "urgent"']),
        ({"expect": [{"at": "10:00", "tags": []}]}, ["tags: expected [], was ['outage']"]),
        ({"expect": [{"at": "10:00", "fields": {"site": "x"}}]}, ["fields.site: expected 'x', was none"]),
        ({"expect": [{"at": "10:00", "due": {"first_reply": "12:00"}}]},
         ["due.first_reply: expected Fri 20 Nov 2026 12:00, was Fri 20 Nov 2026 11:00", "| counted    Fri 20 Nov 10:00-11:00      1h"]),
        ({"expect": [{"at": "10:00", "sla": {"next_reply": "met"}}]}, ["sla.next_reply: expected met, was none"]),
        ({"expect": [{"at": "10:00", "used": {"first_reply": "1m"}}]}, ["used.first_reply: expected 1m, was 0s"]),
        ({"expect": [{"at": "10:00", "wake_at": "never"}]}, ["wake_at: expected never, was Fri 20 Nov 2026 11:00"]),
        ({"expect": [{"at": "10:00", "notified": "boss"}]}, ["notified: expected 'boss' among them, were ['duty']", "-> notify duty"]),
        ({"expect": [{"at": "10:00", "fired": []}]}, ["fired: expected exactly [], were ['ack', 'urgent']"]),
        ({"expect": [{"at": "10:00", "why": {"priority": "tags"}}]}, ["why.priority: expected to contain 'tags', was 'urgent"]),
        ({"expect": [{"at": "10:00", "holds": {"field": "status", "is": "open"}}]}, ["holds: it does not hold", "| no"]),
        ({"events": [CREATED, {"at": "10:00", "closed": True}]}, ["events[1]: refused: IllegalMove: "]),
        ({"events": [CREATED, {"at": "10:00", "closed": True, "refused": "reason"}]}, ["refused, but not with 'reason'"]),
        ({"events": [CREATED, {"at": "10:00", "resolved": True, "refused": True}]}, ["expected to be refused, but it was taken"]),
        ({"events": [{"at": "Fri 20 Nov 2026 10:00", "created": "", "closed": True}]}, ["there is no ticket: "]),
    ],
)  # fmt: skip
def test_a_failure_says_what_was_and_why(given: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(DayFailed) as caught:
        _run(**given)
    for part in said:
        assert part in str(caught.value), str(caught.value)


def test_a_failure_tells_all_that_happened() -> None:
    with pytest.raises(DayFailed) as caught:
        _run(expect=[{"at": "10:00", "status": "open"}, {"at": "11:00", "status": "open"}])
    told = str(caught.value)
    assert told.count("status: expected 'open', was 'new'") == 2
    assert "what happened:\n  Fri 20 Nov 2026 10:00     created\n" in told
    assert "  Fri 20 Nov 2026 11:00     breached metric=first_reply" in told


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (7, ["a table is wanted, not 7"]),
        ({}, ["desk  a desk-day file has either a desk or a preset"]),
        ({"desk": {}, "preset": "liveagent"}, ["either a desk or a preset"]),
        ({"desk": {}}, ["case  a desk-day file has cases"]),
        ({"desk": {}, "case": {}}, ["case  a desk-day file has cases"]),
        ({**_day(), "cases": []}, ["cases  a desk-day file has no 'cases'; did you mean 'case'?"]),
        ({**_day(), "zone": "Europe/Atens"}, ["zone"]),
        ({**_day(), "case": [*_day()["case"] * 2]}, ["case[1].name  a second case 'a day'"]),
        (_day(name=""), ["case[0].name  a case has a name"]),
        (_day(nmae="x"), ["case[0].nmae  a case has no 'nmae'; did you mean 'name'?"]),
        (_day(events=[]), ["case[0].events  a case has a list of events"]),
        (_day(expect=None), ["case[0].expect  a case has a list of expect"]),
        (_day(events=["x"]), ["case[0].events[0]     a table is wanted, not 'x'"]),
        (_day(events=[{"at": "Fri 20 Nov 2026 10:00", "craeted": ""}]),
         ["no 'craeted'; did you mean 'created'?", "nothing happens in this entry"]),
        (_day(events=[{"at": "noon", "created": ""}]), ["case[0].events[0].at  this is no instant of a desk day"]),
        (_day(events=[{"created": ""}]), ["case[0].events[0].at  an entry needs its instant"]),
        (_day(events=[{"at": "Fri 20 Nov 2026 10:00", "resolved": True}]), ["case[0].events[0]  a case begins with created"]),
        (_day(events=[CREATED, CREATED]), ["case[0].events[1]  a case begins with created, and has it once"]),
        (_day(events=[CREATED, {"at": "2026-11-19 10:00", "resolved": True}]), ["earlier than the entry before it"]),
        (_day(events=[CREATED, {"at": "10:00", "postponed": "noon"}]), ["case[0].events[1].postponed.until  this is no instant"]),
        (_day(events=[CREATED, {"at": "10:00", "resolved": "x"}]), ["case[0].events[1].resolved.value"]),
        (_day(events=[CREATED, {"at": "10:00", "by": 7, "resolved": True}]), ["case[0].events[1].resolved.by"]),
        (_day(events=[{"at": "Fri 20 Nov 2026 10:00", "created": {"by": {"emial": "x"}}}]),
         ["case[0].events[0].created.by.emial", "did you mean 'email'?"]),
        (_day(expect=[{"at": "2026-11-19 10:00", "status": "new"}]), ["case[0].expect[0].at  earlier than"]),
        (_day(expect=[{"at": "10:00"}]), ["case[0].expect[0]  nothing is expected"]),
        (_day(expect=[{"at": "10:00", "staus": "new"}]), ["no 'staus'; did you mean 'status'?"]),
        (_day(expect=[{"at": "10:00", "status": "slved"}]), ["case[0].expect[0].status  unknown status 'slved'; did you mean 'resolved'?"]),
        (_day(expect=[{"at": "10:00", "status": 7}]), ['text is wanted, "" for none']),
        (_day(expect=[{"at": "10:00", "notes": "1"}]), ["a whole number is wanted"]),
        (_day(expect=[{"at": "10:00", "tags": 7}]), ["a text or a list of texts is wanted"]),
        (_day(expect=[{"at": "10:00", "fields": {}}]), ["case[0].expect[0].fields  a table is wanted"]),
        (_day(expect=[{"at": "10:00", "due": {"frist_reply": "11:00"}}]), ["case[0].expect[0].due.frist_reply  unknown metric"]),
        (_day(expect=[{"at": "10:00", "sla": {"first_reply": "runing"}}]), ["unknown state of a clock 'runing'; did you mean 'running'?"]),
        (_day(expect=[{"at": "10:00", "fired": ["akc"]}]), ["unknown rule 'akc'; did you mean 'ack'?"]),
        (_day(expect=[{"at": "10:00", "used": {"first_reply": "soon"}}]), ["case[0].expect[0].used  'soon' is no duration"]),
        (_day(expect=[{"at": "10:00", "why": {"x": "y"}}]), ["unknown account 'x'"]),
        (_day(expect=[{"at": "10:00", "holds": {"field": "staus", "is": "new"}}]),
         ["case[0].expect[0].holds.field", "did you mean 'status'?"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_path(data: Any, said: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        days_from_data(data)
    for part in said:
        assert " ".join(part.split()) in " ".join(str(caught.value).split()), str(caught.value)


def test_all_problems_are_listed_at_once() -> None:
    with pytest.raises(DataError) as caught:
        days_from_data(_day(nmae="x", expect=[{"at": "10:00", "staus": "new", "sla": {"x": "met"}}]))
    assert len(caught.value.problems) == 3


def test_a_desk_that_is_wrong_says_so() -> None:
    with pytest.raises(DeskError, match=r"desk\.ruels"):
        days_from_data({"desk": {"ruels": []}, "case": []})
    with pytest.raises(TicketcoreError, match="unknown preset"):
        days_from_data({"preset": "livagent", "case": []})
    with pytest.raises(BadValue, match="read from a file"):
        days_from_data({"desk": "desk.toml", "case": []})


def test_a_file_names_its_desk_and_its_lines() -> None:
    days = load_days(DAYS / "outages.desk.toml")
    assert [day.desk.name for day in days] == ["agora"] * 3
    lines = (DAYS / "outages.desk.toml").read_text("utf-8").splitlines()
    assert [lines[day.line] for day in days] == ["[[case]]"] * 3
    for day in days:
        day.run()


# --- the plug-in -----------------------------------------------------------------------------------------------------

GOOD = """
preset = "liveagent"
[[case]]
name = "a reply answers"
events = [{ at = "2026-11-20 09:00", created = "hello" }, { at = "10:00", agent_replied = "hi" }]
expect = [{ at = "10:00", status = "answered" }]
[[case]]
name = "nobody replies"
events = [{ at = "2026-11-20 09:00", created = "hello" }]
expect = [{ at = "10:00", status = "%s" }]
"""
PLUGIN = ("-p", "pytest_ticketcore", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov")


def test_the_plug_in_runs_each_case_as_a_test(pytester: pytest.Pytester) -> None:
    pytester.makefile(".desk.toml", day=GOOD % "open")
    result = pytester.runpytest_inprocess(*PLUGIN, "-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*a reply answers*PASSED*", "*nobody replies*FAILED*", "day.desk.toml: nobody replies", "*status: expected 'open', was 'new'"]
    )
    assert "Traceback" not in result.stdout.str()
    assert "desk coverage" not in result.stdout.str()


def test_a_file_that_cannot_be_read_is_one_readable_error(pytester: pytest.Pytester) -> None:
    pytester.makefile(".desk.toml", names=GOOD % "opne", broken="a = ", lost='desk = "nowhere.toml"\n[[case]]\nname = "x"')
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["*unknown status 'opne'; did you mean 'open'?*"])
    result.stdout.fnmatch_lines(["*broken.desk.toml: *"])
    result.stdout.fnmatch_lines(["*lost.desk.toml: *nowhere.toml*"])


def test_an_error_that_is_no_failed_day_keeps_its_traceback(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makefile(".desk.toml", day=GOOD % "new")

    def broken(_: DeskDay) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(desk_days.DeskDay, "run", broken)
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*ZeroDivisionError: a bug*"])


def test_coverage_of_the_days_that_ran(pytester: pytest.Pytester) -> None:
    desk = '[[rules]]\nname = "ack"\non = ["created"]\nthen = [{ add_tag = "x" }]\n'
    desk += '[[rules]]\nname = "idle"\non = ["rated"]\nthen = [{ add_tag = "y" }]\n'
    pytester.makefile(".toml", desk=desk)
    pytester.makefile(".desk.toml", day=GOOD.replace('preset = "liveagent"', 'desk = "desk.toml"') % "open")
    result = pytester.runpytest_inprocess(*PLUGIN, "--desk-coverage")
    result.stdout.fnmatch_lines(
        ["*desk coverage*", "desk: 2 of 4 branches of 2 rules (50 %) by 2 histories (3 moments)", "*'idle'*", "*never asked*"]
    )
    none = pytester.runpytest_inprocess(*PLUGIN, "--desk-coverage", "--deselect", "day.desk.toml")
    none.stdout.fnmatch_lines(["*desk coverage*", "no desk day ran"])


def test_a_suite_without_desk_days_imports_nothing_of_ours(pytester: pytest.Pytester) -> None:
    # a process of its own: this one has imported everything
    pytester.makepyfile(
        "import sys\ndef test_it(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('pytest_ticketcore')\n"
        "    assert [name for name in sys.modules if name.split('.')[0] in ('ticketcore', 'attrs', 'pendulum')] == []\n"
    )
    script = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); import pytest; sys.exit(pytest.main({[*PLUGIN, '-q']!r}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=pytester.path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_days_of_the_demo_are_collected_by_our_own_run() -> None:
    import tomllib

    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "examples/replay/days" in options["tool"]["pytest"]["ini_options"]["testpaths"]
    assert options["project"]["entry-points"]["pytest11"] == {"pytest_ticketcore": "pytest_ticketcore"}
    assert len(list(DAYS.glob("*.desk.toml"))) >= 2


def test_the_how_to_shows_the_coverage_of_the_demo(pytester: pytest.Pytester) -> None:
    page = (ROOT / "docs" / "how-to" / "test-your-desk.md").read_text("utf-8")
    shown = page.partition("$ pytest --desk-coverage\n")[2].partition("```")[0].splitlines()
    found = pytester.runpytest_inprocess(*PLUGIN, "--desk-coverage", str(DAYS))
    found.assert_outcomes(passed=7)
    found.stdout.fnmatch_lines([line.replace("[", "[[]").replace("...", "*") for line in shown])


def test_the_reference_names_every_key() -> None:
    page = (ROOT / "docs" / "reference" / "desk-days.md").read_text("utf-8")
    expected = page[page.index("## What to expect") : page.index("Of the lists,")]
    assert set(CHECKS) == {word for word in expected.replace("|", "`").split("`") if word in CHECKS}
    assert [key for key in (*desk_days._CASE, *desk_days._ENTRY, *desk_days._SHORT) if key not in page] == []
