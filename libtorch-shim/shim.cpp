// See shim.h.

#include "shim.h"

#include <ATen/ATen.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/_fused_adamw.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/version.h>

#include <climits>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
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

c10::Device card(int index) { return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)}; }

// The stream on which uploads to a card follow one another, beside what it computes: one for the process, since memory that
// is freed on a stream is kept for that stream.
c10::Stream upload_stream(int index) {
  static std::mutex mutex;
  static std::map<int, c10::Stream> streams;
  std::lock_guard<std::mutex> lock(mutex);
  auto found = streams.find(index);
  if (found == streams.end()) {
    auto fresh = c10::impl::VirtualGuardImpl(c10::kCUDA).getStreamFromGlobalPool(card(index));
    found = streams.emplace(index, fresh).first;
  }
  return found->second;
}

}  // namespace

const char *ege_prepare() {
#ifdef __GLIBC__
  // Large buffers come from the heap, not from maps of their own, and its end isn't given back; one heap for all threads.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_ARENA_MAX, 1);
#endif
  return guarded([&] {
    if (!ege_cuda_built()) return;
    // This variable sets what only the older function takes back; without it that one only warns of its age.
    if (std::getenv("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE") != nullptr) {
      at::globalContext().setFloat32MatmulPrecision("highest");
    }
    // Factors of 10 bits are what convolutions would otherwise have.
    for (auto operation : {"matmul", "conv", "rnn"}) at::globalContext().setFloat32Precision("cuda", operation, "ieee");
  });
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
  auto info = runtime<int(size_t *, size_t *)>("cudaMemGetInfo");
  if (ege_cuda_devices() <= index || info == nullptr) return 0;
  size_t bytes_free = 0, bytes = 0;
  bool told = false;
  const char *error = guarded([&] {
    // Going back to another card doesn't make a context there, as setting the device by the runtime would.
    c10::DeviceGuard on(card(index));
    told = info(&bytes_free, &bytes) == 0;
  });
  *free = bytes_free;
  *total = bytes;
  return error == nullptr && told;
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

const char *ege_autocast(int cuda, int on) {
  return guarded([&] {
    auto device = cuda ? at::kCUDA : at::kCPU;
    at::autocast::set_autocast_dtype(device, at::kBFloat16);
    at::autocast::set_autocast_enabled(device, on != 0);
    if (on) {
      at::autocast::increment_nesting();
    } else if (at::autocast::decrement_nesting() == 0) {
      // Casts of weights that a step has changed since.
      at::autocast::clear_cache();
    }
  });
}

const char *ege_upload(void *host, int index, void **output, void **arrival) {
  return guarded([&] {
    auto stream = upload_stream(index);
    c10::StreamGuard on(stream);
    auto there = tensor(host).pin_memory().to(card(index), tensor(host).scalar_type(), /*non_blocking=*/true);
    auto event = std::make_unique<c10::Event>(c10::kCUDA);
    event->record(stream);
    *output = new at::Tensor(std::move(there));
    *arrival = event.release();
  });
}

const char *ege_arrive(void *uploaded, void *arrival) {
  return guarded([&] {
    c10::DeviceGuard on(tensor(uploaded).device());
    auto current = c10::impl::VirtualGuardImpl(c10::kCUDA).getStream(tensor(uploaded).device());
    static_cast<c10::Event *>(arrival)->block(current);
    // Its memory isn't given to another upload before what is computed of it is done.
    tensor(uploaded).record_stream(current);
  });
}

void ege_forget(void *arrival) {
  std::unique_ptr<c10::Event> event(static_cast<c10::Event *>(arrival));
  guarded([&] {
    c10::DeviceGuard on(event->device());
    event.reset();
  });
}

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
