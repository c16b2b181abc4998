//! Kernels as a backend extension of burn.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, DispatchTensor, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};

use super::op::{Input, Op, Saved};
use crate::kernel::{profile, trace};

/// An operation of any kind.
pub(in crate::kernel) type AnyOp = Arc<dyn Op>;

/// A tensor of any rank.
pub(in crate::kernel) struct AnyTensor(DispatchTensor);

impl<const D: usize> From<Tensor<D>> for AnyTensor {
    fn from(tensor: Tensor<D>) -> Self {
        Self(tensor.into_dispatch())
    }
}

/// Runs the operation on plain tensors.
fn forward(op: &AnyOp, tensors: &[FlexTensor], keep: bool) -> (FlexTensor, Saved) {
    with_inputs(tensors, |inputs| {
        let shape = op.output_shape(inputs);
        let (values, saved) = profile::forward(&**op, inputs, keep);
        (FlexTensor::from_data(TensorData::new(values, shape)), saved)
    })
}

fn with_inputs<T>(tensors: &[FlexTensor], work: impl FnOnce(&[Input]) -> T) -> T {
    let shapes: Vec<Vec<usize>> = tensors.iter().map(|tensor| tensor.layout().shape().to_vec()).collect();
    let inputs: Vec<Input> = tensors
        .iter()
        .zip(&shapes)
        .map(|(tensor, shape)| Input { shape, values: tensor.as_slice().expect("inputs are contiguous f32") })
        .collect();
    work(&inputs)
}

/// The node of an operation in the autodiff graph.
#[derive(Debug)]
struct Node;

#[derive(Clone, Debug)]
struct State {
    op: AnyOp,
    inputs: Vec<FlexTensor>,
    saved: Arc<Saved>,
}

impl<const N: usize> Backward<Flex, N> for Node {
    type State = State;

    fn backward(self, ops: Ops<State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let State { op, inputs: tensors, saved } = ops.state;
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradient = gradient.as_slice::<f32>().expect("a gradient is contiguous f32");
        let values =
            with_inputs(&tensors, |inputs| profile::backward(&*op, inputs, &saved, gradient, &wanted));
        for ((parent, values), tensor) in ops.parents.into_iter().zip(values).zip(&tensors) {
            if let (Some(parent), Some(values)) = (parent, values) {
                let shape = tensor.layout().shape().to_vec();
                gradients.register::<Flex>(parent.id, FlexTensor::from_data(TensorData::new(values, shape)));
            }
        }
    }
}

/// Defines the extension trait with one method for each number of inputs that an operation may have: burn's
/// dispatch wants each tensor as an argument of its own.
macro_rules! arities {
    ($($method:ident($($input:ident),+);)+) => {
        /// Operations with a backward of their own.
        #[backend_extension(Autodiff, Flex)]
        pub trait FusedOps: Backend {
            $(
                #[doc = "Applies an operation."]
                fn $method(op: AnyOp, $($input: FloatTensor<Self>),+) -> FloatTensor<Self>;
            )+
        }

        impl FusedOps for Flex {
            $(
                fn $method(op: AnyOp, $($input: FloatTensor<Self>),+) -> FloatTensor<Self> {
                    forward(&op, &[$($input.to_contiguous()),+], false).0
                }
            )+
        }

        impl<C: CheckpointStrategy> FusedOps for Autodiff<Flex, C> {
            $(
                fn $method(op: AnyOp, $($input: FloatTensor<Self>),+) -> FloatTensor<Self> {
                    let nodes = [$($input.node()),+];
                    let inputs = vec![$($input.primitive().to_contiguous()),+];
                    match Node.prepare::<C>(nodes).compute_bound().stateful() {
                        OpsKind::Tracked(prep) => {
                            let (output, saved) = forward(&op, &inputs, true);
                            prep.finish(State { op, inputs, saved: Arc::new(saved) }, output)
                        }
                        OpsKind::UnTracked(prep) => prep.finish(forward(&op, &inputs, false).0),
                    }
                }
            )+
        }

        /// Applies `op` to tensors of any rank; the result has rank `D`.
        ///
        /// # Panics
        /// When no operation has that many inputs.
        pub(in crate::kernel) fn apply<const D: usize>(op: impl Op, inputs: Vec<AnyTensor>) -> Tensor<D> {
            trace::note_kernel();
            let op: AnyOp = Arc::new(op);
            let inputs: Vec<_> = inputs.into_iter().map(|input| input.0).collect();
            let count = inputs.len();
            $(
                let inputs = match <[_; arities!(@count $($input)+)]>::try_from(inputs) {
                    Ok([$($input),+]) => return Tensor::from_dispatch(Dispatch::$method(op, $($input),+)),
                    Err(inputs) => inputs,
                };
            )+
            drop(inputs);
            unreachable!("an operation of {count} inputs")
        }
    };
    (@count $($input:ident)+) => { [$(stringify!($input)),+].len() };
}

arities! {
    fused_1(a);
    fused_2(a, b);
    fused_3(a, b, c);
    fused_4(a, b, c, d);
    fused_5(a, b, c, d, e);
    fused_6(a, b, c, d, e, f);
    fused_7(a, b, c, d, e, f, g);
    fused_8(a, b, c, d, e, f, g, h);
    fused_10(a, b, c, d, e, f, g, h, i, j);
    fused_11(a, b, c, d, e, f, g, h, i, j, k);
    fused_14(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
    fused_15(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
    fused_22(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v);
    fused_23(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w);
    fused_38(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag, ah, ai, aj, ak, al);
    fused_39(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag, ah, ai, aj, ak, al, am);
}
