"""A question about many values, asked in parts that every database takes."""

from collections.abc import Collection, Iterator
from typing import TypeVar

AT_ONCE = 500

Value = TypeVar("Value", str, int)


def parts(values: Collection[Value]) -> Iterator[list[Value]]:
    """Yield the values, each once and in order, so many at once.

    >>> list(parts([3, 1, 3]))
    [[1, 3]]
    """
    ordered = sorted(set(values))
    for begin in range(0, len(ordered), AT_ONCE):
        yield ordered[begin : begin + AT_ONCE]
