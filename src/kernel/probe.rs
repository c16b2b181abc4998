//! Single kernels for benchmarks: each with the shapes at which EGE-UNet meets it, and what it costs at least.

use std::sync::Arc;

use super::cpu::{
    Axes, BceDice, Bilinear, Bridge, ChannelNorm, Conv3x3, ConvNormPoolGelu, DeepBceDice, Depthwise, Factor,
    Gelu, GroupNorm, NormPoolGelu, Pointwise,
};
use super::fused::{Input, Op, Saved};

/// A kernel with inputs to run it on.
pub struct Probe {
    /// The kernel.
    pub name: &'static str,
    /// Shape of its first input.
    pub shape: Vec<usize>,
    /// Floating-point operations of the forward, a multiply-add as two; those of the backward are twice as many.
    /// None where memory, not arithmetic, bounds the kernel.
    pub flops: Option<f64>,
    op: Arc<dyn Op>,
    inputs: Vec<(Vec<usize>, Vec<f32>)>,
    saved: Saved,
    gradient: Vec<f32>,
}

impl Probe {
    fn new(name: &'static str, op: impl Op, shapes: &[&[usize]], macs_per_output: Option<usize>) -> Self {
        let wave = |count: usize| (0..count).map(|i| (0.37 * i as f32).sin()).collect::<Vec<f32>>();
        let inputs: Vec<_> =
            shapes.iter().map(|shape| (shape.to_vec(), wave(shape.iter().product()))).collect();
        let mut probe = Self {
            name,
            shape: shapes[0].to_vec(),
            flops: None,
            op: Arc::new(op),
            inputs,
            saved: Vec::new(),
            gradient: Vec::new(),
        };
        let (output, saved) = probe.with_inputs(|op, inputs| op.forward(inputs, true));
        probe.flops = macs_per_output.map(|macs| 2.0 * macs as f64 * output.len() as f64);
        (probe.saved, probe.gradient) = (saved, wave(output.len()));
        probe
    }

    /// The same with zeros and ones as first input.
    fn with_mask(mut self) -> Self {
        self.inputs[0].1.iter_mut().for_each(|value| *value = if *value > 0.0 { 1.0 } else { 0.0 });
        self
    }

    fn with_inputs<T>(&self, work: impl FnOnce(&dyn Op, &[Input]) -> T) -> T {
        let inputs: Vec<Input> = self.inputs.iter().map(|(shape, values)| Input { shape, values }).collect();
        work(&*self.op, &inputs)
    }

    /// Runs the forward, keeping what the backward needs.
    pub fn forward(&self) {
        self.with_inputs(|op, inputs| drop(op.forward(inputs, true)));
    }

    /// Runs the backward for the gradients of all inputs.
    pub fn backward(&self) {
        let wanted = vec![true; self.inputs.len()];
        self.with_inputs(|op, inputs| drop(op.backward(inputs, &self.saved, &self.gradient, &wanted)));
    }

    /// Bytes that the forward reads and writes at least: its inputs and its output.
    pub fn forward_bytes(&self) -> f64 {
        4.0 * (self.input_floats() + self.gradient.len()) as f64
    }

    /// Bytes that the backward reads and writes at least: the inputs, the output's gradient and the inputs'.
    pub fn backward_bytes(&self) -> f64 {
        4.0 * (2 * self.input_floats() + self.gradient.len()) as f64
    }

    fn input_floats(&self) -> usize {
        self.inputs.iter().map(|(_, values)| values.len()).sum()
    }
}

/// Every kernel at the sizes of EGE-UNet at 256x256 with eight images, and the 3x3 convolution at those of wider
/// networks too.
pub fn probes() -> Vec<Probe> {
    let conv = |channels_in: usize, channels_out: usize, size: usize, batch: usize| {
        let shapes: [&[usize]; 3] =
            [&[batch, channels_in, size, size], &[channels_out, channels_in, 3, 3], &[channels_out]];
        Probe::new("conv3x3", Conv3x3, &shapes, Some(9 * channels_in))
    };
    let epsilon = 1e-5;
    let form = BceDice { bce: 1.0, dice: 1.0, smooth: 1.0, on_probabilities: true };
    let loss = DeepBceDice { form, weights: vec![1.0, 0.5, 0.4, 0.3, 0.2, 0.1] };
    let sides: Vec<Vec<usize>> = [256, 256, 128, 64, 32, 16, 8].map(|size| vec![8, 1, size, size]).to_vec();
    let sides: Vec<&[usize]> = sides.iter().map(Vec::as_slice).collect();
    let mut bridge: Vec<Vec<usize>> = vec![vec![8, 8, 128, 128], vec![8, 8, 128, 128], vec![8, 1, 128, 128]];
    for _ in 0..4 {
        bridge.extend([vec![5], vec![5], vec![5, 1, 3, 3], vec![5]]);
    }
    bridge.extend([vec![20], vec![20], vec![8, 20, 1, 1], vec![8]]);
    let bridge: Vec<&[usize]> = bridge.iter().map(Vec::as_slice).collect();
    vec![
        conv(3, 8, 256, 8),
        conv(8, 16, 128, 8),
        conv(16, 24, 64, 8),
        conv(64, 64, 64, 2),
        Probe::new("conv1x1", Pointwise, &[&[8, 24, 64, 64], &[16, 24, 1, 1], &[16]], Some(24)),
        Probe::new(
            "depthwise3x3",
            Depthwise { dilation: 1 },
            &[&[8, 32, 64, 64], &[32, 1, 3, 3], &[32]],
            Some(9),
        ),
        Probe::new(
            "depthwise3x3 dilation 7",
            Depthwise { dilation: 7 },
            &[&[8, 32, 64, 64], &[32, 1, 3, 3], &[32]],
            Some(9),
        ),
        Probe::new("group_norm", GroupNorm { groups: 4, epsilon }, &[&[8, 16, 64, 64], &[16], &[16]], None),
        Probe::new("channel_norm", ChannelNorm { epsilon }, &[&[8, 32, 64, 64], &[32], &[32]], None),
        Probe::new(
            "norm_pool_gelu",
            NormPoolGelu { groups: 4, epsilon },
            &[&[8, 8, 256, 256], &[8], &[8]],
            None,
        ),
        Probe::new(
            "conv3x3 and norm_pool_gelu",
            ConvNormPoolGelu { groups: 4, epsilon },
            &[&[8, 3, 256, 256], &[8, 3, 3, 3], &[8], &[8], &[8]],
            Some(4 * 27),
        ),
        Probe::new("gelu", Gelu, &[&[8, 8, 128, 128]], None),
        Probe::new("bilinear", Bilinear { height: 128, width: 128 }, &[&[8, 8, 64, 64]], None),
        Probe::new(
            "factor",
            Factor { shape: [1, 8, 32, 32] },
            &[&[1, 8, 8, 8], &[8, 1, 3, 3], &[8], &[8, 8, 1, 1], &[8]],
            None,
        ),
        Probe::new(
            "axes",
            Axes,
            &[
                &[8, 32, 32, 32],
                &[1, 8, 32, 32],
                &[1, 8, 32, 1],
                &[1, 8, 1, 32],
                &[8, 8, 1, 1],
                &[8],
                &[8, 1, 3, 3],
                &[8],
            ],
            None,
        ),
        Probe::new(
            "bridge",
            Bridge { dilations: vec![1, 2, 5, 7], mask: true, epsilon, tail_epsilon: epsilon },
            &bridge,
            None,
        ),
        Probe::new("bce_dice", loss, &sides, None).with_mask(),
    ]
}
