"""The learning curves of a run as a PNG picture: loss beside the AUROC of each label."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from triage.domain.labels import HEADS

_DOTS = 110
_SHOWN = 0.45, 0.75
"""AUROCs that are seen in every picture, so that noise about 0.5 is not drawn as a mountain."""

_BLUE, _RED, _GREEN, _GRAY, _PALE = "#1f5fa8", "#b3261e", "#2e7d32", "#8a8a8a", "#cfcfcf"
_HEADS = dict(zip(HEADS, (_BLUE, _RED), strict=True))


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over the training films, as the log of a run tells it.

    Args:
        epoch: from 1.
        loss: mean over its steps.
        aurocs: by label, on films held out; NaN where they are too few to say.
        seconds: that it took.
        pixels: side of the input, where the log tells it.
    """

    epoch: int
    loss: float
    aurocs: Mapping[str, float]
    seconds: float
    pixels: int | None = None

    @property
    def mean(self) -> float:
        """Mean AUROC of the labels that can be judged; NaN where none can."""
        judged = [value for value in self.aurocs.values() if math.isfinite(value)]
        return math.fsum(judged) / len(judged) if judged else math.nan


def save_curves(path: Path, passes: Sequence[Pass]) -> Path:
    """Draw the passes of a run; equal input, equal bytes.

    The two heads have colours, single findings are pale, the mean of all is black. Marked are the
    best mean among the epochs whose input has the size of the last one, and each change of size.

    Args:
        path: of the PNG file.
        passes: in their order; none gives a picture that says so.
    """
    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    _draw_loss(left, passes)
    _draw_aurocs(right, passes)
    for ax in (left, right):
        _mark_sizes(ax, passes)
        ax.set_xlabel("epoch", fontsize=8)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.tick_params(labelsize=7)
        ax.grid(color="#eeeeee", linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle(_title(passes), fontsize=9, color=_GRAY)
    figure.savefig(path, dpi=_DOTS, metadata={"Software": None})
    return path


def _title(passes: Sequence[Pass]) -> str:
    minutes = math.fsum(each.seconds for each in passes) / 60
    epochs = f"{len(passes)} epoch{'' if len(passes) == 1 else 's'} in {minutes:.0f} min"
    return f"{epochs}. Research software, not for diagnostic use"


def _draw_loss(ax: Axes, passes: Sequence[Pass]) -> None:
    ax.set_title("training loss", fontsize=9)
    epochs, losses = [each.epoch for each in passes], [each.loss for each in passes]
    ax.plot(epochs, losses, "o-", color=_BLUE, markersize=2.5, linewidth=1.3)


def _draw_aurocs(ax: Axes, passes: Sequence[Pass]) -> None:
    ax.set_title("AUROC on the held films", fontsize=9)
    epochs = [each.epoch for each in passes]
    labels = list(dict.fromkeys(label for each in passes for label in each.aurocs))
    for label in sorted(labels, key=lambda label: label in HEADS):  # the heads lie on top
        values = [each.aurocs.get(label, math.nan) for each in passes]
        if label in HEADS:
            name = f"{label} {_last(values)}"
            ax.plot(epochs, values, "o-", color=_HEADS[label], label=name, markersize=2.5)
        else:
            ax.plot(epochs, values, ".-", color=_PALE, linewidth=0.8, markersize=2)
    if set(labels) - {*HEADS}:
        ax.plot([], [], "-", color=_PALE, linewidth=0.8, label="single findings")
    means = [each.mean for each in passes]
    ax.plot(epochs, means, "--", color="black", linewidth=1.2, label=f"mean {_last(means)}")
    _mark_best(ax, passes)
    ax.axhline(0.5, linestyle=":", color=_GRAY, linewidth=1)
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, _SHOWN[0]), max(high, _SHOWN[1]))
    if passes:
        ax.legend(
            title="last epoch",
            title_fontsize=7,
            fontsize=7,
            loc="upper left",
            bbox_to_anchor=(1, 1),
            frameon=False,
        )


def _last(values: Sequence[float]) -> str:
    return f"{values[-1]:.3f}" if values and math.isfinite(values[-1]) else "undefined"


def _mark_best(ax: Axes, passes: Sequence[Pass]) -> None:
    full = [each for each in passes if each.pixels == passes[-1].pixels]
    judged = [each for each in full if math.isfinite(each.mean)]
    if not judged:
        ax.text(0.5, 0.7, "no label can be judged", ha="center", transform=ax.transAxes, color=_RED)
        return
    best = max(reversed(judged), key=lambda each: each.mean)  # of equals a run keeps the last
    label = f"best {best.mean:.3f}, epoch {best.epoch}"
    ax.plot([best.epoch], [best.mean], "o", color=_GREEN, markersize=6, label=label)


def _mark_sizes(ax: Axes, passes: Sequence[Pass]) -> None:
    """Draw a line before each epoch whose input has another size than the one before."""
    before = None
    for each in passes:
        if each.pixels is not None and each.pixels != before:
            place = each.epoch - 0.5
            ax.axvline(place, linestyle=":", color=_GRAY, linewidth=1)
            text = f" {each.pixels} px"
            ax.text(place, 0.02, text, fontsize=7, color=_GRAY, transform=ax.get_xaxis_transform())
        before = each.pixels
