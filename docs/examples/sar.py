"""A successive-approximation converter whose logic is Python and whose comparator and capacitor are ngspice's."""

import circuitsim as cs

BITS, V_REF, SLOT = 8, 1.0, 2e-9
DECK = f"""* comparator, and a reference that settles through a resistor
vin in 0 0
vdac target 0 0
rdac target dac 1k
cdac dac 0 100f
bcmp decision 0 v = v(in) > v(dac) ? 1 : 0
rload decision 0 1k
.save v(in) v(dac) v(decision)
.tran 10p {SLOT * (BITS + 2)} 0 200p
.end
"""


def convert(live: cs.Cosimulation, v_in: float) -> int:
    """Convert a voltage: one bit a slot, the highest first."""
    code = 0
    for n, bit in enumerate(reversed(range(BITS))):
        trial = code | 1 << bit
        found = live.advance(SLOT * (n + 2), {"vin": v_in, "vdac": trial * V_REF / 2**BITS})
        code = trial if found["v(decision)"] > 0.5 else code
    return code


def main() -> None:
    with cs.Cosimulation(DECK, read=["v(decision)"]) as live:
        live.advance(SLOT)
        begin = live.snapshot()
        for v_in in (0.0012, 0.1234, 0.5001, 0.9985):
            live.restore(begin)  # every conversion begins here, in the same process
            code = convert(live, v_in)
            print(f"{v_in} V: code {code}, {code * V_REF / 2**BITS:.5f} V and above")
            assert code == int(v_in * 2**BITS / V_REF)


if __name__ == "__main__":
    main()
