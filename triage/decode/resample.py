"""Making pictures smaller without losing what lies between the kept pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray


def area(values: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
    """Average over the area that each new pixel covers.

    Args:
        values: (rows, columns), any integer or floating type.
        size: rows and columns wished for, neither larger than the picture's.

    Returns:
        ``float32`` of that size, in the units of ``values``.

    >>> area(np.uint16([[0, 2], [4, 6]]), (1, 1)).tolist()
    [[3.0]]
    """
    rows, columns = size
    # In float32 throughout: OpenCV rounds the averages of integers to integers.
    smaller = cv2.resize(values.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, dtype=np.float32)
