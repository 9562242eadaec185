"""How decode says no: the refusal, and the border at which foreign errors become one."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from PIL import Image
from pydicom.config import disable_value_validation
from pydicom.errors import BytesLengthException, InvalidDicomError

from triage.domain.assessment import Refusal, RefusalCode
from triage.domain.errors import UnassessableFilm

FOREIGN: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,  # Pillow's word for a broken PNG
    SystemError,  # a codec that returned an error without setting one
    TypeError,
    ValueError,
    BytesLengthException,
    InvalidDicomError,
    Image.DecompressionBombError,
    cv2.error,
    struct.error,
    zlib.error,
)
"""What pydicom and the codecs raise on files that nobody should have written."""

QUOTE_LENGTH = 64
"""Longest part of a header value that a sentence quotes, in characters."""


def refused(code: RefusalCode, sentence: str) -> UnassessableFilm:
    """Make the error that refuses a film.

    >>> str(refused(RefusalCode.NO_PIXELS, "The object has no pixel data."))
    'The object has no pixel data.'
    """
    return UnassessableFilm(Refusal(code, sentence))


def quoted(value: str) -> str:
    r"""Quote a header value for a sentence: one printable line of limited length.

    >>> quoted("CT\x1b[31m")
    "'CT?[31m'"
    """
    shown = "".join(c if c.isprintable() else "?" for c in value[: QUOTE_LENGTH + 1])
    return f"'{shown[:QUOTE_LENGTH]}...'" if len(shown) > QUOTE_LENGTH else f"'{shown}'"


@contextmanager
def translated(sentence: str, *, code: RefusalCode = RefusalCode.UNREADABLE) -> Iterator[None]:
    """Turn foreign errors into a refusal, and keep warnings about the file to ourselves.

    pydicom would not only warn of invalid values, but log them, and a value may be a name.
    Filters and validation are the process's own: one thread at a time (the worker has one).

    Args:
        sentence: what could not be done; the kind of the foreign error is added to it, never
            its text, which may quote the header.
        code: the refusal's code.

    Raises:
        UnassessableFilm: anything in ``FOREIGN`` was raised inside.
    """
    try:
        with warnings.catch_warnings(), disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    except FOREIGN as error:
        raise refused(code, f"{sentence} ({type(error).__name__}).") from error
