//! The selective scan: its recurrence joins neighbouring steps in pairs, as that of the built-in path does.

use tch::Tensor;

/// `x`, step, input and output of `[batch, length, ..]`, rate of `[channels, states]` and skip of `[channels]`.
pub(super) fn selective_scan(inputs: &[Tensor]) -> Tensor {
    let [x, step, input, output, rate, skip] = inputs else { unreachable!("{} inputs", inputs.len()) };
    let (batch, length, channels) = (x.size()[0], x.size()[1], x.size()[2]);
    let states = rate.size()[1];
    let stays = (step.unsqueeze(3) * rate).exp();
    let enters = (step * x).unsqueeze(3) * input.unsqueeze(2);
    let flat = [batch, length, channels * states];
    let state = recurrence(&stays.reshape(flat), &enters.reshape(flat));
    let read = state.reshape([batch, length, channels, states]).matmul(&output.unsqueeze(3)).squeeze_dim(3);
    read + x * skip
}

/// `h[t] = factor[t] h[t-1] + term[t]` from 0, along the second axis.
fn recurrence(factor: &Tensor, term: &Tensor) -> Tensor {
    let (batch, length, width) = (term.size()[0], term.size()[1], term.size()[2]);
    if length == 1 {
        return term.shallow_clone();
    }
    if length % 2 == 1 {
        let before = length - 1;
        let most = recurrence(&factor.narrow(1, 0, before), &term.narrow(1, 0, before));
        let last = factor.narrow(1, before, 1) * most.narrow(1, before - 1, 1) + term.narrow(1, before, 1);
        return Tensor::cat(&[most, last], 1);
    }
    let half = length / 2;
    let pairs = |x: &Tensor| {
        let pairs = x.reshape([batch, half, 2, width]);
        (pairs.select(2, 0), pairs.select(2, 1))
    };
    let ((first_factor, second_factor), (first_term, second_term)) = (pairs(factor), pairs(term));
    let seconds =
        recurrence(&(&second_factor * &first_factor), &(&second_factor * &first_term + second_term));
    let firsts = if half == 1 {
        first_term
    } else {
        let rest = first_factor.narrow(1, 1, half - 1) * seconds.narrow(1, 0, half - 1)
            + first_term.narrow(1, 1, half - 1);
        Tensor::cat(&[first_term.narrow(1, 0, 1), rest], 1)
    };
    Tensor::stack(&[firsts, seconds], 2).reshape([batch, length, width])
}
