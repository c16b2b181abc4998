//! Instruction sets of one arithmetic have the same bits.

use super::simd::InstructionSet;
use super::{
    Axes, BceDice, Bilinear, Bridge, ChannelNorm, Conv3x3, ConvNormPoolGelu, DeepBceDice, Depthwise, Factor,
    Gelu, GroupNorm, NormPoolGelu, Pointwise,
};
use crate::kernel::fused::{Input, Op};

/// A kernel and the shapes of its inputs.
type Case = (Box<dyn Op>, Vec<Vec<usize>>);

/// Kernels at a width that fills vectors or doesn't.
fn cases(width: usize) -> Vec<Case> {
    let (epsilon, height) = (1e-5, 6);
    let map = |channels: usize| vec![2, channels, height, width];
    // Of four images each has all its output channels at once.
    let four = |channels: usize| vec![4, channels, height, width];
    let groups = (0..2).flat_map(|_| [vec![5], vec![5], vec![5, 1, 3, 3], vec![5]]);
    let mut bridge = vec![map(4), map(4), map(1)];
    bridge.extend(groups.chain([vec![10], vec![10], vec![9, 10, 1, 1], vec![9]]));
    let form = BceDice { bce: 1.0, dice: 1.0, smooth: 1.0, on_probabilities: true };
    let quarter = 3;
    vec![
        (
            Box::new(Axes),
            vec![
                map(4 * quarter),
                vec![1, quarter, height, width],
                vec![1, quarter, height, 1],
                vec![1, quarter, 1, width],
                vec![quarter, quarter, 1, 1],
                vec![quarter],
                vec![quarter, 1, 3, 3],
                vec![quarter],
            ],
        ),
        (Box::new(Bilinear { height: 11, width: 2 * width }), vec![map(3)]),
        (Box::new(Bilinear { height: 3, width: 5 * width + 1 }), vec![map(3)]),
        (Box::new(Bridge { dilations: vec![1, 5], mask: true, epsilon, tail_epsilon: epsilon }), bridge),
        (Box::new(ChannelNorm { epsilon }), vec![map(7), vec![7], vec![7]]),
        (Box::new(Conv3x3), vec![map(3), vec![13, 3, 3, 3], vec![13]]),
        (Box::new(Conv3x3), vec![four(9), vec![13, 9, 3, 3], vec![13]]),
        (
            Box::new(ConvNormPoolGelu { groups: 2, epsilon }),
            vec![four(9), vec![14, 9, 3, 3], vec![14], vec![14], vec![14]],
        ),
        (
            Box::new(Factor { shape: [1, 5, height, width] }),
            vec![vec![1, 5, 4, 4], vec![5, 1, 3, 3], vec![5], vec![5, 5, 1, 1], vec![5]],
        ),
        (
            Box::new(ConvNormPoolGelu { groups: 2, epsilon }),
            vec![map(3), vec![6, 3, 3, 3], vec![6], vec![6], vec![6]],
        ),
        (Box::new(DeepBceDice { form, weights: vec![1.0, 0.5] }), vec![map(1), map(1), vec![2, 1, 3, 4]]),
        (
            Box::new(DeepBceDice { form: BceDice { on_probabilities: false, ..form }, weights: vec![1.0] }),
            vec![map(1), map(1)],
        ),
        (Box::new(Depthwise { dilation: 2 }), vec![map(3), vec![3, 1, 3, 3], vec![3]]),
        (Box::new(Gelu), vec![map(3)]),
        (Box::new(GroupNorm { groups: 2, epsilon }), vec![map(4), vec![4], vec![4]]),
        (Box::new(NormPoolGelu { groups: 2, epsilon }), vec![map(4), vec![4], vec![4]]),
        (Box::new(Pointwise), vec![map(7), vec![11, 7, 1, 1], vec![11]]),
    ]
}

/// Output and gradients, bit by bit.
fn bits(op: &dyn Op, inputs: &[Input], set: InstructionSet) -> Vec<Vec<u32>> {
    InstructionSet::force(Some(set));
    let (output, saved) = op.forward(inputs, true);
    let (alone, _) = op.forward(inputs, false);
    let gradient: Vec<f32> = (0..output.len()).map(|i| (0.7 * i as f32).cos()).collect();
    let gradients = op.backward(inputs, &saved, &gradient, &vec![true; inputs.len()]);
    InstructionSet::force(None);
    let arrays = [output, alone].into_iter().chain(gradients.into_iter().flatten());
    arrays.map(|array| array.into_iter().map(f32::to_bits).collect()).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn sixteen_lanes_have_the_bits_of_twice_eight() {
    if !InstructionSet::Avx512.is_there() {
        eprintln!("skipped: this processor has no AVX-512");
        return;
    }
    for width in [64, 48, 32, 16, 13, 8, 6] {
        for (op, shapes) in cases(width) {
            let arrays: Vec<Vec<f32>> = shapes
                .iter()
                .map(|shape| (0..shape.iter().product()).map(|i| (0.37 * i as f32).sin()).collect())
                .collect();
            let inputs: Vec<Input> =
                shapes.iter().zip(&arrays).map(|(shape, values)| Input { shape, values }).collect();
            let [wide, narrow] =
                [InstructionSet::Avx512, InstructionSet::Avx2].map(|set| bits(&*op, &inputs, set));
            assert!(wide == narrow, "{op:?} at width {width}");
        }
    }
}
