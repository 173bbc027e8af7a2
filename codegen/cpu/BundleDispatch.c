/* BundleDispatch.c: one kernel that stands for several, each made for another target.
 *
 * Compiled like BundleSupport.c and linked, by the compiler, into a kernel whose plan and tasks are those of the best target
 * that the CPU can run. Freestanding: what the CPU offers is read from the CPU.
 */
#include "runtime/attn_abi.h"

#include <cpuid.h>

#pragma GCC visibility push(hidden)

/* Written by the compiler: the kernels, the most capable target first, and the level that each of them needs. */
extern const attn_kernel *const attn_dispatch_kernels[];
extern const int32_t attn_dispatch_levels[];
extern const int32_t attn_dispatch_count;

/* The targets in the order in which the compiler knows them. */
enum { LEVEL_BASELINE, LEVEL_V3, LEVEL_V4, LEVEL_V4_BF16 };

/* The register state that the operating system saves: XMM and YMM; with AVX-512 also masks and ZMM. */
enum { STATE_AVX = 0x06, STATE_AVX512 = 0xe6 };

static int has_all(unsigned set, unsigned wanted) { return (set & wanted) == wanted; }

static unsigned saved_state(void) {
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static int32_t detect_level(void) {
  unsigned a, b, c, d, extended, state;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !has_all(c, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C | bit_MOVBE))
    return LEVEL_BASELINE;
  state = saved_state();
  if (!__get_cpuid(0x80000001u, &a, &b, &extended, &d) || !has_all(extended, bit_LZCNT) || !has_all(state, STATE_AVX))
    return LEVEL_BASELINE;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has_all(b, bit_AVX2 | bit_BMI | bit_BMI2))
    return LEVEL_BASELINE;
  if (!has_all(state, STATE_AVX512) || !has_all(b, bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW | bit_AVX512VL))
    return LEVEL_V3;
  if (a < 1 || !__get_cpuid_count(7, 1, &a, &b, &c, &d) || !has_all(a, bit_AVX512BF16))
    return LEVEL_V4;
  return LEVEL_V4_BF16;
}

/* The kernel for this CPU; where it can run none of them, the one that needs least. */
static const attn_kernel *choose_kernel(void) {
  static int32_t chosen = -1;
  int32_t index = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  if (index < 0) {
    int32_t level = detect_level();
    for (index = 0; index + 1 < attn_dispatch_count && attn_dispatch_levels[index] > level;)
      ++index;
    __atomic_store_n(&chosen, index, __ATOMIC_RELAXED);
  }
  return attn_dispatch_kernels[index];
}

void attn_dispatch_plan(const void *args, attn_plan *plan) {
  const attn_kernel *kernel = choose_kernel();
  kernel->plan(args, plan);
  /* Other targets may have more stages. */
  for (int32_t stage = kernel->num_stages; stage < ATTN_MAX_STAGES; ++stage)
    plan->tasks[stage] = 0;
}

void attn_dispatch_task(const void *args, void *workspace, void *scratch, int32_t stage, int64_t index) {
  choose_kernel()->task(args, workspace, scratch, stage, index);
}

#pragma GCC visibility pop
