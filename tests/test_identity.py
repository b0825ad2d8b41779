"""Identity: one form for each key, by stated rules, and no match that is a guess."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import Person
from ticketcore.errors import BadValue
from ticketcore.extra.strategies.model import persons
from ticketcore.identity import Match, Phones, email_key, keys_of, match_requester, phone_key

GREECE, GERMANY, HUNGARY, ITALY = (
    Phones(country="30"),
    Phones(country="49", trunk="0"),
    Phones(country="36", trunk="06"),
    Phones(country="39"),
)

# Few values, so that people share some of them.
SOME = st.builds(
    Person, id=st.sampled_from(["", "", "1", "2", "3"]), email=st.sampled_from(["", "ada@x.gr", " ADA@X.GR", "bob@x.gr", "ada+a@x.gr"]),
    phone=st.sampled_from(["", "+30 210 1234567", "0030 2101234567", "210 1234567", "+30 210 7654321"]),
    visitor_id=st.sampled_from(["", "", "v1", "v2"]), name=st.sampled_from(["", "Ada"]),
)  # fmt: skip
CROWDS = st.lists(SOME, max_size=5)


# --- laws ------------------------------------------------------------------------------------------------------------


@given(SOME, CROWDS)
def test_the_order_of_the_candidates_and_equal_ones_do_not_matter(requester: Person, crowd: list[Person]) -> None:
    found = match_requester(requester, crowd, GREECE)
    assert match_requester(requester, reversed([*crowd, *crowd]), GREECE) == found


@given(SOME, CROWDS, SOME)
def test_somebody_with_whom_nothing_agrees_changes_nothing(requester: Person, crowd: list[Person], other: Person) -> None:
    mine, theirs = keys_of(requester, GREECE), keys_of(other, GREECE)
    if not any(mine[key] == theirs.get(key) for key in mine):
        assert match_requester(requester, [*crowd, other], GREECE) == match_requester(requester, crowd, GREECE)


@given(SOME, CROWDS)
def test_a_match_is_no_guess(requester: Person, crowd: list[Person]) -> None:
    found = match_requester(requester, crowd, GREECE)
    mine = keys_of(requester, GREECE)
    shared = {one: {key for key, form in keys_of(one, GREECE).items() if mine.get(key) == form} for one in crowd}
    if found.outcome == "new":
        assert not any(shared.values())
    elif found.outcome == "matched":
        assert found.person is not None
        assert shared[found.person]
        for other, keys in shared.items():  # nobody is as good a match, and whatever speaks for another speaks for the one too
            if keys and other != found.person and "id" not in shared[found.person]:
                assert keys <= shared[found.person]
                assert _stronger_differs(mine, other)
    else:
        assert found.person is None
        assert any(shared.values())
    assert {one.person for one in found.evidence} == {one for one, keys in shared.items() if keys}


def _stronger_differs(mine: Any, other: Person) -> bool:
    """Whether the strongest key that both have differs."""
    theirs = keys_of(other, GREECE)
    strongest = next(key for key in ("id", "email", "phone", "visitor_id") if key in mine and key in theirs)
    return bool(mine[strongest] != theirs[strongest])


@given(SOME, SOME)
def test_two_that_compare_alike_are_never_told_apart(requester: Person, one: Person) -> None:
    twin = Person(id=one.id, email=one.email, phone=one.phone, visitor_id=one.visitor_id, name="another")
    found = match_requester(requester, [one, twin], GREECE)
    assert found.outcome in ("new", "ambiguous")


@given(persons() | SOME)
def test_everybody_is_who_they_are(person: Person) -> None:
    found = match_requester(person, [person])
    assert (found.outcome, found.person) == (("matched", person) if keys_of(person) else ("new", None))


@given(st.text(max_size=30) | st.emails())
def test_the_form_of_an_address_is_its_own_form(text: str) -> None:
    form = email_key(text)
    assert form is None or email_key(form) == form
    assert email_key(f" \t{text}\n") == form


@given(st.text(alphabet="0123456789 +-()./٣３x", max_size=22))
def test_the_form_of_a_number_is_its_own_form(text: str) -> None:
    for phones in (Phones(), GREECE, GERMANY, HUNGARY):
        form = phone_key(text, phones)
        assert form is None or (phone_key(form, phones) == form and form[1:].isdecimal() and form.isascii())


@given(st.emails(), st.sampled_from(["a", "shop", "x.y"]))
def test_what_stands_after_a_plus_is_never_merged(address: str, tag: str) -> None:
    local, _, domain = address.rpartition("@")
    assert email_key(f"{local}+{tag}@{domain}") != email_key(address)


# --- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "form"), [
    ("ada@example.org", "ada@example.org"),
    ("  Ada@Example.ORG\n", "ada@example.org"),           # white space around it, and case
    ("ada@example.org.", "ada@example.org"),              # the dot of the root
    ("ada@bücher.example", "ada@bücher.example"),
    ("ada@XN--Bcher-KVA.example", "ada@bücher.example"),  # the ASCII form of the same
    ("ada@bu\u0308cher.example", "ada@bücher.example"),   # composed
    ("ada@bücher。example", "ada@bücher.example"),        # a dot of another script
    ("ΝΙΚΟΣ@example.gr", "νικος@example.gr"),
    ("ada@straße.example", "ada@straße.example"),         # not strasse: another domain
    ("ada@xn--strae-oqa.example", "ada@straße.example"),
    ("ada@xn--.example", "ada@xn--.example"),             # stands for nothing
    ("ada@xn--a.example", "ada@xn--a.example"),
    ("ada@xn--abc-.example", "ada@xn--abc-.example"),     # stands for plain letters: not how they are written
    ("ada@xn--99999999999.example", "ada@xn--99999999999.example"),
    ("a.da@example.org", "a.da@example.org"),             # dots tell mailboxes apart
    ("ada+shop@example.org", "ada+shop@example.org"),     # and so does what is after a plus
    ('"a@b"@example.org', '"a@b"@example.org'),
    ("ada", None), ("@example.org", None), ("ada@", None), ("ada@.org", None), ("ada@a..org", None), ("ada@x y.org", None), ("", None),
    ("Ada <ada@example.org>", None),                      # a name and an address are no address
    ("a\u200bda@example.org", None),                      # something unseen in it
    ("a" * 320 + "@x.gr", None),
])  # fmt: skip
def test_the_form_of_an_address(written: str, form: str | None) -> None:
    assert email_key(written) == form


@pytest.mark.parametrize(("written", "phones", "form"), [
    ("+30 210 123.4567", Phones(), "+302101234567"),
    ("＋30 ２１０ １２３４５６７", Phones(), "+302101234567"),     # full width
    ("+٣٠ ٢١٠ ١٢٣٤٥٦٧", Phones(), "+302101234567"),               # Arabic digits
    ("0030-210-1234567", Phones(), "+302101234567"),             # the international prefix
    ("011 30 210 1234567", Phones(country="1", international="011"), "+302101234567"),
    ("210 1234567", GREECE, "+302101234567"),                    # the country given by the host
    ("(0171) 123 45 67", GERMANY, "+491711234567"),              # less the trunk prefix
    ("06 1 123 4567", HUNGARY, "+3611234567"),
    ("06 1234 5678", ITALY, "+390612345678"),                    # where the 0 belongs to the number
    ("+49 (0)171 1234567", Phones(), "+491711234567"),           # a zero that is not dialled from abroad
    ("0049 (0)171 1234567", Phones(), "+491711234567"),
    ("\u202a+30 210 1234567\u202c", Phones(), "+302101234567"),  # copied with marks that nobody sees
    ("00 1234567", Phones(international=""), None),              # no prefix is known
    ("210 1234567", Phones(), None),                             # no country: it could be any
    ("+30 210 1234567 ext 5", Phones(), None),                   # behind it are many people
    ("1-800-FLOWERS", Phones(country="1"), None),
    ("112", GREECE, None), ("+1234567890123456", Phones(), None), ("+0301234567", Phones(), None), ("+", Phones(), None),
    ("", GREECE, None),
    ("+30 210 ² 123456", Phones(), None),                        # no digit that is dialled
])  # fmt: skip
def test_the_form_of_a_phone_number(written: str, phones: Phones, form: str | None) -> None:
    assert phone_key(written, phones) == form


@pytest.mark.parametrize("given_", [{"country": "+30"}, {"trunk": "(0)"}, {"international": 0}, {"country": "٣٠"}])
def test_dialling_prefixes_are_digits(given_: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match="written in digits"):
        Phones(**given_)


# --- who is who ------------------------------------------------------------------------------------------------------

ADA = Person(id="1", email="ada@x.gr", phone="+30 210 1234567", visitor_id="v1")
BOB = Person(id="2", email="bob@x.gr", phone="+30 210 7654321", visitor_id="v2")
OFFICE = Person(id="3", email="eve@x.gr", phone="+30 210 1234567")  # shares a telephone with Ada
NEWCOMER = Person(visitor_id="v3")
TWICE = Person(email="ADA@x.gr")  # stored a second time, without an id


@pytest.mark.parametrize(("requester", "crowd", "outcome", "who"), [
    (Person(email="Ada@X.gr"), [ADA, BOB, OFFICE], "matched", ADA),
    (Person(phone="0030 2107654321"), [ADA, BOB, OFFICE], "matched", BOB),
    (Person(visitor_id="v3"), [ADA, BOB, NEWCOMER], "matched", NEWCOMER),
    (Person(id="1"), [ADA, BOB], "matched", ADA),
    (Person(email="ada@x.gr", phone="+302109999999"), [ADA], "matched", ADA),              # a new number
    (Person(email="ada@x.gr", phone="+302101234567"), [ADA, OFFICE], "matched", ADA),      # the number is Ada's too
    (Person(id="1", email="bob@x.gr"), [ADA, BOB], "matched", ADA),                        # the id decides
    (Person(id="1", email="ada@x.gr"), [ADA, TWICE], "matched", ADA),
    (Person(email="new@x.gr"), [ADA, BOB], "new", None),
    (Person(name="Ada"), [ADA], "new", None),                                              # a name is no identity
    (Person(email="ada at x"), [ADA], "new", None),
    (Person(visitor_id="V3"), [NEWCOMER], "new", None),                                    # exactly as given
    (Person(email="ada@x.gr"), [], "new", None),
    (Person(phone="+302101234567"), [ADA, OFFICE], "ambiguous", None),                     # which of the two?
    (Person(email="ada@x.gr"), [ADA, TWICE], "ambiguous", None),                           # stored twice
    (Person(email="ada@x.gr", phone="+302107654321"), [ADA, BOB], "ambiguous", None),      # two keys, two people
    (Person(email="new@x.gr", phone="+302101234567"), [ADA], "ambiguous", None),           # a shared telephone, or a new address?
    (Person(email="new@x.gr", visitor_id="v1"), [ADA], "ambiguous", None),                 # a shared computer
    (Person(id="9", email="ada@x.gr"), [ADA], "ambiguous", None),                          # another account, one mailbox
    (Person(id="1"), [ADA, Person(id="1", email="other@x.gr")], "ambiguous", None),        # one id, two records
])  # fmt: skip
def test_who_is_writing(requester: Person, crowd: list[Person], outcome: str, who: Person | None) -> None:
    for order in permutations(crowd):
        found = match_requester(requester, order)
        assert (found.outcome, found.person) == (outcome, who)
        assert bool(found.evidence) == (outcome != "new")
        assert found.reason


def test_it_says_why() -> None:
    assert str(match_requester(Person(email="ada@x.gr", phone="+302107654321"), [ADA, BOB])) == (
        "ambiguous: 1: the same email, differs in phone; 2: the same phone, differs in email"
    )
    assert str(match_requester(Person(email="x@x.gr", phone="+302107654329", visitor_id="v9"), [ADA])) == (
        "new: nobody has the same email, phone or visitor id"
    )
    assert str(match_requester(Person(email="ada@x.gr", phone=ADA.phone), [ADA])).endswith(": the same email and phone")
    assert str(match_requester(Person(visitor_id="v3"), [NEWCOMER])) == "matched: v3: the same visitor id"
    assert match_requester(Person(), []) == Match(
        outcome="new", reason="there is no id, e-mail address, phone number or visitor id to match by"
    )
