"""A finished evaluation of drawn cases."""

from dataclasses import replace

import numpy as np

from tests.unit.evaluate.lists import cases
from triage.evaluate.bootstrap import draw
from triage.evaluate.cases import Cases, questions
from triage.evaluate.evaluation import Evaluation, Wishes, evaluation
from triage.evaluate.measures import Threshold
from triage.evaluate.plain import Sample
from triage.evaluate.readers import Reading

SAMPLE = Sample(
    predictions="p.csv",
    labels=("l.csv",),
    films=240,
    patients=120,
    patients_known=True,
    unpredicted=0,
    not_assessed={},
    draws=100,
    seed=0,
    rival="q.csv",
)


def with_everything() -> Cases:
    """Cases with a group without positives, and one with a name that Markdown would read."""
    made = cases()
    makes = np.where(made.truths["tumour"] == 1, "a|b", "<img>")
    return replace(made, groups={**made.groups, "make": makes})


def everything() -> Evaluation:
    """Evaluate them with a threshold, a reader and a rival."""
    made = with_everything()
    wishes = Wishes(
        questions=questions(made, ()),
        thresholds={"tumour": Threshold(0.5, "given")},
        readings=(Reading("A", "tumour", np.zeros(240)),),
        rival=replace(made, scores={"tumour": made.scores["inflammation"]}),
    )
    return evaluation(made, wishes, draws=draw(made.patients, count=100, seed=0))
