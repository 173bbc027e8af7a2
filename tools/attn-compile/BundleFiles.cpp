//===- BundleFiles.cpp - puts the files of a bundle in place --------------===//

#include "tools/attn-compile/BundleFiles.h"
#include "tools/common/Description.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static LogicalResult reportWriteError(StringRef file, std::error_code code) {
  return reportError("cannot write '" + file + "': " + code.message());
}

namespace {
/// The directories that were made for a bundle; those that are still empty are removed with this object.
class MadeDirectories {
public:
  ~MadeDirectories() {
    for (StringRef directory : llvm::reverse(made))
      fs::remove(directory);
  }

  LogicalResult make(StringRef directory);

private:
  SmallVector<std::string> made;
};
} // namespace

LogicalResult MadeDirectories::make(StringRef directory) {
  fs::file_status status;
  std::error_code code = fs::status(directory, status);
  if (!code && fs::is_directory(status))
    return success();
  if (!code)
    return reportError("cannot make the directory '" + directory + "': a file of this name exists");
  StringRef parent = path::parent_path(directory);
  if (!parent.empty() && failed(make(parent)))
    return failure();
  // Another process may have made it meanwhile; then it is not ours to remove.
  if ((code = fs::create_directory(directory, /*IgnoreExisting=*/false, fs::all_all)) && code != std::errc::file_exists)
    return reportError("cannot make the directory '" + directory + "': " + code.message());
  if (!code)
    made.push_back(directory.str());
  return success();
}

static std::error_code writeFile(StringRef file, StringRef contents) {
  std::error_code code;
  llvm::raw_fd_ostream stream(file, code, fs::CD_CreateNew);
  if (code)
    return code;
  stream << contents;
  stream.close();
  code = stream.error();
  stream.clear_error();
  return code;
}

/// Makes a hidden directory inside `directory`, so that files get from there into place by a rename.
static std::error_code makeStaging(StringRef directory, SmallVectorImpl<char> &made) {
  // A relative name would be taken relative to the directory for temporary files.
  SmallString<128> prefix = directory;
  if (std::error_code code = fs::make_absolute(prefix))
    return code;
  path::append(prefix, ".attn-compile");
  return fs::createUniqueDirectory(prefix, made);
}

LogicalResult attn::writeBundleFiles(StringRef directory, ArrayRef<BundleFile> files) {
  MadeDirectories directories;
  if (failed(directories.make(directory)))
    return failure();
  SmallString<128> staging;
  if (std::error_code code = makeStaging(directory, staging))
    return reportWriteError(directory, code);
  auto inStaging = [&](const BundleFile &file) { return (staging + "/" + file.name).str(); };
  auto inPlace = [&](const BundleFile &file) { return (directory + "/" + file.name).str(); };
  auto cleanUp = llvm::scope_exit([&] {
    for (const BundleFile &file : files)
      fs::remove(inStaging(file));
    fs::remove(staging);
  });
  for (const BundleFile &file : files) {
    if (fs::is_directory(inPlace(file)))
      return reportWriteError(inPlace(file), std::make_error_code(std::errc::is_a_directory));
    if (std::error_code code = writeFile(inStaging(file), file.contents))
      return reportWriteError(inPlace(file), code);
  }
  // Renames within a directory, over nothing or over files: what can go wrong has been tried by now.
  for (const BundleFile &file : files)
    if (std::error_code code = fs::rename(inStaging(file), inPlace(file)))
      return reportWriteError(inPlace(file), code);
  return success();
}
