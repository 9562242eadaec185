"""Reports count the films that hold: of those that came again with another identity, the last.

Six views are made anew; their columns stay. ``reading_list`` takes the priority of the worklist
for a study that came after it was listed, and ``to_remove`` counts by the days of the site's zone.

Where any film was replaced, the sums by day are deleted, and made again by the next roll-up. The days
are deleted always, since a reading list reaches one day further back: the program writes them at its
start, and after ``triage database upgrade``. No other row is changed, and nothing waits but for the
moment that this takes. Going back makes the views of before, and deletes days and sums likewise.
"""

import re
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

(_DAYS_OF_A_ZONE,) = Path(__file__).parent.glob("*_days_of_a_zone.py")
_EARLIER = runpy.run_path(str(_DAYS_OF_A_ZONE))
OWN: Mapping[str, Mapping[str, str]] = _EARLIER["OWN"]
ARGUMENTS: str = _EARLIER["ARGUMENTS"]
SPELLED: Callable[[str], str] = _EARLIER["SPELLED"]
"""Writes what each database has its own words for."""

BEFORE = {
    "films": "0008",
    "scores_live": "0008",
    "worklist": "0008",
    "reading_list": "0008",
    "agreement": "0009",
    "to_remove": "0006",
}
"""The views that are made anew, and where the text of each was before."""


def upgrade() -> None:
    """Let the views count what holds."""
    _make_anew(dict.fromkeys(BEFORE, revision))


def downgrade() -> None:
    """Let them count what they counted before."""
    _make_anew(BEFORE)


def _make_anew(folders: Mapping[str, str]) -> None:
    for view, folder in folders.items():
        _make_view_anew(view, folder)
    op.execute("DELETE FROM score_day WHERE EXISTS (SELECT 1 FROM correction)")
    op.execute("DELETE FROM rolled_day WHERE EXISTS (SELECT 1 FROM correction)")
    op.execute("DELETE FROM calendar_day")


def _make_view_anew(view: str, folder: str) -> None:
    """Replace a view; what names it stays, and on PostgreSQL who may read it too."""
    file = Path(__file__).parents[1] / "views" / folder / f"{view}.sql"
    said = file.read_text(encoding="utf-8")
    dialect = op.get_bind().dialect.name
    for word, own in OWN[dialect].items():
        said = re.sub(rf"\b{word}{ARGUMENTS}", own, said)
    if dialect == "sqlite":
        op.execute(f"DROP VIEW report_{view}")
    else:
        said = said.replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
    op.execute(sa.text(SPELLED(said).replace(":", r"\:")))
