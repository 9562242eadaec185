"""An evaluation as plain values: what ``report.json`` holds."""

from dataclasses import asdict, dataclass

from triage.evaluate.evaluation import Evaluation, Rivalry
from triage.evaluate.measures import Estimate, Result
from triage.evaluate.readers import Pair
from triage.evaluate.subgroups import Gap, Part

Plain = dict[str, object]


@dataclass(frozen=True, slots=True)
class Sample:
    """What was evaluated, and on what.

    Args:
        predictions: the file's name, or the bundle's name, version and digest.
        labels: names of the label files.
        films: evaluated.
        patients: they belong to.
        patients_known: whether the labels name patients; else films were drawn.
        unpredicted: labelled films without a prediction.
        not_assessed: films that the daemon would not assess, by code.
        draws: of patients.
        seed: of the draws.
        rival: the file with another model's predictions; empty if there is none.
    """

    predictions: str
    labels: tuple[str, ...]
    films: int
    patients: int
    patients_known: bool
    unpredicted: int
    not_assessed: dict[str, int]
    draws: int
    seed: int
    rival: str = ""


def plain(sample: Sample, evaluation: Evaluation) -> Plain:
    """Return everything as numbers, texts, lists and dictionaries."""
    return {
        "sample": asdict(sample),
        "results": [_result(result) for result in evaluation.results],
        "means": {name: _estimate(mean) for name, mean in evaluation.means.items()},
        "groups": [_part(part) for part in evaluation.parts],
        "pa_against_ap": [_gap(gap) for gap in evaluation.gaps],
        "agreement": [_pair(pair) for pair in evaluation.pairs],
        "against": [_rivalry(rivalry) for rivalry in evaluation.rivalries],
    }


def _result(result: Result) -> Plain:
    return {
        "label": result.question.truth,
        "score": result.question.score,
        "films": result.films,
        "patients": result.patients,
        "positives": result.positives,
        "prevalence": result.prevalence,
        "threshold": None if result.threshold is None else asdict(result.threshold),
        "measures": {name: _estimate(found) for name, found in result.estimates.items()},
    }


def _part(part: Part) -> Plain:
    return {"dimension": part.dimension, "group": part.group, **_result(part.result)}


def _gap(gap: Gap) -> Plain:
    return {
        "label": gap.question.truth,
        "score": gap.question.score,
        "pa": _estimate(gap.upright),
        "ap": _estimate(gap.bedside),
        "difference": _estimate(gap.difference),
    }


def _pair(pair: Pair) -> Plain:
    found = pair.agreement
    return {
        "label": pair.label,
        "first": pair.first,
        "second": pair.second,
        "films": found.count,
        "table": pair.table,
        "kappa": found.kappa,
        "interval": found.interval,
        "p_value": found.p_value,
        "interval_by_patients": pair.drawn.interval,
        "undefined": found.why or pair.drawn.why,
    }


def _rivalry(rivalry: Rivalry) -> Plain:
    found = rivalry.difference
    return {
        "label": rivalry.question.truth,
        "score": rivalry.question.score,
        "films": rivalry.films,
        "positives": rivalry.positives,
        "auroc": found.first,
        "auroc_of_the_other": found.second,
        "difference": found.value,
        "interval": found.interval,
        "p_value": found.p_value,
        "interval_by_patients": rivalry.drawn.interval,
    }


def _estimate(estimate: Estimate) -> Plain:
    return {"value": estimate.value, "interval": estimate.interval, "undefined": estimate.why}
