//! Encoders whose weights were trained on another task: which files there are, and where their tensors go.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};

use super::state::values;
use super::{NamedTensor, StateDict};
use crate::experiment::settings::{Baseline, ModelSettings};
use crate::kernel::resize_bilinear;

/// A part of a network for which there is a file of weights trained on `ImageNet`.
#[derive(Debug, PartialEq, Eq)]
pub struct Encoder {
    /// What the file's weights are of.
    pub name: &'static str,
    /// The file that the original takes.
    pub file: &'static str,
    /// A tensor that this file has and those of the network's other encoders lack.
    sign: &'static str,
    /// What the file's names begin with, and what the network's do instead.
    prefixes: (&'static str, &'static str),
    /// Beginnings of the names of tensors that the network has no place for, such as the classifier's.
    unused: &'static [&'static str],
}

const MOBILENET_V3: Encoder = Encoder {
    name: "MobileNetV3 small",
    file: "mobilenet_v3_small-047dcff4.pth of torchvision",
    sign: "features.0.0.weight",
    prefixes: ("features.", "backbone."),
    unused: &["classifier."],
};

const MOBILEVIT_V2: Encoder = Encoder {
    name: "MobileViTv2 0.75",
    file: "mobilevitv2-0.75.pt of ml-cvnets",
    sign: "conv_1.block.conv.weight",
    prefixes: ("", "encoder."),
    unused: &["classifier."],
};

const RES2NET: Encoder = Encoder {
    name: "Res2Net-50 v1b 26w 4s",
    file: "res2net50_v1b_26w_4s-3cf99910.pth of Res2Net",
    sign: "layer1.0.convs.0.weight",
    prefixes: ("", "bkbone."),
    unused: &["fc."],
};

const RESNET: Encoder = Encoder {
    name: "ResNet-34",
    file: "resnet34-333f7ec4.pth of torchvision",
    sign: "layer1.0.conv2.weight",
    prefixes: ("", "resnet."),
    unused: &["layer4.", "fc."],
};

const DEIT: Encoder = Encoder {
    name: "DeiT-S",
    file: "deit_small_patch16_224-cd65a155.pth of DeiT",
    sign: "pos_embed",
    prefixes: ("", "transformer."),
    unused: &["blocks.8.", "blocks.9.", "blocks.10.", "blocks.11.", "head."],
};

/// The position embedding of `DeiT`: that of a class token, then those of 14x14 patches, which the original resizes to
/// the 12x16 of its images, corners on corners.
const POSITIONS: &str = "transformer.pos_embed";
const PRETRAINED_GRID: [usize; 2] = [14, 14];
const GRID: [usize; 2] = [12, 16];

/// Why a file's weights can't be an encoder's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EncoderError {
    /// The network starts from nothing.
    #[error("{0} has no encoder that starts from trained weights")]
    NoEncoder(&'static str),
    /// The file is of none of the network's encoders.
    #[error("the weights are of none of the network's encoders: {}", encoders.join(", "))]
    Unknown {
        /// The encoders with their files.
        encoders: Vec<String>,
    },
    /// The file is like an encoder's, but not the same.
    #[error("the weights don't fit {encoder}: {}", problems.join(", "))]
    Misfit {
        /// The encoder's name.
        encoder: &'static str,
        /// A few of the tensors, with what is wrong with each.
        problems: Vec<String>,
    },
}

/// The parts of the network for which there are trained weights.
pub fn encoders(model: &ModelSettings) -> &'static [Encoder] {
    match model {
        ModelSettings::Baseline(Baseline::MobilenetV3) => &[MOBILENET_V3],
        ModelSettings::Baseline(Baseline::MobilevitV2) => &[MOBILEVIT_V2],
        ModelSettings::Baseline(Baseline::Sanet) => &[RES2NET],
        ModelSettings::Baseline(Baseline::TransfuseS) => &[RESNET, DEIT],
        _ => &[],
    }
}

/// The encoder that a file's weights are of, and the weights under the network's names; `network` has its tensors.
///
/// # Errors
/// When the weights are of something else, or a tensor of the encoder is missing, left over or of another shape.
pub fn encoder_weights(
    model: &ModelSettings,
    file: StateDict,
    network: &StateDict,
) -> Result<(&'static Encoder, StateDict), EncoderError> {
    let encoders = encoders(model);
    if encoders.is_empty() {
        return Err(EncoderError::NoEncoder(model.name()));
    }
    let encoder = encoders.iter().find(|encoder| file.0.contains_key(encoder.sign)).ok_or_else(|| {
        let name = |encoder: &Encoder| format!("{} ({})", encoder.name, encoder.file);
        EncoderError::Unknown { encoders: encoders.iter().map(name).collect() }
    })?;
    let (theirs, ours) = encoder.prefixes;
    let used =
        file.0.into_iter().filter(|(name, _)| !encoder.unused.iter().any(|start| name.starts_with(start)));
    let renamed = used.map(|(name, tensor)| match name.strip_prefix(theirs) {
        Some(rest) => (format!("{ours}{rest}"), tensor),
        None => (name, tensor),
    });
    let placed = renamed
        .map(|(name, tensor)| if name == POSITIONS { (name, resized(tensor)) } else { (name, tensor) });
    let weights: BTreeMap<String, NamedTensor> = placed.collect();

    let absent = network.0.keys().filter(|name| name.starts_with(ours) && !weights.contains_key(*name));
    let absent = absent.map(|name| format!("{name} is missing"));
    let wrong = weights.iter().filter_map(|(name, tensor)| match network.0.get(name) {
        Some(own) if own.shape == tensor.shape => None,
        Some(own) => Some(format!("{name} is {:?}, not {:?}", tensor.shape, own.shape)),
        None => Some(format!("{name} is left over")),
    });
    let mut problems: Vec<String> = absent.chain(wrong).collect();
    if problems.is_empty() {
        return Ok((encoder, StateDict(weights)));
    }
    let all = problems.len();
    problems.truncate(SHOWN);
    if all > SHOWN {
        problems.push(format!("and {} more", all - SHOWN));
    }
    Err(EncoderError::Misfit { encoder: encoder.name, problems })
}

/// Problems that an error lists.
const SHOWN: usize = 8;

/// The position embedding of the patches at the size that the network has; unchanged where it is not that of `DeiT`.
fn resized(tensor: NamedTensor) -> NamedTensor {
    let [rows, columns] = PRETRAINED_GRID;
    let &[1, tokens, width] = tensor.shape.as_slice() else { return tensor };
    if tokens != 1 + rows * columns {
        return tensor;
    }
    let data = TensorData::new(tensor.values[width..].to_vec(), [1, rows * columns, width]);
    let patches: Tensor<3> = Tensor::from_data(data, &Device::flex());
    let grid = patches.swap_dims(1, 2).reshape([1, width, rows, columns]);
    let patches = resize_bilinear(grid, GRID).reshape([1, width, GRID[0] * GRID[1]]).swap_dims(1, 2);
    NamedTensor { shape: patches.dims().to_vec(), values: values(patches) }
}
