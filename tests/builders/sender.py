"""A modality: sends Part 10 files as they are, and keeps every answer."""

from collections.abc import Sequence
from pathlib import Path

from pydicom.filereader import read_file_meta_info
from pynetdicom import AE, _config, build_context
from pynetdicom.association import Association

from triage.domain.study import Peer


def send(files: Sequence[Path], peer: Peer, *, calling_ae_title: str = "CR1") -> list[int | None]:
    """Store files in one association; ``None`` stands for no answer."""
    _config.STORE_SEND_CHUNKED_DATASET = True  # the bytes of the file, whatever they are
    metas = [read_file_meta_info(file) for file in files]
    pairs = {(str(m.MediaStorageSOPClassUID), str(m.TransferSyntaxUID)) for m in metas}
    entity = AE(calling_ae_title)
    contexts = [build_context(sop_class, syntax) for sop_class, syntax in sorted(pairs)]
    association = entity.associate(peer.host, peer.port, contexts, ae_title=peer.ae_title)
    if not association.is_established:
        return [None for _ in files]
    answers = [_store(association, file) for file in files]
    if association.is_established:
        association.release()
    return answers


def _store(association: Association, file: Path) -> int | None:
    try:
        status: int | None = association.send_c_store(file).get("Status")
    except RuntimeError:  # the association has ended
        return None
    return status
