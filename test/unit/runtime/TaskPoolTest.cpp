//===- TaskPoolTest.cpp ---------------------------------------------------===//

#include "runtime/TaskPool.h"
#include "runtime/attn.h"

#include <dirent.h>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace attnrt;

using Body = std::function<void(int64_t index, int32_t worker)>;

static void callBody(void *state, int64_t index, int32_t worker) { (*static_cast<Body *>(state))(index, worker); }

static void runLoop(TaskPool::Lease &lease, int64_t count, Body body) { lease.run(count, callBody, &body); }

static int threadsOfProcess() {
  int count = 0;
  DIR *tasks = opendir("/proc/self/task");
  while (const dirent *entry = readdir(tasks))
    count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

/// Holds every task until `count` of them run at the same time, or five seconds have passed.
class Gathering {
public:
  explicit Gathering(int count) : missing(count) {}
  bool join() {
    std::unique_lock<std::mutex> lock(mutex);
    if (--missing == 0)
      complete.notify_all();
    return complete.wait_for(lock, std::chrono::seconds(5), [&] { return missing <= 0; });
  }

private:
  std::mutex mutex;
  std::condition_variable complete;
  int missing;
};

TEST(TaskPool, runsEachIndexOnce) {
  for (int threads : {1, 2, 3, 8}) {
    TaskPool pool(threads);
    for (int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> calls(count);
      TaskPool::Lease lease(pool, count);
      for (int repeat = 0; repeat < 50; ++repeat)
        runLoop(lease, count, [&](int64_t index, int32_t) { ++calls[index]; });
      for (auto &number : calls)
        ASSERT_EQ(number, 50);
    }
  }
}

TEST(TaskPool, handsOutLowIndicesFirst) {
  TaskPool pool(3);
  TaskPool::Lease lease(pool, 200);
  std::mutex mutex;
  std::vector<int64_t> started;
  runLoop(lease, 200, [&](int64_t index, int32_t) {
    std::lock_guard<std::mutex> guard(mutex);
    started.push_back(index);
  });
  // A thread may be delayed between taking an index and starting, by at most one index for each other thread each time.
  ASSERT_EQ(started.size(), 200u);
  EXPECT_EQ(*std::min_element(started.begin(), started.begin() + 3), 0);
  TaskPool alone(1);
  TaskPool::Lease serial(alone, 200);
  started.clear();
  runLoop(serial, 200, [&](int64_t index, int32_t) { started.push_back(index); });
  EXPECT_TRUE(std::is_sorted(started.begin(), started.end()));
}

TEST(TaskPool, usesAllThreadsAtOnce) {
  TaskPool pool(4);
  TaskPool::Lease lease(pool, 4);
  ASSERT_EQ(lease.workers(), 4);
  for (int repeat = 0; repeat < 20; ++repeat) {
    Gathering gathering(4);
    std::mutex mutex;
    std::set<int32_t> numbers;
    std::set<std::thread::id> threads;
    runLoop(lease, 4, [&](int64_t, int32_t worker) {
      {
        std::lock_guard<std::mutex> guard(mutex);
        numbers.insert(worker);
        threads.insert(std::this_thread::get_id());
      }
      EXPECT_TRUE(gathering.join());
    });
    EXPECT_EQ(numbers, (std::set<int32_t>{0, 1, 2, 3}));
    EXPECT_EQ(threads.size(), 4u);
  }
}

TEST(TaskPool, neverSharesAWorkerNumber) {
  TaskPool pool(4);
  for (int tasks : {64, 2, 3}) {
    TaskPool::Lease lease(pool, tasks);
    ASSERT_EQ(lease.workers(), std::min(tasks, 4));
    std::vector<std::atomic<int>> inside(lease.workers());
    for (int repeat = 0; repeat < 500; ++repeat)
      runLoop(lease, tasks, [&](int64_t, int32_t worker) {
        ASSERT_LT(worker, static_cast<int32_t>(inside.size()));
        EXPECT_EQ(inside[worker].fetch_add(1), 0);
        inside[worker].fetch_sub(1);
      });
  }
}

TEST(TaskPool, keepsOtherThreadsOutOfASmallLease) {
  TaskPool pool(4);
  for (int repeat = 0; repeat < 300; ++repeat) {
    {
      TaskPool::Lease all(pool, 64);
      runLoop(all, 64, [](int64_t, int32_t) {});
    }
    // The threads of the large loop are still awake.
    TaskPool::Lease two(pool, 2);
    runLoop(two, 16, [](int64_t, int32_t worker) {
      EXPECT_LT(worker, 2);
      std::this_thread::yield();
    });
  }
}

TEST(TaskPool, startsNoThreadForOne) {
  int before = threadsOfProcess();
  TaskPool pool(1);
  TaskPool::Lease lease(pool, 100);
  runLoop(lease, 100, [&](int64_t, int32_t worker) { EXPECT_EQ(worker, 0); });
  EXPECT_EQ(lease.workers(), 1);
  EXPECT_EQ(threadsOfProcess(), before);
}

TEST(TaskPool, startsNoMoreThreadsThanTasks) {
  int before = threadsOfProcess();
  TaskPool pool(8);
  TaskPool::Lease lease(pool, 3);
  EXPECT_EQ(threadsOfProcess(), before + 2);
}

TEST(TaskPool, changesTheNumberOfThreads) {
  int before = threadsOfProcess();
  TaskPool pool(4);
  {
    TaskPool::Lease lease(pool, 10);
  }
  EXPECT_EQ(threadsOfProcess(), before + 3);
  pool.setThreads(2);
  {
    TaskPool::Lease lease(pool, 10);
    EXPECT_EQ(lease.workers(), 2);
  }
  EXPECT_EQ(threadsOfProcess(), before + 1);
  pool.setThreads(3);
  TaskPool::Lease lease(pool, 10);
  EXPECT_EQ(lease.workers(), 3);
}

TEST(TaskPool, runsANestedLoopOnItsThread) {
  TaskPool pool(3);
  TaskPool::Lease lease(pool, 8);
  std::atomic<int> inner{0};
  runLoop(lease, 8, [&](int64_t, int32_t) {
    auto self = std::this_thread::get_id();
    TaskPool::Lease nested(pool, 5);
    EXPECT_EQ(nested.workers(), 1);
    runLoop(nested, 5, [&](int64_t, int32_t worker) {
      EXPECT_EQ(worker, 0);
      EXPECT_EQ(std::this_thread::get_id(), self);
      ++inner;
    });
  });
  EXPECT_EQ(inner, 40);
}

TEST(TaskPool, servesConcurrentCallers) {
  TaskPool pool(3);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 300; ++repeat) {
        TaskPool::Lease lease(pool, 20);
        runLoop(lease, 20, [&](int64_t index, int32_t) { sum += index; });
      }
    });
  for (auto &caller : callers)
    caller.join();
  EXPECT_EQ(sum, 4 * 300 * 190);
}

TEST(TaskPool, sleepsWhenThereIsNothingToDo) {
  TaskPool pool(3);
  TaskPool::Lease lease(pool, 30);
  runLoop(lease, 30, [](int64_t, int32_t) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  timespec before, after;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  double used = (after.tv_sec - before.tv_sec) * 1e3 + (after.tv_nsec - before.tv_nsec) * 1e-6;
  EXPECT_LT(used, 20) << "milliseconds of CPU time in 200 idle ones";
}

TEST(TaskPool, worksInTheChildOfAFork) {
  ASSERT_EQ(attn_set_num_threads(3), ATTN_OK);
  auto threeAtOnce = [] {
    Gathering gathering(3);
    std::atomic<int> joined{0};
    TaskPool::Lease lease(TaskPool::get(), 3);
    runLoop(lease, 3, [&](int64_t, int32_t) { joined += gathering.join(); });
    return joined == 3;
  };
  ASSERT_TRUE(threeAtOnce());
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(attn_get_num_threads() == 3 && threeAtOnce() && threeAtOnce() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(threeAtOnce());
}

TEST(TaskPool, refusesSillyNumbersOfThreads) {
  EXPECT_EQ(attn_set_num_threads(0), ATTN_INVALID_ARGUMENT);
  EXPECT_STREQ(attn_last_error(), "number of threads: expected 1 to 1024, but got 0");
  EXPECT_EQ(attn_set_num_threads(1025), ATTN_INVALID_ARGUMENT);
}
