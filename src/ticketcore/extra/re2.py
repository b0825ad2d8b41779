"""Regular expressions in time linear in the text, whatever the pattern: the matcher of google-re2, to be given to a desk.

``Desk(regex=re2.regex)`` or ``load_desk(data, regex=re2.regex)`` lets conditions say ``matches_regex``. The patterns are
RE2's (no look-around, no back-references), found anywhere in the text, letter case ignored. Needs the extra ``re2``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import re2

from ticketcore.errors import BadValue, shorten

__all__ = ["regex"]

MEMORY: Final = 1 << 18  # bytes that one pattern may take; a larger one is refused


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False  # they are raised
    options.max_mem = MEMORY
    return options


_OPTIONS: Final = _options()


def regex(pattern: str) -> Callable[[str], bool]:
    r"""Whether *pattern* is found in a text, as a function of the text. Raises `BadValue` for what RE2 cannot read or hold.

    >>> invoice = regex(r"invoice \d{2,}")
    >>> invoice("Your INVOICE 17 is due"), invoice("your invoice 1 is due")
    (True, False)
    """
    try:
        compiled = re2.compile(pattern.encode("utf-8"), _OPTIONS)
    except re2.error as error:
        raise BadValue(f"no regular expression: {_said(error)}", value=shorten(pattern), hint=_WAY_OUT) from None
    except UnicodeEncodeError:
        raise BadValue("no regular expression: half a surrogate pair", value=shorten(pattern)) from None

    def found(text: str) -> bool:
        return compiled.search(text.encode("utf-8", "replace")) is not None

    return found


_WAY_OUT: Final = "the syntax is RE2's: no look-around, no back-references, at most 1000 repetitions"


def _said(error: Exception) -> str:
    said = error.args[0]
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
