"""A picture as a file or a codestream."""

from pathlib import Path

import cv2

from triage.overlay.pen import Picture


def save_png(picture: Picture, path: Path) -> None:
    """Write a picture as PNG without any metadata.

    Args:
        picture: ``uint8`` (rows, columns, 3), RGB.
        path: the file to write; its suffix is not looked at.
    """
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), fast)
    path.write_bytes(encoded.tobytes())


def to_jpeg(picture: Picture, *, quality: int) -> bytes:
    """Compress a picture as baseline JPEG, YCbCr 4:2:2 (ISO/IEC 10918-1).

    Args:
        picture: ``uint8`` (rows, columns, 3), RGB.
        quality: 1 to 100.

    Returns:
        The codestream; columns of chroma are halved, as YBR_FULL_422 says (PS3.3 C.7.6.3.1.2).
    """
    wishes = [
        *(cv2.IMWRITE_JPEG_QUALITY, quality),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422),
    ]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), wishes)
    return encoded.tobytes()
