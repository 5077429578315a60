"""A command that needs an optional package says which, and how to install it: one sentence, no traceback."""

import subprocess
import sys

import numpy as np
import pytest

from circuitsim.errors import MissingExtraError, require
from circuitsim.results import save_model

# The command line with some modules taken away, as on a machine without the extra.
BLOCKED = """
import sys
sys.modules.update(dict.fromkeys({modules!r}, None))
sys.argv = ["circuitsim", *{arguments!r}]
from circuitsim.cli import main
main()
"""


def run_without(*modules, arguments):
    code = BLOCKED.format(modules=modules, arguments=[str(word) for word in arguments])
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.fixture
def use(tmp_path, make_model):
    """A complete use of `circuitsim infer`: model, network, images."""
    model = save_model(tmp_path, make_model(grade=1))
    (tmp_path / "network.onnx").write_bytes(b"not read")
    np.save(tmp_path / "images.npy", np.zeros((3, 64)))
    data = tmp_path / "images.npy"
    return ("infer", model, tmp_path / "network.onnx", "--data", data, "-o", tmp_path / "out")


@pytest.mark.parametrize("module", ["onnx", "onnxruntime"])
def test_infer_names_the_extra(use, module):
    done = run_without(module, arguments=use)
    assert done.returncode == 2
    assert done.stderr.strip() == f"circuitsim: {module} is not installed: pip install 'circuitsim[network]'"


def test_an_installed_module_is_accepted_and_a_missing_one_named():
    require("numpy", extra="network")
    with pytest.raises(MissingExtraError, match=r"^mylib is not installed: pip install 'circuitsim\[demo\]'$"):
        require("no_such_module", extra="demo", package="mylib")


def test_a_broken_installation_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        require("half_installed", extra="demo")
