"""A program that makes rows anew and kills itself at a commit.

Its arguments are the URL, the data folder, and how many commits it lives to see.
"""

import sys
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, event

from tests.builders.disaster import Site
from tests.crash.points import die
from triage.database.engine import open_engine

if __name__ == "__main__":
    url, folder, commits = sys.argv[1:]
    engine, numbers = open_engine(url), count(1)

    @event.listens_for(engine, "commit")
    def _die(_c: Connection) -> None:
        if next(numbers) > int(commits):
            die()

    Site(Path(folder), engine).reindex()
