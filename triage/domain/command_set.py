"""The elements of a DIMSE command set (PS3.7 6.3.1): Implicit VR Little Endian, group 0000."""

import struct

ELEMENT = struct.Struct("<HHI")
"""Group, element and length."""


def read_elements(encoded: bytes) -> dict[int, bytes]:
    """Part a command set into its values, by element number.

    Raises:
        ValueError: it is cut short, or holds another group.

    >>> read_elements(bytes.fromhex("00000009 02000000 3031"))
    {2304: b'01'}
    """
    values: dict[int, bytes] = {}
    place = 0
    while place < len(encoded):
        if len(encoded) - place < ELEMENT.size:
            raise ValueError("cut short")
        group, element, length = ELEMENT.unpack_from(encoded, place)
        place += ELEMENT.size + length
        if group != 0 or place > len(encoded):
            raise ValueError("no command set")
        values[element] = encoded[place - length : place]
    return values
