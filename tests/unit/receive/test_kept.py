import zlib
from pathlib import Path

import pytest

from tests.builders.dataset import BIG_ENDIAN, CR, DEFLATED, IMPLICIT, encoded, film_dataset
from tests.builders.studies import EXPLICIT, FILM
from triage.domain.errors import RejectedInstance
from triage.receive.arrival import Arrival, Inspection
from triage.receive.kept import name_file


def received(path: Path, *, uid: str = FILM, syntax: str = EXPLICIT, **film: object) -> Arrival:
    """Let a film come in as the listener does, and keep its file."""
    coming = Inspection(sop_class_uid=CR, sop_instance_uid=uid, transfer_syntax_uid=syntax)
    data_set = encoded(film_dataset(**film), transfer_syntax_uid=syntax)
    if syntax == DEFLATED:
        data_set = zlib.compress(data_set, wbits=-zlib.MAX_WBITS)
    coming.feed(data_set)
    path.write_bytes(coming.header + data_set)
    return coming.finish()


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
def test_a_file_is_named_as_it_was_when_it_came(tmp_path: Path, syntax: str) -> None:
    arrival = received(tmp_path / "film.dcm", syntax=syntax)

    assert name_file(tmp_path / "film.dcm") == arrival


def test_a_malformed_uid_is_replaced_by_the_same_one(tmp_path: Path) -> None:
    arrival = received(tmp_path / "film.dcm", uid="../x", SOPInstanceUID="../x")

    assert name_file(tmp_path / "film.dcm") == arrival
    assert arrival.sop_instance_uid.startswith("2.25.")


def test_a_film_without_a_study_belongs_to_the_same_one(tmp_path: Path) -> None:
    arrival = received(tmp_path / "film.dcm", StudyInstanceUID=None)

    assert name_file(tmp_path / "film.dcm") == arrival


@pytest.mark.parametrize("left", [0, 100, 200, -3])
def test_a_file_that_is_cut_is_refused(tmp_path: Path, left: int) -> None:
    path = tmp_path / "film.dcm"
    received(path)
    path.write_bytes(path.read_bytes()[:left])

    with pytest.raises(RejectedInstance):
        name_file(path)
