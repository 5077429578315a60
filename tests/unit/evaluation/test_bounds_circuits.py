"""Bounds of a network between circuits: an inverting amplifier with a drop, and a SAR with uneven thresholds."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from small_networks import Chain, convolution_and_gemm

from circuitsim.errors import InputError
from circuitsim.evaluation import BehavioralProduct, NodalProduct, measured_tile_errors
from circuitsim.network import evaluate, fit_ranges, output_bounds, program
from circuitsim.network.bounds import check_bounded
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable, SenseTable

IMAGES = np.random.default_rng(0).uniform(0, 1, (14, 1, 4, 4))
CURRENT = np.linspace(0.0, 4e-4, 401)
CURVE = 0.9 - 2e3 * CURRENT + 2e5 * CURRENT**2
SENSE = SenseTable(current=CURRENT, drop=60.0 * CURRENT, reported=CURVE, unit="V", block="tia")
INL = 0.8 * np.sin(np.arange(255) / 9.0)
ADC = ConverterTable(8, 0.05, 0.95, INL, unit="V", block="sar", decide="search")
pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")


class Rising(Chain):
    """A chain that says that all its nodes rise with what they read."""

    not_rising = ()


def _more(read, off, v_in):
    out = read(v_in)
    return out + off * (-1.0) ** np.arange(out.shape[1])


def test_the_array_solver_between_circuits_is_inside_unless_a_tile_errs_by_more(make_model, make_spec):
    spec = make_spec(rows=12, cols=8, r_in=0.0).replace(
        driver={"dac_bits": 8}, sense={"model": "tia"}, adc={"model": "sar"}
    )
    plain = make_model(grade=1, v_range=(-0.05, 0.2), spec=spec)
    model, tables = replace(plain, sense=SENSE, v_range=(0.0, 0.2)), Periphery(sense=SENSE, adc=ADC)
    network = Rising(convolution_and_gemm(4).layers)
    programmed = program(network, spec, BehavioralProduct(model), tables=tables)
    ranges = fit_ranges(programmed, IMAGES[:6])
    errors = measured_tile_errors(programmed, model, IMAGES[:6], ranges=ranges)
    check_bounded(network, spec, IMAGES)
    bounds = output_bounds(programmed, IMAGES[6:], ranges=ranges, errors=errors)
    exact = program(network, spec, NodalProduct(spec, model.surface, sense=SENSE), tables=tables)

    def inside(truth):
        found = evaluate(truth, IMAGES[6:], ranges=ranges).logits
        return np.all((found >= bounds.low) & (found <= bounds.high))

    assert inside(exact)
    falling = ConverterTable(8, 0.0, 0.2, 2.0 * (np.arange(256) % 2), unit="V", block="falling")
    with pytest.raises(InputError, match="driver: levels of falling fall from one code to the next"):
        fallen = replace(programmed, tables=replace(programmed.tables, dac=falling))
        output_bounds(fallen, IMAGES[6:], ranges=ranges, errors=errors)
    name, last = list(exact.layers.items())[-1]
    worse = replace(last, reads=tuple(partial(_more, read, 40 * float(errors[name].max())) for read in last.reads))
    assert not inside(replace(exact, layers=exact.layers | {name: worse}))
