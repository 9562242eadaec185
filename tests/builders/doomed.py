"""``python -m tests.builders.doomed DATABASE FOLDER UID DEATHS``: a worker that a film kills.

It assesses what waits, as the product's worker does, and ends with 0 when nothing waits. It is
a process that one film ends at once, as a fault in a library does.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from triage.daemon.judge import Judge
from triage.daemon.worker import Worker
from triage.database.engine import open_engine
from triage.database.results import Outcome
from triage.decode.guard import Guard
from triage.domain.assessment import Assessment, Finding, Model, Tier
from triage.domain.film import Film
from triage.domain.study import Instance
from triage.overlay.appearance import Appearance
from triage.pipeline import Route
from triage.settings import Pacs
from triage.spool import Spool


class Calm:
    """A network that finds nothing."""

    def assess(self, films: Sequence[Film]) -> list[Assessment]:
        """Find nothing."""
        tumour = Finding("tumour", 0.1, 0.6, Tier.BELOW)
        return [Assessment(Model("calm", "1", "0" * 64), (tumour,), ()) for _ in films]


class Doomed(Judge):
    """Is killed by one instance, and judges all others."""

    poison = ""

    def decide(self, instance: Instance) -> Outcome:
        """End the process, or judge."""
        if instance.sop_instance_uid == self.poison:
            os.abort()
        return super().decide(instance)


def main(database: str, folder: str, poison: str, most_deaths: str) -> None:
    """Take over what the predecessor had, and work."""
    engine = open_engine(database)
    spools = [Spool(Path(folder) / name) for name in ("spool", "results")]
    route = Route(Guard(), None, Calm(), Appearance(), minimum_age_years=18)
    judge = Doomed(engine, route, films=spools[0], results=spools[1], pacs=Pacs())
    judge.poison = poison
    ttl = timedelta(seconds=30)
    with ThreadPoolExecutor(1) as films:
        worker = Worker(engine, judge, films=films, name="worker", ttl=ttl, most_failures=3)
        worker.take_over(most_deaths=int(most_deaths))
        while worker.assess_one():
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
