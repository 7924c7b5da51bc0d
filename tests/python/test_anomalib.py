"""The model of anomalib: with its engine, data modules, metrics, command line, and beside `twinspect evaluate`."""
import json
import os
import subprocess
import sys
import warnings

import mvtec
import numpy as np
import parts
import pytest
import twinspect

anomalib = pytest.importorskip("anomalib")
warnings.filterwarnings("ignore", module="lightning|torchmetrics|torch|anomalib")

import torch  # noqa: E402
from anomalib.data import Folder, MVTecAD, PredictDataset  # noqa: E402
from anomalib.engine import Engine  # noqa: E402
from anomalib.metrics import AUPRO, AUROC, Evaluator, F1Max, F1Score  # noqa: E402
from anomalib.models import get_model, list_models  # noqa: E402
from twinspect.anomalib import Twinspect  # noqa: E402
from twinspect.anomalib.torch_model import pixels_of  # noqa: E402

# anomalib computes in float32; twinspect evaluate counts pixels in bins of 0.4 %.
IMAGE_ROUNDING = 1e-6
PIXEL_ROUNDING = 1e-4


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("mvtec")
    mvtec.write_set(root)
    return root


@pytest.fixture
def data(root):
    return MVTecAD(root=root, category="bottle", num_workers=0, train_batch_size=8, eval_batch_size=8)


def metrics():
    score, label = ["pred_score", "gt_label"], ["pred_label", "gt_label"]
    pixel = ["anomaly_map", "gt_mask"]
    made = [AUROC(fields=score, prefix="image_"), F1Max(fields=score, prefix="image_"), F1Score(fields=label, prefix="image_")]
    made += [AUROC(fields=pixel, prefix="pixel_"), F1Max(fields=pixel, prefix="pixel_"), AUPRO(fields=pixel, prefix="pixel_")]
    return Evaluator(test_metrics=made)


def engine(folder):
    return Engine(default_root_dir=folder, enable_progress_bar=False, accelerator="cpu")


@pytest.fixture(scope="session")
def trained(root, tmp_path_factory):
    """A model that an engine has fitted, and its engine."""
    made = engine(tmp_path_factory.mktemp("results"))
    model = Twinspect(options=parts.SMALL, evaluator=metrics())
    data = MVTecAD(root=root, category="bottle", num_workers=2, train_batch_size=8, eval_batch_size=8)
    made.fit(model, datamodule=data)
    return model, made


@pytest.fixture(scope="session")
def evaluated(root, program, tmp_path_factory):
    """What `twinspect evaluate` says of the same set."""
    settings = [word for key, value in parts.SMALL.items() for word in ("--set", f"{key}={value}")]
    report = tmp_path_factory.mktemp("report")
    return json.loads(program("evaluate", root / "bottle", "--recipe", "default", "--json", "-o", report, *settings))


def assert_same(found, evaluated):
    assert 0.7 < evaluated["image"]["auroc"] < 1, "a set on which nothing can differ proves nothing"
    assert found["image_AUROC"] == pytest.approx(evaluated["image"]["auroc"], abs=IMAGE_ROUNDING)
    assert found["image_F1Max"] == pytest.approx(evaluated["image"]["f1"], abs=IMAGE_ROUNDING)
    assert found["pixel_AUROC"] == pytest.approx(evaluated["pixel"]["auroc"], abs=PIXEL_ROUNDING)
    assert found["pixel_F1Max"] == pytest.approx(evaluated["pixel"]["f1"], abs=PIXEL_ROUNDING)
    assert found["pixel_AUPRO"] == pytest.approx(evaluated["pixel"]["aupro_30"], abs=PIXEL_ROUNDING)
    # Labels are those of the calibrated threshold.
    calibrated = evaluated["calibrated"]
    wrong = calibrated["false_alarms"]["count"] + calibrated["misses"]["count"]
    hits = evaluated["defective"] - calibrated["misses"]["count"]
    assert found["image_F1Score"] == pytest.approx(2 * hits / (2 * hits + wrong), abs=IMAGE_ROUNDING)


def test_metrics_of_anomalib_are_those_of_evaluate(trained, data, evaluated):
    model, made = trained
    [found] = made.test(model, datamodule=data)
    assert_same(found, evaluated)


def test_model_file_loads_in_anomalib(root, data, evaluated, tmp_path):
    twinspect.fit(root / "bottle/train/good", tmp_path / "part.twin", options=parts.SMALL)
    model = Twinspect(tmp_path / "part.twin", options={"threads": 1}, evaluator=metrics())
    [found] = engine(tmp_path).test(model, datamodule=data)
    assert_same(found, evaluated)


def test_export_is_the_model_file(trained, root, tmp_path):
    model, made = trained
    path = made.export(model, "torch", export_root=tmp_path)
    assert path == tmp_path / "weights/torch/model.twin"
    exported = twinspect.Inspector(path, threads=1)
    of_files = twinspect.Inspector(twinspect.fit(root / "bottle/train/good", options=parts.SMALL), threads=1)
    for picture in sorted((root / "bottle/test/scratch").iterdir())[:3]:
        # anomalib shuffles the training set, the sums of which are rounded.
        assert exported.inspect(picture).score == pytest.approx(of_files.inspect(picture).score, rel=1e-4)
    with pytest.raises(NotImplementedError, match='export_type="torch"'):
        made.export(model, "onnx", export_root=tmp_path)
    with pytest.raises(NotImplementedError):
        made.export(model, "openvino", export_root=tmp_path)


def test_checkpoint_holds_the_model(trained, data, tmp_path):
    model, made = trained
    [expected] = made.test(model, datamodule=data)
    loaded = Twinspect.load_from_checkpoint(made.best_model_path, evaluator=metrics())
    assert loaded.fitted.info == model.fitted.info
    [found] = engine(tmp_path).test(loaded, datamodule=data)
    assert found == expected
    fresh = Twinspect(options=parts.SMALL, evaluator=metrics())
    [found] = engine(tmp_path).test(fresh, datamodule=data, ckpt_path=made.best_model_path)
    assert found == expected


def test_predictions_are_what_inspecting_says(trained, root, tmp_path):
    model, made = trained
    folder = root / "bottle/test/scratch"
    batches = made.predict(model, dataset=PredictDataset(folder))
    inspector = twinspect.Inspector(model.fitted, threads=1)
    paths = sorted(folder.iterdir())
    assert len(batches) == len(paths)
    for batch, path in zip(batches, paths):
        result = inspector.inspect(path)
        assert batch.image_path == [str(path)]
        assert batch.pred_score.item() == pytest.approx(result.score / (result.score + result.threshold), rel=1e-6)
        assert batch.pred_label.item() == result.is_defect
        shares = result.anomaly_map / (result.anomaly_map + np.float32(result.pixel_threshold))
        assert batch.anomaly_map[0].numpy() == pytest.approx(shares, abs=1e-6)
        assert np.array_equal(batch.pred_mask[0].numpy(), result.mask > 0)


def test_visualizer_draws_pictures(root, data, tmp_path):
    made, model = engine(tmp_path), Twinspect(options=parts.SMALL)
    [found] = made.train(model, datamodule=data)
    assert set(found) == {"image_AUROC", "image_F1Score", "pixel_AUROC", "pixel_F1Score"}
    assert len(list(tmp_path.glob("**/images/scratch/*.png"))) == 12


def test_folder_data_module(root, tmp_path):
    folders = {"normal_dir": "train/good", "normal_test_dir": "test/good", "abnormal_dir": "test/scratch"}
    data = Folder(name="parts", root=root / "bottle", mask_dir="ground_truth/scratch", num_workers=0, **folders)
    made, model = engine(tmp_path), get_model("twinspect", options=parts.SMALL)
    made.fit(model, datamodule=data)
    [found] = made.test(model, datamodule=data)
    assert found["image_AUROC"] > 0.8 and model.fitted.info.image_count == 16


def test_anomalib_knows_the_model():
    assert "twinspect" in list_models()
    assert type(get_model("Twinspect")) is Twinspect


def anomalib_command(*words):
    command = [sys.executable, "-W", "ignore", "-m", "anomalib.cli.cli", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"}, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def test_command_line_of_anomalib(root, tmp_path):
    model = ["--model", "twinspect.anomalib.Twinspect"]
    data = ["--data", "MVTecAD", "--data.root", root, "--data.category", "bottle", "--data.num_workers", "0"]
    place = ["--default_root_dir", tmp_path, "--trainer.accelerator", "cpu"]
    options = ["--model.options", json.dumps(parts.SMALL)]
    assert "image_AUROC" in anomalib_command("train", *model, *options, *data, *place)
    [checkpoint] = tmp_path.glob("Twinspect/MVTecAD/bottle/v0/weights/lightning/*.ckpt")
    anomalib_command("export", *model, "--export_type", "torch", "--ckpt_path", checkpoint, "--export_root", tmp_path, *place)
    twin = tmp_path / "weights/torch/model.twin"
    assert "image_AUROC" in anomalib_command("test", *model, "--model.twin", twin, *data, *place)


def test_pixels_reach_the_library_unspoiled(good):
    image = torch.from_numpy(good.copy()).permute(2, 0, 1).float() / 255
    assert np.array_equal(pixels_of(image), good)
    every_value = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert np.array_equal(pixels_of(torch.from_numpy(every_value).permute(2, 0, 1).float() / 255), every_value)
    resized = torch.nn.functional.interpolate(image[None], scale_factor=0.7, mode="bilinear", antialias=True)[0]
    assert pixels_of(resized).dtype == np.uint16
    assert pixels_of(resized) == pytest.approx(resized.permute(1, 2, 0).numpy() * 65535, abs=0.51)
    with pytest.raises(ValueError, match="someone has normalised it"):
        pixels_of((image - 0.5) / 0.25)


def test_model_that_has_learned_is_not_taught_again(root, data, tmp_path, caplog):
    twinspect.fit(root / "bottle/train/good", tmp_path / "part.twin", options=parts.SMALL)
    model = Twinspect(tmp_path / "part.twin")
    before = model.fitted.to_bytes()
    engine(tmp_path).fit(model, datamodule=data)
    assert model.fitted.to_bytes() == before
    assert "has learned already" in caplog.text


def test_model_that_has_not_learned_says_so(data, tmp_path):
    with pytest.raises(RuntimeError, match="nothing was learned yet"):
        engine(tmp_path).test(Twinspect(), datamodule=data)
    with pytest.raises(RuntimeError, match="nothing was learned yet"):
        Twinspect().to_torch(tmp_path)
    with pytest.raises(FileNotFoundError):
        Twinspect(twin=tmp_path / "nowhere.twin")
    with pytest.raises(ValueError, match="input.size"):
        Twinspect.configure_pre_processor((256, 256))
