"""What a bundle calls the outputs of another project's network, and where it cuts them."""

from collections.abc import Iterable
from math import prod

from triage.domain.labels import HEADS
from triage.infer.card import Label
from triage.infer.foreign.formats import Format

THRESHOLD = 0.5
STRONG_LOGIT = 3.0
"""From 1 in 20 to even odds: ln(19) is 2.94."""
_STRIDE = 32


def labels_of(form: Format) -> tuple[Label, ...]:
    """Describe the two heads, where their findings are all there, and then every output.

    No label flags: nobody has measured what it would flag here. Every threshold is 0.5, which
    is the operating point where one is published, and otherwise only the middle of the scale.
    """
    heads = [_label(form, name, sorted(parts)) for name, parts in HEADS.items()]
    absent = absent_heads(form)
    outputs = [_label(form, name, [name]) for name in _trained(form)]
    return (*(head for head in heads if head.name not in absent), *outputs)


def absent_heads(form: Format) -> dict[str, tuple[str, ...]]:
    """Name the heads that cannot be made, each with the findings that are not there.

    A head of some of its findings would be another head: it says that none is present where
    nobody looked for the others.
    """
    missing = {
        head: tuple(sorted(parts.difference(_trained(form)))) for head, parts in HEADS.items()
    }
    return {head: parts for head, parts in missing.items() if parts}


def _trained(form: Format) -> tuple[str, ...]:
    return tuple(output for output in form.outputs if output is not None)


def _label(form: Format, name: str, parts: Iterable[str]) -> Label:
    parts = tuple(parts)
    return Label(
        name=name,
        flags=False,
        threshold=THRESHOLD,
        map_scale=map_scale(form.input.size),
        any_of=None if parts == (name,) else parts,
        operating_point=_operating_point(form, parts),
    )


def _operating_point(form: Format, parts: tuple[str, ...]) -> float | None:
    """Return what the label is where each of its outputs stands at its operating point."""
    points = [form.points[part] for part in parts if part in form.points]
    if len(points) > 1:
        return 1 - prod(1 - point for point in points)
    return points[0] if points else None


def map_scale(size: int) -> float:
    """Return the contribution to the logit that is drawn as strong, where none was measured.

    Args:
        size: rows and columns of the network's input.

    Returns:
        That of a place of which a whole film would raise the logit by 3.

    >>> round(map_scale(224), 4)
    0.0612
    """
    return STRONG_LOGIT / (size // _STRIDE) ** 2
