"""Libraries that a process does without, although another one imports what it finds."""

from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

CODECS = ("PIL", "gdcm", "openjpeg", "pylibjpeg", "rle")
"""Of pixels: pydicom loads each that is installed, 22 MB in a process that decodes none."""


class Omission(MetaPathFinder):
    """Stands first in ``sys.meta_path`` and says of some packages that they are not there.

    Args:
        names: of top-level packages.

    >>> Omission(["gdcm"]).find_spec("json")
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
        /,
    ) -> ModuleSpec | None:
        """Leave every other module to the finders that follow.

        Raises:
            ModuleNotFoundError: it is one of the names.
        """
        del path, target
        if fullname in self._names:
            raise ModuleNotFoundError(f"{fullname} is left out of this process", name=fullname)
        return None
