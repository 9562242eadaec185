"""``triage doctor [PEER]``."""

import logging
from dataclasses import asdict
from typing import Annotated

import typer

from triage.cli.options import AsJson, SettingsFile, print_json, settings_from
from triage.cli.peers import SomePeer, WithTls, cases
from triage.daemon.doctor import examine
from triage.daemon.examination import Examination
from triage.daemon.logs import configure_logs
from triage.encode.trial import PATIENT_NAME

EX_UNAVAILABLE = 69
Store = Annotated[
    bool, typer.Option("--store", help=f"Store a test object, of patient {PATIENT_NAME}.")
]


def doctor(
    peer: SomePeer = None,
    store: Store = False,
    tls: WithTls = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Examine a PACS step by step, and say which setting to change there or here."""
    configure_logs(least=logging.WARNING)  # of a listener that is open for a moment
    choice = settings_from(settings)
    found = [examine(choice, case, store=store) for case in cases(choice, peer, tls=tls)]
    if as_json:
        print_json([{**asdict(one), "well": one.is_well} for one in found])
    else:
        for one in found:
            _show(one)
    return 0 if all(one.is_well for one in found) else EX_UNAVAILABLE


def _show(examination: Examination) -> None:
    print(f"{examination.peer}, {'TLS' if examination.tls else 'plain DICOM'}")
    for step in examination.steps:
        took = "" if step.ms is None else f" ({step.ms:.1f} ms)"
        print(f"  {step.verdict:<7} {step.tried}: {step.answer}{took}")
        if step.change:
            print(f"          change: {step.change}")
