//! The options, one row each.

use super::spec::{Domain, OptionSpec, Scope};

const fn fit(
    key: &'static str,
    domain: Domain,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        key,
        scope: Scope::Fit,
        domain,
        default,
        help,
    }
}

const fn run(
    key: &'static str,
    domain: Domain,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        key,
        scope: Scope::Run,
        domain,
        default,
        help,
    }
}

/// The table, in the order in which the data meets the options.
pub const TABLE: &[OptionSpec] = &[
    run(
        "device",
        Domain::Text,
        "cpu",
        "where to compute: cpu, cuda or cuda:N",
    ),
    run(
        "threads",
        Domain::Int(0, 1024),
        "0",
        "threads of libtorch in this process; 0 = as many as it likes, and one where there are several lanes",
    ),
    run(
        "lanes",
        Domain::Int(0, 256),
        "1",
        "pictures of a batch, and good parts of a folder or a fit, that are worked on at once, each on as many threads; 0 = as many as \
         the processors can",
    ),
    run(
        "image.max_pixels",
        Domain::Int(1, 1 << 40),
        "268435456",
        "larger pictures are refused before any memory is taken",
    ),
    run(
        "variation.engine",
        Domain::Choice(&["pixels", "features", "both"]),
        "pixels",
        "what a variation model compares: pixels: gray values, as HALCON does; features: anomaly maps; both: one decides, the other \
         is written down beside it",
    ),
    run(
        "variation.decides",
        Domain::Choice(&["pixels", "features"]),
        "pixels",
        "which engine's result a variation model that compares both returns",
    ),
    run(
        "shadow.folder",
        Domain::Text,
        "none",
        "where a variation model that compares both writes shadow.csv, and pictures that its engines disagree about; none = nowhere",
    ),
    run(
        "shadow.pictures",
        Domain::Int(0, 1_000_000),
        "1000",
        "most pictures that are kept in shadow.folder",
    ),
    run(
        "input.size_mismatch",
        Domain::Choice(&["resize", "refuse"]),
        "resize",
        "a picture whose size differs from that of the first normal image is resized like it, or refused",
    ),
    run(
        "health",
        Domain::Choice(&["decide", "report"]),
        "decide",
        "decide: a picture whose frame is unlike those of the normal images (dark, saturated, blurred, of other proportions) is undecided; report: that is only said",
    ),
    run(
        "health.repeats",
        Domain::Int(0, 1_000_000),
        "0",
        "a picture that is the same to the last bit as so many right before it is undecided; 0 = they are only counted",
    ),
    run(
        "fit.memory_mib",
        Domain::Int(1, 1 << 20),
        "1024",
        "features of the normal images kept in memory while fitting, in MiB; what is beyond goes to a temporary file",
    ),
    fit(
        "input.size",
        Domain::Int(0, 32768),
        "320",
        "longer side of the network's input, in pixels, 64 or more; 0 = the picture's own size; a vision transformer gets the nearest multiple of 14",
    ),
    fit(
        "input.aspect",
        Domain::Choice(&["keep", "stretch"]),
        "keep",
        "keep: the input has the picture's aspect ratio (to a multiple of 32 pixels; of 14 for a vision transformer); stretch: it is square",
    ),
    fit(
        "tile.size",
        Domain::Int(0, 4096),
        "0",
        "side of the tiles in which the features of a large input are computed, in pixels, a multiple of 32 (of 14 for a vision transformer); 0 = all at once",
    ),
    fit(
        "tile.overlap",
        Domain::Int(0, 4096),
        "128",
        "what a tile sees of its neighbours on each side, in pixels of the input; docs/tiles.md says what less of it does",
    ),
    fit(
        "backbone",
        Domain::Text,
        "efficientnet-lite0",
        "name of a network (`twinspect weights list`) or path of a TorchScript file",
    ),
    fit(
        "features.precision",
        Domain::Choice(&["float32", "bfloat16", "float16"]),
        "float32",
        "numbers that the backbone computes in: bfloat16 on processors and GPUs that have it, float16 on GPUs; what follows is float32",
    ),
    fit(
        "features.stages",
        Domain::Text,
        "2,3",
        "stages of the backbone, joined at every location; 1 to 4 of the built-in convolutional networks have strides 4, 8, 16, 32; of a vision transformer: its blocks, all of stride 14",
    ),
    fit(
        "features.grid",
        Domain::Int(0, 24),
        "3",
        "stage whose grid all stages are brought to; 0 = the finest of them",
    ),
    fit(
        "adaptor",
        Domain::Choice(&["mean", "adaptive"]),
        "mean",
        "mean: each channel's mean over the p x p neighbourhood; adaptive: the paper's adaptive average pooling over channels and neighbours",
    ),
    fit(
        "adaptor.patch",
        Domain::Int(1, 15),
        "3",
        "side p of the neighbourhood, odd, in locations",
    ),
    fit(
        "adaptor.channels",
        Domain::Int(1, 65536),
        "700",
        "channels C' after adaptive pooling",
    ),
    fit(
        "adaptor.border",
        Domain::Choice(&["zero", "replicate"]),
        "replicate",
        "what lies outside of the feature map",
    ),
    fit(
        "features.sigma",
        Domain::Float(0.0, 64.0),
        "0",
        "Gaussian smoothing of the adapted features, in locations; 0 = none",
    ),
    fit(
        "embedding",
        Domain::Choice(&["none", "channels", "orthogonal"]),
        "none",
        "how channels become fewer: channels: random ones are taken (PaDiM); orthogonal: projected onto random directions at right angles (OrthoAD)",
    ),
    fit(
        "embedding.channels",
        Domain::Int(1, 65536),
        "100",
        "channels that an embedding leaves",
    ),
    fit(
        "embedding.seed",
        Domain::Int(0, 1 << 31),
        "0",
        "which random channels or directions an embedding takes, the same on every machine",
    ),
    fit(
        "matcher",
        Domain::Choice(&["none", "backbone", "xfeat", "dedode"]),
        "backbone",
        "whose key points put normal images into groups: the backbone's features, XFeat, or the paper's DeDoDe; none: one group of all",
    ),
    fit(
        "matcher.stage",
        Domain::Int(1, 24),
        "3",
        "stage of the backbone whose features are matched",
    ),
    fit(
        "matcher.tolerance",
        Domain::Int(0, 64),
        "2",
        "how far a match of the backbone's features may have moved, in locations of that stage; not asked where pictures are registered",
    ),
    fit(
        "matcher.size",
        Domain::Int(0, 4096),
        "0",
        "longer side of the picture that xfeat or dedode looks at, in pixels; 0 = what it was made for (640, 784)",
    ),
    fit(
        "matcher.keypoints",
        Domain::Int(0, 65536),
        "0",
        "key points that xfeat or dedode takes of a picture at most; 0 = its authors' number (4096, 10000)",
    ),
    fit(
        "matcher.descriptor",
        Domain::Choice(&["b", "g"]),
        "b",
        "descriptor network of dedode; g needs the weights of dinov2-vitl14 too",
    ),
    fit(
        "matcher.shortlist",
        Domain::Int(1, 1024),
        "8",
        "lead images, and turned copies of them, that a picture is matched with at most: those of the most similar gist",
    ),
    fit(
        "registration",
        Domain::Choice(&["auto", "none", "similarity", "affine", "homography"]),
        "auto",
        "how a picture is moved onto its lead image, by the matches, before it is compared; the map is carried back; auto: similarity if the good parts lie differently, none if they lie alike or are in several groups",
    ),
    fit(
        "registration.turns",
        Domain::Int(1, 72),
        "24",
        "turned copies of each lead image that a picture is matched with, for parts at any angle; 1 = parts lie nearly alike",
    ),
    fit(
        "registration.refinements",
        Domain::Int(0, 4),
        "2",
        "times that a moved picture is matched again and moved by what is left",
    ),
    fit(
        "registration.inliers",
        Domain::Int(4, 10000),
        "12",
        "matches that must agree on how a picture lies; with fewer it is not registered, and undecided",
    ),
    fit(
        "registration.scale_limit",
        Domain::Float(1.0, 10.0),
        "1.15",
        "how many times larger or smaller than in the lead image a part may be",
    ),
    fit(
        "registration.weight",
        Domain::Float(0.0, 1.0),
        "0",
        "share of the comparison at the lead image beside that of the picture as it lies: 1 = it alone; 0 = half, the more the fewer good parts",
    ),
    fit(
        "grouping",
        Domain::Choice(&["leads", "nearest"]),
        "leads",
        "leads: groups with lead images, each with its statistics; nearest: for each picture the statistics of the normal images most like it",
    ),
    fit(
        "nearest.count",
        Domain::Int(1, 10000),
        "25",
        "normal images that a picture is compared with, for grouping = nearest",
    ),
    fit(
        "nearest.by",
        Domain::Choice(&["place", "mean", "matches"]),
        "place",
        "what they are chosen by: cosine of the features place by place, of their mean over all places, or the matcher's count of matches",
    ),
    fit(
        "groups.min_matches",
        Domain::Int(0, 1 << 20),
        "0",
        "matches with a lead image that make a normal image join its group; 0 = chosen from the images",
    ),
    fit(
        "groups.size",
        Domain::Int(0, 10000),
        "0",
        "images a group should hold, for the automatic choice (the paper: 20 to 30); 0 = all in one group",
    ),
    fit(
        "groups.smallest",
        Domain::Int(2, 10000),
        "8",
        "smaller groups are merged into the nearest one",
    ),
    fit(
        "groups.most",
        Domain::Int(1, 1024),
        "32",
        "groups at most; keeps time and memory flat when normal images are many",
    ),
    fit(
        "fit.outliers",
        Domain::Choice(&["keep", "drop"]),
        "keep",
        "drop: leave out good parts that do not look like the others, and name them (HALCON's 'robust')",
    ),
    fit(
        "fit.copies",
        Domain::Choice(&["none", "flips", "turns", "all"]),
        "none",
        "copies of each normal image that are learned from too: flipped either way, turned by 180 degrees and if square by 90, or all of them",
    ),
    fit(
        "statistics",
        Domain::Choice(&["gaussian", "neighbour", "subspace"]),
        "gaussian",
        "gaussian: the Mahalanobis distance to a Gaussian at every location; neighbour: the distance to the nearest feature of a good part; subspace: what lies outside of the principal components of all features",
    ),
    fit(
        "neighbour.reach",
        Domain::Int(-1, 64),
        "-1",
        "how far from its own location the nearest feature may lie, in locations; -1 = anywhere",
    ),
    fit(
        "neighbour.share",
        Domain::Float(1e-4, 1.0),
        "1",
        "share of the features that is kept, those that the others are nearest to (PatchCore's coreset); 1 = all",
    ),
    fit(
        "neighbour.projection",
        Domain::Int(0, 65536),
        "128",
        "channels that features are projected to while some are chosen to be kept; 0 = they are compared as they are",
    ),
    fit(
        "neighbour.support",
        Domain::Int(0, 1000),
        "0",
        "kept features around the nearest one that weigh its distance (PatchCore, equation 7); 0 = it is not weighed",
    ),
    fit(
        "subspace.energy",
        Domain::Float(0.01, 1.0),
        "0.99",
        "share of the variance that the principal components hold, for statistics = subspace",
    ),
    fit(
        "statistics.epsilon",
        Domain::Float(1e-9, 1e6),
        "0.1",
        "regularisation added to the diagonal of the covariance",
    ),
    fit(
        "statistics.epsilon_of",
        Domain::Choice(&["unit", "variance"]),
        "variance",
        "what epsilon is a multiple of: 1, as in the paper, or the mean variance of the features within the groups",
    ),
    fit(
        "statistics.factors",
        Domain::Choice(&["float32", "float16"]),
        "float32",
        "numbers in which the Gaussians' directions are kept; float16: half the file and half the memory",
    ),
    fit(
        "statistics.even",
        Domain::Float(0.0, 1.0),
        "0",
        "how much a location's distances are divided by how high the good parts themselves come there: 0 = not, 1 = wholly",
    ),
    fit(
        "ground",
        Domain::Choice(&["auto", "same", "level"]),
        "auto",
        "level: the distances of the ground that a part lies on are brought to the scale of the part's own; same: they are not; auto: level if fit finds that the good parts lie alike",
    ),
    fit(
        "statistics.few",
        Domain::Int(0, 64),
        "8",
        "a group of fewer images learns from the neighbouring locations of each as well; 0 = never",
    ),
    fit(
        "map.sigma",
        Domain::Float(0.0, 64.0),
        "0",
        "Gaussian smoothing of the distances, in locations; 0 = none",
    ),
    fit(
        "score",
        Domain::Choice(&["max", "top"]),
        "max",
        "max: the highest value of the anomaly map; top: the mean of its highest values",
    ),
    fit(
        "score.top_percent",
        Domain::Float(0.001, 100.0),
        "1",
        "share of the anomaly map that `score = top` averages, in per cent",
    ),
    fit(
        "verdict.false_alarm_rate",
        Domain::Float(1e-6, 0.5),
        "0.02",
        "share of good parts that may be called defective",
    ),
    fit(
        "verdict.least_matches",
        Domain::Float(0.0, 1.0),
        "0.3",
        "a picture that matches its lead image less than this share of what its worst normal image does is undecided; 0 = never",
    ),
];
