"""The accession numbers of studies: written by who decides a film, asked by who imports reads."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from triage.database.insertion import insert_new
from triage.database.parts import parts
from triage.database.reads_schema import identity
from triage.domain.hidden import Hidden
from triage.domain.reading import LONGEST


def note_accession(connection: Connection, study_id: int, accession: Hidden) -> None:
    """Note a number of a study, once; what no file of reads could name is not kept."""
    text = accession.reveal
    if 0 < len(text) <= LONGEST and text.isprintable():
        insert_new(connection, identity, {"study_id": study_id, "accession": text})


def studies_with(connection: Connection, accessions: Collection[str]) -> dict[str, set[int]]:
    """Return the keys of the studies that have one of these accession numbers, by number.

    Every letter counts: neither case nor a leading zero is passed over.
    """
    found: dict[str, set[int]] = {}
    table = identity.c
    for some in parts(accessions):
        asked = select(table.accession, table.study_id).where(table.accession.in_(some))
        for number, study_id in connection.execute(asked):
            found.setdefault(number, set()).add(study_id)
    return found
