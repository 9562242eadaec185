import pytest

from triage.domain.errors import RefusedCheckpoint
from triage.infer.foreign.names import refuse_difference, renamed


@pytest.mark.parametrize(
    ("found", "today"),
    [
        (
            "module.densenet121.features.denseblock1.denselayer1.norm.1.weight",
            "features.denseblock1.denselayer1.norm1.weight",
        ),
        (
            "features.denseblock4.denselayer16.conv.2.weight",
            "features.denseblock4.denselayer16.conv2.weight",
        ),
        ("module.densenet121.classifier.0.bias", "classifier.bias"),
        ("densenet121.features.transition1.norm.bias", "features.transition1.norm.bias"),
        ("features.norm5.running_var", "features.norm5.running_var"),
    ],
)
def test_a_tensor_gets_the_name_that_it_has_today(found: str, today: str) -> None:
    assert renamed({found: 1}) == {today: 1}


def test_wrappers_are_taken_off_however_many_there_are_and_whoever_is_beside() -> None:
    found = {"module.module.a": 1, "model.b": 2, "extra": 3, "features.module.c": 4}

    assert renamed(found) == {"a": 1, "b": 2, "extra": 3, "features.module.c": 4}


def test_a_tensor_under_two_names_is_refused() -> None:
    with pytest.raises(RefusedCheckpoint, match="under its old and its new name"):
        renamed({"classifier.bias": 1, "classifier.0.bias": 2})


def test_the_same_names_are_no_difference() -> None:
    refuse_difference(["a", "b"], ["b", "a"])


def test_counters_of_batches_may_be_absent() -> None:
    refuse_difference(["norm.bias"], ["norm.bias", "norm.num_batches_tracked"])


def test_missing_and_unknown_tensors_are_named_and_counted() -> None:
    with pytest.raises(RefusedCheckpoint) as refused:
        refuse_difference(["a", "x"], ["a", "b", "c", "d", "e"])

    assert str(refused.value) == (
        "4 tensors missing: b, c, d and 1 more; 1 tensor unknown to a DenseNet-121: x"
    )
