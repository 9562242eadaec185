"""Where the time of a film goes, from what the daemon itself records: its rows and its log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import Engine, select

from tests.benchmarks.figures import Figures, percentile
from tests.benchmarks.receiver import BenchError
from triage.database import schema
from triage.database.moves import Kind
from triage.domain.study import DeliveryState, StudyState

ENDED = (StudyState.DONE, StudyState.NOT_ASSESSED, StudyState.DEAD)
WORK = ("decode", "screen", "infer", "overlay", "encode", "keep", "commit")
"""The stages of a study that the worker's log tells."""

PARTS = tuple(f"{stage} ms" for stage in ("receive", "complete", "queue", *WORK, "outbox", "send"))
"""In the order of the route; ``complete`` holds the pause that ends a study."""

MS = 1000.0
FEWEST_FOR_A_RATE = 5


@dataclass(frozen=True, slots=True)
class Passage:
    """When one study moved: states with the time of arrival and the seconds in the one before."""

    last_film: datetime
    moves: Mapping[tuple[str, str], tuple[datetime, float]]

    def since_last_film(self, kind: Kind, state: str) -> float | None:
        """Return the seconds from the last film to a state, ``None`` where it never came."""
        found = self.moves.get((kind, state))
        return None if found is None else (found[0] - self.last_film).total_seconds()


def ended(engine: Engine) -> int:
    """Count the studies that are at their end, deliveries included."""
    with engine.begin() as connection:
        states = connection.scalars(select(schema.study.c.state)).all()
    return sum(state in ENDED for state in states)


def figures_of(engine: Engine, log: Sequence[str], receive_s: Mapping[str, float]) -> Figures:
    """Sum a stream up.

    Args:
        engine: the daemon's database.
        log: what it has said on standard error, one JSON object a line.
        receive_s: the studies, and how long each one's C-STORE took its sender.

    Raises:
        BenchError: a study was not assessed, or nothing was flagged.
    """
    passages = _passages(engine)
    lines = [line for line in _lines(log) if line.get("study") in receive_s]
    done = {str(line["study"]): datetime.fromisoformat(str(line["timestamp"])) for line in lines}
    if done.keys() != receive_s.keys():
        raise BenchError(f"{len(receive_s)} studies were sent, {len(done)} were assessed")
    to_result = [(at - passages[uid].last_film).total_seconds() for uid, at in done.items()]
    reached = (passages[uid].since_last_film(Kind.DELIVERY, DeliveryState.SENT) for uid in done)
    to_pacs = [seconds for seconds in reached if seconds is not None]
    if not to_pacs:
        raise BenchError("no film was flagged and returned")
    return {
        "returned": len(to_pacs),
        **_rate(sorted(done.values())),
        "p50 result s": median(to_result),
        "p95 result s": percentile(to_result, 0.95),
        "p50 PACS s": median(to_pacs),
        "p95 PACS s": percentile(to_pacs, 0.95),
        **_parts([passages[uid] for uid in done], list(_lines(log)), list(receive_s.values())),
    }


def _rate(results: Sequence[datetime]) -> dict[str, float]:
    """Return the results per second from the first to the last, if they are enough for a rate."""
    if len(results) < FEWEST_FOR_A_RATE:
        return {}
    return {"films/s": (len(results) - 1) / (results[-1] - results[0]).total_seconds()}


def _parts(
    passages: Sequence[Passage], lines: Sequence[Mapping[str, object]], receive_s: Sequence[float]
) -> dict[str, float]:
    """Return the median of each stage over those that went through it, in milliseconds."""
    sends = _told(lines, "send_s")
    waits = [p.moves[key][1] for p in passages if (key := (Kind.DELIVERY, "SENT")) in p.moves]
    seconds = {
        "receive": receive_s,
        "complete": [
            s for p in passages if (s := p.since_last_film(Kind.STUDY, StudyState.QUEUED))
        ],
        "queue": [p.moves[Kind.STUDY, StudyState.ASSESSING][1] for p in passages],
        **{stage: _told(lines, f"{stage}_s") for stage in WORK},
        "outbox": [median(waits) - median(sends)] if waits and sends else [],
        "send": sends,
    }
    return {f"{stage} ms": MS * median(found) for stage, found in seconds.items() if found}


def _told(lines: Sequence[Mapping[str, object]], name: str) -> list[float]:
    """Collect what lines tell; a stage that took no time was not entered."""
    return [float(str(line[name])) for line in lines if line.get(name)]


def _lines(log: Sequence[str]) -> Iterator[Mapping[str, object]]:
    for text in log:
        if text.startswith("{"):
            line = json.loads(text)
            if line.get("event") in {"study assessed", "delivered"}:
                yield line


def _passages(engine: Engine) -> dict[str, Passage]:
    study, event = schema.study.c, schema.event.c
    with engine.begin() as connection:
        last = {
            int(number): (str(uid), received)
            for number, uid, received in connection.execute(
                select(study.id, study.study_uid, study.last_received_at)
            )
        }
        rows = connection.execute(
            select(event.study_id, event.kind, event.to_state, event.at, event.duration_s)
        ).all()
    moves: dict[int, dict[tuple[str, str], tuple[datetime, float]]] = {n: {} for n in last}
    for number, kind, state, at, seconds in rows:
        moves[number].setdefault((kind, state), (at, seconds))
    return {uid: Passage(received, moves[n]) for n, (uid, received) in last.items()}
