"""What the names in a certificate mean: kinds of inputs, kinds of matrices, grades."""

from circuitsim.results import Certificate

INPUTS = {
    "uniform": "every row anywhere in the range",
    "sparse": "about 15 % of the rows, anywhere in the range",
    "binary": "every row off or at the end of the range",
    "faint": "every row in the lowest tenth of the range",
    "all_on": "every row at the end of the range",
    "far": "only the half of the rows farthest from the sense amplifiers, at the end of the range",
    "near": "only the half of the rows nearest to the sense amplifiers, at the end of the range",
    "relu": "a normal distribution cut off below 0 and above the end of the range, so that half of the rows are off",
    "network": "activations of a network",
    "half": "every row on or off at random",
    "most": "80 % of the rows on",
    "sparse_on": "10 % of the rows on",
    "near_half": "every row of the half nearest to the sense amplifiers on or off at random",
    "far_half": "every row of the half farthest from the sense amplifiers on or off at random",
    "adjacent": "a block of adjacent rows on",
    "single": "one row on",
    "none_on": "no row on: every cell of a string is bypassed",
    "levels": "every row at any level of its gate",
    "sparse_levels": "about 15 % of the rows at any level, the others at the lowest",
    "low_levels": "every row at a level of the lower half",
    "one_level": "all rows at the same level",
    "steps": "up to four blocks of adjacent rows, each at a level of its own",
}
"""Kinds of inputs, by name."""

MATRICES = {
    "log_uniform": "conductances uniform in their logarithm, of two states the nearer one",
    "uniform": "conductances uniform, of two states the nearer one",
    "binary": "every cell at g_min or g_max",
    "few_high": "most cells near g_min, few near g_max, as in a trained network",
    "dense": "nine of ten cells at g_max, the others at g_min",
    "hot": "one column at g_max, all other cells at g_min",
    "differential": "normally distributed weights, each on a pair of columns",
}
"""Kinds of matrices, by name; "network NAME" is a tile of the layer NAME."""

GRADE = (
    "grade: how much of the cells' nonlinearity the model keeps; 1 keeps none, every cell is a conductance; 3 and 4 "
    "follow the voltage of each column in two and four bands of rows"
)


GATED_GRADE = (
    "grade: what the model keeps of each column; 1 takes every cell at a typical drop of its column, 2 and 3 follow "
    "the drop along the column by three moments in each of two and four bands of rows"
)


STRING_GRADE = (
    "grade: what the model keeps of each string; the voltage of a selected cell as three, four or seven powers of "
    "the current, and the place of the selected cells among the bypassed ones in one, two or four bands of rows"
)


CHARGE_GRADE = (
    "grade: which charges the model keeps; 1 takes every read as settled, 2 takes the charges at the end of the read, "
    "with all wires"
)


def gates_in_words(certificate: Certificate) -> str:
    """Say which inputs the gates of a certificate take: on and off, or several levels."""
    return "inputs of all levels on the gates" if "levels" in certificate.by_input else "inputs of 0 and 1 on the gates"


def names_in_words(certificate: Certificate) -> str:
    """Explain the kinds of inputs, the kinds of matrices and the grades that a certificate names; empty for none."""
    parts = []
    inputs = [f"{name}: {INPUTS[name]}" for name in certificate.by_input if name in INPUTS]
    matrices = [f"{name}: {MATRICES[name]}" for name in certificate.by_matrix if name in MATRICES]
    if any(name.startswith("network ") for name in certificate.by_matrix):
        matrices.append("network NAME: the tile of the layer NAME with the largest current")
    if inputs:
        parts.append(f"Inputs, in the range stated above: {'; '.join(inputs)}.")
    if matrices:
        parts.append(f"Matrices, in the range stated above: {'; '.join(matrices)}.")
    if certificate.validation:
        gates = GATED_GRADE if certificate.relative_to == "full scale" else STRING_GRADE
        volts = CHARGE_GRADE if certificate.unit == "C" else GRADE
        grade = volts if certificate.input_unit == "V" else gates
        parts.append(f"{grade[0].upper()}{grade[1:]}.")
    return " ".join(parts)
