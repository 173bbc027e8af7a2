//===- GpuLauncher.cpp - the C side of a bundle for GPUs ------------------===//

#include "tools/attn-compile/GpuLauncher.h"
#include "tools/attn-compile/AbiHeader.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr StringLiteral kHeader = R"(/* $N.h: made by attn $V from $F, function $E, for $T. Do not edit.
 *
 * Compile $N.c with any C compiler and link it with $N_gpu.o, which holds the code for the GPU; on Linux with -ldl -pthread. Fill
 * $N_args with addresses of the device's memory, and launch:
 *
 *   int64_t bytes;
 *   if ($N_workspace_bytes(&args, device, &bytes, message, sizeof message)) ...
 *   if ($N_launch(&args, device, stream, workspace, bytes, message, sizeof message)) ...
 *
 * The CUDA driver is loaded when it is first needed: the library that ATTN_CUDA_DRIVER names, else libcuda.so.1. The
 * code is loaded once on each device: the machine code that fits it, else the driver compiles the PTX. All functions
 * may be called from any thread.
 *
 * They return an attn_gpu_status: 0, or the number of an error, of which `message` says more in at most `capacity`
 * bytes; it may be NULL. Then nothing has been launched.
 */
#ifndef ATTN_BUNDLE_$G_H
#define ATTN_BUNDLE_$G_H

#include "attn_gpu_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes that have one name must be equal$Y.
 * Strides count elements; the last dimension must be contiguous. */
typedef struct $N_args {
$S} $N_args;

/* The kernel's description; attn_launch_gpu takes &$N_gpu.kernel too. */
extern const attn_gpu_family $N_gpu;

/* 0 if the arguments fit; else 1 and a message that names the argument and the rule. Elements of tensors are not looked at. */
int $N_check(const $N_args *args, char *message, int64_t capacity);

/* Loads the code on a device (they have numbers from 0), which the first launch there does otherwise. */
int $N_prepare(int device, char *message, int64_t capacity);

/* How much workspace a launch on these arguments needs; often 0. */
int $N_workspace_bytes(const $N_args *args, int device, int64_t *bytes, char *message, int64_t capacity);

/* Checks the arguments and queues the kernel on `stream`, a CUstream or cudaStream_t of the device's primary context
 * (NULL: the default stream). It does not wait and allocates nothing: the stream may be captured into a graph, once the
 * code is loaded. `workspace` is memory of the device, aligned to ATTN_BLOCK_ALIGNMENT, whose first
 * ATTN_GPU_COUNTER_BYTES bytes are zero before its first use; launches that may run at the same time need one each. It
 * may be NULL where none is needed. */
int $N_launch(const $N_args *args, int device, void *stream, void *workspace, int64_t workspace_bytes, char *message, int64_t capacity);

/* Unloads the code from all devices. No launch and no graph may use it any more. */
void $N_unload(void);

#ifdef __cplusplus
}
#endif
#endif /* ATTN_BUNDLE_$G_H */
)";

static constexpr StringLiteral kComment =
    "/* $N.c: made by attn $V from $F, function $E, for $T. Do not edit.\n"
    " *\n"
    " * Launches the kernels of $N_gpu.o; see $N.h. Compile with any C compiler; link with $N_gpu.o, -ldl and -pthread.\n"
    " */\n";

std::string attn::makeGpuHeader(const HeaderFacts &facts) { return expandTemplate(kHeader, facts); }

/// `text` with every `from` replaced.
static std::string replaceAll(StringRef text, StringRef from, StringRef to) {
  std::string result;
  for (size_t position; (position = text.find(from)) != StringRef::npos; text = text.drop_front(position + from.size()))
    result += (text.take_front(position) + to).str();
  return result + text.str();
}

std::string attn::makeGpuLauncher(const HeaderFacts &facts) {
  // The comment at the beginning is about the template.
  StringRef body = getGpuLauncher();
  body = body.drop_front(body.find("#include"));
  std::string text = expandTemplate(kComment, facts) + replaceAll(body, "#include \"runtime/attn_gpu_launch.h\"\n", getGpuLaunchHeader());
  return replaceAll(text, "attn_bundle", facts.name);
}
