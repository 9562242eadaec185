"""From what a person asks, and predictions with labels, to the finished evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from triage.evaluate.bootstrap import draw
from triage.evaluate.cases import Cases, Question, join, questions
from triage.evaluate.evaluation import Evaluation, Wishes, evaluation
from triage.evaluate.labels import Choice, Labels, read_labels
from triage.evaluate.listing import Listing, names_of
from triage.evaluate.measures import Threshold
from triage.evaluate.plain import Sample
from triage.evaluate.predictions import Predictions, aligned, read_predictions, renamed
from triage.evaluate.readers import read_readers


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks.

    Args:
        labels: the first list says which films there are.
        choice: rows and columns of them.
        compared: further pairs of score and label.
        thresholds: by score, instead of others.
        readers: CSV files with readers' answers.
        against: CSV with another model's predictions of some of the films at least.
        only_labelled: leave films without labels out.
        draws: of patients.
        seed: of the draws.
    """

    labels: tuple[Listing, ...]
    choice: Choice
    compared: tuple[Question, ...]
    thresholds: Mapping[str, Threshold]
    readers: tuple[Path, ...]
    against: Path | None
    only_labelled: bool
    draws: int
    seed: int

    def read_labels(self, scores: frozenset[str]) -> Labels:
        """Read the labels that ``scores`` are held against; as ``labels.read_labels``."""
        truths = scores | {question.truth for question in self.compared}
        return read_labels(self.labels, replace(self.choice, truths=truths))

    def as_labelled(self, predictions: Predictions, labels: Labels) -> Predictions:
        """Call the films of ``predictions`` as the labels do, where those know both names.

        Raises:
            UnusableList: a name is that of several films, or a film is there under two.
        """
        known = {*labels.films, *labels.trained_on}
        if known.issuperset(predictions.films):
            return predictions
        return renamed(predictions, names_of(self.labels[0], known))


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Predictions and labels of films, wherever the predictions come from.

    Args:
        predictions: of a file or a bundle.
        labels: of the same films.
        thresholds: a bundle's, by label.
        not_assessed: labelled films that were refused, by code.
    """

    predictions: Predictions
    labels: Labels
    thresholds: Mapping[str, Threshold]
    not_assessed: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The films, what was evaluated on them, and what was measured."""

    cases: Cases
    sample: Sample
    evaluation: Evaluation


def score_file(path: Path, request: Request, thresholds: Mapping[str, Threshold]) -> Scored:
    """Read predictions, and the labels for them.

    Raises:
        UnusableList: as ``read_predictions``, ``read_labels`` and ``Request.as_labelled``.
    """
    predictions = read_predictions(path)
    labels = request.read_labels(frozenset(predictions.scores))
    return Scored(request.as_labelled(predictions, labels), labels, thresholds, {})


def answer(request: Request, scored: Scored) -> Answer:
    """Evaluate.

    Raises:
        UnusableList: films, labels, readers or questions do not fit together.
    """
    cases = join(scored.predictions, scored.labels, only_labelled=request.only_labelled)
    known = {n: t for n, t in scored.thresholds.items() if n in cases.scores}
    wishes = Wishes(
        questions=questions(cases, request.compared),
        thresholds={**known, **request.thresholds},
        readings=read_readers(request.readers, cases),
        rival=_rival(request, cases, scored.labels),
    )
    draws = draw(cases.patients, count=request.draws, seed=request.seed)
    return Answer(cases, _sample(request, scored, cases), evaluation(cases, wishes, draws=draws))


def _rival(request: Request, cases: Cases, labels: Labels) -> Cases | None:
    if request.against is None:
        return None
    predictions = request.as_labelled(read_predictions(request.against), labels)
    return join(aligned(predictions, cases.films), labels)


def _sample(request: Request, scored: Scored, cases: Cases) -> Sample:
    return Sample(
        predictions=scored.predictions.name,
        labels=tuple(listing.path.name for listing in request.labels),
        films=len(cases.films),
        patients=len(set(cases.patients.tolist())),
        patients_known=scored.labels.patients_known,
        unpredicted=cases.unpredicted - sum(scored.not_assessed.values()),
        not_assessed=dict(scored.not_assessed),
        draws=request.draws,
        seed=request.seed,
        rival=request.against.name if request.against else "",
    )
