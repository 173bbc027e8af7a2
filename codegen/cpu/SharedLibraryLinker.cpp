//===- SharedLibraryLinker.cpp - lld as a library -------------------------===//

#include "codegen/cpu/ObjectEmitter.h"

#include "lld/Common/Driver.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/Binary.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/raw_ostream.h"

#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <utility>

LLD_HAS_DRIVER(elf)

namespace mlir::attn {

static llvm::Error fail(const char *what) {
  std::error_code code(errno, std::generic_category());
  return llvm::createStringError(code, "cannot link the kernel: " + llvm::Twine(what) + ": " + code.message());
}

static std::string getPath(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

namespace {
/// A file in memory, which lld opens by name.
class InputFile {
public:
  InputFile() : descriptor(memfd_create("attn-object", MFD_CLOEXEC)) {}
  InputFile(InputFile &&other) : descriptor(std::exchange(other.descriptor, -1)) {}
  InputFile(const InputFile &) = delete;
  ~InputFile() {
    if (descriptor >= 0)
      close(descriptor);
  }

  std::string path() const { return getPath(descriptor); }
  llvm::Error write(const ObjectBytes &bytes);

private:
  int descriptor;
};

/// A pipe with a thread that reads it. Only what is no regular file is written by lld under its own name, in one go.
class OutputPipe {
public:
  OutputPipe() {
    if (pipe2(ends, O_CLOEXEC) == 0)
      reader = std::thread([this] { read(); });
  }
  ~OutputPipe() { finish(); }

  bool isOpen() const { return ends[1] >= 0; }
  std::string path() const { return getPath(ends[1]); }
  /// What was written until now.
  ObjectBytes take() { return finish(), std::move(bytes); }

private:
  void read();
  void finish();

  int ends[2] = {-1, -1};
  std::thread reader;
  ObjectBytes bytes;
};
} // namespace

llvm::Error InputFile::write(const ObjectBytes &bytes) {
  if (descriptor < 0)
    return fail("no file in memory");
  for (size_t done = 0; done < bytes.size();) {
    ssize_t written =
        llvm::sys::RetryAfterSignal(-1, pwrite, descriptor, bytes.data() + done, bytes.size() - done, off_t(done));
    if (written < 0)
      return fail("no space for a file in memory");
    done += size_t(written);
  }
  return llvm::Error::success();
}

void OutputPipe::read() {
  constexpr size_t kChunk = 1 << 16;
  for (size_t done = 0;; bytes.truncate(done)) {
    bytes.resize_for_overwrite(done + kChunk);
    ssize_t got = llvm::sys::RetryAfterSignal(-1, ::read, ends[0], bytes.data() + done, kChunk);
    if (got <= 0)
      return bytes.truncate(done);
    done += size_t(got);
  }
}

void OutputPipe::finish() {
  if (!reader.joinable())
    return;
  // The last writer leaves: the reader comes to the end.
  close(std::exchange(ends[1], -1));
  reader.join();
  close(ends[0]);
}

static llvm::Expected<ObjectBytes> link(llvm::ArrayRef<ObjectBytes> objects, llvm::ArrayRef<const char *> options) {
  std::vector<InputFile> inputs;
  std::vector<std::string> paths;
  for (const ObjectBytes &object : objects) {
    inputs.emplace_back();
    if (llvm::Error error = inputs.back().write(object))
      return std::move(error);
    paths.push_back(inputs.back().path());
  }
  OutputPipe output;
  if (!output.isOpen())
    return fail("no pipe");
  std::string outputPath = output.path();
  std::vector<const char *> arguments = {"ld.lld", "-z", "noexecstack", "--build-id=none", "--threads=1"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  for (const std::string &path : paths)
    arguments.push_back(path.c_str());
  arguments.insert(arguments.end(), {"-o", outputPath.c_str()});

  // lld keeps its state in globals.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::string text, errors;
  llvm::raw_string_ostream textStream(text), errorStream(errors);
  lld::Result result = lld::lldMain(arguments, textStream, errorStream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return llvm::createStringError("cannot link the kernel: " + llvm::StringRef(errors).trim());
  return output.take();
}

llvm::Expected<ObjectBytes> linkSharedLibrary(const ObjectBytes &object) {
  return link(object, {"-shared", "-z", "defs", "--no-undefined"});
}

/// Makes hidden symbols local: the linker does so for libraries only.
static llvm::Expected<ObjectBytes> localizeHidden(const ObjectBytes &object) {
  llvm::MemoryBufferRef buffer(llvm::StringRef(object.data(), object.size()), "kernel");
  llvm::Expected<std::unique_ptr<llvm::object::Binary>> binary = llvm::object::createBinary(buffer);
  if (!binary)
    return binary.takeError();
  llvm::objcopy::ConfigManager config;
  config.ELF.LocalizeHidden = true;
  ObjectBytes bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (llvm::Error error = llvm::objcopy::executeObjcopyOnBinary(config, **binary, stream))
    return std::move(error);
  return bytes;
}

llvm::Expected<ObjectBytes> linkRelocatable(llvm::ArrayRef<ObjectBytes> objects) {
  llvm::Expected<ObjectBytes> joined = link(objects, {"-r"});
  return joined ? localizeHidden(*joined) : std::move(joined);
}

} // namespace mlir::attn
