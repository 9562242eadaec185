from pydicom.uid import UID

from triage.domain.product import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME


def test_the_implementation_class_is_a_valid_uid() -> None:
    assert UID(IMPLEMENTATION_CLASS_UID).is_valid


def test_the_implementation_version_fits_its_representation() -> None:
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16
