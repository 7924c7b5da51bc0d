//! Stand-in until the room's own file is merged: which network a weight file belongs to.

/// A pretrained network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Architecture {
    EfficientNetLite0,
    EfficientNetLite1,
    EfficientNetLite2,
    ResNet18,
    ResNet50,
    WideResNet50_2,
}
