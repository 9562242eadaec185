"""Which files the rows speak of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from triage.database import schema
from triage.domain.study import DeliveryState, FilmState

PAGE = 1000
NEEDED = (DeliveryState.WAITING, DeliveryState.SENT, DeliveryState.PARKED)
"""A capture in one of these states may have to be sent, the last by a person's word."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A row that names a file.

    ``waits``: the file is needed for work that is still to be done.
    """

    id: int
    study_uid: str
    digest: str
    waits: bool


def listed_films(connection: Connection) -> Iterator[list[Listed]]:
    """Yield the films whose file is not swept, in pages."""
    film, study = schema.instance.c, schema.study.c
    rows = (
        select(film.id, study.study_uid, film.digest, film.state)
        .join(schema.study, study.id == film.study_id)
        .where(film.swept_at.is_(None))
        .order_by(film.id)
    )
    for page in _pages(connection, rows, film.id):
        yield [
            Listed(row.id, row.study_uid, row.digest, waits=row.state == FilmState.WAITING)
            for row in page
        ]


def listed_captures(connection: Connection) -> Iterator[list[Listed]]:
    """Yield the deliveries whose encoded object may still be sent, in pages."""
    sent, study = schema.delivery.c, schema.study.c
    rows = (
        select(sent.id, study.study_uid, sent.digest)
        .join(schema.study, study.id == sent.study_id)
        .where(sent.digest.is_not(None), sent.state.in_(NEEDED))
        .order_by(sent.id)
    )
    for page in _pages(connection, rows, sent.id):
        yield [Listed(row.id, row.study_uid, row.digest, waits=True) for row in page]


def unswept_films(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Return those films whose file should be there now."""
    film = schema.instance.c
    return set(connection.scalars(select(film.id).where(film.id.in_(ids), film.swept_at.is_(None))))


def needed_captures(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Return those deliveries whose encoded object may have to be sent now."""
    sent = schema.delivery.c
    return set(connection.scalars(select(sent.id).where(sent.id.in_(ids), sent.state.in_(NEEDED))))


def swept_films(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Return those digests whose rows say that the file was swept."""
    film = schema.instance.c
    kept = select(film.digest).where(film.digest.in_(digests), film.swept_at.is_(None))
    gone = select(film.digest).where(film.digest.in_(digests), film.swept_at.is_not(None))
    return set(connection.scalars(gone)) - set(connection.scalars(kept))


def newest_film(connection: Connection) -> str | None:
    """Return the digest of the film whose row was made last."""
    film = schema.instance.c
    return connection.scalar(select(film.digest).order_by(film.id.desc()).limit(1))


def known_captures(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Return those digests of encoded objects that a delivery names."""
    sent = schema.delivery.c
    return set(connection.scalars(select(sent.digest).where(sent.digest.in_(digests))))


def _pages(
    connection: Connection, rows: Select[tuple[Any, ...]], key: ColumnElement[int]
) -> Iterator[Sequence[Row[tuple[Any, ...]]]]:
    after = 0
    while page := connection.execute(rows.where(key > after).limit(PAGE)).all():
        yield page
        after = page[-1].id
