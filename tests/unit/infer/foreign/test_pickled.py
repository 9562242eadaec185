import contextlib
import io
import pickle
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.traps import Trap, named, spring
from triage.domain.errors import RefusedCheckpoint
from triage.infer.foreign.pickled import Inert, read_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_code_in_a_pickle_does_not_run_and_is_named(tmp_path: Path, protocol: int) -> None:
    content = pickle.dumps(Trap(tmp_path / "sprung"), protocol)

    with pytest.raises(RefusedCheckpoint, match=r"asks for 'os\.mkdir'|asks for 'posix\.mkdir'"):
        read_pickle(io.BytesIO(content))

    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_same_pickle_runs_its_code_where_it_is_loaded_plainly(
    tmp_path: Path, protocol: int
) -> None:
    spring(pickle.dumps(Trap(tmp_path / "sprung"), protocol))

    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "name",
    [
        "builtins.eval",
        "builtins.getattr",
        "operator.attrgetter",
        "torch.load",
        "torch.hub.load",
        "torch.storage._load_from_bytes",
        "torch._utils._rebuild_sparse_tensor",
        "torch.nn.Module",
        "torchvision.models.densenet",
        "triage.infer.bundle.save_bundle",
        "collections.Counter",
    ],
)
def test_every_other_name_is_refused(name: str) -> None:
    with pytest.raises(RefusedCheckpoint, match=name.replace(".", r"\.")):
        read_pickle(io.BytesIO(named(name)))


def test_a_name_on_the_list_is_never_resolved() -> None:
    found = read_pickle(io.BytesIO(named("torch.nn.modules.there.Is_no_such_layer"))).value

    assert isinstance(found, type)
    assert issubclass(found, Inert)
    assert found.name == "torch.nn.modules.there.Is_no_such_layer"


def test_a_pickled_layer_is_a_description_of_itself() -> None:
    found = read_pickle(io.BytesIO(pickle.dumps(torch.nn.ReLU(inplace=True), 2))).value

    assert isinstance(found, Inert)
    assert found.name == "torch.nn.modules.activation.ReLU"
    assert isinstance(found.state, dict)
    assert found.state["inplace"] is True


def test_an_ordered_dictionary_keeps_its_entries_and_drops_its_attributes() -> None:
    table = OrderedDict(b=1, a=2)
    vars(table)["_metadata"] = 3

    found = read_pickle(io.BytesIO(pickle.dumps(table, 2))).value

    assert isinstance(found, dict)
    assert list(found.items()) == [("b", 1), ("a", 2)]


def test_reading_stops_behind_the_pickle() -> None:
    stream = io.BytesIO(pickle.dumps([1], 2) + b"rest")

    assert read_pickle(stream).value == [1]
    assert stream.read() == b"rest"


def test_a_placeholder_cannot_be_changed_by_the_pickle() -> None:
    built = named("torch.nn.modules.linear.Linear").removesuffix(b".") + b"}X\x01\x00\x00\x00aNsb."

    with pytest.raises(RefusedCheckpoint, match="no pickle that can be read"):
        read_pickle(io.BytesIO(built))


@pytest.mark.parametrize("put", [b"r\xff\xff\xff\x7f", b"r\x01\x00\x10\x00", b"p4294967295\n"])
def test_a_pickle_that_makes_room_for_gigabytes_is_refused_before(put: bytes) -> None:
    with pytest.raises(RefusedCheckpoint, match="values aside: 1048576 may be"):
        read_pickle(io.BytesIO(b"\x80\x02N" + put + b"."))


def test_a_pickle_may_put_as_many_values_aside_as_a_network_needs() -> None:
    assert read_pickle(io.BytesIO(b"\x80\x02Nr\x00\x00\x10\x00.")).value is None


@pytest.mark.parametrize("reference", ["storage", ("storage", 1, 2), ("storage", int, "0", "", 4)])
def test_a_reference_to_anything_but_a_storage_is_refused(reference: object) -> None:
    content = pickle.dumps(reference, 2).removesuffix(b".") + b"Q."

    with pytest.raises(RefusedCheckpoint, match=r"refers to|asks for"):
        read_pickle(io.BytesIO(content))


@given(st.binary(max_size=60))
def test_whatever_the_bytes_are_nothing_but_a_refusal_is_raised(content: bytes) -> None:
    with contextlib.suppress(RefusedCheckpoint):
        read_pickle(io.BytesIO(b"\x80\x02" + content))
