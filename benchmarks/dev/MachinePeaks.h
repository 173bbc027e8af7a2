//===- MachinePeaks.h - what this core can do, and whether it is quiet -*- C++ -*-===//

#ifndef ATTN_BENCHMARKS_DEV_MACHINEPEAKS_H
#define ATTN_BENCHMARKS_DEV_MACHINEPEAKS_H

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <functional>
#include <vector>

namespace attn::bench {

/// Seconds that this thread has run. Unlike the time of day it stands still while another process has the core.
inline double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

/// GFLOP/s of multiply-adds on registers; `lanes` is 4, 8 or 16.
double measureFma(unsigned lanes);
/// GFLOP/s of vdpbf16ps; 0 where there is none.
double measureBf16Dot();
/// GB/s of a loop that reads memory in order, once; neighbours take their share of it.
double readOnce();
/// The best of a few.
double measureRead();
/// GFLOP/s of multiply-adds with as many broadcast loads. Neighbours on the same physical core halve it while they leave
/// `measureFma` alone, so it tells whether the machine is quiet.
double probe();

struct Timing {
  double median = 0, best = 0;
  /// Accepted runs; the others were disturbed.
  int accepted = 0;
};

/// Times `body` until `wanted` runs lie between two quiet probes, at most `tries` runs.
inline Timing time(const std::function<void()> &body, int wanted = 7, int tries = 60) {
  static double quiet = [] {
    double best = 0;
    for (int i = 0; i < 20; ++i)
      best = std::max(best, probe());
    return best;
  }();
  std::vector<double> accepted, all;
  body();
  for (int i = 0; i < tries && int(accepted.size()) < wanted; ++i) {
    double before = probe(), start = now();
    body();
    double seconds = now() - start, after = probe();
    all.push_back(seconds);
    if (std::min(before, after) >= 0.95 * quiet)
      accepted.push_back(seconds);
  }
  Timing timing;
  timing.accepted = accepted.size();
  std::vector<double> &used = accepted.empty() ? all : accepted;
  std::sort(used.begin(), used.end());
  timing.median = used[used.size() / 2];
  timing.best = used.front();
  return timing;
}

} // namespace attn::bench

#endif // ATTN_BENCHMARKS_DEV_MACHINEPEAKS_H
