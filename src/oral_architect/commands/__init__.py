"""The commands of the command line, one file for each group; each is thin and loads the heavy rooms only when run."""
