"""Who is writing: a requester matched among the people the host knows, by id, e-mail, phone or visitor id; never by a guess.

Each of these is put into one form first, by rules that are stated in `email_key` and `phone_key`; what cannot be put into it matches
nothing. The host finds the candidates (an index on `keys_of` is enough) and keeps the people; here it is only judged who is who.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from ticketcore._values import EMPTY, FrozenMap, each
from ticketcore.errors import BadValue, check_kind, shorten
from ticketcore.model import Person

__all__ = ["Evidence", "Match", "Phones", "email_key", "keys_of", "match_requester", "phone_key"]

KEYS: Final = ("id", "email", "phone", "visitor_id")  # the stronger first
_LONGEST_EMAIL: Final = 320  # characters: 64 before the @, 255 after it
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15  # digits with the country's; E.164 has at most fifteen
_DOTS: Final = {ord(char): "." for char in "。．｡"}  # also end a label of a domain name
_READY: Final = b"tda".decode("punycode")  # Python loads this codec from a file when it is first asked for: here, not in a step
# What people write between the digits, and what is copied along unseen.
_UNSEEN: Final = "\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2069"
_BETWEEN: Final = frozenset(" \t\u00a0\u202f\u2009-.\u00b7/()\u2010\u2011\u2012\u2013\u2014\u2212" + _UNSEEN)
_PLUS: Final = frozenset("+\uff0b")


def _digits_only(value: str) -> str:
    if not isinstance(value, str) or not (value.isascii() and (value.isdecimal() or not value)):
        raise BadValue("a dialling prefix is written in digits", value=shorten(value), hint='"49" for Germany, "0" before its areas')
    return value


@frozen(kw_only=True)
class Phones:
    """How phone numbers without a country are read: as those of ``country``, its calling code in digits.

    ``trunk`` is what is dialled before an area inside that country ("0" in Germany, "06" in Hungary, "8" in Kazakhstan, nothing in
    Greece and Latvia, nothing in Italy, where the 0 belongs to the number), ``international`` what is dialled to leave it.

    >>> phone_key("(0171) 123 45 67", Phones(country="49", trunk="0"))
    '+491711234567'
    """

    country: str = field(default="", converter=_digits_only)
    trunk: str = field(default="", converter=_digits_only)
    international: str = field(default="00", converter=_digits_only)


ANYWHERE: Final = Phones()


@frozen(kw_only=True)
class Evidence:
    """How one candidate compares: the keys that agree, and those that both have and that differ, the stronger first.

    >>> people = [Person(id="1", email="ada@example.org", phone="+302101234567")]
    >>> [evidence] = match_requester(Person(email="eve@example.org", phone="+30 210 1234567"), people).evidence
    >>> evidence.agrees, evidence.differs, evidence.is_sure
    (('phone',), ('email',), False)
    """

    person: Person
    agrees: tuple[str, ...]
    differs: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether the strongest key that both have agrees."""
        return KEYS.index(self.agrees[0]) < min((KEYS.index(key) for key in self.differs), default=len(KEYS))

    def __str__(self) -> str:
        person = self.person
        name = person.id or person.email or person.phone or person.visitor_id
        differs = f", differs in {_words(self.differs)}" if self.differs else ""
        return f"{name}: the same {_words(self.agrees)}{differs}"


@frozen(kw_only=True)
class Match:
    """Whether a requester is known: ``outcome`` is matched (then ``person`` is who), new, or ambiguous, and ``reason`` says why.

    ``evidence`` has every candidate with whom something agrees. Of an ambiguous one a person should decide; until then the requester
    stays apart.

    >>> people = [Person(id="1", email="ada@example.org"), Person(id="2", phone="+302101234567")]
    >>> found = match_requester(Person(email="ada@example.org"), people)
    >>> found.outcome, found.person.id, found.reason
    ('matched', '1', '1: the same email')
    """

    outcome: str
    person: Person | None = None
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.outcome}: {self.reason}"


def match_requester(requester: Person, candidates: Iterable[Person], phones: Phones = ANYWHERE) -> Match:
    """Who *requester* is among *candidates*; equal ones count once, their order does not matter.

    A candidate is sure when the strongest key that both have (id, then e-mail, phone, visitor id) agrees; where a stronger one differs
    and a weaker one agrees, it is in doubt. Matched is the one sure candidate, if nothing speaks for another: neither a second sure one,
    nor one in doubt by a key that the sure one does not share. An id that agrees with exactly one decides alone. None with
    whom anything agrees: new. All else is ambiguous.

    >>> people = [Person(id="1", email="ada@example.org"), Person(id="2", email="ada+shop@example.org")]
    >>> people.append(Person(id="3", phone="+30 210 1234567"))
    >>> match_requester(Person(email=" Ada@Example.ORG "), people).person.id
    '1'
    >>> print(match_requester(Person(email="ada@example.org", phone="2101234567"), people, Phones(country="30")))
    ambiguous: 1: the same email; 3: the same phone
    >>> print(match_requester(Person(email="bob@example.org"), people))
    new: nobody has the same email
    """
    mine = keys_of(requester, phones)
    known = each(candidates, Person, "persons", 'give Person(email="ada@example.org")', "candidates")
    evidence = _evidence(mine, dict.fromkeys(known), phones)
    if not mine:
        return Match(outcome="new", reason="there is no id, e-mail address, phone number or visitor id to match by")
    if not evidence:
        return Match(outcome="new", reason=f"nobody has the same {_words(tuple(mine), 'or')}")
    decided = [one for one in evidence if "id" in one.agrees]
    sure = decided if len(decided) == 1 else [one for one in evidence if one.is_sure]
    if len(sure) == 1 and (sure == decided or _is_unrivalled(sure[0], evidence)):
        return Match(outcome="matched", person=sure[0].person, evidence=evidence, reason=str(sure[0]))
    return Match(outcome="ambiguous", evidence=evidence, reason="; ".join(map(str, evidence)))


def _evidence(mine: Mapping[str, str], candidates: Iterable[Person], phones: Phones) -> tuple[Evidence, ...]:
    """Every candidate with whom something agrees, in an order that is not the candidates'."""
    found = []
    for person in candidates:
        theirs = keys_of(person, phones)
        both = [key for key in KEYS if key in mine and key in theirs]
        agrees = tuple(key for key in both if mine[key] == theirs[key])
        if agrees:
            found.append(Evidence(person=person, agrees=agrees, differs=tuple(key for key in both if mine[key] != theirs[key])))
    return tuple(sorted(found, key=_order))


def _order(one: Evidence) -> tuple[object, ...]:
    person = one.person
    return (tuple(map(KEYS.index, one.agrees)), len(one.differs), person.id, person.email, person.phone, person.visitor_id, repr(person))


def _is_unrivalled(one: Evidence, evidence: Iterable[Evidence]) -> bool:
    """Whether all that agrees with others agrees with *one* too."""
    return all(set(other.agrees) <= set(one.agrees) for other in evidence)


def _words(keys: tuple[str, ...], joint: str = "and") -> str:
    said = [key.replace("_", " ") for key in keys]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {joint} {said[-1]}"


# --- one form for each key -------------------------------------------------------------------------------------------


def keys_of(person: Person, phones: Phones = ANYWHERE) -> FrozenMap[str, str]:
    """What *person* can be recognised by, each in its one form: what a host indexes to find candidates. Ids count exactly as given.

    >>> keys_of(Person(id="A7", email="Ada@Example.ORG", phone="call me"))
    {'id': 'A7', 'email': 'ada@example.org'}
    """
    check_kind(person, Person, "a person", 'give Person(email="ada@example.org")')
    forms = (person.id, email_key(person.email), phone_key(person.phone, phones), person.visitor_id)
    return FrozenMap({key: form for key, form in zip(KEYS, forms, strict=True) if form}) or EMPTY


def email_key(address: str) -> str | None:
    """The one form of an e-mail address; None for what is none.

    White space around it is dropped; letters are small (strictly a mailbox may tell them apart, in practice none does) and composed
    (NFC); a domain that is written in its ASCII form (``xn--``) is read, and a dot at its end dropped. Nothing else is equal: what
    stands after a ``+`` tells mailboxes apart, and so do the dots before the ``@``; ``ß`` is not ``ss``.

    >>> email_key(" Ada.Lovelace@XN--Bcher-KVA.example "), email_key("ada+shop@example.org"), email_key("ada at example")
    ('ada.lovelace@bücher.example', 'ada+shop@example.org', None)
    """
    check_kind(address, str, "an e-mail address", 'what is empty is ""')
    text = address.strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or len(text) > _LONGEST_EMAIL or any(char.isspace() or _is_unseen(char) for char in text):
        return None
    labels = _small(domain.translate(_DOTS)).removesuffix(".").split(".")
    if not all(labels):
        return None
    return f"{_small(local)}@{'.'.join(map(_label, labels))}"


def _small(text: str) -> str:
    """Small letters, composed. Done twice, because composing may give a letter that has a small form."""
    for _ in range(2):
        text = unicodedata.normalize("NFC", text.lower())
    return text


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _label(label: str) -> str:
    """A label of a domain name as it is read: ``xn--`` names the Unicode letters it stands for, if that is all it does."""
    if not label.startswith("xn--"):
        return label
    try:
        read = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError, ValueError):
        return label
    is_plain = read.isascii() or read != _small(read) or any(char.isspace() or char in "@." or _is_unseen(char) for char in read)
    return label if is_plain else read


def phone_key(number: str, phones: Phones = ANYWHERE) -> str | None:
    """The one form of a phone number: ``+``, the country's calling code and the digits; None for what is none.

    Spaces, dots, dashes, slashes and brackets are dropped, digits of any script read. A number that begins with ``+`` or the
    international prefix has its country; one that does not is of `Phones.country`, less its trunk prefix. A ``(0)`` after the country's
    code is the trunk prefix that is not dialled from abroad. Without a country, a number that has none matches nothing; nor
    does one with letters, with an extension, or of less than 7 or more than 15 digits.

    >>> phone_key("0030 210-123.4567"), phone_key("210 1234567", Phones(country="30")), phone_key("+44 (0)20 7946 0000")
    ('+302101234567', '+302101234567', '+442079460000')
    >>> phone_key("210 1234567"), phone_key("1-800-FLOWERS", Phones(country="1"))
    (None, None)
    """
    check_kind(number, str, "a phone number", 'what is empty is ""')
    text = number.strip().strip(_UNSEEN).strip()
    abroad = text[:1] in _PLUS and text != ""
    digits: list[str] = []
    rest = text[1:] if abroad else text
    if abroad or (phones.international and _leading_digits(rest).startswith(phones.international)):
        rest = rest.replace("(0)", "", 1)
    for char in rest:
        digit = unicodedata.digit(char, None) if char.isdecimal() else None
        if digit is not None:
            digits.append(str(digit))
        elif char not in _BETWEEN:
            return None
    said = "".join(digits)
    if not abroad:
        if phones.international and said.startswith(phones.international):
            said = said.removeprefix(phones.international)
        elif phones.country:
            said = phones.country + said.removeprefix(phones.trunk)
        else:
            return None
    return f"+{said}" if _SHORTEST_PHONE <= len(said) <= _LONGEST_PHONE and not said.startswith("0") else None


def _leading_digits(text: str) -> str:
    """The first few digits of *text*, whatever stands between them."""
    return "".join(char for char in text[:8] if char.isascii() and char.isdecimal())
