//===- TaskPool.h - persistent threads that share tasks ---------*- C++ -*-===//
//
// One loop at a time: the threads take indices from one counter, lowest first, so that the longest tasks start first and the
// short ones fill the gaps. The thread that starts the loop takes part. Threads are started when first needed, spin for some
// microseconds when they run out of work, then sleep.
//
// A launch leases the pool for all its stages. Whoever finds it leased (a second user thread, or a task that launches a kernel)
// runs its loops alone: nobody ever waits for the pool, so nothing can deadlock. After a fork the child starts with a pool
// without threads.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_TASKPOOL_H
#define ATTN_RUNTIME_TASKPOOL_H

#include "runtime/attn_abi.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace attnrt {

class TaskPool {
public:
  /// The pool of this process.
  static TaskPool &get();

  explicit TaskPool(int threads) : numThreads(threads) {}
  ~TaskPool() { stopWorkers(); }
  TaskPool(const TaskPool &) = delete;

  int threads() const { return numThreads.load(std::memory_order_relaxed); }

  /// Changes the number of threads (at least 1, the caller counts). Waits until no loop runs; must not be called from a task.
  void setThreads(int threads);

  /// The right to run loops, on the pool's threads if they are free, else on the calling thread alone.
  class Lease {
  public:
    /// Leases the pool for loops of at most `maxTasks` tasks.
    Lease(TaskPool &pool, int64_t maxTasks);
    Lease(const Lease &) = delete;

    /// How many tasks may run at the same time: worker numbers are below this.
    int workers() const { return numWorkers; }

    /// Calls body(state, index, worker) for each index in [0, count) and returns when all are done.
    void run(int64_t count, attn_body body, void *state);

  private:
    TaskPool &pool;
    std::unique_lock<std::mutex> lock;
    int numWorkers = 1;
  };

private:
  friend class Lease;
  static constexpr uint32_t kClosed = 1u << 31;

  int startWorkers(int wanted);
  void stopWorkers();
  void work();
  void takePart(int32_t worker);
  void runShared(int64_t count, attn_body body, void *state, int workers);

  std::atomic<int> numThreads;
  std::mutex leased;
  std::vector<std::thread> workers; // guarded by `leased`

  // The current loop. A worker enters by counting itself in `gate` and works only if the gate was open then; the owner closes
  // it and waits until nobody is inside before it touches the other fields again.
  std::atomic<uint32_t> gate{kClosed};
  std::atomic<int64_t> next{0};
  std::atomic<int32_t> ticket{1}; // the owner is worker 0
  int64_t count = 0;
  attn_body body = nullptr;
  void *state = nullptr;
  int32_t maxWorkers = 1;

  // Sleeping and waking. `generation` counts loops.
  std::mutex sleep;
  std::condition_variable wake, done;
  std::atomic<uint64_t> generation{0};
  int sleeping = 0; // guarded by `sleep`
  std::atomic<bool> stopping{false};
};

/// The number of CPUs that this process may use.
int availableCpus();

} // namespace attnrt

#endif // ATTN_RUNTIME_TASKPOOL_H
