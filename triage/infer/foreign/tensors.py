"""From a checkpoint's placeholders to named tensors."""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from triage.domain.errors import RefusedCheckpoint
from triage.infer.foreign.container import Checkpoint
from triage.infer.foreign.pickled import Inert, Storage

_VIEWS = frozenset({"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"})
_PARAMETERS = frozenset({"torch._utils._rebuild_parameter", "torch.nn.parameter.Parameter"})
_VIEW_PARTS = 4


class View(NamedTuple):
    """A tensor as it was saved: a view of a storage, in numbers, not in bytes."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def views_of(saved: object) -> dict[str, View]:
    """Name the tensors of a saved state or of a saved network.

    Args:
        saved: a dictionary of tensors, or a pickled ``torch.nn.Module``.

    Returns:
        By the names that ``state_dict`` gives them.

    Raises:
        RefusedCheckpoint: something in the place of a tensor is none, or a layer is in two
            places.
    """
    parts = [("", saved)] if isinstance(saved, Mapping) else list(_layers(saved))
    named = ((prefix, name, value) for prefix, part in parts for name, value in _items(part))
    return {f"{prefix}{name}": _view(f"{prefix}{name}", value) for prefix, name, value in named}


def tensor_of(view: View, checkpoint: Checkpoint) -> Tensor:
    """Copy a tensor out of its storage.

    Returns:
        Contiguous, of the storage's kind.

    Raises:
        RefusedCheckpoint: the view reaches outside its storage.
    """
    numbers = checkpoint.storages[view.storage.key]
    steps = zip(view.shape, view.stride, strict=True)
    end = view.offset + sum((size - 1) * step for size, step in steps) + 1
    inside = min((view.offset, *view.stride)) >= 0 and end <= numbers.size
    if not inside or not 0 < math.prod(view.shape) <= numbers.size:
        raise RefusedCheckpoint(
            f"a tensor of shape {view.shape} from {view.offset} on: its storage has {numbers.size}"
        )
    part = torch.from_numpy(np.array(numbers[view.offset : end]))
    return part.as_strided(view.shape, view.stride).contiguous()


def _layers(network: object) -> Iterator[tuple[str, object]]:
    """Walk a pickled network: each layer's name, and its parameters, then its buffers."""
    waiting, seen = [("", network)], set[int]()
    while waiting:
        prefix, layer = waiting.pop()
        if not isinstance(layer, Inert) or not isinstance(layer.state, Mapping):
            raise RefusedCheckpoint(
                f"{prefix or 'what was saved'!r:.80} is no network and no state"
            )
        if id(layer) in seen:
            raise RefusedCheckpoint(f"layer {prefix!r:.80} is in two places")
        seen.add(id(layer))
        yield prefix, layer.state.get("_parameters", {})
        yield prefix, layer.state.get("_buffers", {})
        children = _items(layer.state.get("_modules", {}))
        waiting += [(f"{prefix}{name}.", child) for name, child in children]


def _items(part: object) -> list[tuple[str, object]]:
    """Return the entries of a dictionary that are not empty."""
    if not isinstance(part, Mapping) or not all(isinstance(name, str) for name in part):
        raise RefusedCheckpoint("tensors or layers without names")
    return [(str(name), value) for name, value in part.items() if value is not None]


def _view(name: str, value: object) -> View:
    while isinstance(value, Inert) and value.name in _PARAMETERS and value.arguments:
        value = value.arguments[0]
    if isinstance(value, Inert) and value.name in _VIEWS:
        match value.arguments[:_VIEW_PARTS]:
            case (Storage() as storage, int(offset), tuple(shape), tuple(stride)) if len(
                shape
            ) == len(stride) and all(type(n) is int for n in (*shape, *stride)):
                return View(storage, offset, shape, stride)
    raise RefusedCheckpoint(f"{name!r:.80} is no tensor: is the file of another format?")
