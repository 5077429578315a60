"""A successive-approximation converter whose logic is Python and whose comparator and capacitors are ngspice's."""

import circuitsim as cs

BITS, V_REF, SLOT = 8, 1.0, 2e-9
DECK = """* comparator, and a reference that settles through a resistor
vin in 0 {v_in}
vdac target 0 0
rdac target dac 1k
cdac dac 0 100f
bcmp decision 0 v = v(in) > v(dac) ? 1 : 0
rload decision 0 1k
.save v(in) v(dac) v(decision)
.tran 10p {end} 0 200p
.end
"""


def convert(v_in: float) -> int:
    """Convert a voltage: one bit a slot, the highest first."""
    code, bit = 0, BITS - 1

    def logic(t: float, values: dict[str, float]) -> dict[str, float] | None:
        nonlocal code, bit
        if t > 1.5 * SLOT:  # a trial has settled
            code |= (1 << bit) if values["v(decision)"] > 0.5 else 0
            bit -= 1
        if bit < 0:
            return None
        return {"vdac": (code | 1 << bit) * V_REF / 2**BITS}

    instants = [SLOT * (n + 1) for n in range(BITS + 1)]
    deck = DECK.format(v_in=v_in, end=SLOT * (BITS + 2))
    cs.cosimulate(deck, logic, read=["v(decision)"], instants=instants)
    return code


def main() -> None:
    for v_in in (0.0012, 0.1234, 0.5001, 0.9985):
        code = convert(v_in)
        print(f"{v_in} V: code {code}, {code * V_REF / 2**BITS:.5f} V and above")
        assert code == int(v_in * 2**BITS / V_REF)


if __name__ == "__main__":
    main()
