"""One picture as High-Throughput JPEG 2000 (ISO/IEC 15444-15), which nothing here can write.

The codestreams were made with OpenJPH 0.26.3 from the ramp below; RPCL with TLM markers.
"""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import HTJ2K, UID, HTJ2KLossless, HTJ2KLosslessRPCL

from tests.unit.decode.headers import film

ROWS, COLUMNS = 16, 24


@dataclass(frozen=True)
class Stream:
    """A codestream of the ramp.

    Args:
        syntax: the transfer syntax that it goes with.
        bits: bits stored.
        signed: half of the values are negative.
        most_off: by how much a decoded value may be off.
        encoded: the codestream in base64.
    """

    syntax: UID
    bits: int
    signed: bool
    most_off: int
    encoded: str

    def values(self) -> NDArray[np.generic]:
        """(16, 24), rising from the lowest to the highest value."""
        steps = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
        ramp = steps * (2**self.bits - 1) // (ROWS * COLUMNS - 1)
        least = 2 ** (self.bits - 1) if self.signed else 0
        kind = f"{'i' if self.signed else 'u'}{1 if self.bits == 8 else 2}"
        return np.asarray(ramp - least, dtype=kind)

    def dataset(self, *, kept: int | None = None) -> Dataset:
        """The film, or one of whose codestream only the first bytes are kept."""
        dataset = film(self.values(), BitsStored=self.bits)
        dataset.PixelData = encapsulate([base64.b64decode(self.encoded)[:kept]])
        dataset["PixelData"].VR = "OB"
        dataset.file_meta.TransferSyntaxUID = self.syntax
        return dataset


STREAMS = (
    Stream(
        HTJ2KLossless,
        8,
        signed=False,
        most_off=0,
        encoded=(
            "/0//UQApQAAAAAAYAAAAEAAAAAAAAAAAAAAAGAAAABAAAAAAAAAAAAABBwEB/1AACAACAAAAAv9SAAwAAgABAAUE"
            "BEAB/1wAEyBIUFBQUFBQUFBQUFBQSEhI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAHsAAf+TwCXh"
            "AId0AMASgPQAx3QAoAnAIkX+AGI0AMASQBUg5KtzAJAQyAAAAHdWAMAVEAVoAPgDkvUQhgBGwzAM4+AI9hCB7LgA"
            "wC0oBaIAAAAAi9QvReoXovUL0GIDHgDe3d3d3d3/HJ798nv3yey7AP/Z"
        ),
    ),
    Stream(
        HTJ2KLossless,
        12,
        signed=True,
        most_off=0,
        encoded=(
            "/0//UQApQAAAAAAYAAAAEAAAAAAAAAAAAAAAGAAAABAAAAAAAAAAAAABjwEB/1AACAACAAAACv9SAAwAAgABAAUE"
            "BEAB/1wAEyCIkJCQkJCQkJCQkJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAQIAAf+TwAAm"
            "If4Ch3QAwAASgGwBh3QAwAASwAAVAPsAR3QAUhJK/gDiNADAABNAABWQAASAYPCAi3QAJAEAkiTJAIQB/LYA/Hkz"
            "AMAAFdAABa0AAFSAE1xGAA7+ATbc2AC1GACAAEACUpCCBAAQQP4AUClKBTr7jnoA0IQDF11s1ncAwAAt+AAF2cAA"
            "LZBQASQBBAgJRGUAlRZsHjd6zjY1rc72Pm3fKWrtPdQBAAAAAAAAABAAAAD6BwAAAAABAACgfwAA/AhAI9shAG48"
            "hALdeteU8zXc9as35Ypt6doBABIQAEHkLY453Op568p3+Wb9SlX8pNtjAf/Z"
        ),
    ),
    Stream(
        HTJ2KLosslessRPCL,
        16,
        signed=False,
        most_off=0,
        encoded=(
            "/0//UQApQAAAAAAYAAAAEAAAAAAAAAAAAAAAGAAAABAAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgABAAUE"
            "BEAB/1wAEyCIkJCQkJCQkJCQkJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv9VAAoAYAAAAAABDf+QAAoA"
            "AAAAAQ0AAf+TwAAmSeIEh3QAwAATAOb2A4d0AMAAEsAAFSDDAQd0AD4lfUr+AWI0AMAAFRAABaEAAEqyUMMBRfZ1"
            "AAAAMQkAgJcETPIBCAH+tgD9AMV0AMAAFfAABbkAAFUAQxBgAAgU+AHnF5AHixgAABckDBIAcEEAABgEAOCChEH+"
            "AJHKUgAlzc/qAB7s/gtm35W7twDAAC3IAAXcQAAtEIBKKgBYpQpUUsGK6oCXUiNypMlkPBNAxLZeQAFAAQQACAAL"
            "UAKUABQgAKAAAIACSAAKkAIIAAogAUqABCAKdaEAS80IAl1Xkpqi+a8lj37HeJ4ZASAAARcDX3LZTSXvTSsB+A4A"
            "/9k="
        ),
    ),
    Stream(
        HTJ2K,
        12,
        signed=False,
        most_off=1,
        encoded=(
            "/0//UQApQAAAAAAYAAAAEAAAAAAAAAAAAAAAGAAAABAAAAAAAAAAAAABDwEB/1AACAACAAAAKv9SAAwAAgABAAUE"
            "BEAA/1wAIyK3GLbqtuq2vK8ArwCu4qdMp0ynZJADkAOQRpfSl9KXYf9kABcAAU9wZW5KUEggVmVyIDAuMjYuMy7/"
            "kAAKAAAAAADzAAH/k8AAATg9fuAIB3QAwAABMKjwA4d0AMAAAlgAAFQAvQEHdABUd6r7ASI0AMAABVQAAFoAUq6r"
            "ktICEPm1ALtACuwCUmAXSIEAxgN+tgDAABaEAAF1AOymYRh70zDMASZ+EK0LeACCFIIUhBSCEoIUhBRb0d2V3F3R"
            "3RXdXdHdFd0AEARCABjjGghA0L0AwAAWtAABd2CKceAEACcAOAHwc+JK/kr+Sn+cy3wAfh/gB/j9AD/A97t8d/Hd"
            "5bvlu4u3y3eXb5fvLt8t312+Xb4P2BjAp0xjAp0xjApuwQa1AADU0EQ2OAH/2Q=="
        ),
    ),
)
