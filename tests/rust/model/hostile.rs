//! Model files that somebody made on purpose: each with a right checksum, and one thing in it that cannot be.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use twinspect::ErrorKind;
use twinspect::model::{Fitter, Model};
use twinspect::options::Options;

use crate::parts::{defective, fit, good_parts, options, view};

/// Bytes before the archive: 16 of magic, version, length, SHA-256.
const PROLOGUE_BYTES: usize = 16 + 4 + 8 + 32;

/// A model file taken apart.
#[derive(Clone)]
struct Parts {
    header: Value,
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
}

impl Parts {
    fn of(model: &Model) -> Self {
        let bytes = model.to_bytes().unwrap();
        let archive = &bytes[PROLOGUE_BYTES..];
        let (_, metadata) = SafeTensors::read_metadata(archive).unwrap();
        let header = &metadata.metadata().as_ref().unwrap()["model"];
        let tensors = SafeTensors::deserialize(archive)
            .unwrap()
            .tensors()
            .into_iter()
            .map(|(name, view)| {
                let (dtype, shape) = (view.dtype(), view.shape().to_vec());
                (name, (dtype, shape, view.data().to_vec()))
            })
            .collect();
        Self {
            header: serde_json::from_str(header).unwrap(),
            tensors,
        }
    }

    /// The file of these parts, with a right checksum.
    fn file(&self) -> Vec<u8> {
        self.file_with(&self.header.to_string())
    }

    fn file_with(&self, header: &str) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, (dtype, shape, bytes))| {
            let view = TensorView::new(*dtype, shape.clone(), bytes).unwrap();
            (name.clone(), view)
        });
        let metadata = HashMap::from([("model".to_owned(), header.to_owned())]);
        let archive = safetensors::serialize(views, Some(metadata)).unwrap();
        let mut bytes = b"TWINSPECT-MODEL\n\x01\0\0\0".to_vec();
        bytes.extend((archive.len() as u64).to_le_bytes());
        bytes.extend(Sha256::digest(&archive));
        bytes.extend(archive);
        bytes
    }

    fn tensor(&mut self, name: &str) -> &mut (Dtype, Vec<usize>, Vec<u8>) {
        self.tensors.get_mut(&format!("group.0.{name}")).unwrap()
    }

    /// Puts another tensor there.
    fn set_tensor(&mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        *self.tensor(name) = (dtype, shape.to_vec(), bytes);
    }

    /// Puts a value into the first element of a f32 tensor.
    fn set_first(&mut self, name: &str, value: f32) {
        self.tensor(name).2[..4].copy_from_slice(&value.to_le_bytes());
    }

    fn group(&mut self) -> &mut Value {
        &mut self.header["groups"][0]
    }

    fn set_option(&mut self, key: &str, value: &str) {
        let recipe = self.header["recipe"].as_array_mut().unwrap();
        recipe.retain(|option| option[0] != key);
        recipe.push(json!([key, value]));
    }
}

fn load(bytes: &[u8]) -> twinspect::Result<Model> {
    Model::from_bytes(bytes, &Options::default())
}

type Case = (&'static str, fn(&mut Parts), &'static str);

/// Name, what is changed, and a part of the message.
#[rustfmt::skip]
const CASES: &[Case] = &[
    ("grid swapped", |p| p.header["grid"] = json!([96, 1]), "its grid is 1 x 96"),
    ("grid negative", |p| p.header["grid"] = json!([-8, -12]), "its grid is -12 x -8"),
    ("grid zero", |p| p.header["grid"] = json!([0, 12]), "its grid is 12 x 0"),
    ("grid huge", |p| p.header["grid"] = json!([1_i64 << 62, 1_i64 << 62]), "its grid is"),
    ("grid of other locations", |p| p.header["grid"] = json!([8, 11]), "what group 0 has learned is"),
    ("input smaller", |p| p.header["input_size"] = json!([64, 64]), "its input is 64 x 64"),
    ("input swapped", |p| p.header["input_size"] = json!([64, 96]), "its input is 64 x 96"),
    ("input huge", |p| p.header["input_size"] = json!([4_000_000_000_u32, 1]), "its input is 4000000000 x 1"),
    ("copy that the recipe does not make", |p| p.group()["images"][0]["copy"] = json!("half_turn"), "group 0 has copies, and its recipe makes none"),
    ("copy that lies in no known way", |p| p.group()["images"][0]["copy"] = json!("sideways"), "unknown variant `sideways`"),
    ("copies of nothing", |p| {
        p.set_option("fit.copies", "turns");
        let images = p.group()["images"].as_array_mut().unwrap();
        images.iter_mut().for_each(|image| image["copy"] = json!("half_turn"));
    }, "it has learned from copies, and from no picture"),
    ("image without width", |p| p.header["image_size"] = json!([0, 64]), "its first image had 0 x 64"),
    ("image too wide", |p| p.header["image_size"] = json!([32_769, 64]), "its first image had 32769 x 64"),
    ("image of another aspect", |p| p.header["image_size"] = json!([64, 96]), "that of a picture of 64 x 96 is"),
    ("weights of a matcher that has none", |p| p.header["matcher"] = json!(["00"]), "its matcher has 0 weight files, and 1 hashes"),
    ("threshold negative", |p| p.header["thresholds"]["image"] = json!(-5.0), "a threshold is -5"),
    ("threshold zero", |p| p.header["thresholds"]["pixel"] = json!(0.0), "a threshold is 0"),
    ("threshold infinite", |p| p.header["thresholds"]["image"] = json!(1e300), "a threshold is inf"),
    ("score negative", |p| p.group()["images"][1]["score"] = json!(-3.0), "score of '001.png' is -3"),
    ("score infinite", |p| p.group()["images"][1]["score"] = json!(1e300), "score of '001.png' is inf"),
    ("score null", |p| p.group()["images"][1]["score"] = Value::Null, "null"),
    ("peak negative", |p| p.group()["images"][1]["peak"] = json!(-1.0), "its peak -1"),
    (
        "outlier's score infinite",
        |p| p.header["left_out"] = json!([{"name": "x", "reason": {"outlier": {"score": 1e300}}}]),
        "score of 'x' is inf",
    ),
    ("lead image outside", |p| p.group()["lead_image"] = json!(4), "image 4 leads group 0, which has 4"),
    ("no images", |p| p.group()["images"] = json!([]), "which has 0"),
    ("no groups", |p| p.header["groups"] = json!([]), "it has no group"),
    ("Gaussian of more images", |p| p.group()["count"] = json!(5), "its Gaussian is of 5"),
    ("Gaussian of no images", |p| p.group()["count"] = json!(0), "its Gaussian is of 0"),
    ("epsilon vanishing", |p| p.group()["epsilon"] = json!(1e-320), "the epsilon of group 0"),
    ("epsilon huge", |p| p.group()["epsilon"] = json!(1e308), "the epsilon of group 0"),
    (
        "lead without key points",
        |p| {
            p.set_tensor("lead.positions", Dtype::F32, &[0, 2], vec![]);
            p.set_tensor("lead.descriptors", Dtype::F32, &[0, 6], vec![]);
        },
        "group 0: there are no key points",
    ),
    (
        "lead of other channels",
        |p| {
            let points = p.tensor("lead.positions").1[0];
            p.set_tensor("lead.descriptors", Dtype::F32, &[points, 5], vec![0; points * 5 * 4]);
        },
        "expected [n, 6]",
    ),
    ("lead descriptors not finite", |p| p.set_first("lead.descriptors", f32::NAN), "descriptors of key points"),
    ("lead positions not finite", |p| p.set_first("lead.positions", f32::INFINITY), "positions of key points"),
    (
        "lead of whole numbers",
        |p| p.tensor("lead.descriptors").0 = Dtype::I32,
        "descriptors of key points are not finite 32-bit floats",
    ),
    (
        "lead missing",
        |p| drop(p.tensors.remove("group.0.lead.positions")),
        "lead.positions",
    ),
    ("mean not finite", |p| p.set_first("mean", f32::NAN), "group 0: the mean"),
    ("variance negative", |p| p.set_first("variances", -1.0), "group 0: a variance"),
    ("mean of an unknown type", |p| p.tensor("mean").0 = Dtype::U32, "group 0: elements of type U32"),
    (
        "features without channels",
        |p| {
            p.set_tensor("mean", Dtype::F32, &[96, 0], vec![]);
            p.set_tensor("directions", Dtype::F32, &[96, 0, 0], vec![]);
            p.set_tensor("variances", Dtype::F32, &[96, 0], vec![]);
        },
        "with 10 channels",
    ),
    (
        "locations without number",
        |p| p.set_tensor("mean", Dtype::F32, &[1 << 62, 0], vec![]),
        "what group 0 has learned is",
    ),
    (
        "directions of another rank",
        |p| p.set_tensor("directions", Dtype::F32, &[96, 0, 10], vec![]),
        "group 0: the parts of a Gaussian do not fit",
    ),
    ("thumbnail empty", |p| p.set_tensor("thumbnail", Dtype::U8, &[0, 0, 3], vec![]), "the thumbnail of group 0"),
    (
        "thumbnail endless and empty",
        |p| p.set_tensor("thumbnail", Dtype::U8, &[0, u32::MAX as usize, 3], vec![]),
        "the thumbnail of group 0",
    ),
    (
        "thumbnail too long",
        |p| p.set_tensor("thumbnail", Dtype::U8, &[1, 129, 3], vec![0; 129 * 3]),
        "the thumbnail of group 0",
    ),
    (
        "thumbnail of floats",
        |p| p.set_tensor("thumbnail", Dtype::F32, &[4, 4, 3], vec![0; 192]),
        "the thumbnail of group 0 is F32",
    ),
    ("stage that no backbone has", |p| p.set_option("features.stages", "25"), "features.stages: '25'"),
    ("stage that this backbone lacks", |p| p.set_option("features.grid", "4"), "features.grid: the backbone has no stage 4"),
    ("matched stage that it lacks", |p| p.set_option("matcher.stage", "3"), "matcher.stage: the backbone has no stage 3"),
    ("other stages", |p| p.set_option("features.stages", "2"), "with 6 channels"),
    ("other pooling", |p| p.set_option("adaptor", "adaptive"), "with 700 channels"),
    ("even patch", |p| p.set_option("adaptor.patch", "4"), "adaptor.patch: 4 is even"),
    ("option of another library", |p| p.set_option("nope", "1"), "nope: there is no option 'nope'"),
    ("option that is no recipe's", |p| p.set_option("device", "cuda"), "'device' is no option of a recipe"),
    ("unknown network", |p| p.set_option("backbone", "resnet51\u{7}"), "backbone: unknown weights 'resnet51\\u{7}'"),
    ("escape sequence", |p| p.set_option("\u{1b}[31m", "1"), "'\\u{1b}[31m'"),
    ("header without grid", |p| drop(p.header.as_object_mut().unwrap().remove("grid")), "grid"),
];

#[test]
fn impossible_value_reports_format_and_says_which() {
    let valid = Parts::of(&fit(&good_parts(4), &options(&[])));
    load(&valid.file()).unwrap();
    for (name, change, words) in CASES {
        let mut parts = valid.clone();
        change(&mut parts);
        let Err(error) = load(&parts.file()) else {
            panic!("{name}: it was loaded")
        };
        assert_eq!(error.kind(), ErrorKind::Format, "{name}: {error}");
        assert!(
            error.message().contains(words),
            "{name}: '{words}' is not in: {error}"
        );
        assert_eq!(
            error.message().matches("the model").count(),
            1,
            "{name}: {error}"
        );
    }
}

#[test]
fn number_that_is_none_reports_format() {
    let parts = Parts::of(&fit(&good_parts(4), &options(&[])));
    let header = parts.header.to_string();
    let threshold = parts.header["thresholds"]["image"].to_string();
    for broken in [
        header.replace(&threshold, "NaN"),
        "{".to_owned(),
        "[".repeat(100_000),
    ] {
        let error = load(&parts.file_with(&broken)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    }
}

#[test]
fn module_that_the_model_names_is_not_run_unless_its_hash_is_right() {
    let folder = tempfile::tempdir().unwrap();
    // Loading it would report that it is no module.
    let module = folder.path().join("evil.pt");
    std::fs::write(&module, "evil").unwrap();
    let mut parts = Parts::of(&fit(&good_parts(2), &options(&[])));
    parts.set_option("backbone", module.to_str().unwrap());
    let error = load(&parts.file()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
    assert!(error.message().contains("evil.pt"), "{error}");
}

#[test]
fn grid_that_a_built_in_backbone_does_not_have_reports_format() {
    let mut small = Options::default();
    small.set_text("input.size", "96").unwrap();
    let mut fitter = match Fitter::new(&small) {
        Ok(fitter) => fitter,
        Err(error) => {
            crate::skip::skip("the grid of a model with a built-in network", error);
            return;
        }
    };
    for picture in good_parts(2) {
        fitter.add(&view(&picture), None, "good").unwrap();
    }
    let mut parts = Parts::of(&fitter.fit(&mut ()).unwrap());
    load(&parts.file()).unwrap();
    assert_eq!(parts.header["grid"], json!([4, 6]));
    parts.header["grid"] = json!([3, 8]);
    let error = load(&parts.file()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    assert!(
        error.message().contains("that of its backbone 6 x 4"),
        "{error}"
    );
}

#[test]
fn model_with_every_kind_of_left_out_image_is_read() {
    let mut pictures = good_parts(20);
    pictures.push(pictures[3].clone());
    pictures.push(defective(60));
    let settings = options(&[
        ("fit.outliers", "drop"),
        ("groups.smallest", "2"),
        ("groups.size", "2"),
        ("matcher.tolerance", "0"),
    ]);
    let model = fit(&pictures, &settings);
    let loaded = load(&Parts::of(&model).file()).unwrap();
    assert_eq!(loaded.left_out(), model.left_out());
    assert_eq!(loaded.groups().len(), model.groups().len());
}

#[test]
fn names_with_control_characters_reach_no_terminal() {
    let mut parts = Parts::of(&fit(&good_parts(2), &options(&[])));
    let lead = parts.group()["lead_image"].as_u64().unwrap() as usize;
    parts.group()["images"][lead]["name"] = json!("Größe\u{1b}[31mred\nline");
    parts.header["left_out"] =
        json!([{"name": "\u{1b}[2J零件", "reason": {"copy_of": "\u{7}\u{202e}"}}]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("part.twin"), parts.file()).unwrap();
    let text = info(folder.path(), &[]);
    assert!(
        text.contains("Größe\\u{1b}[31mred\\nline") && text.contains("\\u{1b}[2J零件"),
        "{text}"
    );
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'),
        "{text:?}"
    );
}

#[test]
fn info_needs_no_weights_and_runs_no_module() {
    let mut parts = Parts::of(&fit(&good_parts(4), &options(&[])));
    parts.set_option("backbone", "/no/such/module.pt");
    parts.header["left_out"] = json!([{"name": "a.png", "reason": {"copy_of": "b.png"}}]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("part.twin"), parts.file()).unwrap();
    assert!(info(folder.path(), &["--leads", "leads"]).contains("left out       a.png"));
    assert!(folder.path().join("leads/group_00.png").exists());
    let json: Value = serde_json::from_str(&info(folder.path(), &["--json"])).unwrap();
    assert_eq!(json["backbone"]["name"], "/no/such/module.pt");
    assert_eq!(json["left_out"][0]["name"], "a.png");
    assert!(
        json["warnings"][0]
            .as_str()
            .unwrap()
            .contains("4 good parts are few"),
        "{json}"
    );
}

/// What `twinspect info part.twin` prints in a folder without any weights.
fn info(folder: &Path, more: &[&str]) -> String {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_twinspect"))
        .current_dir(folder)
        .env("TWINSPECT_WEIGHTS", "/no/such/folder")
        .args(["info", "part.twin"])
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
