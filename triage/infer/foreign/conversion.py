"""From another project's checkpoint to a bundle that computes the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from triage.domain.assessment import Model
from triage.domain.errors import ConfigurationError, RefusedCheckpoint
from triage.infer.bundle import load_bundle, refuse_bundle, save_bundle
from triage.infer.card import Description, Training
from triage.infer.checkpoint import network_of, sha256
from triage.infer.densenet import ARCHITECTURES, DenseNet
from triage.infer.foreign.container import Checkpoint, read_checkpoint
from triage.infer.foreign.findings import absent_heads, labels_of
from triage.infer.foreign.formats import FORMATS, Format
from triage.infer.foreign.names import COUNTERS, listed, refuse_difference, renamed
from triage.infer.foreign.tensors import View, tensor_of, views_of

ARCHITECTURE = "densenet121"
_POINTS = "op_threshs"
_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a checkpoint.

    Args:
        model: the bundle's name, version and digest.
        tensors: how many were taken over.
        left_out: what else the file holds, empty where nothing.
        untrained: how many outputs of the network mean nothing and were dropped.
        absent: heads that the network's outputs cannot make, each with what is missing.
    """

    model: Model
    tensors: int
    left_out: str
    untrained: int
    absent: dict[str, tuple[str, ...]]


def import_checkpoint(path: Path, name: str, folder: Path) -> Imported:
    """Write a bundle that computes what a checkpoint's own project computes with it.

    The weights stay as they are, in ``float32``. Outputs that were never trained are dropped.
    The file is read as data: no code of it runs.

    Args:
        path: as the project publishes it.
        name: an entry of ``FORMATS``.
        folder: for the bundle; made if absent.

    Raises:
        RefusedCheckpoint: the file is damaged, is no checkpoint of this format, or asks for
            code to be run.
        ConfigurationError: the folder holds a bundle already.
    """
    refuse_bundle(folder)
    form = FORMATS[name]
    try:
        _refuse_sibling(path, name)
        checkpoint = read_checkpoint(path)
        weights = _weights(checkpoint, form)
        network = _network(weights, form)
    except (RefusedCheckpoint, ConfigurationError) as error:
        raise RefusedCheckpoint(f"{path}: {error}") from error
    save_bundle(folder, network, description=_description(path, name), half=False)
    return Imported(
        model=load_bundle(folder).model,
        tensors=len(weights),
        left_out=_beside(checkpoint, form.entry),
        untrained=form.outputs.count(None),
        absent=absent_heads(form),
    )


def _refuse_sibling(path: Path, name: str) -> None:
    """Refuse a file that is published under the name of another format."""
    for other, form in FORMATS.items():
        if other != name and form.file and path.name.startswith(form.file):
            raise RefusedCheckpoint(f"published as {other}, not as {name}")


def _weights(checkpoint: Checkpoint, form: Format) -> dict[str, Tensor]:
    views = renamed(views_of(_saved(checkpoint.value, form.entry)))
    _refuse_other_points(views.pop(_POINTS, None), checkpoint, form)
    wanted = _shapes(form)
    refuse_difference(views.keys(), wanted.keys())
    _refuse_other_shapes(views, wanted)
    counters = {n: torch.zeros((), dtype=torch.int64) for n in wanted if n.endswith(COUNTERS)}
    return counters | {n: tensor_of(view, checkpoint) for n, view in views.items()}


def _saved(value: object, entry: str | None) -> object:
    if entry is None:
        return value
    entries = value if isinstance(value, Mapping) else {}
    if entry not in entries:
        raise RefusedCheckpoint(f"no entry {entry}; it holds {listed(entries) or 'no entries'}")
    return entries[entry]


def _beside(checkpoint: Checkpoint, entry: str | None) -> str:
    if entry is None or not isinstance(checkpoint.value, Mapping):
        return ""
    return listed([key for key in checkpoint.value if key != entry])


def _refuse_other_points(view: View | None, checkpoint: Checkpoint, form: Format) -> None:
    """Hold the operating points in a file against those of the format, where it has any."""
    if view is None:
        return
    found = tensor_of(view, checkpoint).double()
    points = [form.points.get(output or "", torch.nan) for output in form.outputs]
    expected = torch.tensor(points, dtype=torch.float64)
    if found.shape != expected.shape or not torch.allclose(
        found, expected, rtol=1e-6, atol=0, equal_nan=True
    ):
        raise RefusedCheckpoint(f"{_POINTS} are not those of this format")


def _shapes(form: Format) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        blocks, channels = ARCHITECTURES[ARCHITECTURE], form.input.spec.channels
        network = DenseNet(blocks, len(form.outputs), channels)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def _refuse_other_shapes(views: Mapping[str, View], wanted: Mapping[str, tuple[int, ...]]) -> None:
    found, outputs = views["classifier.weight"].shape, wanted["classifier.weight"][0]
    if found[:1] != (outputs,):
        raise RefusedCheckpoint(f"{found[0] if found else 0} outputs: the format has {outputs}")
    for name, view in views.items():
        if view.shape != wanted[name]:
            raise RefusedCheckpoint(f"shape of {name} {view.shape}: {wanted[name]}")


def _network(weights: Mapping[str, Tensor], form: Format) -> DenseNet:
    kept = torch.tensor([n for n, output in enumerate(form.outputs) if output is not None])
    heads = {n: weights[n][kept] for n in ("classifier.weight", "classifier.bias")}
    channels = form.input.spec.channels
    return network_of({**weights, **heads}, ARCHITECTURE, labels=len(kept), channels=channels)


def _description(path: Path, name: str) -> Description:
    form, digest = FORMATS[name], sha256(path)
    return Description(
        name=name,
        version=digest[:_VERSION_DIGITS],
        architecture=ARCHITECTURE,
        licence=form.licence,
        input=form.input,
        training=Training(
            recipe=f"imported from a checkpoint of {form.project}, SHA-256 {digest}",
            sources=(form.source,),
        ),
        labels=labels_of(form),
    )
