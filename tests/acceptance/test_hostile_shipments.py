"""Files that want to hurt, sent to a whole daemon: each has an end, and nobody dies of one."""

import sys
from dataclasses import replace
from pathlib import Path

from tests.builders.account import Account, Sent, send_all
from tests.builders.bombs import HOSTILE
from tests.builders.daemon import Daemon, running_daemon
from tests.builders.shipment import Shipment
from tests.builders.waiting import wait_until

SOON_S = 120.0
UID = b"2.25.1"
"""That of every film of the builders; none of ours may be taken for another one's double."""


def shipment_of(file: Path, number: int) -> Shipment:
    """The file as a modality sends it, under a UID of its own."""
    uid = f"2.25.{number}"
    shipment = Shipment.of(file)
    data_set = shipment.data_set.replace(UID, uid.encode(), 1)
    return replace(shipment, data_set=data_set, sop_instance_uid=uid)


def test_every_bomb_has_an_end_and_no_part_of_the_daemon_dies(
    tmp_path: Path, samples: Path
) -> None:
    hostile = [make(tmp_path / name) for name, make in HOSTILE.items()]
    shipments = [shipment_of(file, number) for number, file in enumerate(hostile, start=2)]
    with running_daemon(tmp_path / "data", {"TRIAGE_COMPLETION__QUIET_S": "0.2"}) as daemon:
        port, children = daemon.peer.port, set(daemon.children)
        sent = send_all([*shipments, Shipment.of(samples / "dx_mass.dcm")], port)
        ends = ends_of(sent, daemon)
        alive = set(daemon.children) & children
        exit_code = daemon.stop()

    sys.stdout.write("".join(f"\n{name}: {end}" for name, end in zip(HOSTILE, ends, strict=False)))
    assert "kept, ASSESSED" not in ends[:-1]
    assert ends[-1] == "kept, ASSESSED"
    assert alive == children
    assert exit_code == 0


def ends_of(sent: list[Sent], daemon: Daemon) -> list[str]:
    """Wait until each has an end, and name them in the order in which they were sent."""
    engine = daemon.engine()
    wait_until(lambda: not Account.of(sent, engine).missing, within_s=SOON_S)
    account = Account.of(sent, engine)
    engine.dispose()
    return [account.ends[one.calling] for one in sent]
