// Layer normalisation over the second axis of [batch, channels, height, width]: each pixel's channels to mean 0 and
// (biased) variance 1, then scaled and shifted.
//
// aten has it for the last axis only. On a processor it is a pass of its own over blocks of pixels that stay in the
// cache; elsewhere a few operations of aten, and their backward by the formula instead of by the chain rule.

#pragma once
#include <torch/csrc/autograd/custom_function.h>

namespace ege {

struct ChannelNorm : torch::autograd::Function<ChannelNorm> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const at::Tensor &bias, double epsilon);
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context,
                                               torch::autograd::tensor_list gradients);
};

}  // namespace ege
