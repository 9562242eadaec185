"""Our own data phase with another part inside, for the negative controls of reception."""

from collections.abc import Callable
from functools import partial

from triage.receive.arrival import Inspection
from triage.receive.dataset import ElementWalk, Walk
from triage.receive.streaming import DataPhase
from triage.receive.visitor import Serving


def walking(begin_walk: Callable[..., Walk]) -> Serving:
    """Walk over the data sets in another way."""
    return partial(DataPhase, inspect=partial(Inspection, begin_walk=begin_walk))


class Content(ElementWalk):
    """A walk that never asks what is missing."""

    def finish(self) -> dict[int, bytes]:
        return self._found


def contented(_transfer_syntax_uid: str, *, wanted: frozenset[int]) -> Content:
    """Begin such a walk over explicit elements."""
    return Content(wanted, implicit=False, order="<")
