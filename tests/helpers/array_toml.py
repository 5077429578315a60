"""A specification as a user writes it, for tests that edit one of its lines."""

ARRAY = """\
schema = 1
[array]
rows = 2
cols = 2
cell = "1r"
[device]
model = "rram_ohmic"
g_min = "1u"
g_max = "100u"
[wire]
r_row = 1
r_col = 1
c_row = 0
[driver]
v_read = 0.2
"""
