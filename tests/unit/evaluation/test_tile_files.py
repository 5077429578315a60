"""Programmed tiles that are kept on disk: the same bits, healed where damaged, never beyond the limit."""

import json
import logging
import random
from dataclasses import replace

import numpy as np
import pytest
from command_line import circuitsim

from circuitsim import behavioral
from circuitsim.cli.infer_words import inference_in_words
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import InputError, MissedTargetWarning
from circuitsim.evaluation import BehavioralProduct, EnergyOptions, TileStore, infer_files
from circuitsim.evaluation.level_product import level_product
from circuitsim.evaluation.tile_files import tile_store
from circuitsim.results import MissedTarget


@pytest.fixture
def matrices(make_spec):
    spec = make_spec(rows=9, cols=4)
    return [10 ** np.random.default_rng(k).uniform(-6, -4, spec.shape) for k in range(3)]


@pytest.fixture
def product(make_model, make_spec, tmp_path):
    """A product of small tiles, and how often it programmed one."""
    model = make_model(grade=2, spec=make_spec(rows=9, cols=4))
    return BehavioralProduct(model, store=TileStore(tmp_path / "tiles", 10**9))


@pytest.fixture
def programmed(monkeypatch):
    calls, own = [], behavioral.program_many

    def program_many(model, g, **how):
        calls.extend(g)
        return own(model, g, **how)

    monkeypatch.setattr(behavioral, "program_many", program_many)
    return calls


def test_the_second_run_reads_the_same_tiles(product, matrices, programmed):
    first = product.tiles("a", matrices)
    assert len(programmed) == 3
    assert product.tiles("a", matrices) == first == replace(product, store=None).tiles("a", matrices)
    assert len(programmed) == 6  # three of them without the store
    assert [(layer.found, layer.kept, layer.tiles) for layer in product.store.layers] == [
        (False, True, 3),
        (True, True, 3),
    ]
    (file,) = product.store.folder.iterdir()
    assert product.store.layers[1].size == file.stat().st_size <= product.store.layers[0].size


def test_what_decides_a_tile_decides_its_file(product, matrices, programmed):
    product.tiles("a", matrices)
    other = [matrices[0], matrices[1], matrices[2] * (1 + 1e-15)]
    for changed, given in [
        (product, other),
        (product, matrices[:2]),
        (replace(product, dtype="float32"), matrices),
        (replace(product, model=replace(product.model, grade=1)), matrices),
        (replace(product, model=replace(product.model, v_range=(0.0, 0.39))), matrices),
    ]:
        before = len(programmed)
        found = changed.tiles("a", given)
        assert len(programmed) == before + len(given)
        assert found == replace(changed, store=None).tiles("a", given)
    assert len(list(product.store.folder.iterdir())) == 6


def test_other_code_makes_its_own_tiles(product, matrices, programmed, monkeypatch):
    product.tiles("a", matrices)
    monkeypatch.setattr("circuitsim.evaluation.tile_files._programs", lambda: ["another version"])
    product.tiles("a", matrices)
    assert len(programmed) == 6


@pytest.mark.parametrize("damage", ["cut", "flip", "text", "folder", "other"])
def test_a_damaged_file_is_made_again(product, matrices, programmed, caplog, damage):
    expected, rng = product.tiles("a", matrices), random.Random(1)
    (file,) = product.store.folder.iterdir()
    content = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flip":
        content[rng.randrange(200, len(content) - 2000)] ^= 4
        file.write_bytes(content)
    elif damage == "text":
        file.write_text("tiles")
    elif damage == "folder":
        file.unlink()
        file.mkdir()
    else:  # a complete file under the name of another
        product.tiles("b", matrices[::-1])
        other = next(path for path in product.store.folder.iterdir() if path != file)
        file.write_bytes(other.read_bytes())
    before = len(programmed)
    with caplog.at_level(logging.WARNING, "circuitsim"):
        assert product.tiles("a", matrices) == expected
    assert len(programmed) == before + 3
    assert ("not stored" if damage == "folder" else "programming again") in caplog.text
    assert product.store.layers[-1].kept == (damage != "folder")
    assert product.tiles("a", matrices) == expected
    assert len(programmed) == before + (6 if damage == "folder" else 3)


def test_a_run_keeps_what_fits_and_no_layer_pushes_another_out(product, matrices, programmed):
    one = replace(product, store=TileStore(product.store.folder, 10**9))
    one.tiles("a", matrices)
    size = one.store.layers[0].size
    limited = replace(product, store=TileStore(product.store.folder, int(1.5 * size)))
    for name, given in (("a", matrices), ("b", matrices[::-1]), ("a", matrices)):
        limited.tiles(name, given)
    assert [(layer.found, layer.kept) for layer in limited.store.layers] == [(True, True), (False, False), (True, True)]
    assert len(list(product.store.folder.iterdir())) == 1
    later = replace(product, store=TileStore(product.store.folder, int(1.5 * size)))
    later.tiles("b", matrices[::-1])  # another run: what was not used for longest goes
    assert [layer.kept for layer in later.store.layers] == [True]
    assert len(list(product.store.folder.iterdir())) == 1


def test_a_model_that_misses_its_target_is_told_of_found_tiles_too(product, matrices):
    missed = replace(product, model=replace(product.model, missed=MissedTarget(1e-3, 2e-3, 1e-4, None)))
    for _ in range(2):
        with pytest.warns(MissedTargetWarning):
            missed.tiles("a", matrices)


def test_what_cannot_be_kept_is_refused(product, make_model, monkeypatch):
    with pytest.raises(InputError, match="a store keeps tiles of NumPy, not of torch"):
        replace(product, namespace="torch")
    with pytest.raises(InputError, match=r"keep_tiles \(store\) has no effect at level = 'nodal'"):
        level_product(product.model, "nodal", store=product.store)
    monkeypatch.setenv("CIRCUITSIM_TILES_MB", "much")
    with pytest.raises(InputError, match="CIRCUITSIM_TILES_MB = 'much': expected a whole number of megabytes"):
        tile_store()


def test_infer_gives_the_same_numbers_with_kept_tiles(make_model, tmp_path, monkeypatch, programmed):
    monkeypatch.setenv("CIRCUITSIM_CACHE", str(tmp_path / "cache"))
    digits, data = load_digits(), tmp_path / "x.npz"
    np.savez(data, images=digits.test_images[:12], labels=digits.test_labels[:12])
    model = make_model(grade=1)
    found = {}
    for name, how in (("plain", {}), ("first", {"keep_tiles": True}), ("second", {"keep_tiles": True})):
        before = len(programmed)
        found[name] = infer_files(
            model, NETWORK, data, calibration_images=4, out=tmp_path / "out", energy=EnergyOptions(), **how
        )
        assert (len(programmed) == before) == (name == "second")
    stores = {name: content.pop("tile_store") for name, content in found.items()}
    assert found["plain"] == found["first"] == found["second"]
    assert stores["plain"] is None
    assert all(layer["found"] and layer["kept"] for layer in stores["second"]["layers"])
    words = inference_in_words({**found["second"], "tile_store": stores["second"]})
    assert "tiles in the cache: those of 3 of 3 layers were found, those of 3 are kept, " in words
    lost = [{**layer, "kept": False} for layer in stores["first"]["layers"]]
    words = inference_in_words({**found["first"], "tile_store": {**stores["first"], "layers": lost}})
    assert "not kept: fc1, fc2, fc3; all layers take " in words and "(CIRCUITSIM_TILES_MB)" in words
    words = inference_in_words({**found["second"], "tile_store": {**stores["second"], "limit_bytes": 1}})
    assert "they were kept under a larger CIRCUITSIM_TILES_MB" in words


def test_the_command_lists_and_clears_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CIRCUITSIM_CACHE", str(tmp_path))
    for folder in ("tiles", "surfaces", "tables"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{'a' * 64}.npz").write_bytes(bytes(3_000_000))
    (tmp_path / "tiles" / "mine.txt").write_text("")
    assert "1 layer of programmed tiles, 3.0 MB of at most 2000 MB" in circuitsim("cache").stdout
    done = json.loads(circuitsim("cache", "--clear", "tiles", "--json").stdout)
    assert done["removed"] == {"tiles": {"entries": 1, "bytes": 3_000_000}}
    assert (done["tile_layers"], done["surfaces"], done["tables"]) == (0, 1, 1)
    assert [path.name for path in (tmp_path / "tiles").iterdir()] == ["mine.txt"]
    assert "Removed: 1 cell, 3.0 MB." in circuitsim("cache", "--clear", "all").stdout
    assert circuitsim("cache", "--clear", "x").stderr == (
        "circuitsim: --clear = 'x': expected cells, tables, tiles or all\n"
    )
