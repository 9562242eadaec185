"""What a bundle found on films that never were: half of its maps lie on the boxes."""

import numpy as np

from tests.unit.evaluate.marked import box, mapped, peak
from triage.domain.assessment import Assessment
from triage.domain.marked_box import MarkedBox
from triage.evaluate.boxed import Found, found_on
from triage.evaluate.boxes import Boxes
from triage.evaluate.films import Assessed
from triage.evaluate.inquiry import Boxed, Inquiry
from triage.evaluate.labels import Choice, Labels
from triage.evaluate.predictions import Predictions

FILMS = tuple(f"film{n}.jpg" for n in range(8))
DENIED = FILMS[6]


def assessment(number: int) -> Assessment:
    """Point at the box on even films, away from it on odd ones."""
    on_box, beside = peak("top left"), peak("bottom right")
    maps = (on_box, beside) if number % 2 == 0 else (beside, on_box)
    return mapped("", {"tumour": maps[0], "inflammation": maps[1]}).assessment


def boxed(*, label: str = "Mass") -> Boxed:
    """Box the top left quarter of every film; of one the labels deny the finding."""
    mass = np.array([float(film != DENIED) for film in FILMS])
    labels = Labels(
        films=FILMS,
        patients=np.arange(len(FILMS)) // 2 + 5,
        patients_known=True,
        trained_on=frozenset(),
        contradicted=frozenset(),
        truths={"Mass": mass},
        groups={},
        years=np.full(len(FILMS), 61.0),
    )
    heart = MarkedBox("NIH", "Cardiomegaly", 0.0, 0.0, 1.0, 1.0)
    marked = {film: (box("top left", label=label), heart) for film in FILMS}
    return Boxed(labels, Boxes(marked, elsewhere=3))


def assessed(*, without: int = 1) -> Assessed:
    """Assess all but the last films."""
    count = len(FILMS) - without
    return Assessed(
        predictions=Predictions("tiny 1 (0123)", FILMS[:count], {}),
        not_assessed={"lateral": without},
        peaks={},
        assessments=tuple(assessment(number) for number in range(count)),
        shapes=((320, 320),) * count,
    )


def inquiry() -> Inquiry:
    """Ask with few draws."""
    return Inquiry((), Choice(), (), draws=100, seed=0)


def found() -> Found:
    """Measure."""
    return found_on(inquiry(), boxed(), assessed())
