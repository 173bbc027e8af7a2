//===- CacheTest.cpp - attn_compile and the cache on disk -----------------===//

#include "FakeInputs.h"

#include "runtime/KernelCache.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace attnrt;

namespace {

/// A fresh cache, the fake compiler, and a count of its calls.
class Cache : public testing::Test {
protected:
  void SetUp() override {
    char pattern[] = "/tmp/attn-cache-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    root = pattern;
    directory = root / "deep" / "cache";
    setenv("ATTN_CACHE_DIR", directory.c_str(), 1);
    setenv("ATTN_LIBRARY", FAKE_COMPILER, 1);
    setenv("ATTN_FAKE_KERNEL", FAKE_KERNELS "/fake.so", 1);
    setenv("ATTN_FAKE_LOG", (root / "log").c_str(), 1);
  }
  void TearDown() override { fs::remove_all(root); }

  int compilations() const { return fs::exists(root / "log") ? static_cast<int>(fs::file_size(root / "log")) : 0; }

  std::vector<fs::path> entries() const {
    std::vector<fs::path> found;
    if (fs::exists(directory))
      for (const auto &entry : fs::directory_iterator(directory))
        found.push_back(entry.path());
    return found;
  }

  /// Compiles, runs and frees; the next call does not find the kernel in memory.
  static void compileAndRun(const std::string &text = "text", const char *entry = nullptr, const char *target = nullptr) {
    const attn_kernel *kernel = nullptr;
    ASSERT_EQ(attn_compile(text.data(), text.size(), entry, target, &kernel), ATTN_OK) << attn_last_error();
    FakeInputs inputs(2, 5, 7);
    auto values = inputs.values();
    ASSERT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK) << attn_last_error();
    inputs.expectCorrect();
    attn_free(kernel);
  }

  fs::path root, directory;
};

/// Runs `body` in a child process that fails with the test's failures.
template <typename Body> pid_t inChild(Body body) {
  pid_t child = fork();
  if (child == 0) {
    alarm(60);
    body();
    _exit(testing::Test::HasFailure());
  }
  return child;
}

void expectSuccess(pid_t child) {
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

} // namespace

TEST_F(Cache, compilesOnce) {
  compileAndRun();
  EXPECT_EQ(compilations(), 1);
  EXPECT_STREQ(attn_last_warning(), "");
  ASSERT_EQ(entries().size(), 1u);
  auto start = std::chrono::steady_clock::now();
  compileAndRun();
  std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(compilations(), 1);
  EXPECT_LT(time.count(), 10);
}

TEST_F(Cache, givesTheSameKernelWhileItIsInUse) {
  const attn_kernel *first = nullptr, *second = nullptr;
  ASSERT_EQ(attn_compile("text", 4, nullptr, nullptr, &first), ATTN_OK);
  fs::remove_all(directory);
  ASSERT_EQ(attn_compile("text", 4, "", "host", &second), ATTN_OK);
  EXPECT_EQ(first, second);
  EXPECT_EQ(compilations(), 1);
  attn_free(first);
  EXPECT_STREQ(second->name, "fake");
  attn_free(second);
}

TEST_F(Cache, keepsTextEntryAndTargetApart) {
  compileAndRun("text");
  compileAndRun("text2");
  compileAndRun("text", "fake");
  compileAndRun("text", nullptr, "x86-64");
  compileAndRun("tex", "fake");
  EXPECT_EQ(compilations(), 5);
  EXPECT_EQ(entries().size(), 5u);
}

TEST_F(Cache, passesOnTheCompilersMessage) {
  const attn_kernel *kernel = nullptr;
  std::string text = "error:line 3: expected a mask";
  EXPECT_EQ(attn_compile(text.data(), text.size(), nullptr, nullptr, &kernel), ATTN_COMPILE_ERROR);
  EXPECT_STREQ(attn_last_error(), "line 3: expected a mask");
  EXPECT_EQ(kernel, nullptr);
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(attn_compile("text", 4, nullptr, "pdp-11", &kernel), ATTN_UNSUPPORTED_TARGET);
  EXPECT_EQ(attn_compile(nullptr, 4, nullptr, nullptr, &kernel), ATTN_INVALID_ARGUMENT);
}

TEST_F(Cache, rebuildsDamagedEntries) {
  compileAndRun();
  fs::path entry = entries().at(0);
  auto size = fs::file_size(entry);
  int expected = 1;
  for (uintmax_t place : {uintmax_t(0), uintmax_t(100), size / 2, size - 100, size - 1}) {
    {
      std::fstream file(entry, std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(place));
      char byte = static_cast<char>(file.get());
      file.seekp(static_cast<std::streamoff>(place));
      file.put(static_cast<char>(byte ^ 0x40));
    }
    compileAndRun();
    EXPECT_EQ(compilations(), ++expected) << "byte " << place;
    EXPECT_EQ(attn_last_warning(), "'" + entry.string() + "' in the kernel cache is damaged: compiling again");
    compileAndRun();
    EXPECT_EQ(compilations(), expected) << "byte " << place;
  }
  for (uintmax_t kept : {uintmax_t(0), uintmax_t(64), size / 2, size - 1}) {
    fs::resize_file(entry, kept);
    compileAndRun();
    EXPECT_EQ(compilations(), ++expected) << "cut to " << kept;
    EXPECT_EQ(fs::file_size(entry), size);
  }
}

TEST_F(Cache, isSharedByConcurrentProcesses) {
  std::vector<pid_t> children;
  for (int n = 0; n < 6; ++n)
    children.push_back(inChild([&] {
      for (int round = 0; round < 5; ++round)
        compileAndRun("text " + std::to_string(round));
    }));
  for (pid_t child : children)
    expectSuccess(child);
  EXPECT_EQ(entries().size(), 5u) << "no temporary file is left";
  int before = compilations();
  EXPECT_GE(before, 5);
  for (int round = 0; round < 5; ++round)
    compileAndRun("text " + std::to_string(round));
  EXPECT_EQ(compilations(), before);
}

TEST_F(Cache, survivesADiskThatIsFull) {
  fs::create_directories(directory);
  fs::permissions(directory, fs::perms::owner_all);
  expectSuccess(inChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    rlimit limit = {4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    compileAndRun();
    EXPECT_EQ(attn_last_warning(), "cannot write to the kernel cache '" + directory.string() + "': File too large");
  }));
  EXPECT_TRUE(entries().empty()) << "nothing half-written is left";
}

TEST_F(Cache, survivesAFileSystemThatIsFullOrReadOnly) {
  fs::create_directories(directory);
  if (mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=8k,mode=700"))
    GTEST_SKIP() << "needs the right to mount a file system";
  compileAndRun();
  EXPECT_EQ(attn_last_warning(), "cannot write to the kernel cache '" + directory.string() + "': No space left on device");
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(mount("tmpfs", directory.c_str(), "tmpfs", MS_REMOUNT, "size=10m"), 0);
  compileAndRun();
  EXPECT_EQ(mount("tmpfs", directory.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=10m"), 0);
  compileAndRun();
  EXPECT_EQ(compilations(), 2) << "a read-only cache still serves";
  compileAndRun("another text");
  EXPECT_EQ(attn_last_warning(), "cannot write to the kernel cache '" + directory.string() + "': Read-only file system");
  EXPECT_EQ(umount(directory.c_str()), 0);
}

TEST_F(Cache, ignoresADirectoryThatOthersCanWriteTo) {
  for (mode_t mode : {0777, 0770, 01777}) {
    fs::create_directories(directory);
    chmod(directory.c_str(), mode);
    int before = compilations();
    compileAndRun();
    compileAndRun();
    EXPECT_EQ(compilations(), before + 2);
    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(attn_last_warning(), "the kernel cache '" + directory.string() +
                                       "' is not used: expected a directory that you own and that nobody else can write to");
  }
}

TEST_F(Cache, ignoresWhatOthersOwn) {
  if (geteuid())
    GTEST_SKIP() << "needs the right to give files away";
  compileAndRun();
  ASSERT_EQ(chown(entries().at(0).c_str(), 12345, 0), 0);
  compileAndRun();
  EXPECT_EQ(compilations(), 2) << "an entry";
  ASSERT_EQ(chown(directory.c_str(), 12345, 0), 0);
  compileAndRun();
  EXPECT_EQ(compilations(), 3) << "a directory";
}

TEST_F(Cache, canBeTurnedOff) {
  setenv("ATTN_CACHE_DIR", "", 1);
  compileAndRun();
  compileAndRun();
  EXPECT_EQ(compilations(), 2);
  EXPECT_STREQ(attn_last_warning(), "");
}

TEST_F(Cache, liesInTheUsersCacheDirectory) {
  unsetenv("ATTN_CACHE_DIR");
  setenv("XDG_CACHE_HOME", (root / "xdg").c_str(), 1);
  compileAndRun();
  EXPECT_TRUE(fs::exists(root / "xdg" / "attn"));
  unsetenv("XDG_CACHE_HOME");
  std::string home = getenv("HOME") ? getenv("HOME") : "";
  setenv("HOME", (root / "home").c_str(), 1);
  compileAndRun();
  EXPECT_TRUE(fs::exists(root / "home" / ".cache" / "attn"));
  setenv("HOME", home.c_str(), 1);
}

TEST_F(Cache, removesWhatKilledProcessesLeft) {
  compileAndRun();
  for (const char *name : {".new-abcdef", ".new-ghijkl", "unrelated"})
    std::ofstream(directory / name) << "half";
  timespec old[2] = {{1000, 0}, {1000, 0}};
  for (const char *name : {".new-abcdef", "unrelated"})
    ASSERT_EQ(utimensat(AT_FDCWD, (directory / name).c_str(), old, 0), 0);
  compileAndRun("another text");
  EXPECT_FALSE(fs::exists(directory / ".new-abcdef"));
  EXPECT_TRUE(fs::exists(directory / ".new-ghijkl")) << "another process may be writing it";
  EXPECT_TRUE(fs::exists(directory / "unrelated"));
}

/// Run by the next test in processes of their own, because a process keeps the compiler that it has opened.
TEST(CacheHelper, DISABLED_compilesInAFreshProcess) {
  const attn_kernel *kernel = nullptr;
  EXPECT_EQ(attn_compile("text", 4, nullptr, nullptr, &kernel), ATTN_OK) << attn_last_error();
}

TEST_F(Cache, isKeyedByTheBuildOfTheCompiler) {
  fs::path copy = root / "libattn.so";
  fs::copy_file(FAKE_COMPILER, copy);
  setenv("ATTN_LIBRARY", copy.c_str(), 1);
  std::string command = fs::read_symlink("/proc/self/exe").string() +
                        " --gtest_also_run_disabled_tests --gtest_filter=CacheHelper.* > " + (root / "output").string();
  for (int expected : {1, 1, 2, 2}) {
    if (expected == 2 && compilations() == 1)
      fs::last_write_time(copy, fs::last_write_time(copy) + std::chrono::seconds(1));
    EXPECT_EQ(system(command.c_str()), 0);
    EXPECT_EQ(compilations(), expected);
  }
  fs::remove(copy);
  EXPECT_NE(system(command.c_str()), 0) << "no compiler, and no kernel of an unknown one";
}
