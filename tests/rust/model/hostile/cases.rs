//! What cannot be in a model file, one thing at a time.

use safetensors::Dtype;
use serde_json::{Value, json};

use super::Parts;

/// Name, what is changed, and a part of the message.
pub type Case = (&'static str, fn(&mut Parts), &'static str);

/// Of a model of four images in one group.
#[rustfmt::skip]
pub const CASES: &[Case] = &[
    ("grid swapped", |p| p.header["grid"] = json!([96, 1]), "its grid is 1 x 96"),
    ("grid negative", |p| p.header["grid"] = json!([-8, -12]), "its grid is -12 x -8"),
    ("grid zero", |p| p.header["grid"] = json!([0, 12]), "its grid is 12 x 0"),
    ("grid huge", |p| p.header["grid"] = json!([1_i64 << 62, 1_i64 << 62]), "its grid is"),
    ("grid of a thousand million locations", |p| {
        p.set_option("input.size", "0");
        p.header["image_size"] = json!([32_768, 32_768]);
        p.header["input_size"] = json!([32_768, 32_768]);
        p.header["grid"] = json!([32_768, 32_768]);
    }, "of 1073741824 locations with 10 channels"),
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
    ("threshold infinite", |p| p.header["thresholds"]["image"] = json!(1e300), "number out of range"),
    ("threshold that was calibrated as another", |p| p.header["origin"]["image"]["threshold"] = json!(1.5), "and was calibrated as 1.5"),
    ("threshold calibrated at no rate", |p| p.header["origin"]["pixel"]["false_alarm_rate"] = json!(0.0), "a rate of false alarms is 0"),
    ("interval upside down", |p| p.header["origin"]["image"]["interval"] = json!([0.9, 0.1]), "between 0.9 and 0.1"),
    ("interval beyond all", |p| p.header["origin"]["image"]["interval"] = json!([0.0, 2.0]), "between 0 and 2"),
    ("method that nobody knows", |p| p.header["origin"]["image"]["method"] = json!("dice"), "unknown variant `dice`"),
    ("score negative", |p| p.group()["images"][1]["score"] = json!(-3.0), "score of '001.png' is -3"),
    ("score infinite", |p| p.group()["images"][1]["score"] = json!(1e300), "number out of range"),
    ("score null", |p| p.group()["images"][1]["score"] = Value::Null, "null"),
    ("peak negative", |p| p.group()["images"][1]["peak"] = json!(-1.0), "its peak -1"),
    (
        "outlier's score infinite",
        |p| p.header["left_out"] = json!([{"name": "x", "reason": {"outlier": {"score": 1e300}}}]),
        "number out of range",
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
        "the lead image of group 0 has no key points",
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
        "sides without number",
        |p| p.set_tensor("mean", Dtype::F32, &[0, 1 << 62, 4], vec![]),
        "group 0: no tensor has the shape [0, 4611686018427387904, 4]",
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
    ("matches negative", |p| p.header["min_matches"] = json!(-1), "`-1`, expected u32"),
    ("distances of more images", |p| p.group()["spread"] = json!(5), "group 0 has 4 images, and distances of 5"),
    ("distances of no image", |p| p.group()["spread"] = json!(0), "the sums of 0 images' distances"),
    ("distances negative", |p| p.set_first_f64("distances.sum", -1.0), "the sums of 4 images' distances"),
    ("distances not finite", |p| p.set_first_f64("distances.sum", f64::NAN), "the sums of 4 images' distances"),
    ("squares negative", |p| p.set_first_f64("distances.squares", -1.0), "the sums of 4 images' distances"),
    ("squares infinite", |p| p.set_first_f64("distances.squares", f64::INFINITY), "the sums of 4 images' distances"),
    ("distances missing", |p| p.remove("distances.sum"), "group.0.distances.sum"),
    ("squares missing", |p| p.remove("distances.squares"), "group.0.distances.squares"),
    (
        "distances of another grid",
        |p| p.set_tensor("distances.sum", Dtype::F64, &[8, 11], vec![0; 8 * 11 * 8]),
        "group 0: distances.sum: Double numbers [8, 11] are no map of 12 x 8",
    ),
    (
        "distances in single precision",
        |p| p.set_tensor("distances.sum", Dtype::F32, &[8, 12], vec![0; 8 * 12 * 4]),
        "group 0: distances.sum: Float numbers",
    ),
    ("distances of an unknown type", |p| p.tensor("distances.sum").0 = Dtype::U64, "group 0: elements of type U64"),
    (
        "part of a recipe that registers nothing",
        |p| p.group()["part"] = json!({"count": 4, "epsilon": 0.1, "blend": {"weight": 0.5, "gain": 1.0, "power": 1.0}}),
        "group 0 knows the part in its lead image, or should",
    ),
    ("registration without a part", |p| p.set_option("registration", "affine"), "group 0 knows the part in its lead image, or should"),
    ("nearest images without a bank", |p| p.set_option("grouping", "nearest"), "group 0 has 4 images, its Gaussian is of 36"),
    ("even beyond wholly", |p| p.set_option("statistics.even", "1.5"), "statistics.even"),
    ("images that are few negative", |p| p.set_option("statistics.few", "-1"), "statistics.few"),
];

/// Of a model that moves pictures onto their lead.
#[rustfmt::skip]
pub const REGISTERED_CASES: &[Case] = &[
    ("part missing", |p| *p.part() = Value::Null, "group 0 knows the part in its lead image, or should"),
    ("no registration", |p| p.set_option("registration", "none"), "group 0 knows the part in its lead image, or should"),
    ("part of more images", |p| p.part()["count"] = json!(4), "group 0 has 3 images, its Gaussian is of 4"),
    ("epsilon of the part vanishing", |p| p.part()["epsilon"] = json!(0.0), "the epsilon of group 0 is 0"),
    ("weight of two", |p| p.part()["blend"]["weight"] = json!(2.0), "group 0 blends its maps by"),
    ("weight negative", |p| p.part()["blend"]["weight"] = json!(-0.5), "group 0 blends its maps by"),
    ("power of a hundred", |p| p.part()["blend"]["power"] = json!(100.0), "group 0 blends its maps by"),
    ("gain zero", |p| p.part()["blend"]["gain"] = json!(0.0), "group 0 blends its maps by"),
    ("gain that is no number", |p| p.part()["blend"]["gain"] = Value::Null, "null"),
    ("blend missing", |p| drop(p.part().as_object_mut().unwrap().remove("blend")), "missing field `blend`"),
    ("mask missing", |p| p.remove("part.mask"), "group.0.part.mask"),
    (
        "mask of another grid",
        |p| p.set_tensor("part.mask", Dtype::BOOL, &[20, 19], vec![1; 380]),
        "group 0: part.mask: Bool numbers [20, 19] are no map of 20 x 20",
    ),
    ("mask of bytes", |p| p.tensor("part.mask").0 = Dtype::U8, "group 0: part.mask: Uint8 numbers"),
    (
        "mask of an unknown type",
        |p| p.set_tensor("part.mask", Dtype::U16, &[20, 20], vec![0; 800]),
        "group 0: elements of type U16",
    ),
    ("mask of other locations", |p| p.tensor("part.mask").2.fill(1), "of 400 locations"),
    (
        "mask of no location",
        |p| {
            p.tensor("part.mask").2.fill(0);
            let rank = p.tensor("part.variances").1[1];
            p.set_tensor("part.mean", Dtype::F32, &[0, 10], vec![]);
            p.set_tensor("part.directions", Dtype::F32, &[0, rank, 10], vec![]);
            p.set_tensor("part.variances", Dtype::F32, &[0, rank], vec![]);
        },
        "the part of group 0 is nowhere",
    ),
    ("mean of the part missing", |p| p.remove("part.mean"), "group.0.part.mean"),
    ("mean of the part not finite", |p| p.set_first("part.mean", f32::NAN), "group 0: the mean"),
    ("variance of the part negative", |p| p.set_first("part.variances", -1.0), "group 0: a variance"),
    ("turned lead missing", |p| p.remove("lead.turn.2.positions"), "group.0.lead.turn.2.positions"),
    ("more turns than there are", |p| p.set_option("registration.turns", "4"), "group.0.lead.turn.3.positions"),
    (
        "turned lead of other channels",
        |p| {
            let points = p.tensor("lead.turn.1.positions").1[0];
            p.set_tensor("lead.turn.1.descriptors", Dtype::F32, &[points, 5], vec![0; points * 5 * 4]);
        },
        "expected [n, 6]",
    ),
    ("turned lead not finite", |p| p.set_first("lead.turn.2.positions", f32::NAN), "positions of key points"),
    (
        "turned lead of an unknown type",
        |p| p.tensor("lead.turn.2.positions").0 = Dtype::U32,
        "group 0: elements of type U32",
    ),
    ("picture of the lead missing", |p| p.remove("lead.gray"), "group.0.lead.gray"),
    ("picture of the lead not finite", |p| p.set_first("lead.gray", f32::INFINITY), "the lead picture of group 0"),
    (
        "picture of the lead smaller",
        |p| p.set_tensor("lead.gray", Dtype::F32, &[1, 1, 80, 160], vec![0; 80 * 160 * 4]),
        "the lead picture of group 0 is [1, 1, 80, 160]",
    ),
    ("picture of the lead of whole numbers", |p| p.tensor("lead.gray").0 = Dtype::I32, "the lead picture of group 0"),
];

/// Of a model that keeps its images.
#[rustfmt::skip]
pub const NEAREST_CASES: &[Case] = &[
    ("bank missing", |p| p.remove("bank"), "group.0.bank"),
    ("bank of more images", |p| p.group()["count"] = json!(5), "group 0 has 4 images, its Gaussian is of 5"),
    (
        "bank of fewer images",
        |p| p.set_tensor("bank", Dtype::F16, &[3, 96, 10], vec![0; 3 * 960 * 2]),
        "the bank of group 0 has 3 images, not 4",
    ),
    (
        "bank of images that nobody knows",
        |p| {
            p.group()["count"] = json!(36);
            p.set_tensor("bank", Dtype::F16, &[36, 96, 10], vec![0; 36 * 960 * 2]);
        },
        "group 0 has 4 images, its Gaussian is of 36",
    ),
    (
        "bank of other locations",
        |p| p.set_tensor("bank", Dtype::F16, &[4, 10, 96], vec![0; 4 * 960 * 2]),
        "what group 0 has learned is [10, 96], of 96 locations with 10 channels",
    ),
    (
        "bank without images",
        |p| p.set_tensor("bank", Dtype::F16, &[0, 96, 10], vec![]),
        "normal features [0, 96, 10] are not finite 16-bit floats",
    ),
    ("bank flat", |p| p.set_tensor("bank", Dtype::F16, &[3840], vec![0; 3840 * 2]), "what group 0 has learned is []"),
    (
        "bank in single precision",
        |p| p.set_tensor("bank", Dtype::F32, &[4, 96, 10], vec![0; 4 * 960 * 4]),
        "group 0: normal features [4, 96, 10] are not finite 16-bit floats",
    ),
    ("bank not finite", |p| p.tensor("bank").2[..2].copy_from_slice(&[0, 0x7e]), "are not finite 16-bit floats"),
    ("leads again", |p| p.set_option("grouping", "leads"), "group.0.mean"),
];

/// Of a model of four images whose ground is scaled.
#[rustfmt::skip]
pub const GROUND_CASES: &[Case] = &[
    ("ground of a recipe that has none", |p| p.set_option("ground", "same"), "group 0 scales its ground, and its recipe does not"),
    ("ground scaled by nothing", |p| p.group()["ground"]["gain"] = json!(0.0), "distances are scaled by 0 and"),
    ("ground scaled beyond all steepness", |p| p.group()["ground"]["power"] = json!(40.0), "and 40"),
    ("ground that is nowhere", |p| p.remove("ground.mask"), "ground.mask"),
    ("ground of other locations", |p| p.set_tensor("ground.mask", Dtype::BOOL, &[2, 2], vec![1; 4]), "ground.mask"),
];

/// Of a model of four images whose features are thinned out.
#[rustfmt::skip]
pub const CORESET_CASES: &[Case] = &[
    ("coreset without members", |p| {
        p.set_tensor("members", Dtype::F32, &[0, 10], vec![]);
        p.set_tensor("owners", Dtype::I64, &[0], vec![]);
    }, "kept features [0, 10] are not finite"),
    ("coreset of other channels", |p| {
        let kept = p.tensor("members").1[0];
        p.set_tensor("members", Dtype::F32, &[kept, 3], vec![0; kept * 12]);
    }, "locations with 10 channels"),
    ("coreset flat", |p| p.set_tensor("members", Dtype::F32, &[40], vec![0; 160]), "what group 0 has learned is [40]"),
    ("coreset not finite", |p| p.set_first("members", f32::NAN), "are not finite 32-bit floats"),
    ("coreset without owners", |p| p.remove("owners"), "group.0.owners"),
    ("owner that nobody knows", |p| p.tensor("owners").2[..8].copy_from_slice(&900_i64.to_le_bytes()), "to 900 are kept, of 4"),
    ("owner below all", |p| p.tensor("owners").2[..8].copy_from_slice(&(-1_i64).to_le_bytes()), "features of images -1 to"),
    ("coreset of more images", |p| p.group()["count"] = json!(5), "its Gaussian is of 5"),
    ("all features kept", |p| p.set_option("neighbour.share", "1"), "group.0.bank"),
];

/// Of a model of four images whose features lie in a subspace.
#[rustfmt::skip]
pub const SUBSPACE_CASES: &[Case] = &[
    ("subspace of other channels", |p| p.set_tensor("sum", Dtype::F64, &[3], vec![0; 24]), "locations with 10 channels"),
    ("subspace of half the products", |p| p.set_tensor("products", Dtype::F64, &[10, 5], vec![0; 400]), "sums [10] and [10, 5]"),
    ("subspace not finite", |p| p.set_first_f64("products", f64::INFINITY), "are no finite 64-bit floats"),
    ("subspace in single precision", |p| p.set_tensor("sum", Dtype::F32, &[10], vec![0; 40]), "are no finite 64-bit floats"),
    ("no share of the variance", |p| p.set_option("subspace.energy", "0"), "subspace.energy"),
    ("Gaussian again", |p| p.set_option("statistics", "gaussian"), "group.0.mean"),
];
