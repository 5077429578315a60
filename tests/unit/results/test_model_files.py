"""Saved results come back equal; damaged, foreign and pickled files are refused with one sentence."""

import dataclasses
import json
import pickle

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.results import (
    ArrayEnergy,
    Budget,
    Cause,
    CellSurface,
    Certificate,
    ConverterEnergy,
    ErrorStatistics,
    Extrapolation,
    GradeErrors,
    LoadTable,
    MissedTarget,
    Provenance,
    ReadCase,
    SeriesTransistor,
    TileModel,
    Witness,
    WorstFound,
)
from circuitsim.results.model_files import (
    load_certificate,
    load_model,
    load_surface,
    save_certificate,
    save_model,
    save_surface,
)
from circuitsim.spec import parse_spec

SPEC = {
    "schema": 1,
    "array": {"rows": 3, "cols": 4},
    "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 2.0, "r_col": 0.1, "c_row": "0.2f"},
    "driver": {"v_read": 0.2, "dac_bits": 8},
}
PROVENANCE = Provenance("ngspice", "ab" * 32, "cd" * 32, "39.3", {"reltol": "1e-10"}, threads=2)


def _surface() -> CellSurface:
    rng = np.random.default_rng(0)
    forward, reverse = rng.normal(size=(2, 5, 4, 3))
    return CellSurface(forward, reverse, (1e-6, 1e-4), 2e-5, 0.2, (-0.1, 0.2), 3e-8, 1.9e-5, PROVENANCE)


def _model() -> TileModel:
    return TileModel(parse_spec(SPEC), _surface(), 3, (0.0, 0.2))


def _certificate() -> Certificate:
    error = ErrorStatistics(1 / 3e4, 1e-3, 2e-5, -1e-6, 1e-5, 7e-5, 2e-4, 5e-4, 4096)
    case = ReadCase.of(np.array([[1e-4, 1e-6, 1e-6, 1e-6]] * 3), np.array([0.0, 0.2, 0.2]), 0, "hot column, first")
    witness = Witness(case, 1e-4, 1e-4 - 7.1e-3 * 1.2e-4, 1e-4 - 7.1e-3 * 1.2e-4)
    return Certificate(
        rows=3,
        cols=4,
        grade=3,
        products=9,
        form="nine matrix products",
        truth="ngspice",
        full_scale=1.2e-4,
        full_scale_case=case,
        typical=error,
        by_column=(error,) * 4,
        by_input={"uniform": error, "all_on": error},
        by_matrix={"network": error},
        g_range=(1e-6, 1e-4),
        v_range=(0.0, 0.2),
        temperature_c=27.0,
        surface_bound=3e-8,
        matrices=3,
        vectors=16,
        model_digest="ef" * 32,
        decks=("01" * 32, "23" * 32),
        provenance=PROVENANCE,
        created="2026-01-01T00:00:00Z",
        by_amplitude={"up to 10 %": error},
        circuit=error,
        spot=Extrapolation(2, 3, "ngspice", 2e-5, error),
        max_rms=2e-4,
        worst=WorstFound(7.1e-3, witness, programs=40, vectors=1100),
        by_load=LoadTable((0.1, 0.5, 1.0), (1e-3, 4e-3, 7.1e-3), 1.1e-2),
        max_worst=1e-2,
        validation={"grade 1": GradeErrors(1e-3), "grade 2": GradeErrors(1e-4, 7e-3)},
        product_rms=1e-2,
        product_gain=0.9,
        hold_out=("45" * 32,),
        fitting=("67" * 32,),
        extrapolation=(Extrapolation(6, 8, "nodal", 2e-4, error),),
        budget=Budget((Cause("wires", "w", 1e-4, 1e-5),), 1e-4, 1e-5, 0.0, 0.0, 0.9, 1e-4, 12, ("noise",)),
        energy=ArrayEnergy(1e-15, 1e-8, "ngspice", 1e-9, (ConverterEnergy("SAR", 8, 1e-12, "a paper"),)),
        time_s=1.0,
        extrapolated=("a sentence",),
    )


def _same_surface(a: CellSurface, b: CellSurface) -> bool:
    scalars = [f.name for f in dataclasses.fields(CellSurface) if f.name not in ("forward", "reverse")]
    same = all(getattr(a, name) == getattr(b, name) for name in scalars)
    return same and np.array_equal(a.forward, b.forward) and np.array_equal(a.reverse, b.reverse)


def test_certificate_comes_back_equal(tmp_path):
    path = tmp_path / "new" / "certificate.json"
    save_certificate(path, _certificate())
    loaded = load_certificate(path)
    assert loaded == _certificate()
    assert loaded.created == _certificate().created


def test_surface_comes_back_equal(tmp_path):
    save_surface(tmp_path / "surface.npz", _surface())
    assert _same_surface(load_surface(tmp_path / "surface.npz"), _surface())


def test_model_comes_back_equal(tmp_path):
    written = save_model(tmp_path / "model", _model())
    assert written == tmp_path / "model" / "model.json"
    for path in (written, tmp_path / "model", tmp_path / "model" / "model.npz"):
        loaded = load_model(path)
        assert loaded.spec == _model().spec
        assert loaded.spec.digest == _model().spec.digest
        assert (loaded.grade, loaded.v_range) == (3, (0.0, 0.2))
        assert _same_surface(loaded.surface, _model().surface)


def test_saving_again_leaves_nothing_else_behind(tmp_path):
    for _ in range(2):
        save_model(tmp_path, _model())
        save_certificate(tmp_path / "certificate.json", _certificate())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["certificate.json", "model.json", "model.npz"]


def test_equal_models_make_equal_files(tmp_path):
    for name in ("a", "b"):
        save_model(tmp_path / name, _model())
    assert (tmp_path / "a" / "model.json").read_bytes() == (tmp_path / "b" / "model.json").read_bytes()
    assert (tmp_path / "a" / "model.npz").read_bytes() == (tmp_path / "b" / "model.npz").read_bytes()


@pytest.mark.parametrize("position", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_damaged_arrays_are_refused(tmp_path, damage, position):
    save_surface(tmp_path / "surface.npz", _surface())
    save_model(tmp_path, _model())
    for name, load in (("surface.npz", load_surface), ("model.npz", load_model)):
        content = bytearray((tmp_path / name).read_bytes())
        at = int(position * len(content))
        if damage == "flip":
            content[at] ^= 0xFF
        else:
            del content[at:]
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            load(tmp_path / name)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda d: d.update(schema=11), "schema = 11, expected 10"),
        (
            lambda d: d.update(schema=7),
            "schema = 7, expected 10: .*does not say .* whether its cell is a device in series with a transistor",
        ),
        (lambda d: d.update(format="circuitsim certificate"), "format = 'circuitsim certificate'"),
        (lambda d: d.update(grade="three"), "grade = 'three'"),
        (lambda d: d.pop("v_range"), "v_range = None"),
        (lambda d: d["surface"].pop("bound"), "surface.bound"),
        (lambda d: d["surface"]["provenance"].pop("version"), "the keys of surface are not those"),
        (lambda d: d["spec"]["wire"].update(r_row=-1), "wire.r_row = -1"),
        (lambda d: d["arrays"].update(sha256="00"), "does not belong to model.json"),
        (lambda d: d["arrays"].clear(), "does not belong to model.json"),
        (lambda d: d.update(grade=9), "a value was changed after circuitsim wrote the file"),
        (lambda d: d["surface"].update(bound=4e-8), "a value was changed after circuitsim wrote the file"),
        (lambda d: d["surface"]["provenance"].update(version="0"), "a value was changed after circuitsim wrote"),
        (lambda d: d.pop("seal"), "a value was changed after circuitsim wrote the file"),
    ],
)
def test_edited_model_is_refused(tmp_path, edit, sentence):
    path = save_model(tmp_path, _model())
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=sentence):
        load_model(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"certificate"', "[" * 100_000, '{"schema": 1}', "\x00\xff"])
@pytest.mark.parametrize("load", [load_certificate, load_model, load_surface])
def test_foreign_text_is_refused(tmp_path, load, text):
    path = tmp_path / "file.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"file\.json"):
        load(path)


@pytest.mark.parametrize("load", [load_certificate, load_model, load_surface])
def test_missing_file_is_named(tmp_path, load):
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "nothing.json")


def test_pickles_are_refused_and_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Trap()))
    np.savez(tmp_path / "inside.npz", forward=np.array([Trap()], dtype=object), reverse=0, about="{}")
    for name in ("bare.npz", "inside.npz"):
        with pytest.raises(InputError, match=name):
            load_surface(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def _in_series() -> CellSurface:
    forward, reverse = np.random.default_rng(1).normal(size=(2, 6, 5))
    return dataclasses.replace(_surface(), transistor=SeriesTransistor(forward, reverse), bound_over_g=1e-7)


def test_a_surface_with_a_transistor_in_series_comes_back(tmp_path):
    save_surface(tmp_path / "surface.npz", _in_series(), key="a")
    found = load_surface(tmp_path / "surface.npz", key="a")
    assert found == _in_series() and found.digest == _in_series().digest
    model = dataclasses.replace(_model(), surface=_in_series())
    assert load_model(save_model(tmp_path, model)) == model
    with pytest.raises(InputError, match="not what was stored under this key"):
        load_surface(tmp_path / "surface.npz", key="b")


def test_wrong_tensors_of_a_transistor_are_refused(tmp_path):
    for bad in (np.zeros((2, 2, 2)), np.full((6, 5), np.nan), np.zeros((6, 5), np.float32), np.zeros((5, 5))):
        series = SeriesTransistor(np.zeros((6, 5)), bad)
        save_surface(tmp_path / "surface.npz", dataclasses.replace(_surface(), transistor=series))
        with pytest.raises(InputError, match="transistor_reverse has shape"):
            load_surface(tmp_path / "surface.npz")


def test_a_surface_of_an_earlier_version_is_refused(tmp_path):
    about = {"format": "circuitsim cell surface", "schema": 7, "surface": {}, "seal": ""}
    np.savez(tmp_path / "surface.npz", forward=np.ones((1, 1, 1)), reverse=np.ones((1, 1, 1)), about=json.dumps(about))
    with pytest.raises(InputError, match=r"schema = 7, expected 8: .* transistor stands in series: characterize"):
        load_surface(tmp_path / "surface.npz")


def test_wrong_tensors_are_refused(tmp_path):
    for bad in (np.zeros((2, 2)), np.full((2, 2, 2), np.nan), np.zeros((2, 2, 2), np.float32), np.zeros((6, 4, 3))):
        save_surface(tmp_path / "surface.npz", dataclasses.replace(_surface(), reverse=bad))
        with pytest.raises(InputError, match="reverse has shape"):
            load_surface(tmp_path / "surface.npz")


def test_certificate_with_a_word_for_a_number_is_refused(tmp_path):
    path = tmp_path / "certificate.json"
    save_certificate(path, _certificate())
    document = json.loads(path.read_text())
    document["certificate"]["typical"]["rms"] = "tiny"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"typical\.rms = 'tiny'"):
        load_certificate(path)


def test_not_a_number_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_certificate(tmp_path / "certificate.json", dataclasses.replace(_certificate(), full_scale=float("nan")))
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save_model(tmp_path / "file" / "model", _model())


def _set(record, path, value):
    *parents, last = path
    for key in parents:
        record = record[key]
    record[last] = value


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        (("surface", "g_scale"), -2e-5, "surface.g_scale = -2e-05: expected 0 or more"),
        (("surface", "g_scale"), float("nan"), "surface.g_scale = nan: expected a finite number"),
        (("surface", "u_max"), 0.0, "surface.u_max = 0.0: expected a number above 0"),
        (("surface", "bound"), -1e-9, "surface.bound = -1e-09: expected 0 or more"),
        (("surface", "i_max"), 0.0, "surface.i_max = 0.0: expected a number above 0"),
        (("surface", "i_max"), float("inf"), "surface.i_max = inf: expected a finite number"),
        (("surface", "g_range"), [1e-4, 1e-6], r"surface.g_range = \(0.0001, 1e-06\): expected a lower and a higher"),
        (("surface", "g_range"), [-1e-6, 1e-4], r"surface.g_range = .*: expected conductances above 0"),
        (("surface", "m_range"), [0.2, 0.2], r"surface.m_range = .*: expected a lower and a higher end"),
        (("v_range",), [0.2, 0.0], r"v_range = \(0.2, 0.0\): expected a lower and a higher end"),
        (("v_range",), [0.0, 0.9], r"v_range = \(0.0, 0.9\): expected a range within surface.m_range"),
        (("grade",), -1, "grade = -1: expected 1 to"),
        (("grade",), 1.5, "grade = 1.5: expected a whole number"),
        (("surface", "u_max"), "wide", "surface.u_max = 'wide': expected a number"),
    ],
)
def test_a_model_whose_values_cannot_be_meant_is_refused(tmp_path, key, value, sentence):
    path = save_model(tmp_path, _model())
    document = json.loads(path.read_text())
    _set(document, key, value)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=rf"model\.json: damaged: {sentence}") as caught:
        load_model(path)
    assert "Input should" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        (("typical", "rms"), 2e-3, "typical.rms = 0.002: expected at most max in magnitude"),
        (("typical", "rms"), -1e-4, "typical.rms = -0.0001: expected 0 or more"),
        (("typical", "max"), float("nan"), "typical.max = nan: expected a finite number"),
        (("typical", "bias"), 1e-3, "typical.bias = 0.001: expected at most mean_abs in magnitude"),
        (("typical", "p50"), 8e-5, "typical.p50 = 8e-05: expected at most p95 in magnitude"),
        (("typical", "p999"), 1e-4, "typical.p99 = 0.0002: expected at most p999 in magnitude"),
        (("worst", "error"), -7e-3, "worst.error = -0.007: expected 0 or more"),
        (("worst", "error"), 3e-3, "worst = WorstFound.*: expected the error of its witness"),
        (("worst", "witness", "ngspice"), 9e-5, "worst = .*: expected one current at the levels nodal"),
        (("worst", "witness", "case", "column"), 4, "worst.witness.case.column = 4: expected one of the columns"),
        (("worst", "witness", "case", "v_runs"), [[2, 0.2]], "worst.witness.case.v_runs = .*: expected one input for"),
        (
            ("worst", "witness", "case", "g_runs"),
            [[12, -1e-6]],
            "worst.witness.case.g_runs = .*: expected cond",
        ),
        (("worst", "witness", "case", "shape"), [12, 1], "worst.*: expected one"),
        (("worst", "programs"), 0, "worst.programs = 0: expected 1 to"),
        (("by_load", "loads"), [0.5, 0.1, 1.0], "by_load.loads = .*: expected caps that rise to 1"),
        (("by_load", "loads"), [0.1, 0.5], "by_load.loads = .*: expected caps that rise to 1"),
        (("by_load", "loads"), [], r"by_load.loads = \(\): expected caps that rise to 1"),
        (("by_load", "worst"), [1e-3, 7e-3], "by_load.worst = .*: expected one error for each cap"),
        (("by_load", "worst"), [4e-3, 1e-3, 7e-3], "by_load.worst = .*: expected errors of 0 or more that never fall"),
        (("by_load", "worst"), [1e-3, 4e-3, 8e-3], "by_load = .*: expected no error above that of the worst case"),
        (("by_load", "coefficient"), 1e-3, "by_load.coefficient = 0.001: expected a number with worst <="),
        (("full_scale_case", "shape"), [4, 3], "full_scale_case.*: expected"),
        (("max_worst",), 0.0, "max_worst = 0.0: expected a number above 0"),
        (("validation", "grade 2", "worst"), -1.0, "validation.grade 2.worst = -1.0: expected 0 or more"),
        (("by_input", "uniform", "samples"), 0, "by_input.uniform.samples = 0: expected 1 to"),
        (("by_column",), [], r"by_column = \(\): expected one entry per column"),
        (("full_scale",), 0.0, "full_scale = 0.0: expected a number above 0"),
        (("g_range",), [1e-4, 1e-6], r"g_range = .*: expected a lower and a higher end"),
        (("v_range",), [0.2, 0.0], r"v_range = .*: expected a lower and a higher end"),
        (("temperature_c",), -300.0, "temperature_c = -300.0: expected a temperature above -273.15 °C"),
        (("truth",), "guess", "truth = 'guess': expected 'ngspice' or 'nodal'"),
        (("max_rms",), -1.0, "max_rms = -1.0: expected a number above 0"),
        (("rows",), 10**400, r"rows = 1000\d+\.\.\.0+: expected"),
    ],
)
def test_a_certificate_whose_values_cannot_be_meant_is_refused(tmp_path, key, value, sentence):
    path = tmp_path / "certificate.json"
    save_certificate(path, _certificate())
    document = json.loads(path.read_text())
    _set(document["certificate"], key, value)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=rf"certificate\.json: damaged: {sentence}") as caught:
        load_certificate(path)
    assert "Input should" not in str(caught.value) and "\n" not in str(caught.value)


def test_empty_tensors_are_refused(tmp_path):
    save_surface(tmp_path / "surface.npz", dataclasses.replace(_surface(), forward=np.zeros((0, 4, 3))))
    with pytest.raises(InputError, match=r"forward has shape \(0, 4, 3\) .* none of them empty"):
        load_surface(tmp_path / "surface.npz")


def test_a_certificate_is_found_in_its_folder(tmp_path):
    save_certificate(tmp_path / "certificate.json", _certificate())
    assert load_certificate(tmp_path) == _certificate()
    with pytest.raises(InputError, match=r"none/certificate.json: no such file"):
        (tmp_path / "none").mkdir()
        load_certificate(tmp_path / "none")


def test_a_certificate_of_an_earlier_version_is_never_read_as_the_new_statement(tmp_path):
    path = tmp_path / "certificate.json"
    save_certificate(path, _certificate())
    document = json.loads(path.read_text())
    document["schema"] = 4
    path.write_text(json.dumps(document))
    with pytest.raises(
        InputError,
        match=r"certificate.json: schema = 4, expected 9: this circuitsim certificate is of an earlier version",
    ) as caught:
        load_certificate(path)
    assert "it states no worst error found by search" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("max_rms", 0.5), ("matrices", 4), ("temperature_c", 28.0)])
def test_an_edited_certificate_is_refused_although_its_values_could_be_meant(tmp_path, key, value):
    path = tmp_path / "certificate.json"
    save_certificate(path, _certificate())
    document = json.loads(path.read_text())
    document["certificate"][key] = value
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"certificate\.json: damaged: a value was changed after circuitsim wrote"):
        load_certificate(path)


def test_a_truncated_model_is_refused_in_one_sentence(tmp_path):
    path = save_model(tmp_path, _model())
    path.write_text(path.read_text()[:-200])
    with pytest.raises(InputError, match=r"model\.json: damaged: not JSON in line \d+, column \d+$"):
        load_model(path)


def test_a_model_keeps_the_target_that_it_misses(tmp_path):
    missed = MissedTarget(1.12, 3.4, 2e-4, None, "the current itself")
    save_model(tmp_path, dataclasses.replace(_model(), missed=missed))
    assert load_model(tmp_path).missed == missed
    assert load_model(tmp_path).digest == _model().digest  # its outputs do not depend on it


def test_what_is_no_model_is_said_to_be_none(tmp_path):
    path = tmp_path / "array.toml"
    path.write_text("schema = 1\n[array]\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"array.toml: not a circuitsim tile model, which is a JSON file"):
        load_model(path)
    path.write_text('{"format": "circuitsim tile model",\n "schema"', encoding="utf-8")
    with pytest.raises(InputError, match=r"array.toml: damaged: not JSON in line 2, column 10"):
        load_model(path)


def test_the_digest_of_a_model_tells_what_its_grades_mean(monkeypatch):
    before = _model().digest
    monkeypatch.setattr("circuitsim.results.tile_model.TILE_REVISION", 1)
    assert _model().digest != before
