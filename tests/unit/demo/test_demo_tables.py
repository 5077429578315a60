"""The CSV tables of the demo: every column of numbers names its unit."""

import csv
from types import SimpleNamespace

import numpy as np

from circuitsim.demo.write import _write_tables
from circuitsim.network import Inference, Score
from circuitsim.results import Experiment, LoopLayer, WirePoint


def test_columns_of_numbers_name_their_unit(tmp_path):
    inference = Inference("float", np.eye(2), Score("classification", accuracy=1.0))
    matrix = Experiment("binary", np.full((2, 1), 1e-5), ("uniform",), np.full((1, 2), 0.2))
    result = SimpleNamespace(
        float_net=inference,
        ideal=inference,
        array=inference,
        sweep=(WirePoint(2.0, 0.9733, 0.124, 5.4e-5, 3.2e-4),),
        loop=SimpleNamespace(layers=(LoopLayer("fc1", 40, 2560, 4.4e-5, 3.1e-4, 2560, 21, 18.4, 31.2, 1, 1.4e-3),)),
        calibration=SimpleNamespace(
            hold_out=(matrix,), truths=(SimpleNamespace(out=np.full((1, 1), 4e-6)),), predicted=(np.full((1, 1), 4e-6),)
        ),
    )
    _write_tables(tmp_path, result)

    tables = {path.name: list(csv.reader(path.open(encoding="utf-8", newline=""))) for path in tmp_path.iterdir()}
    assert {name: table[0] for name, table in tables.items()} == {
        "accuracy.csv": ["name", "what", "accuracy [1]", "images [1]", "differing [1]"],
        "wire_resistance.csv": [
            *("r_wire [ohm]", "accuracy [1]", "ir_drop [1]", "rms [1]", "max [1]", "ngspice_rms [1]"),
            "ngspice_max [1]",
        ],
        "spice_loop.csv": [
            *("name", "products [1]", "currents [1]", "rms [1]", "max [1]", "codes [1]", "codes_differing [1]"),
            *("codes_predicted [1]", "codes_limit [1]", "largest_step [LSB]", "worst [1]"),
        ],
        "hold_out.csv": ["matrix", "input", "column [1]", "i_ngspice [A]", "i_model [A]"],
    }
    assert all(len(row) == len(table[0]) for table in tables.values() for row in table)
    assert tables["wire_resistance.csv"][1] == ["2", "0.9733", "0.124", "5.4e-05", "0.00032", "", ""]
    assert tables["hold_out.csv"][1] == ["binary", "uniform", "0", "4e-06", "4e-06"]
