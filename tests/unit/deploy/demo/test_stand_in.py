"""The stand-in for a PACS."""

from pathlib import Path

from deploy.demo.stand_in import running_stand_in
from sample_dicoms.catalogue import SAMPLES
from sample_dicoms.make_samples import STUDY_DATE, write_sample
from tests.builders.sender import send


def test_what_is_stored_is_fetched_byte_for_byte(tmp_path: Path) -> None:
    film = write_sample(SAMPLES[0], tmp_path, STUDY_DATE)
    uid = "2.25.1"  # another one: what never came is absent
    with running_stand_in(tmp_path / "pacs") as pacs:
        answers = send([film], pacs.peer)

        kept = [path.read_bytes() for path in (tmp_path / "pacs").iterdir()]
        assert (answers, len(kept), pacs.fetch(uid)) == ([0], 1, None)
        assert kept[0][-1000:] == film.read_bytes()[-1000:]


def test_a_full_disk_is_answered_out_of_resources(tmp_path: Path) -> None:
    film = write_sample(SAMPLES[0], tmp_path, STUDY_DATE)
    with running_stand_in(tmp_path / "pacs") as pacs:
        (tmp_path / "pacs").rmdir()

        assert send([film], pacs.peer) == [0xA700]
