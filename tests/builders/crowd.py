"""Very many peers at once: those that say too little, and those that send too much."""

import resource
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event

import pytest

from tests.builders.keeper import MemoryDraft, MemoryKeeper
from tests.builders.raw import RawClient


def needs_descriptors(count: int) -> pytest.MarkDecorator:
    """Skip a test where a process may not open so many files, and say so loudly."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return pytest.mark.skipif(
        allowed < count, reason=f"TOO FEW DESCRIPTORS: {allowed} of {count} (ulimit -n)"
    )


@contextmanager
def silent_crowd(
    port: int, *, many: int, sources: Sequence[str] = ("127.0.0.1",), said: bytes = b""
) -> Iterator[list[RawClient]]:
    """Hold connections, taking turns among the sources, that say this and no more."""
    with ExitStack() as stack:
        crowd = []
        for number in range(many):
            client = RawClient(port, source=sources[number % len(sources)])
            crowd.append(stack.enter_context(client))
            with suppress(ConnectionError):  # it has given way already
                client.send(said)
        yield crowd


@dataclass
class SlowSink(MemoryKeeper):
    """Takes bytes once it is ``ready``, and keeps none of them."""

    ready: Event = field(default_factory=Event)

    def draft(self) -> MemoryDraft:
        return SlowDraft(self, ready=self.ready)


@dataclass
class SlowDraft(MemoryDraft):
    """One instance of which nothing is left but its name."""

    ready: Event = field(default_factory=Event)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        del pieces
        self.ready.wait(30)
