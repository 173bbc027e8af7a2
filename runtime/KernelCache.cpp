//===- KernelCache.cpp - compiled kernels on disk -------------------------===//

#include "runtime/KernelCache.h"
#include "runtime/Status.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attnrt;

static const char kTemporaryPrefix[] = ".new-";

/// No compiler writes for that long: such a file was left by a process that was killed.
static constexpr time_t kAbandonedAfter = 3600;

static bool isOwn(const struct stat &info) { return info.st_uid == geteuid() && !(info.st_mode & (S_IWGRP | S_IWOTH)); }

KernelCache KernelCache::forUser() {
  if (const char *chosen = std::getenv("ATTN_CACHE_DIR"))
    return KernelCache(chosen);
  const char *xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg && *xdg == '/')
    return KernelCache(std::string(xdg) + "/attn");
  const char *home = std::getenv("HOME");
  return KernelCache(home && *home == '/' ? std::string(home) + "/.cache/attn" : "");
}

/// What lies here is executed, so nobody else may be able to put it here. Without a directory there is nothing to warn about.
bool KernelCache::isTrusted() const {
  struct stat info;
  if (directory.empty() || stat(directory.c_str(), &info))
    return false;
  if (S_ISDIR(info.st_mode) && isOwn(info))
    return true;
  warn("the kernel cache '" + directory + "' is not used: expected a directory that you own and that nobody else can write to");
  return false;
}

bool KernelCache::load(const Hash &key, LoadedKernel &loaded) const {
  if (!isTrusted())
    return false;
  std::string path = pathOf(key);
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) {
    if (errno != ENOENT)
      warn("cannot read '" + path + "' in the kernel cache: " + std::strerror(errno));
    return false;
  }
  struct stat info;
  FileBytes bytes;
  bool isRead = !fstat(descriptor, &info) && isOwn(info) && readFile(descriptor, bytes);
  close(descriptor);
  const Seal *seal = isRead ? checkSeal(bytes) : nullptr;
  if (seal && isWholeSharedObject(bytes) && openKernel(path, seal->kernel, loaded) == ATTN_OK)
    return true;
  warn("'" + path + "' in the kernel cache is damaged: compiling again");
  return false;
}

/// Makes the directory and those above it; false, with errno set, if it still does not exist then.
static bool makeDirectories(const std::string &path) {
  int error = 0;
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    if (mkdir(path.substr(0, end).c_str(), 0700))
      error = errno;
    if (end == std::string::npos)
      break;
  }
  struct stat info;
  bool exists = !stat(path.c_str(), &info);
  errno = error;
  return exists;
}

static bool writeAll(int descriptor, const void *data, size_t size) {
  const char *position = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t written = write(descriptor, position, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    position += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

void KernelCache::store(const Hash &key, const void *image, size_t size, const char *name) const {
  if (directory.empty() || std::strlen(name) >= sizeof(Seal::kernel))
    return;
  auto giveUp = [&](int error) { warn("cannot write to the kernel cache '" + directory + "': " + std::strerror(error)); };
  if (!makeDirectories(directory))
    return giveUp(errno);
  if (!isTrusted())
    return;
  sweep();
  std::string temporary = directory + "/" + kTemporaryPrefix + "XXXXXX";
  int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0)
    return giveUp(errno);
  Seal seal = makeSeal(image, size, name);
  bool done = writeAll(descriptor, image, size) && writeAll(descriptor, &seal, sizeof seal);
  int error = errno;
  // Some file systems report only here that there was no space.
  if (close(descriptor) && done) {
    error = errno;
    done = false;
  }
  if (done && rename(temporary.c_str(), pathOf(key).c_str())) {
    error = errno;
    done = false;
  }
  if (!done) {
    unlink(temporary.c_str());
    giveUp(error);
  }
}

void KernelCache::sweep() const {
  std::unique_ptr<DIR, int (*)(DIR *)> entries(opendir(directory.c_str()), closedir);
  if (!entries)
    return;
  time_t now = std::time(nullptr);
  while (const dirent *entry = readdir(entries.get())) {
    struct stat info;
    if (std::strncmp(entry->d_name, kTemporaryPrefix, sizeof kTemporaryPrefix - 1) == 0 &&
        !fstatat(dirfd(entries.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) && now - info.st_mtime > kAbandonedAfter)
      unlinkat(dirfd(entries.get()), entry->d_name, 0);
  }
}
