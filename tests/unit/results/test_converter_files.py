"""Tables of converters survive being saved; what was changed or stored under another key is refused."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.results import ConverterTable, Provenance
from circuitsim.results.converter_files import load_converter_table, save_converter_table

TABLE = ConverterTable(
    2,
    0.1,
    1.3,
    np.array([0.1, -0.2, 0.0]),
    1e-4,
    Provenance(level="ngspice", spec_digest=None, ngspice="ngspice-39"),
    decide="search",
    unit="V",
    block="sar",
    supply=1.8,
    temperature_c=27.0,
    error=1e-3,
    offset=np.array([[1, -0.5], [3, -0.7]]),
    t_conversion=1e-8,
    energy_code=np.array([1, 2]),
    noise_parts={"sampling": 8e-5, "comparator": 6e-5},
    simulated=(1, 2),
    energy={"comparator": np.array([1e-12, 2e-12]), "logic": np.array([3e-13, 3e-13])},
)
DAC = ConverterTable(
    1,
    0.0,
    0.2,
    r_out=np.array([1.0, 2.0]),
    settling=np.array([[1, 1e-9]]),
    c_load=1e-13,
    unit="s",
    coding="pulse_width",
)


@pytest.mark.parametrize("table", [TABLE, DAC, ConverterTable(8, 0.0, 1e-4)])
def test_a_table_comes_back_as_it_was(table, tmp_path):
    save_converter_table(tmp_path / "t.npz", table, key="k")
    assert load_converter_table(tmp_path / "t.npz", key="k") == table


def test_a_table_of_another_key_or_with_other_values_is_refused(tmp_path):
    save_converter_table(tmp_path / "t.npz", TABLE, key="k")
    with pytest.raises(InputError, match="its content is not what was stored under this key"):
        load_converter_table(tmp_path / "t.npz", key="other")
    with np.load(tmp_path / "t.npz") as file:
        content = dict(file)
    content["inl"] = content["inl"] + 1e-6
    np.savez(tmp_path / "t.npz", **content)
    with pytest.raises(InputError, match="its content is not what was stored under this key"):
        load_converter_table(tmp_path / "t.npz", key="k")
