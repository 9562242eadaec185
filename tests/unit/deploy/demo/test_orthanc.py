"""Orthanc as the PACS of the demonstration."""

from pathlib import Path

from deploy.demo.films import read_film
from deploy.demo.orthanc import running_orthanc
from sample_dicoms.catalogue import SAMPLES
from sample_dicoms.make_samples import STUDY_DATE, write_sample
from tests.builders.sender import send
from tests.builders.tools import needs


@needs("Orthanc")
def test_orthanc_keeps_a_film_and_turns_strangers_away(tmp_path: Path) -> None:
    film = write_sample(SAMPLES[0], tmp_path, STUDY_DATE)
    with running_orthanc(tmp_path / "pacs") as pacs:
        stranger = send([film], pacs.peer, calling_ae_title="STRANGER")
        known = send([film], pacs.peer, calling_ae_title="MODALITY")

        kept = pacs.fetch(read_film(film).sop_instance_uid)
        assert (stranger, known) == ([None], [0])
        assert (kept is not None, pacs.fetch("2.25.1")) == (True, None)
