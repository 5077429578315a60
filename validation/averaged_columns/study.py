"""The digits network between ADCs of 6 bits whose columns are averaged, and of 8 bits; time of their SARs."""

import tempfile

import numpy as np

import circuitsim as cs
from circuitsim.blocks import write_block
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.evaluation import count_shapes, network_cost, workload
from circuitsim.network import evaluate, exact_product, fit_ranges, load_network, program


def cases():
    """Number of columns of an output that are averaged after conversion with 6 bits."""
    return {"1 column": 1, "2 columns": 2, "4 columns": 4, "8 columns": 8}


def array(bits, copies):
    """Cells without wires, so that the ADC alone errs."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 64, "cols": 64, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 100e-6},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
            "adc": {"bits": bits},
            "mapping": {"copies": copies},
        }
    )


def error(bits, copies):
    """Rms error of the outputs against the float network, of their rms, and accuracy [%]."""
    net, digits, spec = load_network(NETWORK), load_digits(), array(bits, copies)
    on_arrays = program(net, spec, exact_product(spec))
    ranges = fit_ranges(on_arrays, digits.train_images[:100])
    found, exact = evaluate(on_arrays, digits.test_images, ranges=ranges).logits, net.run_float(digits.test_images)
    right = 100 * np.mean(found.argmax(axis=1) == digits.test_labels)
    return np.sqrt(np.mean((found - exact) ** 2)) / exact.std(), right


def sar(bits):
    """Table of a generated SAR."""
    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/sar_{bits}"
        write_block("sar", place, bits=bits)
        return cs.characterize(array(None, 1).replace(adc={"folder": place}), cache=folder).adc


def latency(converter, copies, t_read):
    """Time of an inference [s] with a SAR for each column of an output, which converts its copies in turn."""
    spec = array(converter.bits, copies).replace(driver={"t_read": t_read})
    count = count_shapes(workload("digits").layers, spec)
    power = {layer.name: (0.0, None) for layer in count.layers}
    return network_cost(count, spec, power, converter=converter, columns_per_adc=copies).times.latency


def compute(copies):
    """Error and latency over those of 8 bits, and points lost against them."""
    (six, right), (eight, best) = error(6, copies), error(8, 1)
    found, short, long = {"error": six / eight, "lost": best - right}, sar(6), sar(8)
    for name, t_read in (("latency", 10e-9), ("latency_30", 30e-9)):
        found[name] = latency(short, copies, t_read) / latency(long, 1, t_read)
    return found
