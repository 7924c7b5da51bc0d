"""HALCON's variation model: limits and comparisons by its formulas."""
import numpy as np
import parts
import pytest
import twinspect

GOOD = [np.full((6, 8), value, np.uint8) for value in (98, 100, 102)]


@pytest.fixture
def trained():
    variation = twinspect.Variation(8, 6)
    variation.train(GOOD[:2])
    variation.train(GOOD[2])
    return variation


def test_limits_are_those_of_the_formulas(trained):
    trained.prepare(absolute=(10, 3), relative=2)
    deviation = np.sqrt(8 / 3)
    assert trained.image("ideal") == pytest.approx(np.full((6, 8), 100))
    assert trained.image("variation") == pytest.approx(np.full((6, 8), deviation), rel=1e-5)
    assert trained.image("upper") == pytest.approx(np.full((6, 8), 110))
    assert trained.image("lower") == pytest.approx(np.full((6, 8), 100 - 2 * deviation), rel=1e-5)


def test_comparison_finds_what_is_outside(trained):
    trained.prepare(10, 0)
    picture = np.full((6, 8), 100, np.uint8)
    assert trained.compare(picture).verdict is twinspect.Verdict.GOOD
    picture[1, 2:4], picture[4, 6] = 130, 60
    result = trained.compare(picture)
    assert result.is_defect and result.region_count == 2 and result.threshold is None
    assert (result.score, result.anomaly_map[1, 2]) == (30, 20)
    assert trained.compare(picture, sides="light").runs.tolist() == [[1, 2, 3]]
    assert [region.peak for region in trained.compare(picture, sides="light_dark").regions] == [20, -30]
    with pytest.raises(twinspect.StateError):
        result.render(picture)


def test_mask_of_a_comparison(trained):
    trained.prepare(10, 0)
    picture, mask = np.full((6, 8), 100, np.uint8), np.ones((6, 8), bool)
    picture[1, 2], picture[4, 6] = 130, 60
    mask[1, 2] = False
    assert trained.compare(picture, mask).runs.tolist() == [[4, 6, 6]]
    assert trained.compare(picture, ~mask).runs.tolist() == [[1, 2, 2]]
    with pytest.raises(ValueError, match="the mask marks no pixel"):
        trained.compare(picture, np.zeros((6, 8), bool))


def test_features_are_compared_where_they_are_asked_for(tmp_path):
    good = [parts.draw_part(seed)[:, :, 0] for seed in range(1, 9)]
    bad = parts.draw_part(101, defective=True)[:, :, 0]
    variation = twinspect.Variation(parts.WIDTH, parts.HEIGHT, variation_engine="features", options=parts.SMALL)
    variation.train(good)
    variation.prepare(absolute=-1, relative=0)
    variation.save(tmp_path / "plate.var")
    loaded = twinspect.Variation.load(tmp_path / "plate.var", threads=1)
    for each in (variation, loaded):
        assert each.info.engine == "features" and each.info.size == (parts.WIDTH, parts.HEIGHT)
        assert not each.compare(good[0]).is_defect
        assert each.compare(bad).is_defect
    with pytest.raises(twinspect.TwinspectError, match="features"):
        trained = twinspect.Variation(8, 6)
        trained.train(GOOD)
        twinspect.Variation.from_bytes(trained.to_bytes(), variation_engine="features")


def test_variation_through_file_and_bytes(trained, tmp_path):
    trained.prepare(10, 0)
    trained.save(tmp_path / "plate.var")
    picture = np.full((6, 8), 130, np.uint8)
    for other in (twinspect.Variation.load(tmp_path / "plate.var"), twinspect.Variation.from_bytes(trained.to_bytes())):
        # Its size is known before anything is compared.
        assert other.info == trained.info == twinspect.VariationInfo((8, 6), "uint8", "standard", "pixels", True)
        assert np.array_equal(other.image("upper"), trained.image("upper"))
        assert other.compare(picture).score == 20
    with pytest.raises(ValueError) as raised:
        twinspect.Variation.from_bytes(b"")
    assert raised.value.name == "TSP_E_FORMAT"
    trained.clear_train_data()
    assert trained.compare(picture).is_defect
    with pytest.raises(twinspect.StateError):
        trained.train(GOOD)


def test_other_modes_and_types():
    robust = twinspect.Variation(8, 6, "uint16", "robust")
    assert robust.info == twinspect.VariationInfo((8, 6), "uint16", "robust", "pixels", False)
    robust.train([picture.astype(np.uint16) for picture in GOOD])
    robust.prepare(10, 0)
    assert robust.compare(np.full((6, 8), 111, np.uint16)).is_defect
    direct = twinspect.Variation(8, 6, mode="direct")
    direct.prepare_direct(GOOD[1], np.full((6, 8), 4, np.float32), 0, 2)
    assert direct.image("upper") == pytest.approx(np.full((6, 8), 108))
    with pytest.raises(twinspect.StateError):
        direct.train(GOOD)


def test_wrong_calls_say_what_is_allowed(trained):
    with pytest.raises(twinspect.StateError):
        twinspect.Variation(8, 6).compare(GOOD[0])
    with pytest.raises(ValueError, match="standard, robust, direct"):
        twinspect.Variation(8, 6, mode="loose")
    with pytest.raises(ValueError):
        trained.train([np.zeros((5, 5), np.uint8)])
    with pytest.raises(twinspect.TwinspectError):
        trained.train([np.zeros((6, 8, 3), np.uint8)])
    with pytest.raises(ValueError):
        trained.prepare(-1, 0)
