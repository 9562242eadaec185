"""From a film to the network's input; training and serving both pass through here."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from triage.domain.assessment import Margins, Placement
from triage.domain.film import Box, Film
from triage.infer.collimation import field

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
CHANNELS = (1, 3)
SMALLEST = 32
"""The stride of DenseNet-121: a smaller input has no features."""

ONE_LEVEL = 1 / 255
"""What two grays differ by at least on a display of 256."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What a network was trained to see.

    Args:
        size: rows and columns of the square input, in pixels, at least 32.
        mean: subtracted from each of the one or three equal channels; the film is within [0, 1].
        deviation: what each channel is divided by afterwards.

    Raises:
        ValueError: ``size`` is below 32, a deviation is not positive, or the channels are not
            one or three.
    """

    size: int = 224
    mean: tuple[float, ...] = IMAGENET_MEAN
    deviation: tuple[float, ...] = IMAGENET_DEVIATION

    def __post_init__(self) -> None:
        if self.size < SMALLEST:
            raise ValueError(f"input size {self.size}: at least {SMALLEST} pixels")
        if len(self.mean) not in CHANNELS or len(self.deviation) != len(self.mean):
            found = f"{len(self.mean)} and {len(self.deviation)}"
            raise ValueError(f"input means and deviations {found}: 1 or 3 of each")
        if min(self.deviation) <= 0:
            raise ValueError(f"input deviation {min(self.deviation)}: above 0")

    @property
    def channels(self) -> int:
        """How many equal channels the network sees."""
        return len(self.mean)

    @property
    def extremes(self) -> tuple[float, float]:
        """What the network sees of black and of white, the least and the greatest of channels.

        >>> InputSpec(mean=(0.5,), deviation=(1 / 2048,)).extremes
        (-1024.0, 1024.0)
        """
        channels = list(zip(self.mean, self.deviation, strict=True))
        return min(-m / d for m, d in channels), max((1 - m) / d for m, d in channels)


def centred(shape: tuple[int, int], size: int) -> Box:
    """Fit a rectangle of ``shape`` into a square: aspect kept, nothing cropped, centred.

    >>> centred((2000, 1000), 224)
    Box(top=0, left=56, rows=224, columns=112)
    """
    longest = max(shape)
    rows, columns = (max(1, round(side * size / longest)) for side in shape)
    return Box((size - rows) // 2, (size - columns) // 2, rows, columns)


def letterbox(film: Film, size: int) -> tuple[Tensor, Placement]:
    """Draw a film without its borders into a square that is black elsewhere.

    Args:
        film: any shape; rendered no larger than asked, enlarged only where it is smaller.
        size: rows and columns of the square, in pixels.

    Returns:
        ``float32`` (size, size) within [0, 1], and where the whole film lies in and around it.
    """
    square, shown, box = drawn(film, size)
    return square, _placement(film.shape, shown, box=box, size=size)


def drawn(film: Film, size: int) -> tuple[Tensor, Box, Box]:
    """Draw as ``letterbox`` does; tell which part of the film is shown where in the square."""
    shown = field(film)
    box = centred((shown.rows, shown.columns), size)
    square = torch.zeros(size, size)
    square[box.slices] = _scaled(film, shown, box)
    return square, shown, box


def shows_one_gray(square: Tensor, placement: Placement) -> bool:
    """Tell whether a film in its square is all black, all white or all of one gray.

    Args:
        square: ``float32`` (size, size) within [0, 1]; what is no number is no gray.
        placement: where the film lies in and around it.

    Returns:
        Whether no two pixels of what is shown of it differ by a level of a display.
    """
    of, size = placement.margins, len(square)
    top, left = placement.top, placement.left
    rows = (top + of.top * placement.height, top + (1 - of.bottom) * placement.height)
    columns = (left + of.left * placement.width, left + (1 - of.right) * placement.width)
    down, across = (slice(round(begin * size), round(end * size)) for begin, end in (rows, columns))
    shown = square[down, across]  # (rows, columns)
    return bool(shown.max() - shown.min() < ONE_LEVEL)


def _placement(shape: tuple[int, int], shown: Box, *, box: Box, size: int) -> Placement:
    """Place a film of ``shape`` whose part ``shown`` fills ``box`` of a square of ``size``."""
    (rows, columns), bottom = shape, shown.top + shown.rows
    down, across = box.rows / shown.rows / size, box.columns / shown.columns / size
    return Placement(
        top=box.top / size - shown.top * down,
        left=box.left / size - shown.left * across,
        height=rows * down,
        width=columns * across,
        margins=Margins(
            top=shown.top / rows,
            bottom=1 - bottom / rows,
            left=shown.left / columns,
            right=1 - (shown.left + shown.columns) / columns,
        ),
    )


def _scaled(film: Film, shown: Box, box: Box) -> Tensor:
    """Render ``shown`` at the size of ``box``."""
    smaller = min(box.rows, shown.rows), min(box.columns, shown.columns)
    rendered = torch.from_numpy(film.render(smaller, box=shown))
    if rendered.shape == (box.rows, box.columns):
        return rendered
    enlarged = functional.interpolate(
        rendered[None, None], size=(box.rows, box.columns), mode="bilinear", align_corners=False
    )
    return enlarged[0, 0]


def normalise(squares: Tensor, spec: InputSpec) -> Tensor:
    """Normalise gray squares and repeat them on every channel.

    Args:
        squares: ``float32`` (B, size, size) within [0, 1].
        spec: mean and deviation of each channel.

    Returns:
        ``float32`` (B, channels, size, size), channels last in memory.
    """
    mean = squares.new_tensor(spec.mean)[None, :, None, None]
    deviation = squares.new_tensor(spec.deviation)[None, :, None, None]
    channels = (squares[:, None] - mean) / deviation  # (B, channels, size, size)
    return channels.contiguous(memory_format=torch.channels_last)


def network_input(film: Film, spec: InputSpec) -> tuple[Tensor, Placement]:
    """Turn one film into what the network sees.

    Returns:
        ``float32`` (channels, size, size), normalised, and where the film lies in and around it.
    """
    square, placement = letterbox(film, spec.size)
    return normalise(square[None], spec)[0], placement
