"""Films that say impossible things of themselves, or end too early: refused with a reason."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, JPEG2000Lossless, RLELossless

from tests.acceptance.conftest import Compose
from tests.builders.account import Account, send_all
from tests.builders.house import House
from tests.builders.memory import MB, measured_growth
from tests.builders.reception import contented, walking
from tests.builders.shipment import Shipment
from tests.builders.unguarded import Unguarded
from tests.unit.decode.headers import film, saved
from triage.decode.film import read
from triage.decode.geometry import described
from triage.domain.errors import UnassessableFilm
from triage.pipeline import Route

ROWS, COLUMNS = b"\x28\0\x10\0", b"\x28\0\x11\0"
BITS_ALLOCATED, BITS_STORED, HIGH_BIT = b"\x28\0\0\1", b"\x28\0\1\1", b"\x28\0\2\1"
PIXEL_DATA = b"\xe0\x7f\x10\0OW\0\0"
BOMB_SIDE = 12_000
FLAT_MB = 100


def said(tag: bytes, vr: bytes, value: bytes) -> bytes:
    """Encode an element of a short form."""
    return tag + vr + struct.pack("<H", len(value)) + value


def short(tag: bytes, value: int) -> bytes:
    return said(tag, b"US", struct.pack("<H", value))


SIXTY_FOUR = struct.pack("<H", 64)
IMPOSSIBLE = {
    "rows of 4 GiB as UL": (short(ROWS, 64), said(ROWS, b"UL", b"\xff\xff\xff\xff")),
    "columns as UL": (short(COLUMNS, 64), said(COLUMNS, b"UL", b"\0\0\1\0")),
    "negative rows": (short(ROWS, 64), said(ROWS, b"SS", struct.pack("<h", -64))),
    "no rows": (short(ROWS, 64), short(ROWS, 0)),
    "65535 rows": (short(ROWS, 64), short(ROWS, 65535)),
    "rows of one byte": (short(ROWS, 64), said(ROWS, b"US", b"\x40")),
    "rows of three values": (short(ROWS, 64), said(ROWS, b"US", 3 * SIXTY_FOUR)),
    "rows in words": (short(ROWS, 64), said(ROWS, b"LO", b"many")),
    "empty rows": (short(ROWS, 64), said(ROWS, b"US", b"")),
    "17 of 16 bits": (short(BITS_STORED, 12), short(BITS_STORED, 17)),
    "no bits": (short(BITS_STORED, 12), short(BITS_STORED, 0)),
    "12 of 8 bits": (short(BITS_ALLOCATED, 16), short(BITS_ALLOCATED, 8)),
    "bit 99": (short(HIGH_BIT, 11), short(HIGH_BIT, 99)),
    "half the pixels": (
        PIXEL_DATA + struct.pack("<I", 8192) + np.arange(4096, dtype="<u2").tobytes(),
        PIXEL_DATA + struct.pack("<I", 4096) + bytes(4096),
    ),
}
"""What a film says, and what it says instead."""


def whole(folder: Path, *, number: int = 1) -> Shipment:
    """A film that is assessed as it is."""
    right = film(StudyInstanceUID="2.25.2", SOPInstanceUID=f"2.25.3.{number}")
    return Shipment.of(saved(right, folder / "whole.dcm"))


def changed(shipment: Shipment, change: tuple[bytes, bytes]) -> Shipment:
    """Let a film say something else."""
    assert change[0] in shipment.data_set
    return replace(shipment, data_set=shipment.data_set.replace(*change))


@pytest.fixture
def house(compose: Compose, calm_route: Route) -> Iterator[House]:
    """A house that returns nothing."""
    with compose(route=calm_route) as house:
        yield house


def test_impossible_films_are_kept_and_not_assessed(house: House, tmp_path: Path) -> None:
    right = whole(tmp_path)
    wrong = [
        changed(whole(tmp_path, number=2 + number), change)
        for number, change in enumerate(IMPOSSIBLE.values())
    ]

    sent = send_all([right, *wrong], house.peer.port)
    house.settle()

    first, *others = Account.of(sent, house.engine).ends.values()
    assert first == "kept, ASSESSED"
    assert others == ["kept, NOT_ASSESSED unreadable"] * len(IMPOSSIBLE)


def cut_at_every_element(shipment: Shipment) -> list[Shipment]:
    """Cut a data set where each element begins, and a byte before and after."""
    places, place = set(), 0
    while place < len(shipment.data_set):
        places |= {place - 1, place, place + 1}
        vr, length = struct.unpack_from("<2sH", shipment.data_set, place + 4)
        is_long = vr in {b"OW", b"OB", b"SQ", b"UN"}
        place += 12 + struct.unpack_from("<I", shipment.data_set, place + 8)[0] if is_long else 0
        place += 0 if is_long else 8 + length
    places |= {len(shipment.data_set) - 1}
    return [
        replace(shipment, data_set=shipment.data_set[:place])
        for place in sorted(places)
        if place > 0
    ]


def test_a_film_that_is_cut_anywhere_is_refused_or_not_assessed(
    house: House, tmp_path: Path
) -> None:
    cut = cut_at_every_element(whole(tmp_path))

    sent = send_all(cut, house.peer.port)
    house.settle()

    account = Account.of(sent, house.engine)
    assert len(cut) > 40
    assert account.missing == set()
    assert "kept, ASSESSED" not in account.ends.values()


def test_a_house_that_never_asks_what_is_missing_is_noticed(
    compose: Compose, calm_route: Route, tmp_path: Path
) -> None:
    shorter = changed(whole(tmp_path), (short(ROWS, 64), short(ROWS, 63)))
    content = replace(calm_route, decoder=Unguarded(parse=dcmread))

    with compose(route=content, data_phase=walking(contented)) as house:
        sent = send_all([replace(shorter, data_set=shorter.data_set[:-1])], house.peer.port)
        house.settle()

        assert list(Account.of(sent, house.engine).ends.values()) == ["kept, ASSESSED"]


def compressed(folder: Path, syntax: UID, *, missing: int) -> Path:
    """A compressed film whose only frame lacks its last bytes."""
    packed = film()
    packed.compress(syntax, generate_instance_uid=False)
    frame = next(generate_frames(packed.PixelData, number_of_frames=1))
    packed.PixelData = encapsulate([frame[: len(frame) - missing]])
    return saved(packed, folder / "packed.dcm")


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless], ids=["JPEG 2000", "RLE"])
@pytest.mark.parametrize("missing", [4, 100])
def test_a_frame_without_its_last_bytes_is_unreadable(
    tmp_path: Path, syntax: UID, missing: int
) -> None:
    with pytest.raises(UnassessableFilm, match="cannot be decoded"):
        read(compressed(tmp_path, syntax, missing=missing))


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless], ids=["JPEG 2000", "RLE"])
def test_a_frame_with_its_last_bytes_is_read(tmp_path: Path, syntax: UID) -> None:
    assert read(compressed(tmp_path, syntax, missing=0)).stored.shape == (64, 64)


@pytest.fixture
def rle_bomb(tmp_path: Path) -> Path:
    """A film of 144 million pixels in about 2 MB."""
    runs = BOMB_SIDE * BOMB_SIDE // 128 + 1
    frame = struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * runs
    small = film(np.zeros((64, 64), np.uint8), StudyInstanceUID="2.25.3", BitsStored=8)
    small.Rows = small.Columns = BOMB_SIDE
    small.PixelData = encapsulate([frame])
    small["PixelData"].VR = "OB"
    small.file_meta.TransferSyntaxUID = RLELossless
    return saved(small, tmp_path / "bomb.dcm")


def test_a_codec_bomb_is_refused_before_it_is_decoded(rle_bomb: Path) -> None:
    with measured_growth() as growth, pytest.raises(UnassessableFilm, match="at most 100000000"):
        read(rle_bomb)

    assert rle_bomb.stat().st_size < 3 * MB
    assert growth.megabytes < FLAT_MB


def test_without_the_cap_a_codec_bomb_costs_memory(rle_bomb: Path) -> None:
    with measured_growth() as growth:
        Unguarded(measure=described).read(rle_bomb)

    assert growth.megabytes > FLAT_MB


def test_without_its_checks_an_impossible_film_is_noticed_by_its_values(
    compose: Compose, calm_route: Route, tmp_path: Path
) -> None:
    believing = replace(calm_route, decoder=Unguarded(measure=described))
    wrong = changed(whole(tmp_path), IMPOSSIBLE["no bits"])

    with compose(route=believing) as house:
        sent = send_all([wrong], house.peer.port)
        house.settle()

        (end,) = Account.of(sent, house.engine).ends.values()
    assert end == "kept, NOT_ASSESSED contradiction"
