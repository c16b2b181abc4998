// See shim.h.

#include "shim.h"

#include <ATen/ATen.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/_fused_adamw.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/version.h>

#include <climits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "channel_norm.h"

namespace {

at::Tensor &tensor(void *handle) { return *static_cast<at::Tensor *>(handle); }

// Text that the caller reads before it calls again.
const char *keep(std::string text) {
  static thread_local std::string kept;
  kept = std::move(text);
  return kept.c_str();
}

// Runs `work`; no exception may reach Rust.
template <typename F>
const char *guarded(F work) {
  try {
    work();
    return nullptr;
  } catch (const c10::Error &error) {
    return keep(error.what_without_backtrace());
  } catch (const std::exception &error) {
    return keep(error.what());
  } catch (...) {
    return keep("an exception without words");
  }
}

// A function of the CUDA runtime that libtorch brings; null where it brings none. Its headers aren't needed so.
template <typename F>
F *runtime(const char *name) {
  return reinterpret_cast<F *>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

void ege_prepare() {
  if (ege_cuda_built()) {
    // Factors of 10 bits are what convolutions would otherwise have.
    for (auto operation : {"matmul", "conv", "rnn"}) at::globalContext().setFloat32Precision("cuda", operation, "ieee");
  }
#ifdef __GLIBC__
  // Large buffers come from the heap, not from maps of their own, and its end isn't given back; one heap for all threads.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_ARENA_MAX, 1);
#endif
}

int ege_cuda_built() { return at::detail::getCUDAHooks().hasCUDART() ? 1 : 0; }

int ege_cuda_devices() {
  try {
    return at::detail::getCUDAHooks().getNumGPUs();
  } catch (...) {
    return 0;
  }
}

int ege_cuda_capability(int index, int *major, int *minor) {
  // cudaDeviceAttr: cudaDevAttrComputeCapabilityMajor and Minor.
  const int major_attribute = 75, minor_attribute = 76;
  auto attribute = runtime<int(int *, int, int)>("cudaDeviceGetAttribute");
  if (ege_cuda_devices() <= index || attribute == nullptr) return 0;
  return attribute(major, major_attribute, index) == 0 && attribute(minor, minor_attribute, index) == 0;
}

int ege_cuda_memory(int index, uint64_t *free, uint64_t *total) {
  auto current = runtime<int(int *)>("cudaGetDevice");
  auto choose = runtime<int(int)>("cudaSetDevice");
  auto info = runtime<int(size_t *, size_t *)>("cudaMemGetInfo");
  if (ege_cuda_devices() <= index || current == nullptr || choose == nullptr || info == nullptr) return 0;
  int before = 0;
  size_t bytes_free = 0, bytes = 0;
  if (current(&before) != 0 || choose(index) != 0) return 0;
  bool told = info(&bytes_free, &bytes) == 0;
  choose(before);
  *free = bytes_free;
  *total = bytes;
  return told;
}

const char *ege_versions() {
  std::string text;
  auto line = [&](const char *name, const std::string &value) { text += std::string(name) + "=" + value + "\n"; };
  const char *error = guarded([&] {
    line("libtorch", TORCH_VERSION);
    line("instructions", at::get_cpu_capability());
    line("onednn", at::get_mkldnn_version());
    line("openmp", at::get_openmp_version());
    if (ege_cuda_built()) {
      auto version = runtime<int(int *)>("cudaRuntimeGetVersion");
      auto driver = runtime<int(int *)>("cudaDriverGetVersion");
      int number = 0;
      if (version != nullptr && version(&number) == 0) line("cuda", std::to_string(number));
      if (driver != nullptr && driver(&number) == 0) line("driver", std::to_string(number));
      line("cudnn", std::to_string(at::detail::getCUDAHooks().versionCuDNN()));
    }
  });
  return error == nullptr ? keep(text) : error;
}

void ege_autocast(int cuda, int on) {
  auto device = cuda ? at::kCUDA : at::kCPU;
  at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::set_autocast_enabled(device, on != 0);
  if (on) {
    at::autocast::increment_nesting();
  } else if (at::autocast::decrement_nesting() == 0) {
    // Casts of weights that a step has changed since.
    at::autocast::clear_cache();
  }
}

const char *ege_upload(void *host, int index, void **output, void **arrival) {
  return guarded([&] {
    c10::Device card(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
    // A thread's uploads follow one another, beside what the card computes.
    static thread_local std::map<int, c10::Stream> streams;
    auto found = streams.find(index);
    if (found == streams.end()) {
      auto fresh = c10::impl::VirtualGuardImpl(c10::kCUDA).getStreamFromGlobalPool(card);
      found = streams.emplace(index, fresh).first;
    }
    c10::StreamGuard on(found->second);
    auto there = tensor(host).pin_memory().to(card, tensor(host).scalar_type(), /*non_blocking=*/true);
    auto event = std::make_unique<c10::Event>(c10::kCUDA);
    event->record(found->second);
    *output = new at::Tensor(std::move(there));
    *arrival = event.release();
  });
}

const char *ege_arrive(void *uploaded, void *arrival) {
  return guarded([&] {
    auto current = c10::impl::VirtualGuardImpl(c10::kCUDA).getStream(tensor(uploaded).device());
    static_cast<c10::Event *>(arrival)->block(current);
    // Its memory isn't given to another upload before what is computed of it is done.
    tensor(uploaded).record_stream(current);
  });
}

void ege_forget(void *arrival) { delete static_cast<c10::Event *>(arrival); }

const char *ege_channel_norm(void *x, void *weight, void *bias, double epsilon, void **output) {
  return guarded([&] {
    auto result = ege::ChannelNorm::apply(tensor(x), tensor(weight), tensor(bias), epsilon);
    *output = new at::Tensor(std::move(result));
  });
}

const char *ege_adamw(void **tensors, int count, void *step, void *stopped, const double *rates) {
  return guarded([&] {
    auto list = [&](int which) {
      std::vector<at::Tensor> list;
      for (int i = 0; i < count; ++i) list.push_back(tensor(tensors[which * count + i]));
      return list;
    };
    auto weights = list(0), gradients = list(1), first = list(2), second = list(3);
    std::vector<at::Tensor> steps(count, tensor(step).squeeze());
    at::_fused_adamw_(weights, gradients, first, second, {}, steps, rates[0], rates[1], rates[2], rates[3], rates[4],
                      /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{}, /*found_inf=*/tensor(stopped));
  });
}
