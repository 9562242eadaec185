import pytest
from pydicom.uid import DigitalXRayImageStorageForProcessing, SecondaryCaptureImageStorage

from tests.unit.decode.headers import film
from triage.decode.screening import screen
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import View
from triage.domain.product import MANUFACTURER, MODEL_NAME

OURS = {"Manufacturer": MANUFACTURER, "ManufacturerModelName": MODEL_NAME}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (OURS, RefusalCode.OWN_RESULT),
        ({"Modality": "CT"}, RefusalCode.MODALITY),
        ({"Modality": "MG"}, RefusalCode.MODALITY),
        ({"Modality": None}, RefusalCode.MODALITY),
        ({"SOPClassUID": DigitalXRayImageStorageForProcessing}, RefusalCode.FOR_PROCESSING),
        ({"PresentationIntentType": "FOR PROCESSING"}, RefusalCode.FOR_PROCESSING),
        ({"ViewPosition": "LL"}, RefusalCode.LATERAL),
        ({"BodyPartExamined": "HAND"}, RefusalCode.BODY_PART),
        ({"BodyPartExamined": "", "ProtocolName": "Pelvis"}, RefusalCode.BODY_PART),
        ({"PatientAge": "017Y"}, RefusalCode.UNDER_AGE),
        ({"PatientAge": "003W"}, RefusalCode.UNDER_AGE),
        ({"NumberOfFrames": 2}, RefusalCode.SEVERAL_FRAMES),
        ({"PhotometricInterpretation": "HSV"}, RefusalCode.COLOR),
        ({"PhotometricInterpretation": "CMYK"}, RefusalCode.COLOR),
    ],
)
def test_a_film_is_refused_with_the_code_of_its_gate(
    changes: dict[str, object], code: RefusalCode
) -> None:
    with pytest.raises(UnassessableFilm) as refused:
        screen(film(**changes), minimum_age_years=18)

    assert refused.value.refusal.code is code


@pytest.mark.parametrize(
    "changes",
    [
        {"Modality": "DX"},
        {"SOPClassUID": SecondaryCaptureImageStorage},
        {"BodyPartExamined": "RIBCAGE"},
        {"PresentationIntentType": "FOR PRESENTATION"},
        {"NumberOfFrames": 1},
        {"PhotometricInterpretation": "RGB"},
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"PatientAge": "018Y"},
    ],
)
def test_a_frontal_chest_film_of_an_adult_passes(changes: dict[str, object]) -> None:
    passed = screen(film(**changes), minimum_age_years=18)

    assert passed.notes == ()


def test_an_unknown_view_passes_and_is_noted() -> None:
    passed = screen(film(ViewPosition=None), minimum_age_years=18)

    assert (passed.view, passed.notes) == (View.UNKNOWN, ("view unknown",))


@pytest.mark.parametrize("age", ["", "999Y", "81"])
def test_an_unknown_or_implausible_age_passes_and_is_noted(age: str) -> None:
    assert screen(film(PatientAge=age), minimum_age_years=18).notes == ("age unknown",)


def test_the_youngest_age_is_a_setting() -> None:
    passed = screen(film(PatientAge="016Y"), minimum_age_years=16)

    assert passed.view is View.PA


def test_a_header_without_pixels_is_refused() -> None:
    empty = film()
    del empty.PixelData

    with pytest.raises(UnassessableFilm, match="no pixel data"):
        screen(empty, minimum_age_years=18)


def test_a_refusal_quotes_a_long_unprintable_value_short_and_printable() -> None:
    with pytest.raises(UnassessableFilm) as refused:
        screen(film(Modality="\x1b[31m" + "A" * 500), minimum_age_years=18)

    assert refused.value.refusal.sentence.isprintable()
    assert len(refused.value.refusal.sentence) < 120


def test_a_refusal_by_description_does_not_repeat_it() -> None:
    named = film(BodyPartExamined=None, StudyDescription="KNEE of Jane Doe")

    with pytest.raises(UnassessableFilm) as refused:
        screen(named, minimum_age_years=18)

    assert "Doe" not in refused.value.refusal.sentence
