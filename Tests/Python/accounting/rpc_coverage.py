"""Which methods of the accounting contract have a test of their main path."""

covered = {}


def covers(*methods):
    """Marks a test as the acceptance of these methods' main paths."""

    def note(test):
        for method in methods:
            covered.setdefault(method, []).append(test.__name__)
        return test

    return note
