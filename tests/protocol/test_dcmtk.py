"""The listener and DCMTK's storescu, with real films in the syntaxes that modalities send."""

import subprocess
from io import BytesIO

import pytest
from pydicom import dcmread

from tests.builders.keeper import MemoryKeeper
from tests.builders.tools import BESIDE, needs, needs_films
from triage.receive.scp import StorageSCP

pytestmark = [needs("storescu"), needs_films]


def storescu(scp: StorageSCP, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    called = ["storescu", "-aet", "CR1", "-aec", "TRIAGE", "127.0.0.1", str(scp.port)]
    return subprocess.run([*called, *arguments], capture_output=True, timeout=30, check=False)


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("CT_small.dcm", "-xe"),
        ("MR_small.dcm", "-xi"),
        ("RG2_hip_J2K_lossless.dcm", "-xv"),
        ("RG1_J2K_lossy.dcm", "-xw"),
        ("RG2_hip_JPEGLS.dcm", "-xt"),
        ("RG1_JPEGLS_near.dcm", "-xu"),
        ("RG2_hip_RLE.dcm", "-xr"),
        ("RG2_hip_JPEGext12_fixed.dcm", "-xx"),
        ("RSNA_like_CR_PA_JPEGbaseline.dcm", "-xy"),
    ],
)
def test_a_real_film_is_kept_with_its_pixels(
    scp: StorageSCP, keeper: MemoryKeeper, name: str, proposed: str
) -> None:
    film = BESIDE / "dicom" / name

    done = storescu(scp, proposed, str(film))

    assert done.returncode == 0, done.stderr.decode()
    kept = dcmread(BytesIO(keeper.kept[0].file))
    assert kept.PixelData == dcmread(film).PixelData
    assert keeper.kept[0].arrival.study_uid == kept.StudyInstanceUID
