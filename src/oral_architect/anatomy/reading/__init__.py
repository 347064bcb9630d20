"""From a mesh to a number for every vertex: pose, network, decoding, crisp borders, confidence."""
