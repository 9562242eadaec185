"""The load: fifty studies, one every two seconds or all at once."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Event

import numpy as np

from deploy.demo.outcome import seconds_of
from triage.database.timeline import Turnround

INTERVAL_S = 2.0


class Load(StrEnum):
    """How the studies come."""

    INTERVAL = "interval"
    BURST = "burst"


@dataclass(frozen=True, slots=True)
class Summary:
    """Seconds of a load run.

    Args:
        studies: how many ended.
        returned: how many of them have a result in the PACS.
        to_end: (p50, p95) from a study's last film to its end.
        to_pacs: (p50, p95) from a study's last film to its result in the PACS.
        received: from the first study's last film to the last one's.
        drained: from the last film of all to the end of all.
    """

    studies: int
    returned: int
    to_end: tuple[float, float]
    to_pacs: tuple[float, float] | None
    received: float
    drained: float

    def lines(self) -> Iterator[str]:
        """Say it for a person."""
        yield f"{self.studies} studies, {self.returned} with a result in the PACS"
        if self.to_pacs is not None:
            p50, p95 = self.to_pacs
            yield f"last film to result in the PACS: p50 {p50:.1f} s, p95 {p95:.1f} s"
        p50, p95 = self.to_end
        yield f"last film to the end of the study: p50 {p50:.1f} s, p95 {p95:.1f} s"
        yield f"received within {self.received:.1f} s, drained {self.drained:.1f} s later"


def paced(count: int, load: Load) -> Iterator[int]:
    """Yield the number of each study when its turn has come."""
    begin, pause = time.monotonic(), Event()
    for number in range(count):
        if load is Load.INTERVAL:
            pause.wait(max(0.0, begin + number * INTERVAL_S - time.monotonic()))
        yield number


def summarise(ends: Sequence[Turnround]) -> Summary | None:
    """Sum a load run up; ``None`` where no study has ended."""
    finished = [t.finished_at for t in ends if t.finished_at is not None]
    if not finished:
        return None
    received = [t.last_received_at for t in ends]
    to_end = [(t.finished_at - t.last_received_at).total_seconds() for t in ends if t.finished_at]
    to_pacs = [seconds for t in ends if t.delivered_at and (seconds := seconds_of(t)) is not None]
    return Summary(
        studies=len(finished),
        returned=len(to_pacs),
        to_end=_percentiles(to_end),
        to_pacs=_percentiles(to_pacs) if to_pacs else None,
        received=(max(received) - min(received)).total_seconds(),
        drained=(max(finished) - max(received)).total_seconds(),
    )


def _percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    p50, p95 = np.percentile(seconds, [50, 95])
    return float(p50), float(p95)
