//===- TaskPool.cpp - persistent threads that share tasks -----------------===//

#include "runtime/TaskPool.h"
#include "runtime/Status.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <system_error>
#include <unistd.h>

using namespace attnrt;

/// Longer than the gap between two stages or between the layers of a decoding step, shorter than anything a user would notice
/// as load.
static constexpr std::chrono::microseconds kSpinTime(50);
static constexpr int kMaxThreads = 1024;

/// Waits a little for `ready`; false if it did not come true. More threads than CPUs would only keep each other from working.
template <typename Ready> static bool spin(int threads, Ready ready) {
  static const int cpus = availableCpus();
  if (threads > cpus)
    return ready();
  auto end = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < 32; ++i) {
      if (ready())
        return true;
      _mm_pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

int attnrt::availableCpus() {
  // A mask that is too small for the machine is refused with EINVAL: ask for a larger one.
  for (int size = CPU_SETSIZE; size <= 1 << 16; size *= 4) {
    cpu_set_t *set = CPU_ALLOC(size);
    if (!set)
      break;
    int found = sched_getaffinity(0, CPU_ALLOC_SIZE(size), set) == 0 ? CPU_COUNT_S(CPU_ALLOC_SIZE(size), set) : 0;
    CPU_FREE(set);
    if (found > 0)
      return found;
  }
  return std::max(1l, sysconf(_SC_NPROCESSORS_ONLN));
}

static int defaultThreads() {
  const char *text = std::getenv("ATTN_NUM_THREADS");
  char *end = nullptr;
  long asked = text ? std::strtol(text, &end, 10) : 0;
  int wanted = text && end != text && !*end && asked >= 1 && asked <= kMaxThreads ? static_cast<int>(asked) : availableCpus();
  return std::min(wanted, kMaxThreads);
}

/// Never destroyed: at exit, threads may still sleep in it.
static std::atomic<TaskPool *> processPool{nullptr};

/// The child of a fork has none of the parent's threads, and locks in whatever state they were: it leaves that pool and takes a
/// new one.
static void replacePool() { processPool = new TaskPool(processPool.load()->threads()); }

TaskPool &TaskPool::get() {
  static const bool once = [] {
    processPool = new TaskPool(defaultThreads());
    pthread_atfork(nullptr, nullptr, replacePool);
    return true;
  }();
  (void)once;
  return *processPool.load(std::memory_order_relaxed);
}

void TaskPool::setThreads(int threads) {
  std::lock_guard<std::mutex> guard(leased);
  if (threads < numThreads)
    stopWorkers();
  numThreads = threads;
}

int TaskPool::startWorkers(int wanted) {
  if (static_cast<int>(workers.size()) >= wanted)
    return wanted;
  // The program's signal handlers run on its own threads.
  sigset_t all, saved;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &saved);
  try {
    while (static_cast<int>(workers.size()) < wanted)
      workers.emplace_back([this] { work(); });
  } catch (const std::system_error &) {
    // The system gives no more threads: those that run will do.
  }
  pthread_sigmask(SIG_SETMASK, &saved, nullptr);
  return static_cast<int>(workers.size());
}

void TaskPool::stopWorkers() {
  {
    std::lock_guard<std::mutex> guard(sleep);
    stopping = true;
  }
  wake.notify_all();
  for (std::thread &worker : workers)
    worker.join();
  workers.clear();
  stopping = false;
}

void TaskPool::work() {
  uint64_t seen = 0;
  for (;;) {
    auto called = [&] { return generation.load(std::memory_order_acquire) != seen || stopping; };
    if (!spin(threads(), called)) {
      std::unique_lock<std::mutex> lock(sleep);
      ++sleeping;
      wake.wait(lock, called);
      --sleeping;
    }
    if (stopping)
      return;
    seen = generation.load(std::memory_order_acquire);
    if (!(gate.fetch_add(1, std::memory_order_acq_rel) & kClosed))
      takePart(ticket.fetch_add(1, std::memory_order_relaxed));
    // The owner may sleep until the last one has left.
    if (gate.fetch_sub(1, std::memory_order_acq_rel) == (kClosed | 1)) {
      std::lock_guard<std::mutex> guard(sleep);
      done.notify_all();
    }
  }
}

void TaskPool::takePart(int32_t worker) {
  if (worker >= maxWorkers)
    return;
  for (int64_t index; (index = next.fetch_add(1, std::memory_order_relaxed)) < count;)
    body(state, index, worker);
}

void TaskPool::runShared(int64_t loopCount, attn_body loopBody, void *loopState, int loopWorkers) {
  next.store(0, std::memory_order_relaxed);
  ticket.store(1, std::memory_order_relaxed);
  count = loopCount;
  body = loopBody;
  state = loopState;
  maxWorkers = loopWorkers;
  gate.fetch_and(~kClosed, std::memory_order_release);
  {
    std::lock_guard<std::mutex> guard(sleep);
    generation.fetch_add(1, std::memory_order_release);
    for (int helpers = std::min(loopWorkers - 1, sleeping); helpers > 0; --helpers)
      wake.notify_one();
  }
  takePart(0);
  gate.fetch_or(kClosed, std::memory_order_acq_rel);
  auto empty = [&] { return gate.load(std::memory_order_acquire) == kClosed; };
  if (!spin(loopWorkers, empty)) {
    std::unique_lock<std::mutex> lock(sleep);
    done.wait(lock, empty);
  }
}

TaskPool::Lease::Lease(TaskPool &pool, int64_t maxTasks) : pool(pool), lock(pool.leased, std::defer_lock) {
  int wanted = static_cast<int>(std::min<int64_t>(pool.threads(), maxTasks));
  if (wanted > 1 && lock.try_lock())
    numWorkers = 1 + pool.startWorkers(std::min(wanted, pool.threads()) - 1);
}

void TaskPool::Lease::run(int64_t count, attn_body body, void *state) {
  if (numWorkers > 1 && count > 1) {
    pool.runShared(count, body, state, numWorkers);
    return;
  }
  for (int64_t index = 0; index < count; ++index)
    body(state, index, 0);
}

extern "C" int attn_get_num_threads(void) { return TaskPool::get().threads(); }

extern "C" attn_status attn_set_num_threads(int threads) {
  if (threads < 1 || threads > kMaxThreads)
    return fail(ATTN_INVALID_ARGUMENT, "number of threads: expected 1 to 1024, but got " + std::to_string(threads));
  return guarded([&] {
    TaskPool::get().setThreads(threads);
    return ATTN_OK;
  });
}
