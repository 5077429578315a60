"""A programming error that was fitted to written cells reaches the scores of a network, and nothing else does."""

from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose
from small_networks import convolution_and_gemm

from circuitsim.evaluation import BehavioralProduct, score_draws
from circuitsim.network import evaluate, fit_ranges, program
from circuitsim.programming import fit_write_spread
from circuitsim.resources import device_models_folder
from circuitsim.results import Provenance, WrittenCells

LOW, HIGH = 10e-6, 80e-6


def card(folder, sigma):
    """A card with the statistics of cells that were written with a normal error."""
    rng, target, some = np.random.default_rng(0), np.linspace(LOW, HIGH, 400), np.ones(400)
    written = WrittenCells(
        target, 5e-6, target + sigma * rng.standard_normal(400), some, some, some, some, some, ("",) * 400,
        Provenance("ngspice", None, deck_digest="abc" * 20, ngspice="39"),
    )  # fmt: skip
    folder.mkdir()
    for file in ("device.toml", "model.lib"):
        text = (device_models_folder() / "rram_stanford_a" / file).read_text().replace("rram_stanford_a", folder.name)
        more = fit_write_spread(written, rng=rng).toml if file == "device.toml" else ""
        (folder / file).write_text(text + more)
    return folder


def test_the_error_of_written_cells_is_what_networks_lose(make_model, make_spec, tmp_path):
    network, images = convolution_and_gemm(4), np.random.default_rng(0).uniform(0, 1, (26, 1, 4, 4))
    found = {}
    for name, sigma in (("fine", 0.2e-6), ("coarse", 0.8e-6)):
        device = {"model": None, "folder": str(card(tmp_path / name, sigma)), "g_min": LOW, "g_max": HIGH}
        spec = make_spec(rows=12, cols=8, v_read=0.2).replace(device=device)
        model = replace(make_model(grade=2, v_range=(0.0, 0.2)), spec=spec)
        given = {"calibration_images": images[:6], "seeds": range(4)}
        wanted = program(network, spec, BehavioralProduct(model))
        undrawn = evaluate(wanted, images[6:], ranges=fit_ranges(wanted, images[:6])).logits
        scores = score_draws(network, BehavioralProduct(model), images[6:], undrawn, **given)
        assert scores.causes == ("programming",)
        assert scores.undrawn == 0.0
        found[name] = float(np.sqrt(np.mean(scores.scores**2)))
    assert_allclose(found["coarse"] / found["fine"], 4.0, rtol=0.25)
