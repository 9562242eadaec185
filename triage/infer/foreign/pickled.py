"""Pickles read as data: nothing that they name is imported, called or built.

A pickle is a program: it names functions and classes and has them called. Here a placeholder
stands for every name and keeps what it would have been called with, so that a tensor stays the
description of a tensor. Names outside a short list are refused, since a file that asks for more
than tensors and layers is no checkpoint that is known here.

``torch.load(weights_only=True)`` builds what it allows, was got round twice (CVE-2025-32434,
CVE-2026-24747), and cannot read a pickled network, which two of the known formats hold.
"""

import pickle
import pickletools
import re
import reprlib
from typing import BinaryIO, ClassVar, NamedTuple, Self

from triage.domain.errors import RefusedCheckpoint

_LAYERS = ("torch.nn.modules.", "torchvision.models.densenet.", "torchxrayvision.models.")
_NAMES = frozenset(
    {
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "torch.nn.parameter.Parameter",
        "torch.nn.backends.thnn._get_thnn_function_backend",  # layers before torch 1.2 hold it
        "builtins.set",
        "__builtin__.set",
        # The best loss of a training may be one of NumPy's numbers.
        "numpy.dtype",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "_codecs.encode",
    }
)
MOST_VALUES = 1 << 20
"""A DenseNet-121 with its optimizer has some 20,000."""
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_STORAGE = re.compile(r"torch\.(?:cuda\.)?(\w+Storage)")
_DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    RecursionError,
    Warning,  # where a warning is an error: text pickles may hold odd escapes
)


class Inert:
    """What a pickle asked to be built: its name and arguments; nothing of it was done.

    Args:
        arguments: what the named function or class would have been called with.
    """

    __slots__ = ("arguments", "state")
    name: ClassVar[str] = ""
    arguments: tuple[object, ...]
    state: object

    def __new__(cls, *arguments: object) -> Self:
        """Keep the arguments; pickles make some objects without calling ``__init__``."""
        made = super().__new__(cls)
        made.arguments = arguments
        made.state = None
        return made

    def __setstate__(self, state: object) -> None:
        """Keep what would have become the attributes."""
        self.state = state


class Table(dict[object, object]):
    """An ordered dictionary; the attributes that a pickle hangs on one are dropped."""

    def __setstate__(self, state: object) -> None:
        """Drop the attributes: torch keeps the versions of layers there."""


class Storage(NamedTuple):
    """Where numbers of tensors lie: kind such as ``FloatStorage``, key, how many."""

    kind: str
    key: str
    length: int


class Pickled(NamedTuple):
    """What one pickle holds.

    Args:
        value: numbers, texts, tuples, lists, dictionaries, ``Inert`` and ``Storage``.
        storages: every storage that it refers to, by key.
    """

    value: object
    storages: dict[str, Storage]


def read_pickle(stream: BinaryIO) -> Pickled:
    """Read one pickle and stop behind it.

    Raises:
        RefusedCheckpoint: it names something that is not on the list, or is no pickle.
    """
    reader = _Reader(stream, encoding="utf-8")
    try:
        _refuse_sparse_memo(stream)
        return Pickled(reader.load(), reader.storages)
    except _DAMAGED as error:
        raise RefusedCheckpoint(f"no pickle that can be read: {error!r:.120}") from error


def _refuse_sparse_memo(stream: BinaryIO) -> None:
    """Look through a pickle, then go back to its start.

    The unpickler makes room up to the largest number under which a value is put aside: four
    bytes of a file could take 32 GB. Lengths of texts are held against the file on the way.
    """
    start = stream.tell()
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name in _PUTS and int(argument or 0) > MOST_VALUES:
            raise RefusedCheckpoint(
                f"the pickle puts {argument} values aside: {MOST_VALUES} may be"
            )
    stream.seek(start)


class _Reader(pickle.Unpickler):
    """Every opcode that would fetch or call something meets a placeholder."""

    def __init__(self, stream: BinaryIO, *, encoding: str) -> None:
        super().__init__(stream, encoding=encoding)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> type[object]:
        """Return a placeholder for a name on the list."""
        whole = f"{module}.{name}"
        if whole == "collections.OrderedDict":
            return Table
        if whole in _NAMES or whole.startswith(_LAYERS) or _STORAGE.fullmatch(whole):
            return type("Placeholder", (Inert,), {"name": whole, "__slots__": ()})
        raise RefusedCheckpoint(
            f"the pickle asks for {whole!r:.80}: only tensors and the layers of a DenseNet are read"
        )

    def persistent_load(self, pid: object) -> object:
        """Read what torch keeps beside the pickle: storages, and the sources of layers."""
        match pid:
            case ("storage", type() as kind, str(key), _, int(length), *_) if issubclass(
                kind, Inert
            ):
                found = Storage(kind.name.rpartition(".")[2], key, length)
                return self.storages.setdefault(key, found)
            case ("module", type() as layer, _, _):
                return layer
        raise RefusedCheckpoint(f"the pickle refers to {reprlib.repr(pid)}: only storages are read")
