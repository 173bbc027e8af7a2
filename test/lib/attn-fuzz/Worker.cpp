//===- Worker.cpp - cases in processes of their own -----------------------===//

#include "test/lib/attn-fuzz/Worker.h"
#include "test/lib/attn-fuzz/Execute.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir::attn::fuzz;

using Clock = std::chrono::steady_clock;

const char *mlir::attn::fuzz::getName(Outcome::Kind kind) {
  static const char *const names[] = {"right", "mismatch", "crash", "hang"};
  return names[kind];
}

namespace {
/// A process that runs one case and writes what is wrong into a pipe.
class Worker {
public:
  Worker(Case test, int seconds) : test(std::move(test)), deadline(Clock::now() + std::chrono::seconds(seconds)) {
    int ends[2];
    std::fflush(stdout);
    if (pipe(ends) || (pid = fork()) < 0) {
      std::perror("cannot start a process");
      std::exit(2);
    }
    if (pid == 0)
      work(ends[0], ends[1]);
    close(ends[1]);
    pipeEnd = ends[0];
  }
  ~Worker() { close(pipeEnd); }

  int getPipe() const { return pipeEnd; }
  const Case &getCase() const { return test; }
  int getMillisecondsLeft() const {
    return std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count());
  }

  /// Reads what there is; false at the end.
  bool read() {
    char buffer[4096];
    ssize_t got = ::read(pipeEnd, buffer, sizeof buffer);
    if (got > 0)
      message.append(buffer, got);
    return got > 0;
  }

  Outcome finish(bool isLate) {
    if (isLate)
      kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    if (isLate)
      return {Outcome::Hang, "no end in time\n" + message};
    if (WIFSIGNALED(status))
      return {Outcome::Crash, std::string(strsignal(WTERMSIG(status))) + "\n" + message};
    return {WEXITSTATUS(status) ? Outcome::Wrong : Outcome::Right, message};
  }

private:
  [[noreturn]] void work(int readEnd, int writeEnd) {
    close(readEnd);
    dup2(writeEnd, STDERR_FILENO);
    rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    std::string problem = executeCase(test);
    std::fputs(problem.c_str(), stderr);
    std::fflush(stderr);
    _exit(problem.empty() ? 0 : 1);
  }

  Case test;
  Clock::time_point deadline;
  pid_t pid = 0;
  int pipeEnd = -1;
  std::string message;
};
} // namespace

/// Waits until a worker ends, and takes it out.
static std::pair<Case, Outcome> waitForOne(std::vector<std::unique_ptr<Worker>> &workers) {
  while (true) {
    std::vector<pollfd> pipes;
    int left = 1 << 30;
    for (auto &worker : workers) {
      pipes.push_back({worker->getPipe(), POLLIN, 0});
      left = std::min(left, worker->getMillisecondsLeft());
    }
    poll(pipes.data(), pipes.size(), left + 1);
    for (size_t n = 0; n < workers.size(); ++n) {
      bool hasEnded = (pipes[n].revents & (POLLIN | POLLHUP)) && !workers[n]->read();
      bool isLate = !hasEnded && workers[n]->getMillisecondsLeft() == 0;
      if (!hasEnded && !isLate)
        continue;
      Outcome outcome = workers[n]->finish(isLate);
      Case test = workers[n]->getCase();
      workers.erase(workers.begin() + n);
      return {std::move(test), std::move(outcome)};
    }
  }
}

Outcome mlir::attn::fuzz::executeApart(const Case &test, int seconds) {
  std::vector<std::unique_ptr<Worker>> workers;
  workers.push_back(std::make_unique<Worker>(test, seconds));
  return waitForOne(workers).second;
}

void mlir::attn::fuzz::executeMany(uint64_t seed, uint64_t first, uint64_t count, unsigned jobs, int seconds,
                                   const std::function<bool(const Case &, const Outcome &)> &report) {
  std::vector<std::unique_ptr<Worker>> workers;
  bool goesOn = true;
  for (uint64_t number = first; (goesOn && number < first + count) || !workers.empty();) {
    if (goesOn && number < first + count && workers.size() < jobs) {
      workers.push_back(std::make_unique<Worker>(drawCase(seed, number++), seconds));
      continue;
    }
    auto [test, outcome] = waitForOne(workers);
    goesOn &= report(test, outcome);
  }
}
