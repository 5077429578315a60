import numpy as np
import onnxruntime
import pytest

from circuitsim.demo import train_digits
from circuitsim.demo.data import NETWORK, load_digits


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def test_split_is_fixed_and_disjoint(digits):
    assert digits.test_images.shape == (450, 64)
    assert digits.train_images.shape == (1347, 64)
    assert digits.test_images.min() == 0.0
    assert digits.test_images.max() == 1.0
    test = {image.tobytes() for image in digits.test_images}
    train = {image.tobytes() for image in digits.train_images}
    assert not test & train
    np.testing.assert_array_equal(digits.test_labels[:8], [0, 4, 8, 2, 6, 0, 4, 8])


def test_shipped_network_classifies_at_least_98_percent(digits):
    session = onnxruntime.InferenceSession(str(NETWORK), providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"image": digits.test_images})
    assert np.mean(np.argmax(logits, axis=1) == digits.test_labels) >= 0.98
    assert NETWORK.stat().st_size < 100_000


def test_training_is_deterministic_and_learns(digits):
    images, labels = digits.train_images.astype(float), digits.train_labels
    runs = [train_digits.train(images, labels, rng=np.random.default_rng(0), epochs=3) for _ in range(2)]
    for first, second in zip(runs[0][0] + runs[0][1], runs[1][0] + runs[1][1], strict=True):
        np.testing.assert_array_equal(first, second)
    weights, biases = runs[0]
    assert train_digits.accuracy(weights, biases, images, labels) > 0.7
    for w in weights:
        assert np.abs(w).max() <= 2.2 * np.sqrt(np.mean(w * w))  # 2.0 of the r.m.s. before clipping, which lowers it


def test_gradients_match_finite_differences():
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=s) for s in ((5, 4), (4, 3))]
    biases = [rng.normal(size=s) for s in (4, 3)]
    x, labels = rng.normal(size=(6, 5)), rng.integers(0, 3, 6)

    def loss():
        logits = np.tanh(x @ weights[0] + biases[0]) @ weights[1] + biases[1]
        wanted = 0.9 * np.eye(3)[labels] + 0.1 / 3
        return np.mean(np.log(np.exp(logits).sum(axis=1)) - (wanted * logits).sum(axis=1))

    slopes = train_digits.gradients(weights, biases, x, labels, smoothing=0.1)
    for parameter, slope in zip(weights + biases, slopes, strict=True):
        flat, index = parameter.reshape(-1), 1
        kept, h = flat[index], 1e-5
        flat[index] = kept + h
        above = loss()
        flat[index] = kept - h
        below = loss()
        flat[index] = kept
        np.testing.assert_allclose((above - below) / (2 * h), slope.reshape(-1)[index], rtol=1e-7, atol=0)


def test_shift_moves_by_whole_and_half_pixels():
    image = np.zeros((1, 4, 4))
    image[0, 1, 1] = 1.0
    moved = train_digits.shift(image, np.array([[1.0], [0.5]]))
    expected = np.zeros((1, 4, 4))
    expected[0, 2, 1:3] = 0.5
    np.testing.assert_array_equal(moved, expected)
    edge = train_digits.shift(image, np.array([[-2.0], [0.0]]))
    np.testing.assert_array_equal(edge, np.zeros((1, 4, 4)))
