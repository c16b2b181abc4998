//! An experiment file as it is typed: every setting may be left out, nothing is checked but its shape.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::settings::{
    Axis, BceForm, LastBatch, LossMask, Normalization, Precision, Protocol, Resize, Rotation, Selection,
    TensorInit, Tensors,
};

/// The tables that hold settings; variants and grids may have each of them.
pub const SECTIONS: [&str; 8] =
    ["data", "dataset", "train", "optimizer", "schedule", "loss", "augment", "model"];

/// The tables that choose one of several kinds by name, such as `[model.ege-unet]`.
pub const CHOICES: [&str; 4] = ["dataset", "optimizer", "schedule", "model"];

/// The top level of an experiment; its sections are read one by one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "sections and variants are named to be known keys and read on their own")]
pub struct RawExperiment {
    pub name: String,
    pub description: Option<String>,
    pub extends: Option<IgnoredAny>,
    pub claims: Option<Vec<String>>,
    pub data: Option<IgnoredAny>,
    pub dataset: Option<IgnoredAny>,
    pub train: Option<IgnoredAny>,
    pub optimizer: Option<IgnoredAny>,
    pub schedule: Option<IgnoredAny>,
    pub loss: Option<IgnoredAny>,
    pub augment: Option<IgnoredAny>,
    pub model: Option<IgnoredAny>,
    pub variant: Option<IgnoredAny>,
    pub grid: Option<IgnoredAny>,
}

/// `[[variant]]`: a name and what changes against the base.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "sections are named to be known keys and read once merged with the base")]
pub struct RawVariant {
    pub name: String,
    pub data: Option<IgnoredAny>,
    pub dataset: Option<IgnoredAny>,
    pub train: Option<IgnoredAny>,
    pub optimizer: Option<IgnoredAny>,
    pub schedule: Option<IgnoredAny>,
    pub loss: Option<IgnoredAny>,
    pub augment: Option<IgnoredAny>,
    pub model: Option<IgnoredAny>,
}

/// `[[grid]]`: what varies, each value an array of alternatives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "sections are named to be known keys and read once merged with the base")]
pub struct RawGrid {
    pub name: Option<String>,
    pub data: Option<IgnoredAny>,
    pub dataset: Option<IgnoredAny>,
    pub train: Option<IgnoredAny>,
    pub optimizer: Option<IgnoredAny>,
    pub schedule: Option<IgnoredAny>,
    pub loss: Option<IgnoredAny>,
    pub augment: Option<IgnoredAny>,
    pub model: Option<IgnoredAny>,
}

/// `[data]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawData {
    pub dataset: Option<String>,
    pub split: Option<String>,
    pub size: Option<usize>,
    pub resize: Option<Resize>,
    pub train_images: Option<usize>,
    pub validation_images: Option<usize>,
}

/// `[dataset.…]`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawDataset {
    Folder(RawFolder),
}

/// `[dataset.folder]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawFolder {
    pub path: String,
    pub images: Option<String>,
    pub masks: Option<String>,
    pub mask_values: Option<RawMaskValues>,
    pub split: Option<RawFolderSplit>,
}

/// `[dataset.folder.mask-values]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawMaskValues {
    pub background: Option<Vec<u16>>,
    pub lesion: Option<Vec<u16>>,
}

/// `[dataset.folder.split.…]`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawFolderSplit {
    Lists(RawLists),
    Fractions(RawFractions),
}

/// `[dataset.folder.split.lists]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawLists {
    pub train: String,
    pub select: String,
    pub report: String,
}

/// `[dataset.folder.split.fractions]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawFractions {
    pub select: Option<f64>,
    pub report: Option<f64>,
    pub seed: Option<u64>,
}

/// `[train]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawTrain {
    pub protocol: Option<Protocol>,
    pub epochs: Option<usize>,
    pub batch_size: Option<usize>,
    pub seeds: Option<Vec<u64>>,
    pub last_batch: Option<LastBatch>,
    pub normalization: Option<Normalization>,
    pub selection: Option<Selection>,
    pub precision: Option<Precision>,
}

/// `[optimizer.…]`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawOptimizer {
    Adamw(RawAdamW),
}

/// `[optimizer.adamw]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawAdamW {
    pub learning_rate: Option<f64>,
    pub beta1: Option<f64>,
    pub beta2: Option<f64>,
    pub epsilon: Option<f64>,
    pub weight_decay: Option<f64>,
}

/// `[schedule.…]`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawSchedule {
    Cosine(RawCosine),
    Constant(RawConstant),
}

/// `[schedule.cosine]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawCosine {
    pub t_max: Option<usize>,
    pub min_learning_rate: Option<f64>,
}

/// `[schedule.constant]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConstant {}

/// `[loss]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawLoss {
    pub bce_weight: Option<f64>,
    pub dice_weight: Option<f64>,
    pub smooth: Option<f64>,
    pub side_weights: Option<[f64; 5]>,
    pub bce: Option<BceForm>,
    pub mask: Option<LossMask>,
}

/// `[augment]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawAugment {
    pub horizontal_flip: Option<f64>,
    pub vertical_flip: Option<f64>,
    pub rotation_probability: Option<f64>,
    pub rotation: Option<Rotation>,
}

/// `[model.…]`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawModel {
    EgeUnet(RawEgeUnet),
    Unet(RawBaseline),
    UnetPlusPlus(RawBaseline),
    AttUnet(RawBaseline),
    Malunet(RawBaseline),
    UnextS(RawBaseline),
    UcmNet(RawBaseline),
    MobilenetV3(RawPretrained),
    Sanet(RawPretrained),
    TransfuseS(RawPretrained),
    LbUnet(RawBaseline),
    UltralightVmUnet(RawBaseline),
    UtnetV2(RawBaseline),
    MobilevitV2(RawPretrained),
}

/// `[model.…]` of a network without settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBaseline {}

/// `[model.…]` of a network whose original starts its encoder from weights trained on another task.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawPretrained {
    pub encoder_weights: Option<Vec<String>>,
}

/// `[model.ege-unet]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawEgeUnet {
    pub widths: Option<[usize; 6]>,
    pub ghpa: Option<bool>,
    pub axes: Option<Vec<Axis>>,
    pub groups: Option<usize>,
    pub tensors: Option<Tensors>,
    pub tensor_init: Option<TensorInit>,
    pub tensor_convs: Option<bool>,
    pub gab: Option<bool>,
    pub dilations: Option<Vec<usize>>,
    pub gab_mask: Option<bool>,
    pub deep_supervision: Option<bool>,
}

/// The table in which `key` is a setting, if there is exactly one.
pub fn table_with_key(key: &str) -> Option<&'static str> {
    let tables = [
        ("data", fields_of::<RawData>()),
        ("dataset.folder", fields_of::<RawFolder>()),
        ("train", fields_of::<RawTrain>()),
        ("optimizer.adamw", fields_of::<RawAdamW>()),
        ("schedule.cosine", fields_of::<RawCosine>()),
        ("loss", fields_of::<RawLoss>()),
        ("augment", fields_of::<RawAugment>()),
        ("model.ege-unet", fields_of::<RawEgeUnet>()),
    ];
    let mut homes = tables.iter().filter(|(_, fields)| fields.contains(&key)).map(|(table, _)| *table);
    homes.next().filter(|_| homes.next().is_none())
}

/// The keys of a table, as serde's derived code names them.
fn fields_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // The probe always answers with an error: only what it was asked for counts.
    drop(T::deserialize(Probe(&mut fields)));
    fields
}

/// A deserializer that only listens for the names of a struct's fields.
struct Probe<'a>(&'a mut &'static [&'static str]);

impl<'de> serde::Deserializer<'de> for Probe<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("only the names of fields are asked for"))
    }

    fn deserialize_struct<V: serde::de::Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_to_its_table() {
        assert_eq!(table_with_key("epochs"), Some("train"));
        assert_eq!(table_with_key("learning-rate"), Some("optimizer.adamw"));
        assert_eq!(table_with_key("tensor-init"), Some("model.ege-unet"));
        assert_eq!(table_with_key("epoch"), None);
    }

    #[test]
    fn the_lists_of_tables_are_those_of_the_structs() {
        let sections = |fields: &'static [&'static str]| -> Vec<&str> {
            fields.iter().copied().filter(|field| SECTIONS.contains(field)).collect()
        };
        for fields in [fields_of::<RawExperiment>(), fields_of::<RawVariant>(), fields_of::<RawGrid>()] {
            assert_eq!(sections(fields), SECTIONS);
        }
    }
}
