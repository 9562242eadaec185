"""What the panel says, in each language that it speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from triage.domain.assessment import Tier

TITLE = "AI - NOT FOR DIAGNOSTIC USE"
"""Stands on every picture, in these words whatever the language."""


class Language(StrEnum):
    """Languages of the panel, by ISO 639-1."""

    ENGLISH = "en"
    CHINESE = "zh"


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences of one language; what stands in braces is filled in.

    Args:
        subtitle: repeats the title for who does not read English, empty where nobody needs it.
        made_by: product, model and version.
        bundle: the beginning of the bundle's digest.
        page: which page of how many.
        columns: heads of the table: finding, probability, threshold, tier.
        tiers: where a probability stands.
        evidence: what the colours mean.
        no_place: why a flagged finding has none.
        no_finding: why no finding has any.
        absence: what a missing mark does not mean.
        labels: findings by the bundle's names; others are written as the bundle names them.
    """

    subtitle: str
    made_by: str
    bundle: str
    page: str
    columns: tuple[str, str, str, str]
    tiers: Mapping[Tier, str]
    evidence: str
    no_place: str
    no_finding: str
    absence: str
    labels: Mapping[str, str]

    def name(self, label: str) -> str:
        """Name a finding."""
        return self.labels.get(label, label.replace("_", " "))

    @property
    def letters(self) -> str:
        """Everything that may be written, to be held against a font."""
        values = (getattr(self, field.name) for field in fields(self))
        return TITLE + "".join(_letters(value) for value in values)


def _letters(value: object) -> str:
    if isinstance(value, Mapping):
        return "".join(map(str, value.values()))
    return "".join(value) if isinstance(value, tuple) else str(value)


WORDS: Mapping[Language, Words] = {
    Language.ENGLISH: Words(
        subtitle="",
        made_by="{product}, model {name} {version}",
        bundle="bundle {digest}",
        page="page {page} of {pages}",
        columns=("Finding", "Probability", "Threshold", "Tier"),
        tiers={
            Tier.BELOW: "below",
            Tier.ABOVE: "above",
            Tier.FLAGGED: "flagged",
            Tier.URGENT: "urgent",
        },
        evidence=(
            "Evidence for {label} (Grad-CAM), painted from {visible} on; what the model calls "
            "strong is 1."
        ),
        no_place="{label}: no localisation, no place reaches {visible}.",
        no_finding="No finding is flagged, so nothing is painted.",
        absence=(
            "Absence of marks says nothing: a place or film without them is not thereby normal."
        ),
        labels={},
    ),
    Language.CHINESE: Words(
        subtitle="人工智能结果，不得用于诊断",
        made_by="{product}，模型 {name} {version}",
        bundle="模型包 {digest}",
        page="第 {page} 页，共 {pages} 页",
        columns=("所见", "概率", "阈值", "级别"),
        tiers={
            Tier.BELOW: "低于阈值",
            Tier.ABOVE: "高于阈值",
            Tier.FLAGGED: "已标记",
            Tier.URGENT: "紧急",
        },
        evidence="{label}的依据（Grad-CAM），自 {visible} 起着色；模型视为强的依据为 1。",
        no_place="{label}：无法定位，没有任何位置达到 {visible}。",
        no_finding="没有所见被标记，因此未着色。",
        absence="没有标记不说明任何问题：未标记的部位或胶片并不因此就是正常的。",
        labels={
            "tumour": "肿瘤",
            "inflammation": "炎症",
            "Atelectasis": "肺不张",
            "Cardiomegaly": "心影增大",
            "Effusion": "胸腔积液",
            "Infiltration": "浸润",
            "Mass": "肿块",
            "Nodule": "结节",
            "Pneumonia": "肺炎",
            "Pneumothorax": "气胸",
            "Consolidation": "实变",
            "Edema": "肺水肿",
            "Emphysema": "肺气肿",
            "Fibrosis": "纤维化",
            "Pleural_Thickening": "胸膜增厚",
            "Hernia": "疝",
        },
    ),
}
"""Every language has every sentence."""
