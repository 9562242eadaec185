from functools import partial
from typing import Any

import pytest
from pydicom.uid import UID

from triage.domain.product import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from triage.encode.uids import ObjectType, instance_uid, series_uid

instance_of = partial(
    instance_uid,
    header_digest="a",
    bundle_digest="b",
    appearance_digest="c",
    object_type=ObjectType.SECONDARY_CAPTURE,
    page=1,
)
series_of = partial(
    series_uid, header_digest="a", bundle_digest="b", object_type=ObjectType.SECONDARY_CAPTURE
)


def test_the_recipe_has_not_changed() -> None:
    uid = instance_of("1.2.3")

    assert uid == "2.25.36503701010245340087697499893331412580"


def test_a_uid_is_valid_and_says_that_it_is_a_uuid() -> None:
    uid = UID(instance_of("1.2.3"))

    assert uid.is_valid
    assert uid.startswith("2.25.")


@pytest.mark.parametrize(
    "change",
    [{"header_digest": "x"}, {"bundle_digest": "x"}, {"appearance_digest": "x"}, {"page": 2}],
)
def test_every_part_changes_the_instance(change: dict[str, Any]) -> None:
    assert instance_of("1.2.3", **change) != instance_of("1.2.3")


def test_another_film_has_another_instance() -> None:
    assert instance_of("1.2.4") != instance_of("1.2.3")


def test_parts_do_not_run_into_one_another() -> None:
    one = instance_of("1.2.3", header_digest="ab", bundle_digest="c")
    other = instance_of("1.2.3", header_digest="a", bundle_digest="bc")

    assert one != other


def test_the_recipe_of_a_series_has_not_changed() -> None:
    assert series_of("1.2") == "2.25.207412656979546541306789383554923096522"


def test_a_corrected_header_opens_another_series() -> None:
    assert series_of("1.2", header_digest="x") != series_of("1.2")


def test_the_implementation_names_itself_within_the_standards_limits() -> None:
    assert UID(IMPLEMENTATION_CLASS_UID).is_valid
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16
