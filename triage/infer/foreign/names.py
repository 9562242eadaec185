"""The names of a DenseNet's tensors: what other versions and wrappers made of them."""

import itertools
import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from triage.domain.errors import RefusedCheckpoint

_Value = TypeVar("_Value")

SHOWN = 3
COUNTERS = ".num_batches_tracked"
"""Batch normalisation counts its batches since torch 0.4.1; nothing is computed from it."""
_WRAPPED = re.compile(r"^(?:(?:module|model|densenet121)\.)+")
"""By ``DataParallel``, and by the classes that projects wrap torchvision's network in."""
_DOTTED = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.([12]\.)")
"""``norm.1`` until torchvision 0.2, which torch 0.4 no longer allows as a name."""
_IN_SEQUENCE = re.compile(r"^classifier\.0\.")
"""A linear layer followed by a sigmoid."""


def renamed(found: Mapping[str, _Value]) -> dict[str, _Value]:
    """Give tensors the names that torchvision's DenseNet has today.

    Raises:
        RefusedCheckpoint: two tensors would get the same name.

    >>> renamed({"module.densenet121.features.denseblock1.denselayer2.norm.1.bias": 0})
    {'features.denseblock1.denselayer2.norm1.bias': 0}
    """
    names = {name: _today(_WRAPPED.sub("", name)) for name in found}
    if len(set(names.values())) < len(names):
        raise RefusedCheckpoint("the same tensor under its old and its new name")
    return {names[old]: value for old, value in found.items()}


def refuse_difference(found: Collection[str], wanted: Collection[str]) -> None:
    """Compare the names of tensors.

    Args:
        found: in the checkpoint.
        wanted: by the network; counters of batches may be absent.

    Raises:
        RefusedCheckpoint: names are missing or unknown; the first three are named, all counted.
    """
    missing = sorted(n for n in set(wanted) - set(found) if not n.endswith(COUNTERS))
    unknown = sorted(set(found) - set(wanted))
    if missing or unknown:
        sentences = (_count(missing, "missing"), _count(unknown, "unknown to a DenseNet-121"))
        raise RefusedCheckpoint("; ".join(filter(None, sentences)))


def listed(names: Collection[object]) -> str:
    r"""List names that a file chose, the first three and how many more, fit for a terminal.

    >>> listed(["epoch", "a\nb", "x" * 99, "best_loss"])
    "epoch, 'a\\nb', xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx and 1 more"
    """
    first = [f"{name!s:.60}" for name in itertools.islice(names, SHOWN)]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(name if name.isprintable() else repr(name) for name in first) + more


def _today(name: str) -> str:
    return _IN_SEQUENCE.sub("classifier.", _DOTTED.sub(r"\1\2", name))


def _count(names: list[str], what: str) -> str:
    if not names:
        return ""
    return f"{len(names)} tensor{'s'[: len(names) > 1]} {what}: {listed(names)}"
