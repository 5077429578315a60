"""Files in, files out: the table of classes names the unit of each column and agrees with the accuracies."""

import csv
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from circuitsim.calibration import certify, random_experiments, solve_in_nodal
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import InputError, OutsideCertificateWarning, OutsideRangeError
from circuitsim.evaluation import infer_files

HEADER = ["image [1]", "label [1]", "class_float [1]", "class_ideal [1]", "class_array [1]"]


@pytest.mark.parametrize("labelled", [True, False])
def test_classes_and_accuracies_agree(labelled, make_model, tmp_path):
    digits = load_digits()
    images, labels = digits.test_images[:12], digits.test_labels[:12]
    data = tmp_path / "images.npz"
    np.savez(data, images=images, **({"labels": labels} if labelled else {}))
    content = infer_files(make_model(grade=1), NETWORK, data, calibration_images=8, out=tmp_path / "out")

    with (tmp_path / "out" / "inference.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == HEADER
    assert [row[0] for row in rows] == [str(k) for k in range(12)]
    assert [row[1] for row in rows] == ([str(label) for label in labels] if labelled else [""] * 12)
    for column, name in enumerate(("float", "ideal", "array"), start=2):
        right = np.mean([int(row[column]) == label for row, label in zip(rows, labels, strict=True)])
        assert content["accuracy"][name] == (right if labelled else None)
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == json.loads(json.dumps(content))


def certificate_of(model):
    rng, vectors = np.random.default_rng(0), {"uniform": 10}
    experiments = random_experiments(model.spec, rng, matrices=("uniform", "binary"), vectors=vectors)
    truths = solve_in_nodal(model.spec, model.surface, experiments)
    return certify(model, experiments, truths, provenance=truths[0].provenance)


def test_reads_outside_the_certificate_are_told_or_refused(make_model, tmp_path):
    model, digits = make_model(grade=1), load_digits()
    data = tmp_path / "images.npy"
    np.save(data, digits.test_images[:3])
    low, high = model.v_range
    certificate = replace(certificate_of(model), v_range=(low, 0.5 * (low + high)))
    read = partial(infer_files, model, NETWORK, data, calibration_images=2, out=tmp_path / "out")
    with pytest.warns(OutsideCertificateWarning, match="inputs outside"):
        read(certificate=certificate)
    with pytest.raises(OutsideRangeError, match=r"inputs outside .* \(strict\)"):
        read(certificate=certificate, strict=True)
    with pytest.raises(InputError, match="belongs to model"):
        read(certificate=replace(certificate, model_digest="0" * 64))
