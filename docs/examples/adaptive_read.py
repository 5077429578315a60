"""Integrate a column's current until it is decided whether a bit is stored: large currents are read early."""

import circuitsim as cs

STEP, LONGEST = 1e-9, 200e-9  # [s] between two looks, and when the read gives up
CERTAIN = 0.05  # [V] between the integrated difference and zero
DECK = """* a cell and a reference, each into a capacitor
vread bl 0 pulse(0 0.2 1n 0.1n 0.1n 1 2)
rcell bl cell {r_cell}
rref bl ref 40k
ccell cell 0 1p
cref ref 0 1p
.save v(bl) v(cell) v(ref)
.tran 0.1n {end} 0 0.5n uic
.end
"""


def read(g: float) -> tuple[bool | None, float]:
    """Return whether a cell of `g` [S] conducts more than the reference, and when that was decided [s]."""
    decided, when = None, LONGEST

    def controller(t: float, values: dict[str, float]) -> dict[str, float] | None:
        nonlocal decided, when
        difference = values["v(cell)"] - values["v(ref)"]
        if abs(difference) < CERTAIN:
            return {}
        decided, when = difference > 0, t
        return None  # ends the transient

    instants = [STEP * (n + 1) for n in range(round(LONGEST / STEP) - 1)]
    deck = DECK.format(r_cell=1 / g, end=LONGEST)
    cs.cosimulate(deck, controller, read=["v(cell)", "v(ref)"], instants=instants)
    return decided, when


def main() -> None:
    found = {g: read(g) for g in (2e-6, 10e-6, 24e-6, 80e-6)}
    for g, (decided, when) in found.items():
        word = "given up" if decided is None else "decided"
        print(f"{g * 1e6:4.0f} µS: {decided}, {word} at {when * 1e9:.0f} ns")
    assert [decided for decided, _ in found.values()] == [False, False, None, True]
    assert found[80e-6][1] < found[10e-6][1]


if __name__ == "__main__":
    main()
