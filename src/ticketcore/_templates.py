"""Templates: text with ``{{ name }}`` from a closed set of names. One pass, no expressions, no attribute access, bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

from ticketcore._names import hint
from ticketcore.errors import BadValue, UnknownName, shorten

LONGEST_TEMPLATE: Final = 64 * 1024
LONGEST_OUTPUT: Final = 256 * 1024


@frozen
class Template:
    """A text with places for variables, already taken apart: literal parts and names by turns.

    >>> Template.parse("Dear {{ requester_name }}!", ["requester_name"]).fill({"requester_name": "Ada"})
    'Dear Ada!'
    """

    text: str
    parts: tuple[tuple[str, str], ...]  # (literal text, the name that follows it or "")

    @classmethod
    def parse(cls, text: str, names: Iterable[str]) -> Template:
        """Take *text* apart. Raises `BadValue` for a brace that does not close and `UnknownName` for a name not in *names*."""
        if not isinstance(text, str) or len(text) > LONGEST_TEMPLATE:
            raise BadValue(f"a template is a text of at most {LONGEST_TEMPLATE} characters", value=shorten(text))
        known = tuple(names)
        parts = []
        pieces = text.split("{{")
        literal = pieces[0]
        for piece in pieces[1:]:
            inside, closed, rest = piece.partition("}}")
            name = inside.strip()
            if not closed:
                raise BadValue("a {{ that is not closed by }}", value=shorten(piece))
            if name not in known:
                raise UnknownName(f"unknown template variable {shorten(name)}", value=shorten(name), hint=hint(name, known))
            parts.append((literal, name))
            literal = rest
        return cls(text, (*parts, (literal, "")))

    @property
    def names(self) -> tuple[str, ...]:
        """The variables the template uses."""
        return tuple(dict.fromkeys(name for _, name in self.parts if name))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with every variable replaced, once: what a value contains is never read as a template. Cut at 256 Ki characters."""
        return "".join(literal + (values[name] if name else "") for literal, name in self.parts)[:LONGEST_OUTPUT]
