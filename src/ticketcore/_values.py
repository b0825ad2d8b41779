"""Small immutable values the model is made of: a frozen map, and the converters that make one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final, NoReturn, TypeVar

import attrs

from ticketcore.errors import BadValue, kind_name, shorten, unwanted

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")


class FrozenMap(dict[K, V]):
    """A dict that cannot change: hashable, comparable with any dict, picklable, as fast to read as a dict.

    >>> seats = FrozenMap({"sales": 2})
    >>> seats["sales"], seats.set("support", 5) == {"sales": 2, "support": 5}
    (2, True)
    >>> seats["sales"] = 3
    Traceback (most recent call last):
    TypeError: a FrozenMap cannot change; use .set() or .without() to get a new one
    """

    __slots__ = ()

    def set(self, key: K, value: V) -> FrozenMap[K, V]:
        """A new map in which *key* has *value*."""
        new = FrozenMap(self)
        dict.__setitem__(new, key, value)
        return new

    def without(self, key: K) -> FrozenMap[K, V]:
        """A new map that lacks *key*; this one if it has none.

        >>> FrozenMap({"sales": 2, "support": 5}).without("sales")
        {'support': 5}
        """
        if key not in self:
            return self
        return FrozenMap({name: value for name, value in self.items() if name != key})

    def __hash__(self) -> int:  # type: ignore[override]  # dict says None: a frozen one can be hashed
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (FrozenMap, (dict(self),))

    def __copy__(self) -> FrozenMap[K, V]:
        return self

    def __deepcopy__(self, memo: Any) -> FrozenMap[K, V]:
        return self

    def __repr__(self) -> str:
        return dict.__repr__(self)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a FrozenMap cannot change; use .set() or .without() to get a new one")

    __setitem__ = __delitem__ = __ior__ = _refuse
    pop = popitem = clear = update = setdefault = _refuse  # pyright: ignore[reportAssignmentType]  # on purpose: they must not work


EMPTY: FrozenMap[Any, Any] = FrozenMap()


def frozen_map(value: Mapping[str, Any]) -> FrozenMap[str, Any]:
    """*value* as a `FrozenMap`; lists inside become tuples, sets become frozensets, so that it can be hashed."""
    if type(value) is FrozenMap:
        return value
    if not isinstance(value, Mapping):
        raise BadValue(f"a mapping is wanted, not {type(value).__name__}", value=shorten(value))
    return FrozenMap({name: frozen_value(item) for name, item in value.items()})


def frozen_value(value: Any) -> Any:
    """A value as it may stand in an immutable ticket: lists as tuples, sets as frozensets."""
    if isinstance(value, list | tuple):
        return tuple(value)
    if isinstance(value, set):
        return frozenset(value)
    return value


def names(value: Iterable[str]) -> tuple[str, ...]:
    """A tuple of names; a bare string is refused, because its letters are not meant."""
    return tuple(_strings(value))


def name_set(value: Iterable[str]) -> frozenset[str]:
    """A frozenset of names; a bare string is refused, because its letters are not meant."""
    return frozenset(_strings(value))


LISTS: Final = (tuple, list, Iterable)  # what can be gone through; the first two, because the last takes its time


def each(value: Iterable[T], kind: type[T], wanted: str, hint: str = "", path: str = "") -> tuple[T, ...]:
    """The members of *value*: *wanted* names what they are, *hint* is the way out where one is of another kind. Raises `BadValue`.

    >>> each([1, "two"], int, "whole numbers")
    Traceback (most recent call last):
    ticketcore.errors.BadValue: [1]: a list of whole numbers is wanted, and this is str
    """
    if not isinstance(value, LISTS):
        raise unwanted(value, f"a list of {wanted}", "give a list, even of one", path)
    found = tuple(value)
    for one in found:
        if not isinstance(one, kind):
            text = f"a list of {wanted} is wanted, and this is {kind_name(one)}"
            number = next(number for number, other in enumerate(found) if other is one)
            raise BadValue(text, value=shorten(one), path=f"{path}[{number}]", hint=hint)
    return found


def _strings(value: Iterable[str]) -> list[str]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise BadValue(f"a list of names is wanted, not {shorten(value)}", value=shorten(value), hint="put it in brackets")
    found = list(value)
    for name in found:
        if not isinstance(name, str):
            raise BadValue(f"a name is text, not {type(name).__name__}", value=shorten(name))
    return found


def changed(value: T, /, **changes: Any) -> T:
    """A copy of a frozen value with some fields changed, without running its constructor (about three times as fast).

    For values that were checked when they were made; what is put in here is not checked. Fields go by their inner names.
    """
    draft = thawed(value)
    for name, item in changes.items():
        setattr(draft, name, item)
    draft.__class__ = type(value)
    return draft  # type: ignore[no-any-return]  # of the value's class by now


def thawed(value: Any) -> Any:
    """A mutable copy of a frozen value, of `DRAFTS`: ``draft.__class__ = type(value)`` makes it a value again."""
    kind = type(value)
    known = _THAWING.get(kind)
    if known is None:
        names = [part.name for part in attrs.fields(kind)]
        read = attrgetter(*names) if len(names) > 1 else _reader_of(names)
        known = _THAWING.setdefault(kind, (read, DRAFTS[kind]))
    read, draft = known
    return draft(*read(value))


def made(kind: type[T], /, *values: Any, **more: Any) -> T:
    """A value of *kind* from its fields in order, in a fifth of the time its constructor takes: nothing is converted or checked."""
    draft = DRAFTS[kind](*values, **more)
    draft.__class__ = kind
    return draft  # type: ignore[no-any-return]  # of that class by now


def _reader_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What `attrgetter` is for several names."""
    return lambda value: tuple(getattr(value, name) for name in names)


# How a class's fields are read, in order, and its drafts: the same for ever, whoever fills it in first.
_THAWING: Final[dict[type, tuple[Callable[[Any], tuple[Any, ...]], Any]]] = {}


class _DraftClasses(dict[type, Any]):
    """Of each frozen class a mutable one under it, of the same slots: called, it gives the defaults, and None where there is none.

    It takes the fields in their order, or by their inner names, and is made in a fifth of the time that the frozen one takes. When all
    is filled in, ``draft.__class__ = kind`` makes it a value of *kind* without a copy; nothing is converted or checked.
    """

    def __missing__(self, kind: type) -> Any:
        return self.setdefault(kind, _draft_class(kind))


DRAFTS: Final = _DraftClasses()  # the same for ever, whoever asks first


def _draft_class(kind: type) -> Any:
    parts = {
        part.name: attrs.field(default=None if part.default is attrs.NOTHING else part.default, alias=part.name)
        for part in attrs.fields(kind)
    }
    return attrs.make_class(
        f"{kind.__name__}Draft", parts, bases=(kind,), slots=True, weakref_slot=False, repr=False, eq=False,
        class_body={
            "__setattr__": object.__setattr__, "__delattr__": object.__delattr__,  # both, or its stores are slow
            "__attrs_post_init__": None,  # what checks a value of *kind* is not asked of one that is not filled in
        },
    )  # fmt: skip
