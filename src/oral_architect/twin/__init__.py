"""Physics: heat, deposition, uncertainty."""
