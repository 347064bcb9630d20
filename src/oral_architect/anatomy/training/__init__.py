"""Train the network on phantoms; needs the ``train`` extra."""
