"""The names of findings, and how the article's two heads are made of them."""

from collections.abc import Sequence

CHESTXRAY14 = (
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
)
"""The 14 findings of ChestX-ray14 in CheXNet's order (Wang et al. 2017, Rajpurkar et al. 2017)."""

HEADS: dict[str, frozenset[str]] = {
    "tumour": frozenset({"Mass", "Nodule"}),
    "inflammation": frozenset({"Pneumonia", "Infiltration", "Consolidation"}),
}
"""The radiology department's two heads: present where one of their findings is."""

LABELS = (*HEADS, *CHESTXRAY14)
"""Everything that a network is trained for here: the two heads, then the 14 findings."""

READ_AS = {
    "Lung Opacity": "inflammation",
    "Airspace opacity": "inflammation",
    "Nodule or mass": "tumour",
}
"""Radiologists' labels of public collections, and the head that answers each of them."""


def answering(label: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return which of a network's labels speak of a finding: itself, and the head it belongs to.

    >>> answering("Mass", ["tumour", "inflammation", "Mass"])
    ('tumour', 'Mass')
    >>> answering("Lung Opacity", ["tumour", "inflammation"])
    ('inflammation',)
    """
    heads = {head for head, findings in HEADS.items() if label in findings}
    return tuple(name for name in names if name in {label, READ_AS.get(label), *heads})
