"""Energy of a conversion against bits: generated circuits in ngspice, and percentiles of published converters."""

import tempfile

import numpy as np

import circuitsim as cs
from circuitsim.blocks import write_block
from circuitsim.evaluation import count_shapes, network_cost, workload

BITS, PUBLISHED = (4, 6, 8), range(5, 11)


def cases():
    """Name of a generated circuit and the parts of its energy that count, or number of a percentile."""
    return {
        "SAR": ("sar", ("reference", "input", "logic")),
        "flash, comparators": ("flash", ("comparator", "logic")),
        "flash, all": ("flash", ("comparator", "logic", "reference", "input")),
        "survey, 10 %": 0,
        "survey, 50 %": 1,
        "survey, 90 %": 2,
    }


def array(adc):
    """An array whose ADC is in question."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 64, "cols": 64, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 100e-6},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
            "adc": adc,
        }
    )


def simulated(model, parts, bits):
    """Energy of a conversion by a circuit [J], mean of its codes."""
    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/{model}_{bits}"
        write_block(model, place, bits=bits)
        counts = {"bits": bits} if model == "flash" else {}
        table = cs.characterize(array({"folder": place, **counts}), cache=folder).adc
    return sum(float(np.mean(table.energy[part])) for part in parts)


def published(percentile, bits):
    """Energy of a conversion by converters of up to so many effective bits [J]."""
    spec = array({"bits": bits})
    count = count_shapes(workload("digits").layers, spec)
    cost = network_cost(count, spec, {layer.name: (0.0, None) for layer in count.layers})
    return cost.converters[percentile].per_conversion


def compute(case):
    """Factor on the energy for each bit: slope of a straight line through its logarithm."""
    if isinstance(case, int):
        bits, energies = list(PUBLISHED), [published(case, each) for each in PUBLISHED]
    else:
        bits, energies = list(BITS), [simulated(*case, each) for each in BITS]
    return {"factor": np.exp(np.polyfit(bits, np.log(energies), 1)[0])}
