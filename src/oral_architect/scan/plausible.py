"""x."""
def check(mesh, where): pass
