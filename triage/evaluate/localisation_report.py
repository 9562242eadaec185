"""What the maps found, in Markdown, as the lines of a terminal and as plain values."""

from collections.abc import Iterator, Mapping, Sequence

from triage.evaluate.boxed import Found
from triage.evaluate.localisation import CENTER, MAP, MEAN_BOX, WRONG, Estimates, Located
from triage.evaluate.measures import Estimate
from triage.evaluate.overlap import (
    BOX_IOU,
    GRID,
    HALF,
    IOU,
    LEVELS,
    MEASURES,
    NEAR,
    POINTING,
    TOLERANCE,
)
from triage.evaluate.picks import not_drawn
from triage.evaluate.plain import Plain
from triage.evaluate.report import Row, said, table

SHEET = "localisation.png"

_TITLES = {
    POINTING: "pointing",
    NEAR: f"pointing, {TOLERANCE} px",
    IOU: "IoU",
    BOX_IOU: "IoU of rectangles",
    **{f"iou_at_least_{level}": f"IoU at least {level}" for level in LEVELS},
}
_CONTESTANTS = {
    WRONG: "map of {wrong}",
    MEAN_BOX: "mean box of other patients",
    CENTER: "centre of the film",
}
_METHOD = f"""Maps and boxes are compared on {GRID} x {GRID} places over the film; maps are
projected to them as they are to the picture that goes back.

- **pointing**: the map's maximum lies in a box of the finding (Zhang et al. 2016), or at most
  {TOLERANCE} places beside one. Where several places share the maximum, the share of them counts.
- **IoU**: intersection over union of all boxes and the part of the map that reaches {HALF} of its
  own maximum; and the share of films in which it is so large.
- **IoU of rectangles**: of the rectangle around the connected part that holds the maximum, and the
  box that it meets best.
- A map without any weight is no localisation: a miss in every measure.
- Beside the map, on the same films: the film's map of another class, the mean of the boxes of all
  other patients (one map for everybody, that looks at no film), and the centre of the film, falling
  to its sides. A map that does no better than these has found nothing."""


def localisation_markdown(found: Found) -> str:
    """Write the report."""
    sections = [_head(found), _METHOD, *map(_section, found.located), _picture(found.located)]
    return "\n\n".join(sections) + "\n"


def localisation_summary(found: Found) -> str:
    """Write the few lines that a terminal shows; the report says the rest."""
    columns = ("boxes", "films", "pointing (95 %)", "of the mean box", "IoU", "of the mean box")
    rows: list[Row] = [columns]
    for each in found.located:
        own, mean = each.estimates[MAP], each.estimates[MEAN_BOX]
        figures = [said(e[m]) for m in (POINTING, IOU) for e in (own, mean)]
        rows.append((each.target.name, str(each.films.size), *figures))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    title = f"{found.bundle}: {len(found.films)} films with boxes, of {found.patients} patients"
    return "\n".join([title, *("  ".join(map(str.ljust, r, widths)).rstrip() for r in rows)])


def plain_localisation(found: Found) -> Plain:
    """Return everything as numbers, texts, lists and dictionaries: what the JSON file holds."""
    return {
        "sample": {
            "predictions": found.bundle,
            "labels": found.labels,
            "boxes": found.boxes,
            "films": len(found.films),
            "patients": found.patients,
            "patients_known": found.patients_known,
            "not_chosen": found.elsewhere,
            "not_assessed": dict(found.not_assessed),
            "without_a_map": dict(found.unanswered),
            "draws": found.draws,
            "seed": found.seed,
        },
        "method": {"grid": GRID, "tolerance": TOLERANCE, "region_from": HALF},
        "results": [_plain(each) for each in found.located],
    }


def _head(found: Found) -> str:
    drawn = "patients" if found.patients_known else "films, since the labels name no patients"
    lines = [
        f"# Localisation by {found.bundle}",
        "**Research software, not for diagnostic use.**",
        (
            f"{len(found.films)} films of {found.patients} patients, with boxes from"
            f" {', '.join(found.boxes)}. In brackets: 95 % intervals, from {found.draws} draws of"
            f" {drawn}, with replacement (seed {found.seed})."
        ),
        *_left_out(found),
    ]
    return "\n\n".join(lines)


def _left_out(found: Found) -> Iterator[str]:
    if found.elsewhere:
        yield f"{found.elsewhere} other films have boxes, but were not chosen."
    if found.not_assessed:
        yield (
            f"{sum(found.not_assessed.values())} films were not assessed, as by the daemon, and are"
            f" left out: {_counts(found.not_assessed)}."
        )
    if found.unanswered:
        yield (
            f"The bundle has no map for boxes of {_counts(found.unanswered)} films: they are left"
            " out."
        )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _section(each: Located) -> str:
    target = each.target
    lines = [
        f"## {target.name}",
        (
            f"{each.films.size} films of {each.patients} patients with {each.boxes} boxes, which"
            f" cover {each.share:.1%} of a film on average. No localisation: {each.silent} films."
        ),
        _estimates(each),
    ]
    if each.denied:
        lines.insert(
            2, f"{each.denied} films are left out: the labels say that {target.label} is absent."
        )
    return "\n\n".join(lines)


def _estimates(each: Located) -> str:
    names = {key: text.format(wrong=each.target.wrong) for key, text in _CONTESTANTS.items()}
    rows = [
        (f"map of {each.target.shown}", each.estimates[MAP]),
        *((names[key], own) for key, own in each.estimates.items() if key != MAP),
        *((f"map minus {names[key]}", own) for key, own in each.gains.items()),
    ]
    if 0 < each.reached < each.films.size:
        rows.append((f"map, {each.reached} films at the threshold", each.estimates_reached))
    body = [(name, *(said(own[measure]) for measure in MEASURES)) for name, own in rows]
    return table(("", *(_TITLES[measure] for measure in MEASURES)), body)


def _picture(located: Sequence[Located]) -> str:
    drawn = f"![Films of the largest groups, from best to worst IoU, with boxes]({SHEET})"
    return f"{drawn}\n\n{not_drawn(located)}".rstrip()


def _plain(each: Located) -> Plain:
    target = each.target
    return {
        "source": target.source,
        "label": target.label,
        "map": target.shown,
        "wrong_class": target.wrong or None,
        "films": int(each.films.size),
        "patients": each.patients,
        "boxes": each.boxes,
        "share_of_film": each.share,
        "no_localisation": each.silent,
        "label_denied": each.denied,
        "estimates": {name: _measures(own) for name, own in each.estimates.items()},
        "map_minus": {name: _measures(own) for name, own in each.gains.items()},
        "at_the_threshold": {"films": each.reached, **_measures(each.estimates_reached)},
    }


def _measures(estimates: Estimates) -> Plain:
    return {name: _estimate(found) for name, found in estimates.items()}


def _estimate(found: Estimate) -> Plain:
    return {"value": found.value, "interval": found.interval, "undefined": found.why}
