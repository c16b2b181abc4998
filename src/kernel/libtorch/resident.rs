//! Images that stay on a device as bytes; batches are gathered, normalised, flipped and rotated there.

use burn::tensor::Tensor as BurnTensor;
use tch::{Kind, Tensor};

use super::device::Libtorch;
use super::stock::{Arrangement, Sample, Stock, Turned};
use super::tensors::outer;

/// A stock of images on a device.
pub struct Resident {
    place: Libtorch,
    size: i64,
    lesion_from: i64,
    /// `[images, 3, pixels]` bytes.
    images: Tensor,
    /// `[images, pixels]` bytes.
    masks: Tensor,
    /// `[images, 256]`
    tables: Tensor,
    /// `[256]`
    mask_table: Tensor,
    /// `[arrangements, pixels]`: sources, and whether there is one.
    kept: (Tensor, Tensor),
}

/// A batch on a device.
pub struct ResidentBatch {
    /// `[batch, 3, height, width]`, as the network takes it.
    pub images: BurnTensor<4>,
    /// `[batch, 1, height, width]`, what the loss compares with.
    pub masks: BurnTensor<4>,
    /// `[batch, pixels]`: lesion or not.
    pub(super) truth: Tensor,
}

impl Resident {
    /// Brings a stock to the device.
    pub fn new(place: Libtorch, stock: &Stock<'_>) -> Self {
        let _guard = tch::no_grad_guard();
        let device = place.tch();
        let pixels = (stock.size * stock.size) as i64;
        let room = |shape: &[i64]| {
            Tensor::empty([&[stock.images.len() as i64], shape].concat(), (Kind::Uint8, device))
        };
        let (images, masks) = (room(&[3, pixels]), room(&[pixels]));
        // One image at a time: neither the host nor the device holds a second copy of them all.
        for (index, (image, mask)) in stock.images.iter().enumerate() {
            let image = Tensor::from_slice(image).view([pixels, 3]).to_device(device);
            images.get(index as i64).copy_(&image.transpose(0, 1));
            masks.get(index as i64).copy_(&Tensor::from_slice(mask));
        }
        let floats = |values: &[f32]| Tensor::from_slice(values).to_device(device);
        Self {
            place,
            size: stock.size as i64,
            lesion_from: i64::from(stock.lesion_from),
            images,
            masks,
            tables: floats(stock.tables.as_flattened()).view([-1, 256]),
            mask_table: floats(&stock.mask_table),
            kept: kept(place, stock),
        }
    }

    /// Sources of rotations, and whether there is one: `[rotations, pixels]` each.
    fn turned(&self, all: &[&Turned]) -> (Tensor, Tensor) {
        let (count, size) = (all.len() as i64, self.size);
        let lines = |lines: fn(&Turned) -> &[Vec<f64>; 2], shape: [i64; 4]| {
            let values: Vec<f64> =
                all.iter().flat_map(|turned| lines(turned).iter().flatten().copied()).collect();
            self.place.send(&Tensor::from_slice(&values)).view(shape)
        };
        let rows = lines(|turned| &turned.rows, [count, 2, size, 1]);
        let rests = lines(|turned| &turned.rests, [count, 2, size, 1]);
        let columns = lines(|turned| &turned.columns, [count, 2, 1, size]);
        // A sum and what its rounding left are exact together, and the rest that is then added is what one rounding sees.
        let sum = &rows + &columns;
        let back = &sum - &rows;
        let left = (&rows - (&sum - &back)) + (&columns - &back);
        let position = ((sum + (left + rests)) + 1.0) * (0.5 * size as f64) - 0.5;
        // Half to even.
        let position = position.round();
        let inside = position.gt(-1.0).logical_and(&position.lt(size as f64)).all_dim(1, false);
        let flips = |of: fn(bool, f64) -> f64| {
            let values: Vec<f64> =
                all.iter().flat_map(|turned| turned.flips.map(|flip| of(flip, size as f64))).collect();
            self.place.send(&Tensor::from_slice(&values)).view([count, 2, 1, 1])
        };
        let position = position * flips(|flip, _| if flip { -1.0 } else { 1.0 })
            + flips(|flip, size| if flip { size - 1.0 } else { 0.0 });
        let index = position.select(1, 1) * size as f64 + position.select(1, 0);
        let index = index.to_kind(Kind::Int64) * inside.to_kind(Kind::Int64);
        (index.view([count, size * size]), inside.view([count, size * size]))
    }

    /// The batch of these samples.
    pub fn batch(&self, samples: &[Sample]) -> ResidentBatch {
        let _guard = tch::no_grad_guard();
        let (count, pixels) = (samples.len() as i64, self.size * self.size);
        let list = |values: Vec<i64>| self.place.send(&Tensor::from_slice(&values));
        let chosen = list(samples.iter().map(|sample| sample.image as i64).collect());
        let (sources, inside) = self.arranged(samples);

        let bytes = self.images.index_select(0, &chosen);
        let bytes = bytes.gather(2, &sources.unsqueeze(1).expand([count, 3, pixels], false), false);
        let tables = self.tables.index_select(0, &chosen);
        let values = tables.gather(1, &bytes.view([count, 3 * pixels]).to_kind(Kind::Int64), false);
        // Outside of a rotated image stands 0 in the network's range, whatever byte that is.
        let values = values.view([count, 3, pixels]) * inside.unsqueeze(1);

        let grey = self.masks.index_select(0, &chosen).gather(1, &sources, false);
        let masks =
            self.mask_table.index_select(0, &grey.view([-1]).to_kind(Kind::Int64)).view([count, pixels]);
        let tensor = |values: Tensor, channels: i64| {
            BurnTensor::from_dispatch(outer(values.view([count, channels, self.size, self.size])))
        };
        ResidentBatch {
            images: tensor(values, 3),
            masks: tensor(masks * &inside, 1),
            truth: grey.ge(self.lesion_from).logical_and(&inside),
        }
    }

    /// Sources of each sample, and whether there is one: `[samples, pixels]` each.
    fn arranged(&self, samples: &[Sample]) -> (Tensor, Tensor) {
        let mut own: Vec<&Turned> = Vec::new();
        let kept = self.kept.0.size()[0];
        let rows: Vec<i64> = samples
            .iter()
            .map(|sample| match &sample.arrangement {
                Arrangement::Kept(index) => *index as i64,
                Arrangement::Turned(turned) => {
                    own.push(turned);
                    kept + own.len() as i64 - 1
                }
            })
            .collect();
        let rows = self.place.send(&Tensor::from_slice(&rows));
        let choose = |kept: &Tensor, own: Option<&Tensor>| match own {
            Some(own) => Tensor::cat(&[kept, own], 0).index_select(0, &rows),
            None => kept.index_select(0, &rows),
        };
        if own.is_empty() {
            return (choose(&self.kept.0, None), choose(&self.kept.1, None));
        }
        let (sources, inside) = self.turned(&own);
        (choose(&self.kept.0, Some(&sources)), choose(&self.kept.1, Some(&inside)))
    }
}

/// Sources of the stock's arrangements, and whether there is one: `[arrangements, pixels]` each.
fn kept(place: Libtorch, stock: &Stock<'_>) -> (Tensor, Tensor) {
    let indices: Vec<i64> = stock
        .arrangements
        .iter()
        .flat_map(|sources| sources.iter())
        .map(|&source| if source == stock.outside { -1 } else { i64::from(source) })
        .collect();
    let shape = [stock.arrangements.len() as i64, (stock.size * stock.size) as i64];
    let indices = place.send(&Tensor::from_slice(&indices)).view(shape);
    (indices.clamp_min(0_i64), indices.ge(0_i64))
}
