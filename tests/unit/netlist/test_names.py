from pathlib import Path

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.netlist.names import check_name, check_path, number


@pytest.mark.parametrize("name", ["a b", "a\n.control", "x;shell", "", "3x", "x{y}", "rm-rf"])
def test_names_that_could_carry_a_command_are_refused(name):
    with pytest.raises(InputError, match="expected a name of letters"):
        check_name("access.subckt", name)


@pytest.mark.parametrize("path", ["/a\n.control/x.lib", '/a"b/x.lib', "/a`ls`/x.lib", "/$HOME/x.lib"])
def test_paths_that_could_leave_their_quotes_are_refused(path):
    with pytest.raises(InputError, match="rename it"):
        check_path("device.file", Path(path))


def test_paths_with_blanks_and_accents_pass():
    assert check_path("device.file", Path("/données/mes modèles/x.lib")) == Path("/données/mes modèles/x.lib")


@pytest.mark.parametrize("value", [np.float64(0.1), 1e-6, -3.0, 1 / 3])
def test_numbers_read_back_the_same(value):
    assert float(number(value)) == value
    assert "np" not in number(value)
