"""Which files are no longer needed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, or_, select, update

from triage.database import schema
from triage.database.outbox import UNFINISHED
from triage.domain.study import StudyState

TERMINAL = (StudyState.DONE, StudyState.NOT_ASSESSED)
FILM_MODALITIES = ("CR", "DX")
MOST_AT_ONCE = 500


def sweepable_films(
    connection: Connection, *, now: datetime, retain: timedelta, retain_others: timedelta
) -> Sequence[tuple[int, str]]:
    """Return id and digest of stored instances whose file may go.

    Their study is finished for ``retain``, or for ``retain_others`` where the instance is no
    CR or DX; no delivery of the study is under way. The rows are held until the transaction
    ends, so that a film which comes again clears the mark of the sweep after it was made.
    """
    film, study = schema.instance.c, schema.study.c
    under_way = exists().where(
        schema.delivery.c.study_id == study.id, schema.delivery.c.state.in_(UNFINISHED)
    )
    other = or_(film.modality.is_(None), film.modality.not_in(FILM_MODALITIES))
    rows = connection.execute(
        select(film.id, film.digest)
        .join(schema.study, study.id == film.study_id)
        .where(
            study.state.in_(TERMINAL),
            film.swept_at.is_(None),
            or_(
                study.state_since <= now - retain,
                other & (study.state_since <= now - retain_others),
            ),
            ~under_way,
        )
        .order_by(film.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=schema.instance, skip_locked=True)
    )
    return [(row.id, row.digest) for row in rows]


def mark_swept(connection: Connection, instance_ids: Sequence[int], *, now: datetime) -> None:
    """Note that the files of these instances are gone."""
    connection.execute(
        update(schema.instance).where(schema.instance.c.id.in_(instance_ids)).values(swept_at=now)
    )


def finished_results(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Return those digests of encoded objects that no open delivery needs.

    A parked delivery may be requeued by a person, so its object is kept.
    """
    table = schema.delivery.c
    needed = connection.scalars(
        select(table.digest).where(
            table.digest.in_(digests), table.state.not_in(("PROVEN", "SENT_UNPROVEN"))
        )
    )
    return set(digests) - set(needed)


def known_films(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Return those digests that an instance row names."""
    table = schema.instance.c
    return set(connection.scalars(select(table.digest).where(table.digest.in_(digests))))
