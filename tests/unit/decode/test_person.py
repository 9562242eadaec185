from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from triage.decode.person import Person, name_groups, person


def written(folder: Path, **attributes: str) -> Path:
    """Write a file that has these attributes alone."""
    source = Dataset()
    source.file_meta = FileMetaDataset()
    source.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in attributes.items():
        setattr(source, keyword, value)
    file = folder / "film.dcm"
    source.save_as(file)
    return file


def name_of(file: Path) -> str:
    return person(file).name.reveal


def test_patient_and_order_are_read(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        PatientName="Doe^Jane^^Dr",
        PatientID=" 17 ",
        PatientBirthDate="19600102",
        AccessionNumber="A1",
    )

    whose = person(file)

    told = (whose.name, whose.patient_id, whose.birth_date, whose.accession)
    assert [hidden.reveal for hidden in told] == ["Doe Jane Dr", "17", "19600102", "A1"]


@pytest.mark.parametrize(
    ("characters", "name"), [("ISO_IR 192", "Müller^Jürgen"), ("GB18030", "王^小东")]
)
def test_a_name_is_read_in_the_films_own_letters(
    tmp_path: Path, characters: str, name: str
) -> None:
    file = written(tmp_path, SpecificCharacterSet=characters, PatientName=name)

    assert name_of(file) == name.replace("^", " ")


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("Doe Jane", ["Doe Jane"]),
        ("Suzuki Hanako=鈴木 花子=すずき はなこ", ["Suzuki Hanako", "鈴木 花子", "すずき はなこ"]),
        ("=王 小东", ["王 小东"]),
        ("Hong Gildong==", ["Hong Gildong"]),
        ("=", []),
        ("", []),
    ],
)
def test_a_name_is_parted_into_its_groups(name: str, groups: list[str]) -> None:
    assert name_groups(name) == groups


def test_a_header_that_tells_nothing_names_nobody(tmp_path: Path) -> None:
    assert person(written(tmp_path)) == Person()


@pytest.mark.parametrize("contents", [b"", b"no film", b"\0" * 4096])
def test_what_is_no_film_names_nobody(tmp_path: Path, contents: bytes) -> None:
    file = tmp_path / "film.dcm"
    file.write_bytes(contents)

    assert person(file) == Person()


def test_a_file_that_has_gone_names_nobody(tmp_path: Path) -> None:
    assert person(tmp_path / "film.dcm") == Person()


def test_a_person_is_never_printed_by_itself(tmp_path: Path) -> None:
    file = written(tmp_path, PatientName="Doe^Jane", PatientID="17")

    assert "Doe" not in repr(person(file))
    assert "17" not in str(person(file))
