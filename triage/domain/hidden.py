"""Text that identifies a person and must never be printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Hidden:
    """Identifying text that shows as ``[hidden]`` in every format.

    Args:
        reveal: the text itself; asking for it by name is the only way to get it.

    >>> name = Hidden("Doe^Jane")
    >>> f"{name} {name!r} {name:>10}"
    '[hidden] [hidden]   [hidden]'
    """

    reveal: str

    def __repr__(self) -> str:
        return "[hidden]"

    def __str__(self) -> str:
        return "[hidden]"

    def __format__(self, spec: str) -> str:
        return format("[hidden]", spec)
