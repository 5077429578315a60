"""A small array with wires, DAC and ADC whose tiles training tests go through, and its models."""

from circuitsim import nodal
from circuitsim.results import TileModel
from circuitsim.spec import ArraySpec, parse_spec

G_RANGE, V_READ = (1e-6, 1e-4), 0.2


def small_spec(**changes) -> ArraySpec:
    """10 × 9 ohmic cells, 5 ohm a segment, 6 and 8 bits; sections of `changes` replace keys."""
    content = {
        "schema": 1,
        "array": {"rows": 10, "cols": 9, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": G_RANGE[0], "g_max": G_RANGE[1]},
        "wire": {"r_row": 5.0, "r_col": 5.0},
        "driver": {"v_read": V_READ, "dac_bits": 6, "r_out": 50.0},
        "adc": {"bits": 8},
    }
    for section, keys in changes.items():
        content[section] = {**content.get(section, {}), **keys}
    return parse_spec(content)


def small_model(**changes) -> TileModel:
    """A model of one matrix product: exact for ohmic cells."""
    return TileModel(small_spec(**changes), nodal.ohmic(G_RANGE, (0.0, V_READ)), 1, (0.0, V_READ))
