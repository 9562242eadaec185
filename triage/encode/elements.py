"""Attributes by keyword to Explicit VR Little Endian bytes (PS3.5 7.1.2).

Copied attributes must leave exactly as they came, also where their character set is unknown
or their value invalid. So values are bytes here, and nothing is decoded on the way.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from pydicom.datadict import dictionary_VR, tag_for_keyword

Attributes: TypeAlias = "Mapping[str, Value]"
"""Values by attribute keyword (PS3.6), such as ``{"Modality": "OT"}``."""

Value: TypeAlias = "bytes | str | int | Fragment | Sequence[Attributes]"
"""Raw bytes, ASCII text, an unsigned integer, a frame, or the items of a sequence."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A compressed frame in one fragment, behind an empty Basic Offset Table (PS3.5 A.4)."""

    codestream: bytes


_LONG_LENGTH = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT"})
_PADDED_WITH_ZERO = frozenset({"OB", "UI"})
_INTEGERS = {"US": "<H", "UL": "<I"}
_ITEM, _END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF
_SHORT_LIMIT = 0xFFFE


def encode_attributes(attributes: Attributes, *, prefix: bytes = b"") -> bytes:
    r"""Encode a data set in Explicit VR Little Endian, in the order of its tags.

    Args:
        attributes: values by keyword; ``OB`` is taken where the dictionary allows OB or OW.
        prefix: bytes that stand before, so that pixels are copied only once.

    Returns:
        The data elements; values of odd length are padded as PS3.5 6.2 asks.

    Raises:
        ValueError: a keyword is not in the data dictionary.

    >>> encode_attributes({"Modality": "OT"})
    b'\x08\x00`\x00CS\x02\x00OT'
    """
    tagged = sorted((_tag(keyword), value) for keyword, value in attributes.items())
    return b"".join(chain((prefix,), *(_element(*element) for element in tagged)))


def ascii_text(value: str, length: int) -> str:
    """Cut to ``length`` and keep ASCII, which reads the same in every character set."""
    return value.encode("ascii", "replace").decode("ascii")[:length]


def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"attribute {keyword}: not a keyword of PS3.6")
    return tag


def _element(tag: int, value: Value) -> tuple[bytes, bytes]:
    """Encode one data element as its head and its value (PS3.5 7.1.2)."""
    vr = dictionary_VR(tag).split(" or ")[0]
    content = _content(value, vr)
    # PS3.5 6.2.2: a value that a short length field cannot hold becomes UN.
    vr = "UN" if len(content) > _SHORT_LIMIT and vr not in _LONG_LENGTH else vr
    extent = _UNDEFINED if isinstance(value, Fragment) else len(content)
    length = struct.pack("<xxI" if vr in _LONG_LENGTH else "<H", extent)
    return struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode("ascii")) + length, content


def _content(value: Value, vr: str) -> bytes:
    if isinstance(value, int):
        return struct.pack(_INTEGERS[vr], value)
    if isinstance(value, Fragment):
        whole = value.codestream + b"\0" * (len(value.codestream) % 2)
        return _item(b"") + _item(whole) + struct.pack("<HHI", *_END, 0)
    if isinstance(value, bytes | str):
        raw = value.encode("ascii") if isinstance(value, str) else value
        return raw + (b"\0" if vr in _PADDED_WITH_ZERO else b" ") * (len(raw) % 2)
    return b"".join(_item(encode_attributes(item)) for item in value)


def _item(content: bytes) -> bytes:
    return struct.pack("<HHI", *_ITEM, len(content)) + content
