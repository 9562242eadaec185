"""From a film to an assessment: network, input, bundle, Grad-CAM."""
