// C functions over libtorch; `src/kernel/libtorch/shim.rs` declares the same.
//
// Handles are pointers to at::Tensor, as tch has them. A function that returns text returns null where all went well,
// and otherwise what libtorch said: memory of the calling thread until its next call.

#pragma once
#include <cstdint>

extern "C" {
// Makes the process ready: memory that is freed stays with it, for the next step, and single precision is single
// precision on graphics cards, too.
const char *ege_prepare();

// 1 where this libtorch is one with CUDA.
int ege_cuda_built();
// Graphics cards that the process sees; 0 without a driver.
int ege_cuda_devices();
// Compute capability and memory in bytes of a card; 0 where they can't be had.
int ege_cuda_capability(int index, int *major, int *minor);
int ege_cuda_memory(int index, uint64_t *free, uint64_t *total);
// Lines of name=value: what libtorch says of itself.
const char *ege_versions();

// Begins or ends mixed precision in bfloat16 on this thread.
const char *ege_autocast(int cuda, int on);

// Begins to copy a tensor of the host to a card, by way of pinned memory and beside what the card computes; the second handle
// is of the copy's end.
const char *ege_upload(void *host, int index, void **output, void **arrival);
// Makes what this thread has the card compute from here on wait for that end; nothing of the host waits.
const char *ege_arrive(void *uploaded, void *arrival);
// Frees that handle.
void ege_forget(void *arrival);

// Layer normalisation over the second axis of [batch, channels, height, width], with gradients.
const char *ege_channel_norm(void *x, void *weight, void *bias, double epsilon, void **output);

// A step of AdamW on `count` weights, gradients, first and second moments, one list after another; `rates` are learning
// rate, beta1, beta2, weight decay and epsilon. None is taken where `stopped` is 1.
const char *ege_adamw(void **tensors, int count, void *step, void *stopped, const double *rates);
}
