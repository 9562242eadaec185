"""Whether the optional engine is installed."""

from importlib.util import find_spec

import pytest

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="NOT INSTALLED: openvino (extra openvino)"
)
