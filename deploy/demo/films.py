"""The films that are sent: the samples, a user's own, and variations for the load."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import cycle, groupby, islice
from pathlib import Path

from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import generate_uid

from deploy.demo.failure import DemoFailed
from sample_dicoms.catalogue import SAMPLES
from sample_dicoms.make_samples import write_samples


@dataclass(frozen=True, slots=True)
class SentFilm:
    """A film on its way.

    Args:
        path: the Part 10 file.
        name: unlike that of any other film; results are named after it.
        study_uid: its *Study Instance UID*.
        sop_instance_uid: its *SOP Instance UID*.
        expected_code: the refusal that the daemon must give, empty where it must assess the
            film, ``None`` where nobody knows.
    """

    path: Path
    name: str
    study_uid: str
    sop_instance_uid: str
    expected_code: str | None = None


def sample_films(folder: Path) -> list[SentFilm]:
    """Draw the samples as of today, so that their results are not too old to be returned."""
    today = datetime.now().astimezone().date()
    paths = write_samples(folder, study_date=today)
    codes = (sample.code for sample in SAMPLES)
    return [replace(read_film(p), expected_code=c) for p, c in zip(paths, codes, strict=True)]


def read_film(path: Path) -> SentFilm:
    """Read a film's UIDs.

    Raises:
        DemoFailed: the file is not a DICOM film.
    """
    try:
        header = dcmread(path, stop_before_pixels=True)
        return SentFilm(path, path.stem, str(header.StudyInstanceUID), str(header.SOPInstanceUID))
    except OSError as error:
        raise DemoFailed(f"{path} cannot be sent: {error.strerror}") from error
    except (InvalidDicomError, AttributeError, ValueError) as error:
        raise DemoFailed(f"{path} cannot be sent: it is no DICOM film") from error


def named_apart(films: Iterable[SentFilm]) -> Iterator[SentFilm]:
    """Give each film a name of its own: ``film``, then ``film-2`` for its namesake."""
    taken: dict[str, int] = {}
    for film in films:
        count = taken[film.name] = taken.get(film.name, 0) + 1
        yield film if count == 1 else replace(film, name=f"{film.name}-{count}")


def studies_of(films: Sequence[SentFilm]) -> list[list[SentFilm]]:
    """Gather the films of each study, in the order in which the studies appear."""
    order = {uid: index for index, uid in enumerate(dict.fromkeys(f.study_uid for f in films))}
    ordered = sorted(films, key=lambda film: order[film.study_uid])
    return [list(group) for _, group in groupby(ordered, key=lambda film: film.study_uid)]


def variations(films: Sequence[SentFilm], folder: Path, *, count: int) -> list[SentFilm]:
    """Write films with new UIDs, each a study of its own, in turn from those to be assessed."""
    folder.mkdir()
    sources = [film for film in films if film.expected_code == ""]
    numbered = enumerate(islice(cycle(sources), count), start=1)
    return [_variation(film, folder / f"{number:03d}_{film.name}.dcm") for number, film in numbered]


def _variation(film: SentFilm, path: Path) -> SentFilm:
    dataset = dcmread(film.path)
    dataset.StudyInstanceUID = generate_uid(prefix=None)
    dataset.SeriesInstanceUID = generate_uid(prefix=None)
    dataset.SOPInstanceUID = generate_uid(prefix=None)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return read_film(path)
