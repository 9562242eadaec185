import torch

from triage.infer.densenet import ARCHITECTURES, DenseNet


def test_densenet121_gives_1024_features_at_a_stride_of_32() -> None:
    network = DenseNet(ARCHITECTURES["densenet121"], labels=2).eval()

    with torch.inference_mode():
        logits, features = network.activations(torch.zeros(1, 3, 64, 96))

    assert logits.shape == (1, 2)
    assert features.shape == (1, 1024, 2, 3)


def test_a_network_of_one_channel_sees_what_three_equal_channels_see_together() -> None:
    colour = DenseNet(ARCHITECTURES["densenet-tiny"], labels=2).eval()
    gray = DenseNet(ARCHITECTURES["densenet-tiny"], labels=2, channels=1).eval()
    state = colour.state_dict()
    state["features.conv0.weight"] = state["features.conv0.weight"].sum(dim=1, keepdim=True)
    gray.load_state_dict(state)
    batch = torch.randn(1, 1, 64, 64)

    torch.testing.assert_close(gray(batch).logits, colour(batch.expand(1, 3, 64, 64)).logits)


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
