"""What readers and bundles said of the same studies."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from triage.database.parts import parts
from triage.database.questions import AGREEMENT
from triage.database.statement import look
from triage.database.statistics import rows_of
from triage.domain.assessment import Model
from triage.domain.reading import Answer, Comparison

LOUDEST = """
SELECT study.study_uid, finding.label, said.bundle_digest, film.digest
FROM study
JOIN instance AS film ON film.study_id = study.id
JOIN assessment AS said ON said.instance_id = film.id
JOIN finding ON finding.assessment_id = said.id
WHERE study.study_uid IN ({?}) AND film.swept_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM correction WHERE correction.instance_id = film.id)
ORDER BY finding.probability, film.id DESC
"""

Case = tuple[str, str, str]
"""Study Instance UID, label, and the beginning of a bundle's digest."""

SHOWN = 12
"""Letters of a digest that reports show."""


def comparisons(connection: Connection, *, since: date) -> list[Comparison]:
    """Compare every word of readers since a day; like ``ask`` it begins no transaction."""
    names = [name for name, _ in AGREEMENT.columns]
    rows = rows_of(connection, AGREEMENT, since=since)
    return [_comparison(dict(zip(names, row, strict=True))) for row in rows]


def loudest_films(connection: Connection, studies: Collection[str]) -> dict[Case, str]:
    """Return the digest of the film that speaks loudest in each case, if its file is kept."""
    return {
        (study, label, bundle[:SHOWN]): digest
        for some in parts(studies)
        for study, label, bundle, digest in look(connection, LOUDEST, some, times=len(some))
    }


def _comparison(row: Mapping[str, Any]) -> Comparison:
    named = [row[f"bundle_{part}"] for part in ("name", "version", "digest")]
    return Comparison(
        study_uid=row["study_uid"],
        label=row["label"],
        reader=row["reader"],
        present=row["answer"] == Answer.PRESENT,
        model=Model(*named) if row["films"] else None,
        probability=row["probability"] or 0.0,
        reached=bool(row["reached"]),
    )
