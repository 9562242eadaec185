from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.studies import EXPLICIT, FILM, STUDY
from triage.domain.errors import RejectedInstance
from triage.domain.product import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from triage.receive.arrival import Arrival, Inspection


def inspection(*, sop_class_uid: str = CR, sop_instance_uid: str = FILM) -> Inspection:
    return Inspection(
        sop_class_uid=sop_class_uid,
        sop_instance_uid=sop_instance_uid,
        transfer_syntax_uid=EXPLICIT,
    )


def arrived(*, sop_class_uid: str = CR, sop_instance_uid: str = FILM, **film: object) -> Arrival:
    begun = inspection(sop_class_uid=sop_class_uid, sop_instance_uid=sop_instance_uid)
    begun.feed(encoded(film_dataset(**film)))
    return begun.finish()


def test_an_arrival_names_what_the_listener_keeps() -> None:
    assert arrived() == Arrival(CR, FILM, STUDY, f"{STUDY}.1", "CR", EXPLICIT)


def test_an_arrival_holds_no_patient_attribute() -> None:
    assert "Doe" not in repr(arrived(PatientName="Doe^Jane"))


@pytest.mark.parametrize(
    "sop_class_uid",
    [
        "1.2.840.10008.1.1",
        "1.2.840.10008.1.20.1",
        "1.2.840.10008.1.3.10",
        "1.2.840.10008.5.1.4.31",
        "no uid",
        "1.2\x00",
        "",
    ],
)
def test_what_is_no_storage_class_is_refused(sop_class_uid: str) -> None:
    with pytest.raises(RejectedInstance, match="is no storage") as rejection:
        arrived(sop_class_uid=sop_class_uid)

    assert rejection.value.status == 0x0122


@pytest.mark.parametrize("sop_class_uid", ["1.2.826.0.1.3680043.8.498.7", "1.2.840.10008.5.9.9"])
def test_a_private_or_a_new_class_is_storage(sop_class_uid: str) -> None:
    found = arrived(sop_class_uid=sop_class_uid, SOPClassUID=sop_class_uid)

    assert found.sop_class_uid == sop_class_uid


def test_another_sop_instance_uid_is_a_mismatch() -> None:
    with pytest.raises(RejectedInstance, match=r"SOP Instance UID: data set 2\.25\.101") as found:
        arrived(sop_instance_uid="2.25.9")

    assert found.value.status == 0xA900


def test_a_missing_sop_class_uid_is_a_mismatch() -> None:
    film = film_dataset()
    del film.SOPClassUID

    begun = inspection()
    begun.feed(encoded(film))

    with pytest.raises(RejectedInstance, match="SOP Class UID: data set is no UID"):
        begun.finish()


def test_a_film_without_a_study_is_a_study_of_its_own() -> None:
    first, second = arrived(StudyInstanceUID=""), arrived(StudyInstanceUID="")

    assert first.study_uid == second.study_uid
    assert first.study_uid.startswith("2.25.")


def test_a_malformed_study_uid_is_replaced_by_one_of_its_own() -> None:
    first, second = arrived(StudyInstanceUID="A-1"), arrived(StudyInstanceUID="A-2")

    assert first.study_uid != second.study_uid
    assert {first.study_uid[:5], second.study_uid[:5]} == {"2.25."}


def test_a_malformed_series_or_modality_is_left_out() -> None:
    found = arrived(SeriesInstanceUID="Doe^Jane", Modality="doe jane")

    assert (found.series_uid, found.modality) == (None, None)


def test_a_padded_modality_is_trimmed() -> None:
    assert arrived(Modality="DX ").modality == "DX"


def test_a_header_and_its_data_set_are_a_part_10_file() -> None:
    contents = encoded(film_dataset())

    film = dcmread(BytesIO(inspection().header + contents))

    assert film.file_meta.MediaStorageSOPInstanceUID == FILM
    assert film.file_meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert film == film_dataset()


def test_a_header_is_what_pydicom_writes() -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(CR)
    meta.MediaStorageSOPInstanceUID = UID(FILM)
    meta.TransferSyntaxUID = UID(EXPLICIT)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    buffer = DicomBytesIO()

    write_file_meta_info(buffer, meta)

    assert inspection().header[132:] == buffer.getvalue()


def test_the_same_arrival_gives_the_same_header() -> None:
    assert inspection().header == inspection().header


@pytest.mark.parametrize("uid", ["1..2", "1.02.3", "." * 64])
def test_a_uid_that_the_standard_forbids_has_a_header_too(uid: str) -> None:
    header = inspection(sop_instance_uid=uid).header

    assert uid.encode() in header
