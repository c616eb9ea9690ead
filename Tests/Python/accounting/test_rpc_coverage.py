"""No method of the accounting contract goes without acceptance."""

import importlib
from pathlib import Path

from rpc_coverage import covered
from rpc_rows import CALLERS, LAWFUL, OTHER_BODY, WRONG_FIELDS
from scene import contract, mutates

HERE = Path(__file__).parent


def test_every_method_has_a_main_path_and_its_refusals(world):
    for file in HERE.glob("test_*_rpcs.py"):
        importlib.import_module(file.stem)
    methods = {method.name for method in contract(world).methods}
    for what, rows in (
        ("a test of its main path (covers)", covered),
        ("its callers", CALLERS),
        ("a lawful request", LAWFUL),
        ("wrong fields", WRONG_FIELDS),
    ):
        assert methods - set(rows) == set(), f"methods without {what}"
        assert set(rows) - methods == set(), f"{what} of methods that are not in the contract"
    keyed = {method for method in methods if mutates(world, method)}
    assert keyed == set(OTHER_BODY), "methods with a key, and rows with another body for it"
