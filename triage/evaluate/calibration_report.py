"""What calibration found, as lines for people and as plain values."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from triage.domain.assessment import Model
from triage.evaluate.commission import Commission, Done, Subject
from triage.evaluate.films import named
from triage.evaluate.plain import Plain
from triage.evaluate.platt import Method
from triage.evaluate.recalibration import AT_THRESHOLD, Cut, Recalibration
from triage.evaluate.report import counted, said, table

_COLUMNS = ("sensitivity", "specificity", "flag rate")
_SEEN = ("label", "positive / films", "scaling", "threshold", *_COLUMNS)
_OF_PROBABILITY = ("brier", "calibration_error")


@dataclass(frozen=True, slots=True)
class Films:
    """What was calibrated on, and the bundles before and after.

    Args:
        base: the bundle before.
        made: the bundle after.
        weights: SHA-256 of the weights of both, which the thresholds belong to.
        labels: names of the label files.
        films: assessed.
        patients: they belong to.
        patients_known: whether the labels name patients; else films were drawn.
        trained_on: films of the split train, left out.
        not_assessed: films that the daemon would not assess, by code.
        kept: why labels stay as they were, by name.
        draws: of patients.
        seed: of draws and folds.
    """

    base: Model
    made: Model
    weights: str
    labels: tuple[str, ...]
    films: int
    patients: int
    patients_known: bool
    trained_on: int
    not_assessed: dict[str, int]
    kept: dict[str, str]
    draws: int
    seed: int


def films_of(
    commission: Commission,
    subject: Subject,
    done: Done,
    not_assessed: dict[str, int],
    bundles: tuple[Model, Model],
) -> Films:
    """Say what was calibrated on; ``bundles`` are those before and after."""
    base, made = bundles
    return Films(
        base=base,
        made=made,
        weights=subject.card.files.weights,
        labels=tuple(listing.path.name for listing in commission.lists),
        films=len(done.cases.films),
        patients=len(set(done.cases.patients.tolist())),
        patients_known=subject.known.patients_known,
        trained_on=len(subject.known.trained_on),
        not_assessed=not_assessed,
        kept=dict(done.kept),
        draws=commission.draws,
        seed=commission.order.seed,
    )


def plain_calibration(films: Films, found: Sequence[Recalibration]) -> Plain:
    """Return everything as numbers, texts, lists and dictionaries."""
    return {**asdict(films), "calibrated": [_plain(each) for each in found]}


def calibration_lines(films: Films, found: Sequence[Recalibration]) -> list[str]:
    """Write the tables that a terminal shows, and what to know when reading them."""
    return [
        f"{named(films.base)}: {films.films} films of {films.patients} patients",
        *_left_out(films),
        "",
        "On these films; a threshold that was chosen on the films that it is judged on flatters.",
        *_table(
            _SEEN,
            [row for each in found for row in _seen(each)],
        ),
        "",
        "Each fifth of the patients by what was fitted to the others.",
        *_table(("label", *_COLUMNS), [row for each in found for row in _unseen(each)]),
        "",
        "Brier score and calibration error: before on these films, after on unseen fifths.",
        *_table(
            ("label", "Brier before", "after", "error before", "after"),
            [_errors(each) for each in found],
        ),
        "",
        f"{named(films.made)}: thresholds of the weights {films.weights[:12]}",
    ]


def calibration_section(films: Films, found: Sequence[Recalibration]) -> str:
    """Write in Markdown what the new bundle's card for people adds to that of the old one."""
    origin = (
        "`triage calibrate` set scaling, thresholds and map scales of the labels below on"
        f" {films.films} films of {films.patients} patients, with labels from"
        f" {', '.join(films.labels)}. The bundle before was {named(films.base)}; the weights are"
        f" its own (SHA-256 `{films.weights}`). What its card says of these labels' thresholds,"
        " probabilities and flags no longer holds; its limits do, and what it must not be used for."
    )
    drawn = f"95 % intervals from {films.draws} draws of patients (seed {films.seed})"
    paragraphs = [
        f"## Calibrated: version {films.made.version}",
        origin,
        *_left_out(films),
        f"On these very films, which flatters; {drawn}:",
        table(_SEEN, [row for each in found for row in _seen(each)]),
        "Each fifth of the patients by what was fitted to the others:",
        table(("label", *_COLUMNS), [row for each in found for row in _unseen(each)]),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _left_out(films: Films) -> list[str]:
    lines = []
    if films.trained_on:
        lines.append(f"{films.trained_on} films of the split train were left out.")
    if films.not_assessed:
        codes = ", ".join(f"{code} {count}" for code, count in sorted(films.not_assessed.items()))
        lines.append(f"{sum(films.not_assessed.values())} films were not assessed: {codes}.")
    if not films.patients_known:
        lines.append(
            "The labels name no patients: films count as independent, intervals are too"
            " narrow, and a fifth may know a patient of the others."
        )
    lines += [f"{name} stays as it was. {why}." for name, why in films.kept.items()]
    return lines


def _seen(found: Recalibration) -> list[tuple[str, ...]]:
    return [
        (
            name,
            counted(found.before)[0],
            _scaling(found),
            f"{cut.threshold:.4f}",
            *(said(cut.seen[measure]) for measure in AT_THRESHOLD),
        )
        for name, cut in _cuts(found)
    ]


def _unseen(found: Recalibration) -> list[tuple[str, ...]]:
    return [
        (name, *(said(cut.unseen[measure]) for measure in AT_THRESHOLD))
        for name, cut in _cuts(found)
    ]


def _errors(found: Recalibration) -> tuple[str, ...]:
    pairs = [(found.before.estimates[each], found.after[each]) for each in _OF_PROBABILITY]
    return (found.label, *(said(estimate) for pair in pairs for estimate in pair))


def _cuts(found: Recalibration) -> list[tuple[str, Cut]]:
    """Name each threshold by its label, its tier and its wish."""
    tiers = ("", ", urgent")
    return [
        (f"{found.label}{tier}, {cut.wish}", cut)
        for tier, cut in zip(tiers, found.cuts, strict=False)
    ]


def _scaling(found: Recalibration) -> str:
    if found.scaling is None:
        return "none"
    method = "as before" if found.method is Method.NONE else found.method.value
    return f"{method} {found.scaling.slope:.3g}, {found.scaling.intercept:.3g}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def _plain(found: Recalibration) -> Plain:
    return {
        "label": found.label,
        "films": found.before.films,
        "patients": found.before.patients,
        "positives": found.before.positives,
        "scaling": None if found.scaling is None else asdict(found.scaling),
        "method": found.method.value,
        "auroc": asdict(found.before.estimates["auroc"]),
        "before": {name: asdict(found.before.estimates[name]) for name in _OF_PROBABILITY},
        "after": {name: asdict(found.after[name]) for name in _OF_PROBABILITY},
        "thresholds": [_cut(cut) for cut in found.cuts],
    }


def _cut(cut: Cut) -> Plain:
    return {
        "wish": str(cut.wish),
        "threshold": cut.threshold,
        "seen": {name: asdict(cut.seen[name]) for name in AT_THRESHOLD},
        "unseen": {name: asdict(cut.unseen[name]) for name in AT_THRESHOLD},
    }
