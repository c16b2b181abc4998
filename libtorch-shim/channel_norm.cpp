// See channel_norm.h.

#include "channel_norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

// The same function for two instruction sets; the loader chooses.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__)
#define EGE_VECTORISED __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define EGE_VECTORISED
#endif

namespace {

// Pixels of a block: as many as keep what a task reads in the second-level cache.
constexpr int64_t BLOCK = 256;

struct Shape {
  int64_t channels, pixels, blocks;
};

Shape shape_of(const at::Tensor &x) {
  const int64_t pixels = x.size(2) * x.size(3);
  return {x.size(1), pixels, (pixels + BLOCK - 1) / BLOCK};
}

EGE_VECTORISED void forward_block(const float *__restrict x, const float *__restrict weight,
                                  const float *__restrict bias, float epsilon, Shape shape, int64_t count,
                                  float *__restrict output, float *__restrict mean, float *__restrict scale) {
  const float share = 1.0f / static_cast<float>(shape.channels);
  float sum[BLOCK] = {}, squares[BLOCK] = {};
  for (int64_t c = 0; c < shape.channels; ++c)
    for (int64_t i = 0; i < count; ++i) sum[i] += x[c * shape.pixels + i];
  for (int64_t i = 0; i < count; ++i) mean[i] = sum[i] * share;
  for (int64_t c = 0; c < shape.channels; ++c)
    for (int64_t i = 0; i < count; ++i) {
      const float centred = x[c * shape.pixels + i] - mean[i];
      squares[i] += centred * centred;
    }
  for (int64_t i = 0; i < count; ++i) scale[i] = 1.0f / std::sqrt(squares[i] * share + epsilon);
  for (int64_t c = 0; c < shape.channels; ++c)
    for (int64_t i = 0; i < count; ++i)
      output[c * shape.pixels + i] = (x[c * shape.pixels + i] - mean[i]) * scale[i] * weight[c] + bias[c];
}

// The gradient of the input, and this block's part of those of weight and bias.
EGE_VECTORISED void backward_block(const float *__restrict x, const float *__restrict weight,
                                   const float *__restrict gradient, const float *__restrict mean,
                                   const float *__restrict scale, Shape shape, int64_t count,
                                   float *__restrict of_x, float *__restrict of_weight, float *__restrict of_bias) {
  const float share = 1.0f / static_cast<float>(shape.channels);
  float plain[BLOCK] = {}, along[BLOCK] = {};
  for (int64_t c = 0; c < shape.channels; ++c) {
    float weight_sum[8] = {}, bias_sum[8] = {};
    int64_t i = 0;
    for (; i + 8 <= count; i += 8)
      for (int64_t k = 0; k < 8; ++k) {
        const float g = gradient[c * shape.pixels + i + k];
        const float normal = (x[c * shape.pixels + i + k] - mean[i + k]) * scale[i + k];
        weight_sum[k] += g * normal;
        bias_sum[k] += g;
        plain[i + k] += g * weight[c];
        along[i + k] += g * weight[c] * normal;
      }
    for (; i < count; ++i) {
      const float g = gradient[c * shape.pixels + i];
      const float normal = (x[c * shape.pixels + i] - mean[i]) * scale[i];
      weight_sum[0] += g * normal;
      bias_sum[0] += g;
      plain[i] += g * weight[c];
      along[i] += g * weight[c] * normal;
    }
    of_weight[c] = of_bias[c] = 0.0f;
    for (int64_t k = 0; k < 8; ++k) {
      of_weight[c] += weight_sum[k];
      of_bias[c] += bias_sum[k];
    }
  }
  for (int64_t c = 0; c < shape.channels; ++c)
    for (int64_t i = 0; i < count; ++i) {
      const float normal = (x[c * shape.pixels + i] - mean[i]) * scale[i];
      of_x[c * shape.pixels + i] =
          scale[i] * (gradient[c * shape.pixels + i] * weight[c] - (plain[i] + normal * along[i]) * share);
    }
}

// Calls `work` with the image, the first pixel and the number of pixels of each block, and its index among all.
template <typename F>
void for_blocks(int64_t images, Shape shape, F work) {
  at::parallel_for(0, images * shape.blocks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const int64_t first = index % shape.blocks * BLOCK;
      work(index / shape.blocks, first, std::min(BLOCK, shape.pixels - first), index);
    }
  });
}

bool in_blocks(const at::Tensor &x) { return x.device().is_cpu() && x.scalar_type() == at::kFloat; }

}  // namespace

at::Tensor ege::ChannelNorm::forward(torch::autograd::AutogradContext *context, const at::Tensor &x,
                                     const at::Tensor &weight, const at::Tensor &bias, double epsilon) {
  at::Tensor input = x, output, mean, scale;
  const auto across = [&](const at::Tensor &line) { return line.view({1, -1, 1, 1}); };
  if (in_blocks(x)) {
    input = x.contiguous();
    const auto shape = shape_of(input);
    output = at::empty_like(input);
    mean = at::empty({input.size(0), 1, input.size(2), input.size(3)}, input.options());
    scale = at::empty_like(mean);
    const auto weights = weight.contiguous(), biases = bias.contiguous();
    for_blocks(input.size(0), shape, [&](int64_t image, int64_t first, int64_t count, int64_t) {
      const int64_t at = image * shape.channels * shape.pixels + first, pixel = image * shape.pixels + first;
      forward_block(input.const_data_ptr<float>() + at, weights.const_data_ptr<float>(),
                    biases.const_data_ptr<float>(), static_cast<float>(epsilon), shape, count,
                    output.mutable_data_ptr<float>() + at, mean.mutable_data_ptr<float>() + pixel,
                    scale.mutable_data_ptr<float>() + pixel);
    });
  } else {
    auto [variance, average] = at::var_mean(input, at::OptionalIntArrayRef(1), 0, true);
    mean = average;
    scale = (variance + epsilon).rsqrt();
    output = at::addcmul(across(bias), (input - mean) * scale, across(weight));
  }
  context->save_for_backward({input, weight, mean, scale});
  return output;
}

torch::autograd::tensor_list ege::ChannelNorm::backward(torch::autograd::AutogradContext *context,
                                                        torch::autograd::tensor_list gradients) {
  const auto saved = context->get_saved_variables();
  const auto &x = saved[0], &weight = saved[1], &mean = saved[2], &scale = saved[3];
  at::Tensor of_x, of_weight, of_bias;
  if (in_blocks(x)) {
    const auto gradient = gradients[0].contiguous(), weights = weight.contiguous();
    const auto shape = shape_of(x);
    of_x = at::empty_like(x);
    // A row for each block, added in order: the sum doesn't depend on the threads.
    auto parts = at::empty({2, x.size(0) * shape.blocks, shape.channels}, x.options());
    for_blocks(x.size(0), shape, [&](int64_t image, int64_t first, int64_t count, int64_t index) {
      const int64_t at = image * shape.channels * shape.pixels + first, pixel = image * shape.pixels + first;
      float *of_weights = parts.mutable_data_ptr<float>() + index * shape.channels;
      backward_block(x.const_data_ptr<float>() + at, weights.const_data_ptr<float>(),
                     gradient.const_data_ptr<float>() + at, mean.const_data_ptr<float>() + pixel,
                     scale.const_data_ptr<float>() + pixel, shape, count, of_x.mutable_data_ptr<float>() + at,
                     of_weights, of_weights + parts.stride(0));
    });
    const auto sums = parts.sum(1);
    of_weight = sums[0];
    of_bias = sums[1];
  } else {
    const auto gradient = gradients[0];
    const auto normal = (x - mean) * scale;
    const auto pull = gradient * weight.view({1, -1, 1, 1});
    of_x = scale * (pull - pull.mean(1, true) - normal * (pull * normal).mean(1, true));
    of_weight = (gradient * normal).sum({0, 2, 3});
    of_bias = gradient.sum({0, 2, 3});
  }
  return {of_x, of_weight, of_bias, at::Tensor()};
}
