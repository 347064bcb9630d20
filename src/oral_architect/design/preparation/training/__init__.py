"""Train the networks that see finish lines, on phantoms alone; needs the ``train`` extra."""
