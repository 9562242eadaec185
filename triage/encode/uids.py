"""UIDs that follow from what a result is made of, so that every resend carries the same.

A UID is ``2.25.`` and the decimal of a version 5 UUID (PS3.5 B.2, RFC 9562 5.5) over the
named parts. Nothing random and no clock enters.
"""

from enum import StrEnum
from uuid import UUID, uuid5

_NAMESPACE = UUID("f7aee59d-9c3a-4d6a-9c19-17d8d0a3b7a1")


class ObjectType(StrEnum):
    """What kind of object a UID is for; the values are part of every UID."""

    SECONDARY_CAPTURE = "secondary_capture"


def instance_uid(
    source_uid: str,
    *,
    header_digest: str,
    bundle_digest: str,
    appearance_digest: str,
    object_type: ObjectType,
    page: int,
) -> str:
    """Derive the SOP Instance UID of a result, the same at every destination.

    Args:
        source_uid: SOP Instance UID of the film.
        header_digest: SHA-256 of the copied header in hex; a corrected patient changes it.
        bundle_digest: SHA-256 of the model's bundle in hex.
        appearance_digest: SHA-256 of the picture's settings in hex.
        object_type: the kind of object.
        page: counts the pages of one film from 1.
    """
    return _uid(source_uid, header_digest, bundle_digest, appearance_digest, object_type, page)


def series_uid(
    study_uid: str, *, header_digest: str, bundle_digest: str, object_type: ObjectType
) -> str:
    """Derive the Series Instance UID that one bundle's results of a study share.

    Args:
        study_uid: Study Instance UID of the film.
        header_digest: SHA-256 of the copied header in hex; a series has one patient and study.
        bundle_digest: SHA-256 of the model's bundle in hex.
        object_type: the kind of object.
    """
    return _uid(study_uid, header_digest, bundle_digest, object_type)


def _uid(*parts: str | int) -> str:
    """Join the parts by a character that none of them contains, so that none runs over."""
    return f"2.25.{uuid5(_NAMESPACE, chr(0).join(map(str, parts))).int}"
