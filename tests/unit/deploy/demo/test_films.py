"""The films of the demonstration."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from pydicom import dcmread

from deploy.demo.failure import DemoFailed
from deploy.demo.films import SentFilm, named_apart, read_film, sample_films, studies_of, variations


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[SentFilm]:
    """The samples as of today."""
    return sample_films(tmp_path_factory.mktemp("films") / "samples")


def film(name: str, study_uid: str) -> SentFilm:
    return SentFilm(Path(f"{name}.dcm"), name, study_uid, "1.2.3")


def test_the_samples_are_of_today_so_that_their_results_are_returned(
    samples: list[SentFilm],
) -> None:
    dates = {dcmread(sample.path, stop_before_pixels=True).StudyDate for sample in samples}

    assert dates == {f"{datetime.now().astimezone():%Y%m%d}"}


def test_a_sample_knows_what_the_daemon_must_say_of_it(samples: list[SentFilm]) -> None:
    codes = {sample.name: sample.expected_code for sample in samples}

    assert codes["dx_mass"] == ""
    assert codes["dx_lateral"] == "lateral"


def test_namesakes_get_names_of_their_own() -> None:
    named = named_apart([film("film", "1"), film("other", "2"), film("film", "3")])

    assert [one.name for one in named] == ["film", "other", "film-2"]


def test_the_films_of_a_study_are_sent_together() -> None:
    first, other, second = film("a", "1"), film("b", "2"), film("c", "1")

    assert studies_of([first, other, second]) == [[first, second], [other]]


def test_a_variation_is_the_same_film_in_a_study_of_its_own(
    samples: list[SentFilm], tmp_path: Path
) -> None:
    made = variations(samples[:1], tmp_path / "load", count=2)

    assert len({one.study_uid for one in [*made, samples[0]]}) == 3
    assert dcmread(made[0].path).PixelData == dcmread(samples[0].path).PixelData


def test_only_films_that_are_assessed_are_varied(samples: list[SentFilm], tmp_path: Path) -> None:
    refused = [replace(samples[0], expected_code="lateral"), samples[1]]

    made = variations(refused, tmp_path / "load", count=2)

    assert {one.name for one in made} == {"001_dx_mass", "002_dx_mass"}


def test_what_is_no_film_is_named(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague")

    with pytest.raises(DemoFailed, match=r"letter\.txt cannot be sent: it is no DICOM film"):
        read_film(file)
