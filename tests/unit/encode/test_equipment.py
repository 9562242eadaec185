import io
from collections.abc import Callable
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from triage import __version__
from triage.domain.assessment import Model
from triage.domain.product import MANUFACTURER, MODEL_NAME
from triage.encode.elements import encode_attributes
from triage.encode.equipment import describe_equipment, name_model
from triage.encode.header import read_source

FilmFile = Callable[..., Path]

MODEL = Model("two-heads", "1.2", "ab" * 32)


def equipment_of(film: Path, model: Model = MODEL) -> Dataset:
    """Describe the equipment and read it back."""
    encoded = encode_attributes(describe_equipment(read_source(film), model))
    return read_dataset(io.BytesIO(encoded), is_implicit_VR=False, is_little_endian=True)


def test_we_are_known_by_manufacturer_and_model_name(film_file: FilmFile) -> None:
    equipment = equipment_of(film_file())

    assert equipment.Manufacturer == MANUFACTURER
    assert equipment.ManufacturerModelName == MODEL_NAME


def test_software_versions_are_ours_and_the_bundles(film_file: FilmFile) -> None:
    assert equipment_of(film_file()).SoftwareVersions == [__version__, "1.2", "ab" * 32]


def test_a_version_that_no_lo_may_hold_is_mended(film_file: FilmFile) -> None:
    equipment = equipment_of(film_file(), Model("two-heads", "é\\" + "x" * 80, ""))

    assert equipment.SoftwareVersions == [__version__, "?/" + "x" * 62, "unknown"]


def test_the_modality_contributed_by_acquiring(film_file: FilmFile) -> None:
    modality, _ours = equipment_of(film_file(StationName="ROOM1")).ContributingEquipmentSequence

    assert modality.PurposeOfReferenceCodeSequence[0].CodeValue == "109101"
    assert (modality.Manufacturer, modality.StationName) == ("Plates Inc.", "ROOM1")


def test_a_modality_without_manufacturer_is_left_out(film_file: FilmFile) -> None:
    (ours,) = equipment_of(film_file(Manufacturer=None)).ContributingEquipmentSequence

    assert ours.PurposeOfReferenceCodeSequence[0].CodeValue == "109102"


def test_our_contribution_names_the_whole_bundle_digest(film_file: FilmFile) -> None:
    _modality, ours = equipment_of(film_file()).ContributingEquipmentSequence

    assert ours.ContributionDescription.endswith("ab" * 32)


def test_a_model_is_named_in_ascii() -> None:
    named = name_model(Model("köpfe", "1", ""))

    assert named == f"{MODEL_NAME} {__version__} with model k?pfe 1"
