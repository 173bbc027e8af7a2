//===- Driver.h - the CUDA driver, loaded at run time -----------*- C++ -*-===//

#ifndef ATTN_RUNTIME_GPU_DRIVER_H
#define ATTN_RUNTIME_GPU_DRIVER_H

#include "runtime/Status.h"
#include "runtime/attn_gpu_abi.h"

#include <string>

// Everything in it is static: each file that includes it has the functions it uses.
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include "runtime/attn_gpu_launch.h"
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace attnrt {

/// The driver with what only the library needs of it. Once opened, it stays.
struct Driver {
  attn_gpu_driver core;
  int (*allocate)(uint64_t *address, size_t bytes);
  int (*release)(uint64_t address);
  int (*fill)(uint64_t address, unsigned char value, size_t bytes, void *stream);
  int (*copyToDevice)(uint64_t to, const void *from, size_t bytes);
  int (*copyFromDevice)(void *to, uint64_t from, size_t bytes);
  int (*synchronize)();
  int (*captureState)(void *stream, int *state);

  /// The driver that ATTN_CUDA_DRIVER names, else the system's; opened by the first call that succeeds.
  static attn_status get(const Driver *&driver);

  /// The compute capability of a device: 80 for 8.0.
  attn_status getCapability(int device, int &capability) const;

  /// An error of the driver as a status: "WHAT: the CUDA driver reports error 2, out of memory".
  attn_status refuse(int result, const std::string &what) const;
};

/// Collects the message of the functions of attn_gpu_launch.h.
class GpuError {
public:
  operator const attn_gpu_error *() const { return &error; }
  /// Sets the calling thread's error unless `status` is zero, and returns it.
  attn_status check(int status) const { return status ? fail(static_cast<attn_status>(status), text) : ATTN_OK; }

private:
  char text[1024] = "";
  attn_gpu_error error = {text, sizeof text};
};

/// Makes a context current for the calling thread until this is destroyed. Other threads' captures of streams are not disturbed by what is done
/// meanwhile.
class ContextScope {
public:
  ContextScope(const Driver &driver, void *context) : driver(driver) {
    result = driver.core.context_push(context);
    driver.core.capture_mode(&mode);
  }
  ContextScope(const ContextScope &) = delete;
  ~ContextScope() {
    void *popped;
    driver.core.capture_mode(&mode);
    if (!result)
      driver.core.context_pop(&popped);
  }

  /// What the driver said.
  int result;

private:
  const Driver &driver;
  int mode = ATTN_CU_CAPTURE_RELAXED;
};

} // namespace attnrt

#endif // ATTN_RUNTIME_GPU_DRIVER_H
