"""Fewer images than asked for are told, not scored in silence."""

import warnings

import numpy as np
import pytest

from circuitsim.errors import FewerImagesWarning
from circuitsim.evaluation.image_files import first_images


def test_fewer_images_than_asked_for_are_told():
    images, labels = np.zeros((160, 2)), np.arange(160)
    with pytest.warns(FewerImagesWarning, match="1000 images to score were asked for, but there are 160"):
        found, of = first_images(images, labels, 1000)
    assert len(found) == 160 and of is not None and len(of) == 160


@pytest.mark.parametrize("wanted", [None, 3, 5])
def test_as_many_as_asked_for_are_taken_in_silence(wanted):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, of = first_images(np.zeros((5, 2)), None, wanted)
    assert len(found) == (5 if wanted is None else wanted) and of is None
