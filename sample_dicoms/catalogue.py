"""Which sample films there are, and what the daemon must say of each."""

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.uid import UID, ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from sample_dicoms.chest import Build, frontal
from sample_dicoms.drawing import Layer
from sample_dicoms.other_films import hand, lateral


@dataclass(frozen=True, slots=True)
class Patient:
    """A person who does not exist.

    Args:
        name: (0010,0010), with its representations where there are several.
        id: (0010,0020).
        sex: (0010,0040).
        age: in years, on the day of the study.
        character_set: (0008,0005) that the name needs, empty for plain ASCII.
    """

    name: str
    id: str
    sex: str
    age: int
    character_set: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One film with everything that makes its header.

    Args:
        file: its file name.
        shows: what a reader sees, in a few words.
        code: the expected refusal, empty where the film is to be assessed.
        draw: makes the picture, rows and columns to ``float64`` within [0, 1].
        patient: whose film it is.
        study: number of the study; films of one study share it.
        modality: CR or DX.
        view: *View Position*.
        body_part: *Body Part Examined*.
        bits: *Bits Stored*.
        inverted: MONOCHROME1 instead of MONOCHROME2.
        syntax: transfer syntax of the file.
        window_function: *VOI LUT Function*; no window at all where it is empty.
    """

    file: str
    shows: str
    code: str
    draw: Callable[[tuple[int, int]], Layer]
    patient: Patient
    study: int
    modality: str
    view: str = "PA"
    body_part: str = "CHEST"
    bits: int = 12
    inverted: bool = False
    syntax: UID = ExplicitVRLittleEndian
    window_function: str = "LINEAR"


def _chest(build: Build) -> Callable[[tuple[int, int]], Layer]:
    """Bind a chest to the drawing of it."""
    return lambda shape: frontal(shape, build)


_FISHER = Patient("Fisher^Nora", "SAMPLE-0001", "F", 58)
_ODUYA = Patient("Oduya^Samuel", "SAMPLE-0002", "M", 66)
_LINDQVIST = Patient("Lindqvist^Erik", "SAMPLE-0003", "M", 47)
_WANG = Patient("Wang^XiaoDong=王^小东", "SAMPLE-0004", "M", 71, ("GB18030",))
_SUZUKI = Patient(
    "Suzuki^Hanako=鈴木^花子=すずき^はなこ", "SAMPLE-0005", "F", 62, ("", "ISO 2022 IR 87")
)
_MOREAU = Patient("Moreau^Lea", "SAMPLE-0006", "F", 8)
_BAKER = Patient("Baker^Tom", "SAMPLE-0007", "M", 35)

SAMPLES: tuple[Sample, ...] = (
    Sample(
        file="cr_normal.dcm",
        shows="normal chest; no window: shown by its histogram",
        code="",
        draw=_chest(Build(seed=11)),
        patient=_FISHER,
        study=1,
        modality="CR",
        window_function="",
    ),
    Sample(
        file="dx_mass.dcm",
        shows="round mass in the right lung; MONOCHROME1",
        code="",
        draw=_chest(Build(seed=12, mass=(-0.42, 0.40))),
        patient=_ODUYA,
        study=2,
        modality="DX",
        bits=14,
        inverted=True,
    ),
    Sample(
        file="dx_infiltrate.dcm",
        shows="infiltrate in the left lower lung; JPEG 2000",
        code="",
        draw=_chest(Build(seed=13, infiltrate=(0.46, 0.62))),
        patient=_LINDQVIST,
        study=3,
        modality="DX",
        bits=16,
        syntax=JPEG2000Lossless,
    ),
    Sample(
        file="cr_mass_chinese_name.dcm",
        shows="round mass in the left lung, taken AP; MONOCHROME1, name in GB18030",
        code="",
        draw=_chest(Build(seed=14, heart=1.06, mass=(0.50, 0.52))),
        patient=_WANG,
        study=4,
        modality="CR",
        view="AP",
        inverted=True,
    ),
    Sample(
        file="dx_normal_japanese_name.dcm",
        shows="normal chest; SIGMOID window, name in ISO 2022 IR 87",
        code="",
        draw=_chest(Build(seed=15, width=0.76)),
        patient=_SUZUKI,
        study=5,
        modality="DX",
        bits=15,
        window_function="SIGMOID",
    ),
    Sample(
        file="dx_lateral.dcm",
        shows="lateral chest, second film of its study; JPEG 2000",
        code="lateral",
        draw=lambda shape: lateral(shape, seed=16),
        patient=_SUZUKI,
        study=5,
        modality="DX",
        view="LL",
        bits=15,
        syntax=JPEG2000Lossless,
    ),
    Sample(
        file="dx_child.dcm",
        shows="chest of a child of 8 years; JPEG 2000",
        code="under_age",
        draw=_chest(Build(seed=17, width=0.66, heart=1.1, rib_slope=0.08)),
        patient=_MOREAU,
        study=6,
        modality="DX",
        syntax=JPEG2000Lossless,
    ),
    Sample(
        file="cr_hand.dcm",
        shows="hand; RLE",
        code="body_part",
        draw=lambda shape: hand(shape, seed=18),
        patient=_BAKER,
        study=7,
        modality="CR",
        body_part="HAND",
        syntax=RLELossless,
    ),
)
"""All samples; the pictures are drawn, the people invented."""
