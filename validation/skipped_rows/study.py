"""An array and the digits network with 70 % of the inputs at 0, with the gates of these rows on or off."""

import numpy as np

import circuitsim as cs
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.evaluation import NodalProduct, cost_of_images, count_shapes, network_shapes
from circuitsim.network import evaluate, fit_ranges, load_network, program

N, ZEROS, VECTORS, IMAGES, G = 64, 0.7, 2, 25, (1e-6, 100e-6)


def cases():
    """Rows of arrays whose reads are counted; None for currents and accuracy."""
    return {"currents": None, "64 rows": 64, "16 rows": 16, "8 rows": 8, "4 rows": 4}


def array(rows, ohm=0.0, **more):
    """Cells of 10 kohm and more: a device with a transistor if there is one, else the device alone."""
    gated = "access" in more
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": N, "cell": "1t1r" if gated else "1r"},
            "device": {"model": "rram_sinh" if gated else "rram_ohmic", "g_min": G[0], "g_max": G[1]},
            "wire": {"r_row": ohm, "r_col": ohm},
            "driver": {"v_read": 0.2},
            **more,
        }
    )


def sparse(x):
    """Inputs of which some are set to 0, until 70 % are."""
    x, order = x.copy(), np.random.default_rng(1).random(x.shape)
    order[x == 0] = -1.0
    x[order < np.quantile(order, ZEROS)] = 0.0
    return x


def reads_left(rows):
    """Share of the reads of the first layer that are left: those in which every row is at 0 are not made."""
    spec, net, digits = array(rows), load_network(NETWORK), load_digits()
    images, product = sparse(digits.test_images[:IMAGES]), NodalProduct(spec)
    ranges = fit_ranges(program(net, spec, product), digits.train_images[:100])
    made = cost_of_images(net, product, images, ranges=ranges).count.layers[0].reads
    return made / count_shapes(network_shapes(net, images), spec).layers[0].reads


def accuracy(skip):
    """Accuracy [%] of the network on cells without transistors; a row that is skipped is open."""
    spec, digits = array(N, 2.0), load_digits()

    def tile(_, g):
        def read(v):
            rows = [np.where(x[:, None] > 0, g, 0.0) if skip else g for x in np.asarray(v)]
            return np.concatenate(
                [cs.solve(spec, each, [x], level="nodal").out for each, x in zip(rows, v, strict=True)]
            )

        return read

    on_arrays = program(load_network(NETWORK), spec, tile)
    images = sparse(digits.test_images[:IMAGES])
    ranges = fit_ranges(on_arrays, digits.train_images[:1])
    return 100 * evaluate(on_arrays, images, digits.test_labels[:IMAGES], ranges=ranges).accuracy


def compute(rows):
    """Power, error of the currents and accuracy; or the share of reads that is left."""
    if rows is not None:
        return {"reads": reads_left(rows)}
    transistor = {"access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8}}
    plain, skipping = (array(N, 2.0, technique={"skip_zero_rows": skip}, **transistor) for skip in (False, True))
    rng = np.random.default_rng(0)
    g, x = rng.uniform(*G, (N, N)), 0.2 * rng.random((VECTORS, N))
    few = sparse(x)
    dense, on, off = (cs.solve(s, g, v, level="nodal") for s, v in ((plain, x), (plain, few), (skipping, few)))
    error = [np.sqrt(np.mean((each.out - few @ g) ** 2)) for each in (on, off)]
    return {
        "zeros": 1 - on.power.mean() / dense.power.mean(),
        "gates": 1 - off.power.mean() / on.power.mean(),
        "error": error[1] / error[0],
        "lost": accuracy(False) - accuracy(True),
    }
