"""The pulse response that a device's card states."""

import numpy as np

from circuitsim.devices.from_spec import device_card
from circuitsim.errors import InputError
from circuitsim.results import PulseResponse
from circuitsim.spec import ArraySpec, checked


@checked
def stated_pulse_response(spec: ArraySpec) -> PulseResponse:
    """Return the pulse response in `[pulses]` of the device's card.

    Values that the card calls "textbook scale" count as unverified.

    Raises:
        InputError: The card states none, or a table that cannot be used; or as `device_card`.
    """
    card = device_card(spec)
    table = card.pulses
    if table is None:
        how = (
            "programming.measure_pulse_response measures one by ngspice"
            if card.dynamic is not None
            else "results.PulseResponse takes measured steps"
        )
        raise InputError(f"device {card.name!r} states no pulses: expected [pulses] in its device.toml; {how}")
    sources, values = {"steps": f"{table.fit} {table.source}"}, {}
    for name in ("write_noise", "step_spread", "bound_spread", "endurance", "energy", "duration"):
        stated = getattr(table, name)
        if stated is not None:
            doubt = " (unverified)" if stated.fit == "textbook scale" else ""
            for field in ("energy_up", "energy_down") if name == "energy" else (name,):
                sources[field] = f"{stated.fit} {stated.source}{doubt}"
                values[field] = np.full(len(table.g), stated.value) if name == "energy" else stated.value
    return PulseResponse(np.array(table.g), np.array(table.up), np.array(table.down), sources=sources, **values)
