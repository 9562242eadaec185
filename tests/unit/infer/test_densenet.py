import torch

from triage.infer.densenet import ARCHITECTURES, DenseNet


def test_densenet121_gives_1024_features_at_a_stride_of_32() -> None:
    network = DenseNet(ARCHITECTURES["densenet121"], labels=2).eval()

    with torch.inference_mode():
        logits, features = network.activations(torch.zeros(1, 3, 64, 96))

    assert logits.shape == (1, 2)
    assert features.shape == (1, 1024, 2, 3)


def test_the_features_come_after_the_final_relu() -> None:
    network = DenseNet(ARCHITECTURES["densenet-tiny"], labels=1).eval()

    with torch.inference_mode():
        features = network.activations(torch.randn(1, 3, 64, 64)).features

    assert float(features.min()) >= 0


def test_the_head_is_linear_in_the_pooled_features() -> None:
    network = DenseNet(ARCHITECTURES["densenet-tiny"], labels=3).eval()

    logits, features = network.activations(torch.randn(2, 3, 64, 64))

    pooled = features.mean(dim=(2, 3))
    torch.testing.assert_close(
        logits, pooled @ network.classifier.weight.T + network.classifier.bias
    )
