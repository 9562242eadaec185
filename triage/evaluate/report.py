"""An evaluation in Markdown, for people; every figure stands beside its number of films."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from triage.evaluate.calibration import BINS
from triage.evaluate.evaluation import Evaluation, Rivalry
from triage.evaluate.measures import CHOSEN, Estimate, Result
from triage.evaluate.plain import Sample
from triage.evaluate.readers import Pair
from triage.evaluate.subgroups import Gap, Part

PICTURES = {
    "roc.png": "ROC curves; the mark is the threshold",
    "calibration.png": "Predicted and observed frequency",
    "confusion.png": "Films at the threshold",
}
_AGAINST = ("of the other", "difference (DeLong)", "p", "by patients")
_FEW = 20
_PLACES = 3
_SMALL = 0.001

Row = Sequence[str]


def markdown(sample: Sample, evaluation: Evaluation) -> str:
    """Write the report.

    Args:
        sample: what was evaluated, and on what.
        evaluation: what was measured.
    """
    sections = [
        _head(sample),
        _ranking(evaluation),
        _at_threshold(evaluation.results),
        _calibration(evaluation.results),
        _rivalries(sample, evaluation.rivalries),
        _gaps(evaluation.gaps),
        _agreements(evaluation.pairs),
        *_groups(evaluation.parts),
        _pictures(),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def summary(sample: Sample, evaluation: Evaluation) -> str:
    """Write the few lines that a terminal shows; the report says the rest."""
    lines = [
        (
            r.question.name,
            counted(r)[0],
            said(r.estimates["auroc"]),
            said(r.estimates.get("sensitivity")),
            said(r.estimates.get("specificity")),
        )
        for r in evaluation.results
    ]
    means = [(name, "", said(mean), "", "") for name, mean in evaluation.means.items()]
    columns = ("label", "positive / films", "AUROC (95 %)", "sensitivity", "specificity")
    rows = [columns, *lines, *means]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    title = f"{sample.predictions}: {sample.films} films of {sample.patients} patients"
    body = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([title, *body, *_flattery(evaluation.results)])


def _flattery(results: Sequence[Result]) -> Iterator[str]:
    """Say which thresholds were chosen on the films that they are judged on."""
    origins = {r.question.score: r.threshold.origin for r in results if r.threshold}
    chosen = [score for score, origin in origins.items() if origin == CHOSEN]
    which = (
        "All thresholds" if len(chosen) == len(origins) else f"Thresholds of {', '.join(chosen)}"
    )
    if chosen:
        yield f"{which}: {CHOSEN}, so that sensitivity and specificity flatter."


def said(estimate: Estimate | None) -> str:
    """Write a value with its interval, or why there is none.

    >>> said(Estimate(0.8321, (0.8, 0.861))), said(Estimate(None, None, "no film"))
    ('0.832 (0.800 to 0.861)', 'no film')
    """
    if estimate is None:
        return "no threshold"
    if estimate.value is None:
        return estimate.why
    return f"{estimate.value:.{_PLACES}f} ({_interval(estimate.interval) or estimate.why})"


def counted(result: Result) -> Row:
    """Return positives of films, and their share: two cells."""
    share = "-" if result.prevalence is None else f"{result.prevalence:.1%}"
    return f"{result.positives} / {result.films}", share


def table(columns: Row, rows: Iterable[Row]) -> str:
    """Write a table; what a file named cannot end its cell."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _head(sample: Sample) -> str:
    drawn = "patients" if sample.patients_known else "films, since the labels name no patients"
    lines = [
        f"# Evaluation of {sample.predictions}",
        "**Research software, not for diagnostic use.**",
        (
            f"{sample.films} films of {sample.patients} patients, with labels from"
            f" {', '.join(sample.labels)}. In brackets: 95 % intervals, from {sample.draws} draws"
            f" of {drawn}, with replacement (seed {sample.seed}). Prevalence is that of these"
            " films, which may have been chosen by their labels: no figure here speaks of"
            " predictive values or workload elsewhere."
        ),
    ]
    if not sample.patients_known:
        lines.append(
            "Films of one patient count as independent here: the intervals are too narrow."
        )
    if sample.unpredicted:
        lines.append(f"{sample.unpredicted} labelled films have no prediction and are left out.")
    if sample.not_assessed:
        codes = ", ".join(f"{code} {count}" for code, count in sorted(sample.not_assessed.items()))
        lines.append(
            f"{sum(sample.not_assessed.values())} films were not assessed, as by the daemon, and"
            f" are left out: {codes}."
        )
    return "\n\n".join(lines)


def _ranking(evaluation: Evaluation) -> str:
    rows = [
        (
            r.question.name,
            *counted(r),
            *(said(r.estimates[m]) for m in ("auroc", "average_precision")),
        )
        for r in evaluation.results
    ]
    means = [(name, "", "", said(mean), "") for name, mean in evaluation.means.items()]
    columns = ("label", "positive / films", "prevalence", "AUROC", "average precision")
    return "## Ranking\n\n" + table(columns, [*rows, *means]) + _warning(evaluation.results)


def _warning(results: Iterable[Result]) -> str:
    few = [r.question.name for r in results if 0 < r.positives < _FEW]
    return f"\n\nFewer than {_FEW} positive films: {', '.join(few)}." if few else ""


def _at_threshold(results: Sequence[Result]) -> str:
    measures = ("sensitivity", "specificity", "f1", "kappa")
    rows = [
        (
            r.question.name,
            f"{r.threshold.value:.4f}" if r.threshold else "none",
            *counted(r),
            *(said(r.estimates.get(measure)) for measure in measures),
        )
        for r in results
    ]
    columns = ("label", "threshold", "positive / films", "prevalence", *measures[:2], "F1", "kappa")
    origins = {r.question.score: r.threshold.origin for r in results if r.threshold}
    said_of = [
        f"- {origin}: {', '.join(s for s, o in origins.items() if o == origin)}"
        for origin in dict.fromkeys(origins.values())
    ]
    chosen = any(origin == CHOSEN for origin in origins.values())
    note = ["", "A threshold that was chosen on the films that it is judged on flatters."] * chosen
    return "\n".join(["## At the thresholds", "", table(columns, rows), "", *said_of, *note])


def _calibration(results: Sequence[Result]) -> str:
    rows = [
        (
            r.question.name,
            *counted(r),
            *(said(r.estimates[m]) for m in ("brier", "calibration_error")),
        )
        for r in results
    ]
    columns = ("label", "positive / films", "prevalence", "Brier score", "calibration error")
    note = f"Expected calibration error over {BINS} bins of equal width."
    return f"## Calibration\n\n{table(columns, rows)}\n\n{note}"


def _rivalries(sample: Sample, rivalries: Sequence[Rivalry]) -> str:
    if not rivalries:
        return ""
    rows = [
        (
            r.question.name,
            f"{r.positives} / {r.films}",
            f"{r.difference.first:.{_PLACES}f}",
            f"{r.difference.second:.{_PLACES}f}",
            f"{r.difference.value:+.{_PLACES}f} ({_interval(r.difference.interval)})",
            _p_value(r.difference.p_value),
            _interval(r.drawn.interval) or r.drawn.why,
        )
        for r in rivalries
    ]
    columns = ("label", "positive / films", "AUROC", *_AGAINST)
    told = "On the films that both have."
    return f"## Against {sample.rival}\n\n{told}\n\n{table(columns, rows)}"


def _gaps(gaps: Sequence[Gap]) -> str:
    if not gaps:
        return ""
    rows = [(g.question.name, said(g.upright), said(g.bedside), said(g.difference)) for g in gaps]
    columns = ("label", "AUROC on PA", "AUROC on AP", "PA minus AP")
    note = (
        "AP films are mostly taken at the bedside with a portable machine. An interval that holds"
        " 0 shows no difference; it does not show that there is none."
    )
    return f"## PA against AP\n\n{table(columns, rows)}\n\n{note}"


def _agreements(pairs: Sequence[Pair]) -> str:
    rows = [
        (
            p.label,
            f"{p.first} and {p.second}",
            str(p.agreement.count),
            " ".join(str(count) for row in p.table for count in row),
            _kappa(p),
            _p_value(p.agreement.p_value),
            _interval(p.drawn.interval) or f"undefined: {p.drawn.why}",
        )
        for p in pairs
    ]
    columns = ("label", "readers", "films", "-- -+ +- ++", "kappa", "p", "by patients")
    note = (
        "Cohen's kappa with the interval and the p-value (that it is 0) of Fleiss, Cohen and"
        " Everitt 1969, which take films as independent; beside it the interval from drawing"
        " patients. The four counts are films that neither calls, only the second, only the first,"
        " and both. `labels` are the label files, `model` is the score at its threshold."
    )
    return f"## Agreement\n\n{table(columns, rows)}\n\n{note}" if rows else ""


def _kappa(pair: Pair) -> str:
    found = pair.agreement
    if found.kappa is None:
        return f"undefined: {found.why}"
    return f"{found.kappa:.{_PLACES}f} ({_interval(found.interval) or found.why})"


def _groups(parts: Sequence[Part]) -> Iterator[str]:
    measures = ("auroc", "sensitivity", "specificity", "f1", "brier")
    columns = (
        "label",
        "group",
        "positive / films",
        "prevalence",
        "AUROC",
        *measures[1:3],
        "F1",
        "Brier score",
    )
    ordered = sorted(parts, key=lambda part: part.dimension)
    for dimension, found in groupby(ordered, key=lambda part: part.dimension):
        rows = [
            (
                part.result.question.name,
                part.group,
                *counted(part.result),
                *(said(part.result.estimates.get(measure)) for measure in measures),
            )
            for part in found
            if part.result.films
        ]
        yield f"## By {dimension}\n\n{table(columns, rows)}"


def _pictures() -> str:
    return "\n\n".join(f"![{caption}]({name})" for name, caption in PICTURES.items())


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else " to ".join(f"{end:.{_PLACES}f}" for end in interval)


def _p_value(p_value: float | None) -> str:
    if p_value is None:
        return "undefined"
    return f"below {_SMALL}" if p_value < _SMALL else f"{p_value:.{_PLACES}f}"


def _cell(text: str) -> str:
    """A group's name comes from a file: it must not end the cell or start a tag."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
