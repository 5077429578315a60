"""The example of the README runs as it stands and says what the README says."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_python_example(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict = {}
    exec(compile(example, str(README), "exec"), names)
    printed = capsys.readouterr().out
    assert "nodal - ngspice" in printed
    full_scale = names["certificate"].full_scale
    truth = names["truth"].i_out
    assert abs(names["exact"].i_out - truth).max() <= 1e-7 * full_scale
    assert abs(names["i_out"] - truth).max() <= 2 * names["certificate"].error.max * full_scale
