from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian
from pydicom.valuerep import PersonName

from triage.domain.errors import DeliveryParked
from triage.encode.header import (
    accession,
    copy_header,
    header_digest,
    identity,
    missing_identity,
    read_source,
    text,
    valid,
)

FilmFile = Callable[..., Path]

NAMES = {
    "GB18030": "Wang^XiaoDong=王^小东".encode("gb18030"),
    "\\ISO 2022 IR 87": b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
    "\\ISO 2022 IR 149": b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7",
    "ISO_IR 192": "Buc^Jérôme=王".encode(),
    "ISO_IR 100": b"\xff\xfe\x81^\x1b$",
}

NOT_UTF_8 = b"Buc^J\xe9r\xf4me"


@pytest.mark.parametrize("character_set", NAMES)
def test_a_name_is_copied_byte_for_byte(film_file: FilmFile, character_set: str) -> None:
    raw = NAMES[character_set]
    film = film_file(SpecificCharacterSet=character_set, PatientName=raw)

    header = copy_header(read_source(film))

    assert header["PatientName"] == raw + b" " * (len(raw) % 2)
    assert header["SpecificCharacterSet"] == character_set.encode()


def test_an_unknown_character_set_is_copied(film_file: FilmFile) -> None:
    film = film_file(SpecificCharacterSet="ISO_IR 100", PatientName=b"\xe9\xe8")
    film.write_bytes(film.read_bytes().replace(b"ISO_IR 100", b"NO_SUCH_10"))

    header = copy_header(read_source(film))

    assert (header["SpecificCharacterSet"], header["PatientName"]) == (b"NO_SUCH_10", b"\xe9\xe8")


def test_bytes_that_their_character_set_forbids_are_copied(film_file: FilmFile) -> None:
    film = film_file(SpecificCharacterSet="ISO_IR 192", PatientName=NOT_UTF_8)

    assert copy_header(read_source(film))["PatientName"] == NOT_UTF_8


def test_a_name_that_is_decoded_and_encoded_anew_is_noticed() -> None:
    with pytest.warns(UserWarning, match="Failed to decode"):
        anew = PersonName(str(PersonName(NOT_UTF_8, ["utf-8"])), ["utf-8"]).encode()

    assert anew != NOT_UTF_8


def test_a_value_that_its_representation_forbids_is_copied(film_file: FilmFile) -> None:
    film = film_file(PatientAge=b"81", AccessionNumber=b"x" * 40, StudyDate=b"2026.01.02")

    header = copy_header(read_source(film))

    assert header["PatientAge"] == b"81"
    assert header["AccessionNumber"] == b"x" * 40
    assert header["StudyDate"] == b"2026.01.02"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_the_encoding_of_the_film_does_not_matter(film_file: FilmFile, syntax: str) -> None:
    explicit = copy_header(read_source(film_file()))

    assert copy_header(read_source(film_file(syntax=syntax))) == explicit


def test_a_film_without_preamble_and_meta_is_read(film_file: FilmFile) -> None:
    film = film_file(syntax=ImplicitVRLittleEndian)
    header = copy_header(read_source(film))
    encoded = film.read_bytes()
    film.write_bytes(encoded[encoded.index(b"\x08\x00\x16\x00") :])

    assert copy_header(read_source(film)) == header


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_sequences_are_copied_with_their_items(film_file: FilmFile, syntax: str) -> None:
    code = Dataset()
    code.CodeValue, code.CodeMeaning = "RPID1", "Chest"
    film = film_file(syntax=syntax, ProcedureCodeSequence=[code])

    header = copy_header(read_source(film))

    assert header["ProcedureCodeSequence"] == [{"CodeValue": b"RPID1 ", "CodeMeaning": b"Chest "}]


def test_numbers_in_another_byte_order_are_left_out(film_file: FilmFile) -> None:
    film = film_file(syntax=ExplicitVRBigEndian, PregnancyStatus=4)

    assert "PregnancyStatus" not in copy_header(read_source(film))


def test_what_is_absent_stays_absent_and_what_is_empty_empty(film_file: FilmFile) -> None:
    header = copy_header(read_source(film_file(PatientSex=None)))

    assert header["PatientSex"] == b""
    assert "PatientAge" not in header


def test_nothing_of_the_series_is_copied(film_file: FilmFile) -> None:
    header = copy_header(read_source(film_file(ClinicalTrialSeriesID="7")))

    assert not {"SeriesInstanceUID", "Modality", "ClinicalTrialSeriesID"} & set(header)


def test_the_digest_changes_with_a_copied_value_alone(film_file: FilmFile) -> None:
    digest = header_digest(copy_header(read_source(film_file())))

    series = header_digest(copy_header(read_source(film_file(SeriesNumber="9"))))
    patient = header_digest(copy_header(read_source(film_file(PatientID="P-2"))))

    assert series == digest
    assert patient != digest


def test_the_same_film_has_the_same_identity_in_any_encoding(film_file: FilmFile) -> None:
    first = identity(film_file())

    assert identity(film_file(syntax=ImplicitVRLittleEndian)) == first


@pytest.mark.parametrize("keyword", ["PatientID", "PatientName", "AccessionNumber"])
def test_a_corrected_attribute_is_another_identity(film_file: FilmFile, keyword: str) -> None:
    first = identity(film_file())

    assert identity(film_file(**{keyword: "corrected"})) != first


def test_an_identity_prints_nothing(film_file: FilmFile) -> None:
    printed = repr(identity(film_file()))

    assert not any(value in printed for value in ("Made", "P-1", "A-17", "1960", "498"))


def test_an_accession_number_has_no_padding(film_file: FilmFile) -> None:
    assert accession(film_file(AccessionNumber=" A-17 ")).reveal == "A-17"


def test_a_film_without_a_number_or_with_a_broken_header_has_none(film_file: FilmFile) -> None:
    broken = film_file()
    broken.write_bytes(broken.read_bytes().replace(b"\x02\x00\x10\x00UI", b"\x02\x00\x10\x00ZZ"))

    assert accession(broken).reveal == ""
    assert accession(film_file(AccessionNumber=None)).reveal == ""


def test_a_broken_header_is_parked(film_file: FilmFile) -> None:
    film = film_file()
    film.write_bytes(film.read_bytes().replace(b"\x02\x00\x10\x00UI", b"\x02\x00\x10\x00ZZ"))

    with pytest.raises(DeliveryParked, match="cannot be read"):
        read_source(film)


def test_a_careful_film_lacks_nothing(film_file: FilmFile) -> None:
    assert missing_identity(film_file()) is None


def test_missing_attributes_are_named_in_one_sentence(film_file: FilmFile) -> None:
    sentence = missing_identity(film_file(PatientID=None, StudyInstanceUID=None))

    expected = "the film has no Study Instance UID (0020,000D), no Patient ID (0010,0020)"
    assert sentence == expected


def test_an_identifier_of_spaces_is_missing(film_file: FilmFile) -> None:
    assert missing_identity(film_file(PatientID="  ")) == "the film has no Patient ID (0010,0020)"


def test_text_is_read_without_padding(film_file: FilmFile) -> None:
    film = read_source(film_file(StudyID="S1 "))

    assert (text(film, "StudyID"), text(film, "PatientAge")) == ("S1", "")


def test_only_a_valid_value_is_taken_over(film_file: FilmFile) -> None:
    film = read_source(film_file(ViewPosition="PA", BurnedInAnnotation="MAYBE"))

    assert valid(film, "ViewPosition", "[A-Z]+") == {"ViewPosition": "PA"}
    assert valid(film, "BurnedInAnnotation", "YES|NO") == {}
