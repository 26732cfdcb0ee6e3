"""The cases of packaging/test-deb, in the order in which they are tried."""

CASES = []


def case(method):
    """A case of its own; its first line says what must be so."""
    CASES.append(method)
    return method
