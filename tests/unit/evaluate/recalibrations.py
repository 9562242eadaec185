"""A label calibrated on films that are made of numbers."""

import numpy as np

from triage.domain.scaling import Scaling
from triage.evaluate.bootstrap import draw
from triage.evaluate.cases import Answers
from triage.evaluate.platt import Method
from triage.evaluate.recalibration import Order, Recalibration, recalibrate
from triage.evaluate.wish import Aim, Wish

SPECIFIC = Wish(Aim.SPECIFICITY, 0.8)
URGENT = Wish(Aim.SPECIFICITY, 0.95)
COUNT = 200


def answered() -> Answers:
    """Make films whose probabilities are far too high."""
    noise = np.random.default_rng(8)
    truth = noise.random(COUNT)
    return Answers(np.arange(COUNT), Scaling(1.5, 2.0).of(truth), noise.random(COUNT) < truth)


def recalibration(
    method: Method, *, urgent: bool = False, old: Scaling | None = None
) -> Recalibration:
    """Calibrate ``tumour`` on them, two of each patient."""
    order = Order(method, SPECIFIC, URGENT if urgent else None, seed=0)
    draws = draw(np.arange(COUNT) // 2, count=100, seed=0)
    return recalibrate("tumour", answered(), order, old=old, draws=draws)
