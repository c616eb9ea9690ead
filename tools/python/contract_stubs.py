"""Python messages and stubs of `.proto` files, generated at run time into a temporary folder.

Nothing generated is committed, so what a test speaks is always what the contracts say today.
"""

import atexit
import importlib
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

PROJECT = Path(__file__).resolve().parents[2]
PROTO_ROOT = PROJECT / "proto"


class ContractError(Exception):
    """The compiler refused the contracts."""


class ContractStubs:
    """The modules generated from the `.proto` files below one folder.

    `stubs["farebox/auth/v1/auth_service.proto"]` gives the modules of messages and of stubs. Only
    files outside `third_party` are generated: the published contracts come with Google's packages.
    """

    def __init__(self, root=PROTO_ROOT, below="farebox"):
        self._folder = Path(tempfile.mkdtemp(prefix="farebox-stubs-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        files = sorted(
            path.relative_to(root).as_posix() for path in (root / below).rglob("*.proto")
        )
        if not files:
            raise ContractError(f"no .proto file below {root / below}")
        arguments = [
            "protoc",
            f"-I{root}",
            f"-I{well_known_protos()}",
            f"--python_out={self._folder}",
            f"--grpc_python_out={self._folder}",
        ]
        if (root / "third_party").is_dir():
            arguments.insert(2, f"-I{root / 'third_party'}")
        if protoc.main(arguments + files) != 0:
            raise ContractError(f"protoc refused the contracts in {root}")
        sys.path.insert(0, str(self._folder))
        importlib.invalidate_caches()
        self._extend_package(below.split("/")[0])

    def messages(self, file):
        """The module with the messages of one `.proto` file."""
        return self._load(file, "_pb2")

    def services(self, file):
        """The module with the stubs of one `.proto` file."""
        return self._load(file, "_pb2_grpc")

    def _extend_package(self, name):
        """Lets generated modules find each other below a package that Python has already, such as
        `grpc`: they import each other by the name of their proto package.
        """
        package = sys.modules.get(name)
        if package is not None and hasattr(package, "__path__"):
            package.__path__.append(str(self._folder / name))

    def _load(self, file, suffix):
        """Loads by path: a proto package may be called like a package of Python, such as `test`."""
        stem = file.removesuffix(".proto") + suffix
        name = stem.replace("/", ".")
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, self._folder / f"{stem}.py")
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        return sys.modules[name]


def well_known_protos():
    """The folder of google/protobuf/*.proto that grpcio-tools carries."""
    return Path(importlib.import_module("grpc_tools").__file__).parent / "_proto"
