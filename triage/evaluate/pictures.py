"""ROC, calibration and confusion as PNG pictures, one panel per question."""

from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from triage.evaluate.calibration import BINS, reliability
from triage.evaluate.cases import Answers, Cases
from triage.evaluate.confusion import kinds, tables
from triage.evaluate.measures import Result
from triage.evaluate.roc import curve

_ACROSS = 4
_INCHES = 3.2
_DOTS = 110
_DARK = 0.6
_FEW = 20
_BLUE, _RED, _GRAY = "#1f5fa8", "#b3261e", "#8a8a8a"

Panel = Callable[[Axes, Result, Answers], None]


def save_pictures(folder: Path, cases: Cases, results: Sequence[Result]) -> tuple[Path, ...]:
    """Write ``roc.png``, ``calibration.png`` and ``confusion.png``; equal input, equal bytes."""
    panels: dict[str, Panel] = {"roc": _roc, "calibration": _calibration, "confusion": _confusion}
    return tuple(
        _save(folder / f"{name}.png", cases, results, panel) for name, panel in panels.items()
    )


def _save(path: Path, cases: Cases, results: Sequence[Result], panel: Panel) -> Path:
    across = min(_ACROSS, len(results))
    down = ceil(len(results) / across)
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for ax, result in zip(axes, results, strict=False):
        panel(ax, result, cases.answers(result.question))
        ax.set_title(f"{result.question.name}\n{_counted(result)}", fontsize=9)
        ax.tick_params(labelsize=7)
    for ax in axes[len(results) :]:
        ax.set_axis_off()
    lines = _head(figure, across)
    figure.set_size_inches(_INCHES * across, _INCHES * 1.1 * down + 0.2 * lines)
    figure.savefig(path, dpi=_DOTS, metadata={"Software": None})
    return path


def _head(figure: Figure, across: int) -> int:
    """Say above the panels what each mark in one of them is; return in how many lines."""
    marks: dict[str, Artist] = {}
    for ax in figure.axes:
        handles, names = ax.get_legend_handles_labels()
        marks |= zip(names, handles, strict=True)
    legend = figure.legend(
        [*marks.values()],
        [*marks],
        title="Research software, not for diagnostic use",
        title_fontsize=9,
        loc="outside upper center",
        ncols=across,
        fontsize=8,
        frameon=False,
    )
    legend.get_title().set_color(_GRAY)
    return 1 + ceil(len(marks) / across)


def _counted(result: Result) -> str:
    return f"{result.positives} positive of {result.films} films"


def _roc(ax: Axes, result: Result, answers: Answers) -> None:
    _square(ax, "1 - specificity", "sensitivity", diagonal="chance")
    found = result.estimates["auroc"]
    if found.value is None:
        _say(ax, found.why)
        return
    drawn = curve(answers.scores, answers.present)
    ax.plot(drawn.false_positives, drawn.sensitivity, color=_BLUE, linewidth=1.5, label="ROC")
    called = [result.estimates.get(name) for name in ("specificity", "sensitivity")]
    specificity, sensitivity = (each.value if each else None for each in called)
    if specificity is not None and sensitivity is not None:
        place = [1 - specificity], [sensitivity]
        ax.plot(*place, "o", color=_RED, markersize=5, label="at the threshold")
    bounds = f"\n{found.interval[0]:.3f} to {found.interval[1]:.3f}" if found.interval else ""
    ax.text(0.97, 0.05, f"AUROC {found.value:.3f}{bounds}", ha="right", fontsize=8)


def _calibration(ax: Axes, result: Result, answers: Answers) -> None:
    _square(ax, "predicted probability", "observed frequency", diagonal="as predicted")
    if not answers.films.size:
        _say(ax, "no film")
        return
    bins = reliability(answers.scores, answers.present)
    full = bins.films >= _FEW
    few = (bins.films > 0) & ~full  # too few films for their frequency to mean much
    _bars(ax, bins.films / bins.films.max())
    seen, found = bins.predicted, bins.observed
    name = f"frequency in a bin of {_FEW} films or more"
    ax.plot(seen[full], found[full], "o-", color=_BLUE, markersize=3, label=name)
    name = "in a bin of fewer"
    ax.plot(seen[few], found[few], "o", color=_GRAY, fillstyle="none", markersize=3, label=name)
    said = [
        f"{name} {each.value:.3f}"
        for name, key in (("Brier", "brier"), ("ECE", "calibration_error"))
        if (each := result.estimates[key]).value is not None
    ]
    ax.text(0.03, 0.97, "\n".join(said), va="top", fontsize=8)


def _bars(ax: Axes, shares: NDArray[np.float64]) -> None:
    """Draw how many films each bin has, in the lower quarter."""
    middles, wide = (np.arange(BINS) + 0.5) / BINS, 0.9 / BINS
    name = "films in each bin, without a scale"
    ax.bar(middles, shares / 4, width=wide, color="#d5d5d5", zorder=0, label=name)


def _confusion(ax: Axes, result: Result, answers: Answers) -> None:
    ax.set_xticks([0, 1], ["below", "reached"])
    ax.set_yticks([0, 1], ["absent", "present"], rotation=90, va="center")
    if result.threshold is None:
        _say(ax, "no threshold")
        return
    called = answers.scores >= result.threshold.value
    table = tables(kinds(called, answers.present).sum(axis=1)[:, None])[0]  # (2, 2), truth in rows
    shares = table / np.maximum(1, table.sum(axis=1, keepdims=True))
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        text = f"{table[row, column]:.0f}\n{share:.1%}"
        ax.text(column, row, text, ha="center", va="center", color=_legible(share), fontsize=10)
    ax.set_xlabel(f"threshold {result.threshold.value:.4f}", fontsize=8)


def _legible(share: float) -> str:
    """White on the dark half of the colours, black on the light one."""
    return "white" if share > _DARK else "black"


def _square(ax: Axes, across: str, up: str, *, diagonal: str) -> None:
    ax.plot([0, 1], [0, 1], ":", color=_GRAY, linewidth=1, label=diagonal)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_xlabel(across, fontsize=8)
    ax.set_ylabel(up, fontsize=8)


def _say(ax: Axes, sentence: str) -> None:
    ax.text(0.5, 0.5, sentence, ha="center", va="center", color=_RED, transform=ax.transAxes)
