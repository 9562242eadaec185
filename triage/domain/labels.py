"""The names of findings, and how the article's two heads are made of them."""

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
