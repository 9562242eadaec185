"""The real films, sent by DCMTK's storescu, on their way to a real Orthanc."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.acceptance.conftest import Compose
from tests.builders.house import House
from tests.builders.orthanc import Orthanc, running_orthanc
from tests.builders.tools import BESIDE, beyond_the_source, needs, needs_films
from triage.domain.product import MODEL_NAME
from triage.domain.study import Peer
from triage.pipeline import Route, build_route
from triage.settings import Settings, load_settings

pytestmark = [
    needs_films,
    needs("storescu", "Orthanc", "dciodvfy", "dcentvfy"),
    pytest.mark.filterwarnings("ignore:Invalid value for VR UI"),  # the daemon ignores it too
]


@dataclass(frozen=True)
class Case:
    """A file, the option of storescu that its transfer syntax needs, and how the film ends."""

    file: str
    option: str
    ends: str


CHEST_LIKE = [
    Case("RG1_J2K_lossy.dcm", "-xw", "ASSESSED"),
    Case("RG1_JPEGLS_near.dcm", "-xu", "ASSESSED"),
    Case("presidio_AP_portable_RLE_burnedin.dcm", "-xr", "ASSESSED"),
    Case("RSNA_like_CR_PA_JPEGbaseline.dcm", "-xy", "ASSESSED"),
    Case("RSNA_like_wrong_MONO1.dcm", "-xy", "inverted"),
    Case("NIH_DX_SC_test1.dcm", "-xi", "ASSESSED"),
    Case("NIH_DX_SC_test3.dcm", "-xi", "ASSESSED"),
    Case("NIH_DX_SC_test4.dcm", "-xi", "ASSESSED"),
    Case("NIH_DX_SC_test5.dcm", "-xi", "modality"),
    Case("NIH_DX_SC_test6.dcm", "-xi", "ASSESSED"),
    Case("NIH_Google_DX.dcm", "-xi", "ASSESSED"),
    Case("presidio_no_pixels.dcm", "-xi", "no_pixels"),
    Case("chrJapMulti_CR_chest.dcm", "-xe", "no_pixels"),
    Case("chrKoreanMulti_CR_chest.dcm", "-xe", "no_pixels"),
]
NEGATIVE = [
    Case("RG2_hip_JPEGLS.dcm", "-xt", "body_part"),
    Case("RG2_hip_J2K_lossless.dcm", "-xv", "body_part"),
    Case("RG2_hip_RLE.dcm", "-xr", "body_part"),
    Case("RG2_hip_JPEGext12_fixed.dcm", "-xx", "body_part"),
    Case("RG3_leg_MONO1_JPEGLS.dcm", "-xt", "body_part"),
    Case("RG3_leg_MONO1_J2K.dcm", "-xv", "body_part"),
    Case("dental_pano_ModalityLUT.dcm", "-xs", "body_part"),
    Case("MG1_mammo_J2K.dcm", "-xw", "modality"),
    Case("XA1_angio_J2K.dcm", "-xw", "modality"),
    # The header of the dog's thorax would pass but for its five years.
    Case("dog_thorax_lateral_DX_MONO1.dcm", "-xe", "under_age"),
    Case("CT_small.dcm", "-xe", "modality"),
    Case("MR_small.dcm", "-xe", "modality"),
    Case("eye_OP_fake.dcm", "-xy", "modality"),
]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """An Orthanc that all films of this module end up in."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


@pytest.fixture
def settings(orthanc: Orthanc) -> Settings:
    """Results go to Orthanc, however old the study is."""
    return Settings.model_validate(
        {
            "pacs": {"port": orthanc.peer.port, "return": True, "return_max_age_days": 10**6},
            "completion": {"quiet_s": 0},
        }
    )


@pytest.fixture
def backend() -> str:
    """What is shown here does not depend on the database; SQLite is enough."""
    return "sqlite"


def storescu(case: Case, peer: Peer) -> None:
    """Send a real film as it is with DCMTK; a failure raises."""
    command = ["storescu", case.option, "-aec", peer.ae_title, peer.host, str(peer.port)]
    subprocess.run([*command, str(BESIDE / "dicom" / case.file)], check=True)


def how_it_ended(house: House) -> list[str]:
    """Name each instance's state, or why it was not assessed."""
    return [str(row.code or row.state) for row in house.rows("instance")]


@pytest.fixture(scope="module")
def route(flagging_bundle: Path) -> Route:
    """The stations as they come, with a bundle that flags every film that is assessed."""
    environment = {"TRIAGE_MODEL__BUNDLE": str(flagging_bundle)}
    return build_route(load_settings(None, environment=environment))


@pytest.mark.parametrize("case", CHEST_LIKE + NEGATIVE, ids=lambda case: case.file)
def test_a_real_film_ends_as_the_table_says(
    case: Case, compose: Compose, route: Route, orthanc: Orthanc, tmp_path: Path
) -> None:
    source = BESIDE / "dicom" / case.file
    storescu(case, orthanc.peer)

    with compose(route=route) as house:
        storescu(case, house.peer)
        house.settle()

        assert how_it_ended(house) == [case.ends]
        captures = _captures(house, orthanc, tmp_path)

    assert len(captures) == (case.ends == "ASSESSED")
    for capture in captures:
        assert dcmread(capture).StudyInstanceUID == dcmread(source, force=True).StudyInstanceUID
        assert beyond_the_source(source, capture) == set()


def _captures(house: House, orthanc: Orthanc, folder: Path) -> list[Path]:
    """Fetch from Orthanc what the house has sent there."""
    sent = {str(row.sop_instance_uid) for row in house.rows("delivery")}
    studies = {str(row.study_uid) for row in house.rows("study")}
    found = [o for uid in sorted(studies) for o in orthanc.objects_of(uid)]
    captures = [o for o in found if str(o.SOPInstanceUID) in sent]
    paths = [folder / f"capture-{number}.dcm" for number, _ in enumerate(captures)]
    for path, capture in zip(paths, captures, strict=True):
        assert capture.ManufacturerModelName == MODEL_NAME
        capture.save_as(path)
    return paths


def test_all_real_films_in_one_house_show_duplicates_and_conflicts(
    compose: Compose, route: Route
) -> None:
    with compose(route=route) as house:
        for case in CHEST_LIKE:
            storescu(case, house.peer)
            house.settle()

        assert how_it_ended(house) == [
            "ASSESSED",  # RG1, JPEG 2000
            "ASSESSED",  # RG1, JPEG-LS: another SOP Instance UID
            "ASSESSED",  # presidio
            "ASSESSED",  # RSNA
            "conflict",  # RSNA's values under the other polarity: another picture
            "ASSESSED",  # NIH test1
            "ASSESSED",  # NIH test3: another film
            "duplicate",  # NIH test1 with another region
            "duplicate",  # NIH test1 with another modality
            "duplicate",  # NIH test1 with another region
            "ASSESSED",  # NIH test1 with another patient: the result is issued anew
            "conflict",  # presidio without its pixels
            "no_pixels",
            "no_pixels",
        ]
