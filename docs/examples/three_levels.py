"""One array read at three levels: what wires and transistors take, and how far the fast levels are from ngspice.

python docs/examples/three_levels.py [FIGURE.png]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot

import circuitsim as cs


def main(figure=None):
    """Read 16 × 16 cells by ngspice, the array solver and a tile, and draw currents and differences."""
    spec, rng = cs.load_spec(Path(__file__).with_name("array.toml")), np.random.default_rng(0)
    g = np.exp(rng.uniform(np.log(spec.device.g_min), np.log(spec.device.g_max), spec.shape))
    v_in = rng.uniform(0, spec.driver.v_read, (40, spec.array.rows))
    truth = cs.solve(spec, g, v_in, level="ngspice").i_out
    exact = cs.solve(spec, g, v_in, level="nodal").i_out
    model, certificate = cs.calibrate(spec, rng=rng, search="structured", thorough=False)
    fast = cs.mvm(cs.program(model, g), v_in)
    full_scale, typical = certificate.full_scale, certificate.typical.rms
    differences = {name: abs(out - truth).max() / full_scale for name, out in (("nodal", exact), ("behavioral", fast))}
    for name, difference in differences.items():
        print(f"{name}: within {difference:.1e} of full scale of ngspice")
    assert differences["nodal"] < 1e-7 and certificate.worst is not None
    assert differences["behavioral"] <= certificate.worst.error
    if figure is not None:
        sheet, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
        ideal = v_in @ g * 1e6
        left.plot(ideal, truth * 1e6, ".", color="#0072b2", markersize=3)
        left.plot([0, ideal.max()], [0, ideal.max()], "k--", linewidth=1, label="without wires and transistors")
        left.set(xlabel="v · g [µA]", ylabel="current of a column by ngspice [µA]", title="What the array computes")
        left.legend(frameon=False)
        for name, out, color in (("behavioral", fast, "#d55e00"), ("nodal", exact, "#009e73")):
            far = np.maximum(abs(out - truth).ravel() / full_scale, 1e-12)
            right.semilogy(truth.ravel() * 1e6, far, ".", color=color, markersize=3, label=name)
        right.axhline(typical, color="#d55e00", linewidth=1, label="certificate: typical, rms")
        right.axhline(certificate.worst.error, color="k", linewidth=1, label="certificate: worst found")
        right.set(xlabel="current of a column by ngspice [µA]", ylabel="difference from ngspice [full scale]")
        right.set(title="How far the fast levels are from it", ylim=(1e-12, 1e-2))
        right.legend(loc="center", bbox_to_anchor=(0.5, 0.31), ncols=2, fontsize=8)
        sheet.savefig(figure, dpi=110)


if __name__ == "__main__":
    main(next((word for word in sys.argv[1:] if word.endswith(".png")), None))
