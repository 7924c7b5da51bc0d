"""Learning from good parts, and what comes of it."""
import copy
import json
import os
import pickle
import signal
from pathlib import Path

import numpy as np
import parts
import pytest
import twinspect
from PIL import Image


def test_fit_of_arrays_files_and_a_folder_are_the_same_model(model, bad, tmp_path):
    paths = parts.write_folder(tmp_path / "good", range(1, 13))
    expected = twinspect.Inspector(model, threads=1).inspect(bad).score
    for pictures in (tmp_path / "good", str(tmp_path / "good"), paths, (str(path) for path in paths)):
        fitted = twinspect.fit(pictures, tmp_path / "part.twin", options=parts.SMALL)
        assert twinspect.Inspector(fitted, threads=1).inspect(bad).score == expected
    assert twinspect.Inspector(tmp_path / "part.twin", threads=1).inspect(bad).score == expected
    assert [each["name"] for group in fitted.describe()["groups"] for each in group["images"]]


def test_info_and_describe(model):
    info = model.info
    assert (info.image_count, info.group_count, info.left_out_count) == (12, 1, 0)
    assert info.image_size == (parts.WIDTH, parts.HEIGHT) and info.input_size == (96, 96)
    assert info.thresholds == model.thresholds and info.thresholds.image > 0
    described = model.describe()
    assert described["thresholds"]["image"] == pytest.approx(info.thresholds.image) if "thresholds" in described else described
    lead = model.lead_image()
    assert lead.shape[2] == 3 and lead.dtype == np.uint8 and not lead.flags.writeable and max(lead.shape) <= 128
    with pytest.raises(ValueError):
        model.lead_image(1)
    assert "12 images" in repr(model)


def test_lead_image_outlives_its_model(bad, tmp_path):
    model = twinspect.fit(parts.good_parts(2), options=parts.SMALL)
    lead = model.lead_image()
    kept = lead.copy()
    model.close()
    assert repr(model) == "<Model, closed>"
    assert np.array_equal(lead, kept)
    with pytest.raises(twinspect.StateError, match="the Model is closed"):
        model.save(tmp_path / "part.twin")


def test_model_through_bytes_pickle_and_copy(model, bad):
    expected = twinspect.Inspector(model, threads=1).inspect(bad).score
    for other in (twinspect.Model.from_bytes(model.to_bytes()), pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert twinspect.Inspector(other, threads=1).inspect(bad).score == expected


def test_hundred_models_closed_in_either_order_or_forgotten_leave_memory_flat(model, bad, tmp_path):
    model.save(tmp_path / "part.twin")
    expected = twinspect.Inspector(model, threads=1).inspect(bad).score

    def cycle(number):
        models = [twinspect.Model.load(tmp_path / "part.twin", threads=1) for _ in range(2)]
        inspectors = [twinspect.Inspector(each, threads=1) for each in models]
        for each in models[:: -1 if number % 2 else 1] if number % 4 < 2 else []:
            each.close()
        assert [each.inspect(bad).score for each in inspectors] == [expected] * 2

    def resident_mib():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    for number in range(10):
        cycle(number)
    before = resident_mib()
    for number in range(100):
        cycle(number)
    # Two networks are some 30 MiB, which the allocator gives back when it likes; one lost in ten would be 150 MiB.
    assert resident_mib() - before < 100


def test_model_with_other_thresholds(model, good, bad):
    strict = model.with_thresholds(image=1)
    assert strict.thresholds == twinspect.Thresholds(1, pytest.approx(model.thresholds.pixel))
    assert twinspect.Inspector(strict, threads=1).inspect(good).is_defect
    assert not twinspect.Inspector(model, threads=1).inspect(good).is_defect
    with pytest.raises(ValueError):
        model.with_thresholds(pixel=-1)


def test_model_files_that_cannot_be_read(model, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.twin"):
        twinspect.Model.load(tmp_path / "nowhere.twin")
    with pytest.raises(OSError):
        twinspect.Model.load(tmp_path)
    content = model.to_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        with pytest.raises(ValueError) as raised:
            twinspect.Model.from_bytes(content[:length])
        assert raised.value.name == "TSP_E_FORMAT"
    with pytest.raises(OSError):
        model.save(tmp_path / "no folder" / "part.twin")
    # Paths need not be text.
    odd = os.fsdecode(b"part\xff.twin")
    model.save(tmp_path / odd)
    assert twinspect.Model.load(tmp_path / odd).info == model.info


def test_fitter_adds_to_a_model(model):
    fitter = twinspect.Fitter.from_model(model, threads=1)
    for seed in range(20, 23):
        fitter.add(parts.draw_part(seed), np.ones((parts.HEIGHT, parts.WIDTH), bool), name=f"part {seed}")
    assert len(fitter) == 3
    assert fitter.fit().info.image_count == 15
    assert model.info.image_count == 12


def test_names_of_pictures_are_in_the_model():
    fitter = twinspect.Fitter(parts.SMALL)
    for seed, name in ((1, "Teil 1 ä"), (2, None), (3, "third")):
        fitter.add(parts.draw_part(seed), name=name)
    names = str(fitter.fit().describe())
    assert "Teil 1 ä" in names and "third" in names


def test_progress_is_told_and_may_cancel():
    calls = []
    model = twinspect.fit(parts.good_parts(4), progress=lambda *call: calls.append(call), options=parts.SMALL)
    assert model.info.image_count == 4
    stages = [stage for stage, _, _ in calls]
    assert stages[0] == "reading good parts" and len(set(stages)) > 1
    assert all(0 <= done <= total for _, done, total in calls)
    with pytest.raises(twinspect.CancelledError):
        twinspect.fit(parts.good_parts(4), progress=lambda *_: False, options=parts.SMALL)


def test_exception_of_a_progress_function_comes_out_and_cancels():
    fitter = twinspect.Fitter(parts.SMALL)
    for picture in parts.good_parts(4):
        fitter.add(picture)
    calls = []

    def progress(*call):
        calls.append(call)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        fitter.fit(progress)
    assert len(calls) == 1
    # Nothing has changed, and nobody watches any more.
    assert fitter.fit().info.image_count == 4


def test_ctrl_c_comes_out_of_a_fit():
    fitter = twinspect.Fitter(parts.SMALL)
    for picture in parts.good_parts(4):
        fitter.add(picture)
    with pytest.raises(KeyboardInterrupt):
        fitter.fit(lambda *_: signal.raise_signal(signal.SIGINT))


def test_progress_function_that_uses_the_fitter_gets_busy():
    fitter = twinspect.Fitter(parts.SMALL)
    for picture in parts.good_parts(4):
        fitter.add(picture)
    with pytest.raises(twinspect.StateError) as raised:
        fitter.fit(lambda *_: fitter.add(parts.draw_part(9)))
    assert raised.value.name == "TSP_E_BUSY"


def test_too_few_pictures():
    with pytest.raises(ValueError) as raised:
        twinspect.fit([], options=parts.SMALL)
    assert raised.value.name == "TSP_E_TOO_FEW_IMAGES"
    with pytest.raises(ValueError, match="3 masks for 2 pictures"):
        twinspect.fit(parts.good_parts(2), masks=[None] * 3)


def test_file_that_cannot_be_used_is_named(tmp_path):
    paths = parts.write_folder(tmp_path, range(3))
    paths[1].write_bytes(paths[1].read_bytes()[:200])
    with pytest.raises(ValueError) as raised:
        twinspect.fit(tmp_path, options=parts.SMALL)
    assert raised.value.where == str(paths[1])
    with pytest.raises(FileNotFoundError):
        twinspect.fit([tmp_path / "nowhere.png"], options=parts.SMALL)


def test_pictures_that_cannot_be_used_are_named_and_the_rest_goes_on_where_asked(model, bad, tmp_path, caplog):
    paths = parts.write_folder(tmp_path, range(3))
    paths[1].write_bytes(paths[1].read_bytes()[:200])
    fitted = twinspect.fit(tmp_path, options=parts.SMALL, skip_unusable=True)
    assert fitted.info.image_count == 2
    assert any("left out" in each.getMessage() and str(paths[1]) in each.getMessage() for each in caplog.records)
    caplog.clear()
    inspector = twinspect.Inspector(model, threads=1)
    calls = []
    pictures = [*paths, tmp_path / "nowhere.png", bad, np.zeros((3, 4, 5, 6))]
    found = inspector.inspect_many(pictures, skip_unusable=True, progress=lambda *call: calls.append(call))
    assert [each.name for each in found] == [str(paths[0]), str(paths[2]), "images[4]"]
    assert found[2].score == inspector.inspect(bad).score
    said = [each.getMessage() for each in caplog.records]
    assert len(said) == 3 and str(paths[1]) in said[0] and "nowhere.png" in said[1] and "images[5]" in said[2]
    assert calls[-1] == ("inspecting", 2, 2)
    # What meets every picture is no picture's own.
    with pytest.raises(twinspect.TwinspectError):
        twinspect.fit(paths, device="cuda:999", skip_unusable=True)


def test_scores_of_files_are_those_of_the_command_line(model, program, tmp_path, bad):
    """To the bit, where another decoder, or one that drops bits, would give another picture."""
    (tmp_path / "new").mkdir()
    paths = [tmp_path / "new" / name for name in ("colour.jpg", "gray.jpg", "wide.png")]
    Image.fromarray(bad).save(paths[0], quality=85)
    Image.fromarray(bad[:, :, 1]).save(paths[1], quality=70)
    Image.fromarray(bad[:, :, 0].astype(np.uint16) * 257 + 93).save(paths[2])
    model.save(tmp_path / "part.twin")
    lines = program("inspect", tmp_path / "part.twin", tmp_path / "new", "--json", "--set", "threads=1", allowed=(0, 1))
    printed = [json.loads(line) for line in lines.splitlines()]
    inspector = twinspect.Inspector(model, threads=1)
    for found in ([inspector.inspect(path) for path in paths], inspector.inspect_many(paths), inspector.inspect_many(tmp_path / "new")):
        dicts = [each.to_dict() for each in found]
        for key in ("score", "verdict", "regions"):
            assert [each[key] for each in dicts] == [each[key] for each in printed]
    # So they are of the library's decoder: Pillow's gives another picture of one of these at least.
    assert any(inspector.inspect(np.asarray(Image.open(path))).score != inspector.inspect(path).score for path in paths[:2])


def test_scores_are_those_of_the_command_line(model, program, tmp_path, bad):
    parts.write_folder(tmp_path / "good", range(1, 13))
    [new] = parts.write_folder(tmp_path / "new", [101], defective=True)
    settings = [word for key, value in parts.SMALL.items() for word in ("--set", f"{key}={value}")]
    program("fit", tmp_path / "good", "-o", tmp_path / "part.twin", *settings)
    printed = json.loads(program("inspect", tmp_path / "part.twin", new, "--json", "--set", "threads=1", allowed=(1,)))
    for inspector in (twinspect.Inspector(model, threads=1), twinspect.Inspector(tmp_path / "part.twin", threads=1)):
        found = inspector.inspect(new).to_dict()
        assert {key: printed[key] for key in ("score", "verdict", "threshold", "regions")} == {
            key: found[key] for key in ("score", "verdict", "threshold", "regions")
        }
