"""A late film brings its study onto the reading list, and a film that moved brings its wait along.

``report_reading_list`` is made anew; its columns stay, and so does who may read it. A study is listed
by each film that came or was assessed, no longer by its first one alone. One to which a film moved, since
that came again with another identity, has waited since the film came first, and has the priority of the
lists that named it before. The indexes by day find the rows on both databases.

No row is changed, and nothing waits but for the moment that a view takes. Going back makes the view of
before.
"""

import re
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

(_DAYS_OF_A_ZONE,) = Path(__file__).parent.glob("*_days_of_a_zone.py")
_EARLIER = runpy.run_path(str(_DAYS_OF_A_ZONE))
BEFORE: Mapping[str, Mapping[str, str]] = _EARLIER["OWN"]
ARGUMENTS: str = _EARLIER["ARGUMENTS"]
SPELLED: Callable[[str], str] = _EARLIER["SPELLED"]
"""Writes what each database has its own words for."""

LATELY = r"\1 >= \2.listed_from AND \1 < \2.ends_at"
OWN = {
    "sqlite": {
        "lately": LATELY,
        "studies_among": "CROSS JOIN study ON study.id IN",
        "of_each_day": "",
    },
    "postgresql": {
        # The index is of the days of UTC.
        "lately": rf"day_of(\1) BETWEEN day_of(\2.listed_from) AND day_of(\2.ends_at) AND {LATELY}",
        "studies_among": "CROSS JOIN LATERAL (SELECT study.* FROM study WHERE study.id IN",
        "of_each_day": "OFFSET 0) AS study",
    },
}


def upgrade() -> None:
    """List by every film."""
    dialect = op.get_bind().dialect.name
    _make_anew(revision, {**BEFORE[dialect], **OWN[dialect]})


def downgrade() -> None:
    """List by the first film."""
    _make_anew("0011", BEFORE[op.get_bind().dialect.name])


def _make_anew(folder: str, words: Mapping[str, str]) -> None:
    """Replace the view; on PostgreSQL it stays, and who may read it too."""
    file = Path(__file__).parents[1] / "views" / folder / "reading_list.sql"
    said = file.read_text(encoding="utf-8")
    for word, own in words.items():
        said = re.sub(rf"\b{word}{ARGUMENTS}", own, said)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP VIEW report_reading_list")
    else:
        said = said.replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
    op.execute(sa.text(SPELLED(said).replace(":", r"\:")))
