"""What became of each film, read from the daemon's database."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event

from sqlalchemy import Engine

from deploy.demo.films import SentFilm
from triage.database.timeline import Row, Story, Turnround, story, turnrounds
from triage.domain.assessment import Tier
from triage.domain.study import DeliveryState

LOOK_EVERY_S = 0.25
FLAGS = frozenset({Tier.FLAGGED, Tier.URGENT})
DELIVERED = frozenset({DeliveryState.SENT, DeliveryState.PROVEN, DeliveryState.SENT_UNPROVEN})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One film's end.

    Args:
        film: what was sent.
        state: the film's state.
        code: the refusal's code, empty where the film was assessed.
        sentence: the refusal in words.
        probabilities: by label.
        flagged: the labels that flag the film.
        captures: SOP Instance UIDs of what the PACS must have now.
        reason: why a flagged film has no capture, or why its capture is parked.
        seconds: from the study's last film to its last result in the PACS, or to its end
            where nothing is returned.
    """

    film: SentFilm
    state: str
    code: str
    sentence: str
    probabilities: Mapping[str, float]
    flagged: tuple[str, ...]
    captures: tuple[str, ...]
    reason: str
    seconds: float | None


def wait_for_ends(
    engine: Engine, study_uids: set[str], *, patience_s: float, tell: Callable[[int], None]
) -> list[Turnround]:
    """Wait until every study has ended, and return what is known of each.

    Args:
        engine: the daemon's database.
        study_uids: what to wait for.
        patience_s: without another study's end, this is when to give up.
        tell: is given the number of studies that have ended.
    """
    pause, waited_s, before = Event(), 0.0, 0
    while True:
        found = _look(engine, study_uids)
        ended = sum(turnround.finished_at is not None for turnround in found)
        if ended == len(study_uids) or waited_s > patience_s:
            return found
        tell(ended)
        waited_s = 0.0 if ended > before else waited_s + LOOK_EVERY_S
        before = ended
        pause.wait(LOOK_EVERY_S)


def seconds_of(turnround: Turnround) -> float | None:
    """Count from the study's last film to its last result, or to its end without one."""
    end = turnround.delivered_at or turnround.finished_at
    return None if end is None else (end - turnround.last_received_at).total_seconds()


def outcomes(
    engine: Engine, films: Sequence[SentFilm], ends: Sequence[Turnround]
) -> Iterator[Outcome]:
    """Tell what became of each film that the daemon took."""
    seconds = {turnround.study_uid: seconds_of(turnround) for turnround in ends}
    seen: Counter[str] = Counter()
    for film in films:
        with engine.begin() as connection:
            found = story(connection, film.study_uid)
        yield _outcome(film, found, seen[film.sop_instance_uid], seconds.get(film.study_uid))
        seen[film.sop_instance_uid] += 1


def _look(engine: Engine, study_uids: set[str]) -> list[Turnround]:
    with engine.begin() as connection:
        return [t for t in turnrounds(connection) if t.study_uid in study_uids]


def _outcome(film: SentFilm, found: Story, repeat: int, seconds: float | None) -> Outcome:
    rows = [row for row in found.films if row["sop_instance_uid"] == film.sop_instance_uid]
    row = rows[min(repeat, len(rows) - 1)]  # the same bytes again have no row of their own
    findings = found.findings.get(int(str(row["id"])), ())
    deliveries = [entry for entry in found.deliveries if entry["instance_id"] == row["id"]]
    return Outcome(
        film,
        state=str(row["state"]),
        code=str(row["code"] or ""),
        sentence=str(row["sentence"] or ""),
        probabilities={str(f["label"]): float(str(f["probability"])) for f in findings},
        flagged=tuple(str(f["label"]) for f in findings if f["tier"] in FLAGS),
        captures=tuple(str(d["sop_instance_uid"]) for d in deliveries if d["state"] in DELIVERED),
        reason=_reason(row, deliveries, found.events),
        seconds=seconds,
    )


def _reason(film: Row, deliveries: Sequence[Row], events: Sequence[Row]) -> str:
    parked = [str(d["reason"]) for d in deliveries if d["state"] == DeliveryState.PARKED]
    if parked:
        return f"parked, {parked[0]}"
    own = [e["reason"] for e in events if e["kind"] == "film" and e["subject_id"] == film["id"]]
    return str(next((reason for reason in reversed(own) if reason), ""))
