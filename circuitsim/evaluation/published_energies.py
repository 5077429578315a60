"""Published energies of digital work: not measured here, not scaled to a technology, a range where sources disagree."""

from circuitsim.results import PublishedEnergy

HOROWITZ = 'M. Horowitz, "Computing\'s energy problem", ISSCC 2014, doi 10.1109/ISSCC.2014.6757323 (45 nm, 0.9 V)'
_ALADDIN = 'Y. S. Shao et al., "Aladdin", ISCA 2014 (40 nm, as the table of CiMLoop states it)'
_ISAAC = 'A. Shafiee et al., "ISAAC", ISCA 2016 (eDRAM at 32 nm, as the table of CiMLoop states it)'
_NORTHPOLE = (
    'D. S. Modha et al., "Neural inference at the frontier of energy, space, and time", Science 382, 329 (2023)'
)
_TOKENS = 'R. Appuswamy et al., "Breakthrough low-latency, high-energy-efficiency LLM inference", IEEE HPEC 2024'

ADDITION = PublishedEnergy(
    "addition of 32 bits",
    0.1e-12,
    0.21e-12,
    "addition",
    f"{HOROWITZ}; {_ALADDIN}",
    "the adder alone; narrower sums take less",
)
BYTE = PublishedEnergy(
    "access to a buffer",
    20.45e-12 / 32,
    100e-12 / 8,
    "byte",
    f"{_ISAAC}: 20.45 pJ for 256 bits; {HOROWITZ}: 10 to 100 pJ for 64 bits of an SRAM of 8 KB to 1 MB",
    "no wires between buffer and arrays",
)
_RESNET50_MACS = 3.858e9
_PARAMETERS = 3e9
DIGITAL = (
    PublishedEnergy(
        "digital, 8 bits, arithmetic alone",
        0.23e-12,
        0.3e-12,
        "multiply-accumulate",
        HOROWITZ,
        "a product of 8 bits with an addition of 8 or 32 bits; no memory",
    ),
    PublishedEnergy(
        "digital, 8 bits, each weight from an SRAM at each use",
        0.23e-12 + 10e-12 / 8,
        0.3e-12 + 100e-12 / 8,
        "multiply-accumulate",
        HOROWITZ,
        "from 8 KB to 1 MB, without reuse in registers; weights that do not fit come from DRAM at 160 to 330 pJ a byte",
    ),
    PublishedEnergy(
        "NorthPole, memory beside digital cores, 12 nm",
        1 / 571 / _RESNET50_MACS,
        672 / 28356 / _PARAMETERS,
        "multiply-accumulate",
        f"{_NORTHPOLE}: 571 images of ResNet-50 a joule, 74 W; {_TOKENS}: 28,356 tokens a second of 3e9 weights on 16 "
        "cards of 672 W together",
        "whole chips or cards at 8 to 2 bits, divided by the multiply-accumulates of the network; the first number is "
        "from a review of the paper, the second from the abstract",
    ),
)
"""Energy of a multiply-accumulate on digital machines."""
