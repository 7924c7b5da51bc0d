"""What an inspection found, and how long its memory lives."""
import gc
import json
import resource
import signal

import numpy as np
import parts
import pytest
import twinspect


def test_result_of_a_bad_part(inspector, bad):
    result = inspector.inspect(bad)
    assert result.verdict is twinspect.Verdict.DEFECT and str(result.verdict) == "defect" and result.is_defect
    assert result.score >= result.threshold == inspector.inspect(bad).threshold
    assert result.anomaly_map.shape == result.mask.shape == bad.shape[:2]
    assert result.anomaly_map.dtype == np.float32 and result.mask.dtype == np.uint8
    assert result.score == result.anomaly_map.max()
    assert np.array_equal(result.mask > 0, result.anomaly_map >= np.float32(result.pixel_threshold))
    assert result.to_lead is None


def test_result_of_a_good_part(inspector, good):
    result = inspector.inspect(good)
    assert result.verdict is twinspect.Verdict.GOOD and not result.is_defect
    assert result.score < result.threshold
    assert result.regions == [] and result.runs.shape == (0, 3) and not result.mask.any()


def test_regions_are_the_mask(inspector, bad):
    result = inspector.inspect(bad)
    mask = np.zeros_like(result.mask)
    for region in result.regions:
        for row, first, last in region.runs:
            mask[row, first : last + 1] = 255
        x, y, width, height = region.box
        assert 0 < region.area <= width * height
        assert y <= region.centroid[0] < y + height and x <= region.centroid[1] < x + width
        assert region.peak == result.anomaly_map[y : y + height, x : x + width].max()
    assert np.array_equal(mask, result.mask)
    assert result.region_count == len(result.regions) >= 1


def test_to_dict_and_to_record_say_the_same(inspector, bad):
    result = inspector.inspect(bad)
    found, record = result.to_dict(), result.to_record()
    assert found["score"] == record["score"] == result.score
    assert found["verdict"] == record["verdict"] == "defect"
    assert len(found["regions"]) == record["region_count"]
    assert record["defect_area"] == (result.mask > 0).sum()
    json.dumps(record)


def test_map_is_read_only_and_outlives_everything(model, bad):
    inspector = twinspect.Inspector(model, threads=1)
    result = inspector.inspect(bad)
    map_, mask, runs, kept = result.anomaly_map, result.mask, result.runs, result.anomaly_map.copy()
    with pytest.raises(ValueError, match="read-only"):
        map_[0, 0] = 1
    others = [inspector.inspect(parts.draw_part(seed)) for seed in range(20)]
    result.close()
    inspector.close()
    del result, inspector, others
    gc.collect()
    assert np.array_equal(map_, kept)
    assert np.array_equal(mask > 0, kept >= kept[mask > 0].min())
    assert len(runs) > 0


def test_closed_result_raises(inspector, bad):
    with inspector.inspect(bad) as result:
        score = result.score
    assert result.is_closed and result.score == score
    with pytest.raises(twinspect.StateError, match="the Result is closed. Make another one"):
        _ = result.anomaly_map
    result.close()


def test_memory_of_forgotten_results_is_freed(inspector):
    large = np.zeros((1500, 1500), np.uint8)
    inspector.inspect(large)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(40):
        inspector.inspect(large).anomaly_map
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    # A map has 8.6 MiB, 40 of them 343.
    assert grown_mib < 60, f"40 results that were forgotten have left {grown_mib:.0f} MiB"


def test_render_draws_defects_over_the_picture(inspector, bad):
    result = inspector.inspect(bad)
    drawn = result.render(bad)
    assert drawn.shape == bad.shape and drawn.dtype == np.uint8
    red, green, _ = drawn[result.mask > 0].astype(int).mean(axis=0)
    assert red > green
    bgr = result.render(bad[:, :, ::-1], order="bgr")
    assert np.array_equal(bgr[:, :, ::-1], drawn)
    with pytest.raises(twinspect.InvalidArgumentError, match="80"):
        result.render(bad[:40])


def test_many_results_are_those_of_single_inspections(inspector, good, bad):
    pictures = [good, bad, good[:, :, 0], bad]
    masks = [None, None, None, np.ones(bad.shape[:2], bool)]
    calls = []
    for batch_size in (1, 3, 32):
        results = inspector.inspect_many(pictures, masks, batch_size=batch_size, progress=lambda *call: calls.append(call))
        assert [each.score for each in results] == [inspector.inspect(each).score for each in pictures]
        assert [each.name for each in results] == ["images[0]", "images[1]", "images[2]", "images[3]"]
    assert calls[-1][1:] == (4, 4)
    assert [each.name for each in results.defects] == ["images[1]", "images[3]"] or len(results.defects) == 3
    assert results.scores.dtype == np.float32 and len(results.scores) == 4


def test_many_results_of_a_folder_are_a_table(inspector, tmp_path):
    pandas = pytest.importorskip("pandas")
    paths = parts.write_folder(tmp_path / "new", range(1, 4)) + parts.write_folder(tmp_path / "bad", range(2), defective=True)
    results = inspector.inspect_many(tmp_path / "new") + inspector.inspect_many(str(path) for path in paths[3:])
    table = pandas.DataFrame(twinspect.Results(results).to_records())
    assert list(table["name"]) == list(map(str, paths))
    assert list(table["verdict"]) == ["good"] * 3 + ["defect"] * 2
    assert (table["score"] < table["threshold"]).tolist() == [True] * 3 + [False] * 2


def test_many_pictures_of_which_one_fails_name_it(inspector, good, tmp_path):
    with pytest.raises(ValueError) as raised:
        inspector.inspect_many([good, good, np.full((8, 8), np.nan, np.float32)], batch_size=2)
    assert raised.value.where == "images[2]"
    with pytest.raises(ValueError) as raised:
        inspector.inspect_many([good] * 3 + [np.full((8, 8), np.inf, np.float32)])
    assert raised.value.where.startswith("images[3]") and raised.value.name == "TSP_E_IMAGE"
    with pytest.raises(twinspect.InvalidArgumentError, match="fewer masks than pictures"):
        inspector.inspect_many([good, good], [None])
    assert inspector.inspect_many([]) == []


def test_many_files_among_arrays_keep_their_order(inspector, good, bad, tmp_path):
    paths = parts.write_folder(tmp_path, range(3))
    pictures = [good, *paths[:2], bad, str(paths[2]), good]
    calls = []
    results = inspector.inspect_many(iter(pictures), progress=lambda *call: calls.append(call), batch_size=4)
    assert [each.score for each in results] == [inspector.inspect(each).score for each in pictures]
    assert [each.name for each in results] == ["images[0]", *map(str, paths[:2]), "images[3]", str(paths[2]), "images[5]"]
    assert {total for _, _, total in calls} == {1, 2} and {stage for stage, _, _ in calls} == {"inspecting"}
    assert [done for _, done, total in calls if total == 2] == [0, 1, 2]
    with pytest.raises(twinspect.InvalidArgumentError, match="fewer masks than pictures"):
        inspector.inspect_many(paths, [None] * 2)


def test_many_files_are_cancelled(inspector, tmp_path):
    paths = parts.write_folder(tmp_path, range(3))
    inspector.inspect(parts.draw_part(50))
    with pytest.raises(twinspect.CancelledError):
        inspector.inspect_many(paths, progress=lambda _, done, __: done < 1)
    with pytest.raises(KeyboardInterrupt):
        inspector.inspect_many(paths, progress=lambda *_: signal.raise_signal(signal.SIGINT))
    # The last answer cancels nothing, and nothing is left behind.
    assert len(inspector.inspect_many(paths, progress=lambda _, done, total: done < total)) == 3


def test_many_pictures_are_cancelled(inspector, good):
    with pytest.raises(twinspect.CancelledError):
        inspector.inspect_many([good] * 3, progress=lambda *_: False)
    # What watched is not asked any more.
    assert len(inspector.inspect_many([good] * 3)) == 3


def test_dark_picture_is_undecided_and_says_why(inspector, good):
    result = inspector.inspect(good // 4)
    health = result.health
    assert result.verdict is twinspect.Verdict.UNDECIDED and result.score > 0
    assert result.findings == health.findings and twinspect.Finding.TOO_DARK in health.findings
    assert not health.is_fine and health.limits_known and health.images == 12
    assert health.brightness < health.brightness_low < health.brightness_high
    said = result.to_dict()["health"]
    assert said["findings"][0] == "too_dark" and said["advice"][0].startswith("too dark: brightness 0.")
    assert said["brightness"]["low"] == pytest.approx(health.brightness_low)
    fine = inspector.inspect(good)
    assert fine.findings == 0 and fine.health.is_fine and fine.verdict is twinspect.Verdict.GOOD
    assert fine.repeats == 0 and inspector.inspect(good).repeats == 1


def test_options_of_health(model, good):
    reporting = twinspect.Inspector(model, {"health": "report", "health.repeats": 1}, threads=1)
    results = [reporting.inspect(good) for _ in range(2)]
    assert [result.findings for result in results] == [0, twinspect.Finding.REPEATED]
    assert {result.verdict for result in results} == {twinspect.Verdict.GOOD}


def test_good_parts_are_counted_until_the_drift_is_reset(model, good, bad):
    inspector = twinspect.Inspector(model, threads=1)
    for picture in (good, bad, good // 4):
        inspector.inspect(picture)
    drift = inspector.drift
    assert drift.parts == 1 and not drift.is_found and drift.found_at == 0
    assert (drift.cusum_limit, drift.ks_least_p, drift.window) == (10, 0.001, 50)
    assert np.isnan(drift.ks_p) and drift.references > 4
    inspector.reset_drift()
    assert inspector.drift.parts == 0
    few = twinspect.Inspector(twinspect.fit(parts.good_parts(3), options=parts.SMALL))
    with pytest.raises(twinspect.StateError, match="too few normal images"):
        _ = few.drift


def test_timing_and_warm_up(model, good):
    inspector = twinspect.Inspector(model, threads=1)
    with pytest.raises(twinspect.StateError):
        _ = inspector.timing
    inspector.warm_up(96, 80)
    inspector.inspect(good)
    assert inspector.timing.total_ms >= inspector.timing.backbone_ms > 0
    with pytest.raises(ValueError, match="allowed are gray8"):
        inspector.warm_up(96, 80, "yuv")


def test_thresholds_of_an_inspector(inspector, good):
    score = inspector.inspect(good).score
    inspector.set_thresholds(image=score / 2, pixel=score / 3)
    result = inspector.inspect(good)
    assert result.is_defect and result.pixel_threshold == pytest.approx(score / 3)
    inspector.set_thresholds()
    assert not inspector.inspect(good).is_defect
    with pytest.raises(ValueError):
        inspector.set_thresholds(image=0)
