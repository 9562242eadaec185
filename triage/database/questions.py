"""Which reports there are; ``docs/reports.md`` shows an example of each."""

from triage.database.statistics import Plot, Report


def _same(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


def _summed(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"SUM({name})") for name in names)


def _share(name: str, part: str, whole: str) -> tuple[str, str]:
    return name, f"CAST(SUM({part}) AS double precision) / NULLIF(SUM({whole}), 0)"


_TOLD_APART = ("device", "view", "sex", "age_band")
_VERSION = ("label", "bundle_name", "bundle_version", "bundle_digest")

WORKLIST = Report(
    name="worklist",
    title="Studies, the most urgent first, with the finding that speaks loudest.",
    view="report_worklist",
    columns=_same(
        *("study_uid", "state", "priority", "tier", "label", "probability", "threshold"),
        *("first_received_at", "last_received_at"),
    ),
    order="priority DESC, tier_rank DESC, probability DESC, first_received_at, study_uid",
)
DAILY_VOLUME = Report(
    name="daily-volume",
    title="What came on each day by each calling AE title, and what became of it.",
    view="report_daily_volume",
    columns=_same(
        *("day", "calling_ae_title", "studies", "instances", "assessed", "not_assessed"),
        *("quarantined", "waiting", "bytes"),
    ),
    order="day, calling_ae_title",
    plot=Plot(
        "instances", "films and other objects that came", by=("calling_ae_title",), along="day"
    ),
)
FLAG_RATE = Report(
    name="flag-rate",
    title="Assessed and flagged films by device, view, sex and age band.",
    view="report_flag_rate",
    columns=(
        *_same(*_TOLD_APART),
        *_summed("films", "flagged"),
        _share("flag_rate", "flagged", "films"),
    ),
    by=_TOLD_APART,
    order="device, view, sex, age_band",
    plot=Plot("flag_rate", "share of films that were flagged", by=_TOLD_APART),
)
FINDINGS = Report(
    name="findings",
    title="How often each label reached its threshold.",
    view="report_findings",
    columns=(
        ("label", "label"),
        *_summed("films", "reached", "flagged", "urgent"),
        _share("reached_rate", "reached", "films"),
        _share("mean_probability", "probability_sum", "films"),
        ("highest_probability", "MAX(probability_max)"),
    ),
    by=("label",),
    order="label",
    plot=Plot("reached_rate", "share of films that reached the threshold", by=("label",)),
)
TURN_ROUND = Report(
    name="turn-round",
    title="Percentiles of the seconds that each stage took, by day.",
    view="report_turn_round",
    columns=_same("day", "stage", "films", "p50_s", "p90_s", "p95_s", "p99_s", "longest_s"),
    order="day, stage",
    plot=Plot("p95_s", "95th percentile of the time taken", unit="s", by=("stage",), along="day"),
)
REFUSALS = Report(
    name="refusals",
    title="Why films were not assessed, and why callers were turned away at the door.",
    view="report_refusals",
    columns=(*_same("what", "reason", "calling_ae_title"), *_summed("times")),
    by=("what", "reason", "calling_ae_title"),
    order="what, 4 DESC, reason, calling_ae_title",
    plot=Plot("times", "how often", by=("what", "reason", "calling_ae_title")),
)
DELIVERIES = Report(
    name="deliveries",
    title="What became of the captures, and which share of attempts the PACS answered.",
    view="report_deliveries",
    columns=_same(
        *("day", "destination", "captures", "waiting", "sent", "proven", "sent_unproven"),
        *("parked", "attempts", "answered", "availability"),
    ),
    order="day, destination",
    plot=Plot(
        "availability",
        "share of attempts that were answered with success",
        by=("destination",),
        along="day",
    ),
)
RETRIES = Report(
    name="retries",
    title="How often studies had to be tried again, by the day on which they came.",
    view="report_retries",
    columns=_same("day", "studies", "retried", "failures", "worker_deaths", "dead"),
    order="day",
    plot=Plot("retried", "studies that were tried again", along="day"),
)
DEAD_STUDIES = Report(
    name="dead-studies",
    title="Studies that were given up, and why: for a person.",
    view="report_dead_studies",
    columns=_same("study_uid", "dead_at", "failures", "worker_deaths", "reason"),
    order="dead_at, study_uid",
)
TO_REMOVE = Report(
    name="to-remove",
    title="Results of films that came again with another identity: for a person to remove.",
    view="report_to_remove",
    columns=_same(
        *("superseded_at", "study_uid", "sop_instance_uid", "destination", "at_pacs"),
        *("new_study_uid", "replaced_by", "replacement_state"),
    ),
    order="superseded_at, study_uid, sop_instance_uid, destination",
)
MODEL_VERSIONS = Report(
    name="model-versions",
    title="What each version of the model said, label by label, side by side.",
    view="report_model_versions",
    columns=(
        *_same("label", "bundle_name", "bundle_version"),
        ("bundle", "substr(bundle_digest, 1, 12)"),
        ("first_day", "MIN(day)"),
        ("last_day", "MAX(day)"),
        *_summed("films", "reached"),
        _share("reached_rate", "reached", "films"),
        _share("mean_probability", "probability_sum", "films"),
        _share("mean_infer_s", "infer_s_sum", "films"),
    ),
    by=_VERSION,
    order="label, 5, bundle_name, bundle_version, bundle_digest",
    plot=Plot("mean_probability", "mean probability", by=("label", "bundle_version", "bundle")),
)
SCORE_DRIFT = Report(
    name="score-drift",
    title="Population stability index of each device's scores, against the month before.",
    view="report_score_drift",
    columns=_same(
        *("month", "device", "bundle_name", "bundle_version", "label", "films"),
        *("reference_films", "psi"),
    ),
    since="month",
    beside="reference_month",
    order="month, psi DESC, device, label, bundle_name, bundle_version, bundle_digest",
    plot=Plot("psi", "population stability index", by=("month", "device", "label")),
)
AGREEMENT = Report(
    name="agreement",
    title="How far the model and radiologists agree, and radiologists with each other.",
    view="report_agreement",
    columns=_same(
        *("study_uid", "label", "reader", "answer", "read_at", "bundle_name", "bundle_version"),
        *("bundle_digest", "films", "probability", "threshold", "reached", "flagged"),
    ),
    order="label, reader, study_uid, bundle_name, bundle_version, bundle_digest",
)
DISAGREEMENTS = Report(
    name="disagreements",
    title="Studies of which the model and a radiologist say different things.",
    view="report_disagreements",
    columns=(
        *_same("study_uid", "label", "reader", "answer", "read_at", "probability", "threshold"),
        *_same("bundle_name", "bundle_version"),
        ("bundle", "substr(bundle_digest, 1, 12)"),
    ),
    order="label, answer, ABS(probability - threshold) DESC, study_uid, reader, bundle_digest",
)

REPORTS = {
    report.name: report
    for report in (
        WORKLIST,
        DAILY_VOLUME,
        FLAG_RATE,
        FINDINGS,
        TURN_ROUND,
        REFUSALS,
        DELIVERIES,
        RETRIES,
        DEAD_STUDIES,
        TO_REMOVE,
        MODEL_VERSIONS,
        SCORE_DRIFT,
        AGREEMENT,
        DISAGREEMENTS,
    )
}
