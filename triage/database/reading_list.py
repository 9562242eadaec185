"""The reading list of a day: studies in the order in which they should be read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection

from triage.database.statement import look
from triage.database.statistics import Table, Value, plain
from triage.domain.assessment import HeatMap, Margins, Placement

COLUMNS = (
    *("place", "study_uid", "ordered_priority", "overdue", "tier", "label", "probability"),
    *("threshold", "waiting_since", "waited_h", "state", "code"),
)
_LIST = (
    "SELECT place, study_uid, ordered_priority, overdue, tier, label, probability, threshold,"
    " waiting_since, waited_s / 3600.0 AS waited_h, state, code"
    " FROM report_reading_list WHERE day = ? ORDER BY place"
)
_SHOWN = (
    "SELECT listed.study_uid, film.digest, heat.label, heat.rows, heat.columns, heat.weights,"
    " heat.placement"
    " FROM report_reading_list AS listed"
    " JOIN instance AS film ON film.id = listed.instance_id"
    " LEFT JOIN heat_map AS heat ON heat.assessment_id = listed.assessment_id"
    " AND heat.label = listed.label AND listed.tier IN ('urgent', 'flagged')"
    " WHERE listed.day = ?"
)


@dataclass(frozen=True, slots=True)
class ShownFilm:
    """The film by which a study has its place: its file, and the map of a flagged finding.

    ``heat`` is ``None`` where nothing is flagged, and of films that were assessed before it was
    kept where a map lies.
    """

    digest: str
    heat: HeatMap | None


def reading_list(connection: Connection, day: date) -> Table:
    """List a day's studies, as they stood at its end, or stand if it is not over.

    It begins no transaction, so that on SQLite nobody waits for it.
    """
    rows = look(connection, _LIST, (_value(connection, day),))
    return Table(COLUMNS, [tuple(map(_cell, COLUMNS, row)) for row in rows])


def shown_films(connection: Connection, day: date) -> Mapping[str, ShownFilm]:
    """Return the film by which each study of a day's list has its place, by study UID."""
    rows = look(connection, _SHOWN, (_value(connection, day),))
    return {row[0]: ShownFilm(row[1], _heat(*row[2:])) for row in rows}


def _value(connection: Connection, day: date) -> object:
    return day.isoformat() if connection.dialect.name == "sqlite" else day


def _cell(name: str, value: object) -> Value:
    """Return a cell that is the same from both databases."""
    if name == "waited_h" and isinstance(value, float):
        return round(value, 2)
    if name == "waiting_since" and isinstance(value, str):
        return value[:19]
    return plain(name, value)


def _heat(
    label: str | None, rows: int, columns: int, weights: bytes, placement: str | None
) -> HeatMap | None:
    if label is None or placement is None:
        return None
    top, left, height, width, margins = json.loads(placement)
    grid = np.frombuffer(weights, "<f4").reshape(rows, columns)
    return HeatMap(label, grid, Placement(top, left, height, width, Margins(*margins)))
