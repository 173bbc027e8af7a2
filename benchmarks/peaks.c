/* peaks.c - what one core of this machine can do, measured
 *
 * Loops whose instructions are fixed here and not chosen by a compiler: fused multiply-adds from registers (the FMA peak), the same
 * with one broadcast load for each (the probe, which notices a neighbour on the same physical core where the FMA loop does not),
 * bf16 dot products, and a read of a large buffer. benchmarks/machine.py builds this file into a shared library and calls it from
 * one thread for each core.
 */
#define _POSIX_C_SOURCE 199309L
#include <stddef.h>
#include <time.h>

enum attn_peak_kind { ATTN_PEAK_FMA = 0, ATTN_PEAK_PROBE = 1, ATTN_PEAK_BF16_DOT = 2 };
enum attn_peak_level { ATTN_LEVEL_NONE = 0, ATTN_LEVEL_AVX2 = 1, ATTN_LEVEL_AVX512 = 2, ATTN_LEVEL_AVX512_BF16 = 3 };

/* Registers above 15 exist only in AVX-512, which compiled code does not use here, so they need not be named. */
#define LOW_REGISTERS                                                                                                                  \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

#define REPEAT_24 "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23"
#define REPEAT_12 "0,1,2,3,4,5,6,7,8,9,10,11"
#define ZERO_ZMM ".irp r," REPEAT_24 ",24,25,26,27\n vpxord %%zmm\\r, %%zmm\\r, %%zmm\\r\n .endr\n"
#define ZERO_YMM ".irp r," REPEAT_12 ",12,13,14,15\n vxorps %%ymm\\r, %%ymm\\r, %%ymm\\r\n .endr\n"
#define COUNT_DOWN "dec %0\n jnz 1b\n vzeroupper\n"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fma512(long loops) {
  __asm__ volatile(ZERO_ZMM "1:\n .irp r," REPEAT_24 "\n vfmadd231ps %%zmm24, %%zmm25, %%zmm\\r\n .endr\n" COUNT_DOWN
                   : "+r"(loops)::LOW_REGISTERS, "cc");
}

static void fma256(long loops) {
  __asm__ volatile(ZERO_YMM "1:\n .irp r," REPEAT_12 "\n vfmadd231ps %%ymm12, %%ymm13, %%ymm\\r\n .endr\n" COUNT_DOWN
                   : "+r"(loops)::LOW_REGISTERS, "cc");
}

static void probe512(long loops, const float *numbers) {
  __asm__ volatile(ZERO_ZMM "1:\n .irp r," REPEAT_24
                            "\n vbroadcastss 4*\\r(%1), %%zmm26\n vfmadd231ps %%zmm26, %%zmm25, %%zmm\\r\n .endr\n" COUNT_DOWN
                   : "+r"(loops)
                   : "r"(numbers)
                   : LOW_REGISTERS, "cc", "memory");
}

static void probe256(long loops, const float *numbers) {
  __asm__ volatile(ZERO_YMM "1:\n .irp r," REPEAT_12
                            "\n vbroadcastss 4*\\r(%1), %%ymm14\n vfmadd231ps %%ymm14, %%ymm13, %%ymm\\r\n .endr\n" COUNT_DOWN
                   : "+r"(loops)
                   : "r"(numbers)
                   : LOW_REGISTERS, "cc", "memory");
}

static void dot512(long loops) {
  __asm__ volatile(ZERO_ZMM "1:\n .irp r," REPEAT_24 "\n vdpbf16ps %%zmm24, %%zmm25, %%zmm\\r\n .endr\n" COUNT_DOWN
                   : "+r"(loops)::LOW_REGISTERS, "cc");
}

/* The widest vectors this CPU and system offer. */
int attn_peak_level(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return __builtin_cpu_supports("avx512bf16") ? ATTN_LEVEL_AVX512_BF16 : ATTN_LEVEL_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return ATTN_LEVEL_AVX2;
  return ATTN_LEVEL_NONE;
}

/* Runs `loops` passes of the loop `kind` on the calling thread; returns GFLOP/s, or 0 where the CPU lacks the instruction. */
double attn_peak_gflops(int kind, long loops) {
  static const float numbers[24] = {0};
  int level = attn_peak_level();
  int wide = level >= ATTN_LEVEL_AVX512;
  if (level == ATTN_LEVEL_NONE || loops < 1 || (kind == ATTN_PEAK_BF16_DOT && level < ATTN_LEVEL_AVX512_BF16))
    return 0;
  double start = now();
  if (kind == ATTN_PEAK_BF16_DOT)
    dot512(loops);
  else if (kind == ATTN_PEAK_PROBE)
    wide ? probe512(loops, numbers) : probe256(loops, numbers);
  else
    wide ? fma512(loops) : fma256(loops);
  double seconds = now() - start;
  double flopsPerLoop = wide ? 24.0 * 32 : 12.0 * 16;
  if (kind == ATTN_PEAK_BF16_DOT)
    flopsPerLoop *= 2;
  return 1e-9 * flopsPerLoop * (double)loops / seconds;
}

/* Reads `bytes` (a multiple of 512) at `data`, prefetching `ahead` bytes before each load; returns GB/s. */
double attn_peak_read(const void *data, size_t bytes, size_t ahead) {
  const char *at = (const char *)data, *end = at + bytes;
  double start = now();
  if (attn_peak_level() >= ATTN_LEVEL_AVX512)
    __asm__ volatile("1:\n .irp r,0,1,2,3,4,5,6,7\n prefetcht0 64*\\r(%0,%2)\n vmovups 64*\\r(%0), %%zmm\\r\n .endr\n"
                     "add $512, %0\n cmp %1, %0\n jb 1b\n vzeroupper\n"
                     : "+r"(at)
                     : "r"(end), "r"(ahead)
                     : LOW_REGISTERS, "cc", "memory");
  else
    __asm__ volatile("1:\n .irp r,0,1,2,3,4,5,6,7\n prefetcht0 64*\\r(%0,%2)\n movups 64*\\r(%0), %%xmm0\n movups 64*\\r+16(%0), %%xmm1\n"
                     " movups 64*\\r+32(%0), %%xmm2\n movups 64*\\r+48(%0), %%xmm3\n .endr\n"
                     "add $512, %0\n cmp %1, %0\n jb 1b\n"
                     : "+r"(at)
                     : "r"(end), "r"(ahead)
                     : LOW_REGISTERS, "cc", "memory");
  return 1e-9 * (double)bytes / (now() - start);
}
