"""Verification, and the transfer syntaxes that we can read."""

from collections.abc import Sequence

VERIFICATION = "1.2.840.10008.1.1"

TRANSFER_SYNTAXES = (
    "1.2.840.10008.1.2.1",  # Explicit VR Little Endian
    "1.2.840.10008.1.2",  # Implicit VR Little Endian
    "1.2.840.10008.1.2.2",  # Explicit VR Big Endian (retired)
    "1.2.840.10008.1.2.1.99",  # Deflated Explicit VR Little Endian
    "1.2.840.10008.1.2.5",  # RLE Lossless
    "1.2.840.10008.1.2.4.50",  # JPEG Baseline (Process 1)
    "1.2.840.10008.1.2.4.51",  # JPEG Extended (Process 2 & 4)
    "1.2.840.10008.1.2.4.57",  # JPEG Lossless (Process 14)
    "1.2.840.10008.1.2.4.70",  # JPEG Lossless (Process 14, SV1)
    "1.2.840.10008.1.2.4.80",  # JPEG-LS Lossless
    "1.2.840.10008.1.2.4.81",  # JPEG-LS Near-lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.91",  # JPEG 2000
    "1.2.840.10008.1.2.4.201",  # High-Throughput JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.202",  # High-Throughput JPEG 2000 Lossless, RPCL
    "1.2.840.10008.1.2.4.203",  # High-Throughput JPEG 2000
)


def readable_first(proposed: Sequence[str]) -> list[str]:
    """Put the transfer syntaxes that can be read first, each half in the peer's order.

    The first one is accepted, so that a film comes in a syntax that can be decoded wherever
    its sender offers one.

    >>> readable_first(["1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.1"])
    ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.110']
    """
    return sorted(proposed, key=lambda syntax: syntax not in TRANSFER_SYNTAXES)
