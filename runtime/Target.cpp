//===- Target.cpp - which kernels this CPU can run ------------------------===//

#include "runtime/Target.h"
#include "runtime/gpu/Driver.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace attnrt;

namespace {

/// A target, and whether this CPU and its operating system have all that it may use. Better targets come later.
struct TargetInfo {
  const char *name;
  const char *needs;
  bool supported;
};

} // namespace

static constexpr int kNumTargets = 4;

static const TargetInfo *knownTargets() {
  static const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c");
  static const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                         __builtin_cpu_supports("avx512vl");
  static const TargetInfo targets[kNumTargets] = {
      {"x86-64", "x86-64", true},
      {"x86-64-v3", "AVX2, FMA, BMI2 and F16C", v3},
      {"x86-64-v4", "AVX-512 (F, BW, CD, DQ, VL)", v4},
      {"x86-64-v4+avx512bf16", "AVX-512 (F, BW, CD, DQ, VL) and AVX512_BF16", v4 && __builtin_cpu_supports("avx512bf16")},
  };
  return targets;
}

static const char *bestTarget() {
  int best = kNumTargets - 1;
  while (!knownTargets()[best].supported)
    --best;
  return knownTargets()[best].name;
}

static const TargetInfo *findTarget(const char *name) {
  for (int i = 0; i < kNumTargets; ++i)
    if (!std::strcmp(knownTargets()[i].name, name))
      return &knownTargets()[i];
  return nullptr;
}

attn_status attnrt::requireTarget(const std::string &what, const char *target) {
  const TargetInfo *info = findTarget(target);
  if (!info) {
    std::string names = "host";
    for (int i = 0; i < kNumTargets; ++i)
      names += std::string(", ") + knownTargets()[i].name;
    return fail(ATTN_UNSUPPORTED_TARGET, what + ": expected one of the targets " + names + ", but got '" + target + "'");
  }
  if (!info->supported)
    return fail(ATTN_UNSUPPORTED_TARGET,
                what + ": target " + target + " needs " + info->needs + ", which this CPU lacks; it can run " + bestTarget());
  return ATTN_OK;
}

/// "cuda" and "cuda:1" are the GPU of that number; kernels depend on its compute capability alone.
static attn_status resolveDevice(const std::string &asked, std::string &target) {
  int device = 0, capability = 0, end = 0;
  if (asked != "cuda" && (std::sscanf(asked.c_str(), "cuda:%d%n", &device, &end) != 1 || end != static_cast<int>(asked.size())))
    return fail(ATTN_UNSUPPORTED_TARGET, "compilation: expected a GPU as 'cuda' or 'cuda:NUMBER', but got '" + asked + "'");
  const Driver *driver = nullptr;
  if (attn_status status = Driver::get(driver))
    return status;
  if (attn_status status = driver->getCapability(device, capability))
    return status;
  target = "cuda-" + std::to_string(capability / 10) + "." + std::to_string(capability % 10);
  return ATTN_OK;
}

attn_status attnrt::resolveTarget(const char *asked, std::string &target) {
  const std::string name = asked ? asked : "";
  if (name.rfind("cuda", 0) == 0)
    return resolveDevice(name, target);
  // The compiler knows its GPUs, and a kernel may be compiled where there is none.
  if (name.rfind("sm_", 0) == 0) {
    target = name;
    return ATTN_OK;
  }
  target = asked && *asked && std::strcmp(asked, "host") ? asked : attn_host_target();
  return requireTarget("compilation", target.c_str());
}

extern "C" const char *attn_host_target(void) {
  const char *chosen = std::getenv("ATTN_TARGET");
  return chosen && *chosen && std::strcmp(chosen, "host") ? chosen : bestTarget();
}

extern "C" int attn_can_run(const char *target) {
  const TargetInfo *info = target ? findTarget(target) : nullptr;
  return info && info->supported;
}
