"""Energy and multiply-accumulates of an inference, and the power of the array solver against ngspice's."""

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_networks import convolution_and_gemm

from circuitsim import nodal
from circuitsim.errors import InputError, SpecError
from circuitsim.evaluation import SolvedTile, inference_energy, power_difference
from circuitsim.network import ExactProduct, RecordedProduct, TileRead, evaluate, fit_ranges, program
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 12, "cols": 6, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 0.0, "r_col": 0.0},
        "driver": {"v_read": 0.2, "t_read": 20e-9},
    }
)
inference_energy_module = importlib.import_module("circuitsim.evaluation.inference_energy")
IMAGES = np.random.default_rng(1).uniform(0.0, 1.0, (7, 1, 4, 4))


def test_without_wires_the_energy_is_that_of_the_cells_and_every_pixel_counts_its_products():
    network, records = convolution_and_gemm(4), cast(list[TileRead], [])
    programmed = program(network, SPEC, RecordedProduct(ExactProduct(), records))
    ranges = fit_ranges(programmed, IMAGES)
    records.clear()
    evaluate(programmed, IMAGES, ranges=ranges)
    found = inference_energy(network, SPEC, None, IMAGES, ranges=ranges)

    assert [part.name for part in found.parts] == ["conv", "fc"]
    for part in found.parts:
        watts = sum((read.v_in**2 @ read.g).sum() for read in records if read.place.layer == part.name)
        assert_allclose(part.energy, watts * 20e-9 / 7, rtol=1e-9, atol=0)
    assert_allclose(found.total, sum(part.energy for part in found.parts), rtol=1e-15, atol=0)
    assert found.macs == 9 * 4 * 2 + 18 * 3  # nine pixels, four inputs, two channels; then 18 inputs, three classes
    assert_allclose(found.per_mac, found.total / found.macs, rtol=1e-15, atol=0)


@pytest.mark.parametrize("error", [0.0, 1e-3, -1e-3])
def test_power_difference_is_the_largest_relative_one(error):
    wired = SPEC.replace(wire={"r_row": 5.0, "r_col": 5.0})
    g, v_in = np.full((12, 6), 5e-5), np.random.default_rng(2).uniform(0.0, 0.2, (3, 12))
    solution = nodal.read(nodal.prepare(wired, g), v_in)
    assert solution.power is not None
    off = replace(solution, power=solution.power * np.array([1.0, 1.0 / (1.0 + error), 1.0]))
    tiles = [SolvedTile(cast(Any, None), g, v_in, each, Path()) for each in (solution, off)]
    assert_allclose(power_difference(wired, None, tiles), abs(error), rtol=1e-9, atol=1e-15)


def test_pulses_whose_reads_end_early_are_refused():
    network, spec = convolution_and_gemm(4), SPEC.replace(driver={"input_code": "pulse_width"})
    with pytest.raises(SpecError, match="counts reads of t_read each"):
        inference_energy(network, spec, None, IMAGES, ranges={})


def test_rows_stay_on_until_the_last_column_of_an_adc_is_converted(monkeypatch):
    network, spec = convolution_and_gemm(4), SPEC.replace(adc={"bits": 5})
    programmed = program(network, spec, ExactProduct())
    ranges = fit_ranges(programmed, IMAGES)
    alone = inference_energy(network, spec, None, IMAGES, ranges=ranges).total
    with pytest.raises(InputError, match="columns_per_adc = 2 has no effect: the time of a conversion is unknown"):
        inference_energy(network, spec, None, IMAGES, ranges=ranges, columns_per_adc=2)
    with pytest.raises(InputError, match="columns_per_adc = 7: an array has 6 columns"):
        inference_energy(network, spec, None, IMAGES, ranges=ranges, columns_per_adc=7)
    durations = inference_energy_module.read_durations
    monkeypatch.setattr(  # a conversion of 5 ns beside a read of 20 ns
        inference_energy_module, "read_durations", lambda *args, **how: (durations(*args, **how)[0], 5e-9, "")
    )
    for columns, cycle in ((1, 25.0), (4, 40.0)):
        found = inference_energy(network, spec, None, IMAGES, ranges=ranges, columns_per_adc=columns).total
        assert_allclose(found / alone, cycle / 20.0, rtol=1e-9)
