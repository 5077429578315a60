from circuitsim.bench.solver import solver_benchmark


def test_every_part_of_a_small_benchmark():
    said = []
    found = solver_benchmark(
        sizes=(6, 8),
        transistor_sizes=(6,),
        gated_sizes=(6,),
        batch=3,
        repeats=1,
        ngspice_up_to=6,
        progress=said.append,
    )
    assert [entry["n"] for entry in found["linear"]] == [6, 8]
    assert set(found["linear"][0]["peers"]) >= {"splu", "ngspice"}
    assert "ngspice" not in found["linear"][1]["peers"]
    for entry in (*found["linear"], *found["nonlinear"]):
        assert entry["read_ms"] > 0
        for peer in entry["peers"].values():
            assert peer["difference"] < 1e-8
    assert found["nonlinear"][0]["pays_after_vectors"] >= 1
    assert found["ratios"]["linear_6_splu_over_read"] > 0
    assert found["method"]["threads"] == 1
    assert [entry["n"] for entry in found["gated"]] == [6]
    assert found["gated"][0]["read_batch_ms_per_vector"] > 0
    assert set(found["scaling"]) == {"bl", "wl"}
    assert len(said) == 5
