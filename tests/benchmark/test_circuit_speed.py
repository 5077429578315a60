"""Speed of a tile read through the tables of circuits, beside ideal converters; one thread, an idle machine."""

import time

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import behavioral, chain
from circuitsim.calibration.drawn import calibrated_cell
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable, TileModel
from circuitsim.spec import with_ideal

N, BATCH, ROUNDS = 128, 1024, 40


@pytest.mark.parametrize(("grade", "most"), [(3, 1.7), (4, 1.5)])
def test_reads_through_all_tables(grade, most):
    """The aim is 1.5; measured 1.43 to 1.60 and 1.32 to 1.38, from run to run; half of it settles currents."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": N, "cols": N, "cell": "1t1r"},
            "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": 1e-7, "g_max": 2e-6},
            "access": {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 2.5},
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.2, "model": "string_dac_buffered"},
            "sense": {"model": "regulated_cascode_p", "v_ref": 0.9},
            "adc": {"model": "sar_transistors"},
        }
    )
    tables, ideal = cs.characterize(spec), with_ideal(spec, "driver", "sense", "adc")
    surface = calibrated_cell(spec, tables.sense, g_range=None)
    rng = np.random.default_rng(0)
    g = rng.uniform(spec.device.g_min, spec.device.g_max, spec.shape)
    codes = rng.integers(0, 256, (BATCH, N)).astype(np.float32)
    v_range = chain.driven_inputs(spec, tables)
    adc = ConverterTable(8, tables.adc.low, tables.adc.high, tables.adc.inl, decide=tables.adc.decide, unit="V")
    around = {
        "tables": (TileModel(spec, surface, grade, v_range, tables.sense), Periphery(tables.dac, tables.sense, adc)),
        "ideal": (
            TileModel(ideal, surface, grade, (0.9, 1.1)),
            Periphery(ConverterTable(8, 0.9, 1.1), None, ConverterTable(8, 0.0, 6e-5)),
        ),
    }
    tiles = {name: behavioral.program(model, g, dtype="float32") for name, (model, _) in around.items()}
    least = dict.fromkeys(around, np.inf)
    for _ in range(ROUNDS):
        for name, (_, periphery) in around.items():
            start = time.process_time()
            chain.read_stages(tiles[name], codes, periphery)
            least[name] = min(least[name], time.process_time() - start)
    ratio = least["tables"] / least["ideal"]
    print(f"grade {grade}: {1e3 * least['ideal']:.2f} ms with ideal converters, {ratio:.2f} times as long with tables")
    assert ratio <= most
