//===- LoadTest.cpp - attn_load -------------------------------------------===//

#include "FakeInputs.h"

#include "runtime/SharedObject.h"

#include <elf.h>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

using namespace attnrt;

static const std::string kernels = FAKE_KERNELS;

static FileBytes contentsOf(const std::string &path) {
  FileBytes bytes;
  int descriptor = open(path.c_str(), O_RDONLY);
  EXPECT_TRUE(descriptor >= 0 && readFile(descriptor, bytes)) << path;
  close(descriptor);
  return bytes;
}

/// A directory that is removed with what is in it.
class TemporaryDirectory {
public:
  TemporaryDirectory() { EXPECT_NE(mkdtemp(path), nullptr); }
  ~TemporaryDirectory() { EXPECT_EQ(system(("rm -r " + std::string(path)).c_str()), 0); }
  std::string write(const std::string &name, const FileBytes &bytes) const {
    std::ofstream(path + ("/" + name), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path + ("/" + name);
  }
  char path[32] = "/tmp/attn-load-XXXXXX";
};

TEST(Load, opensAFileAndRunsItsKernel) {
  const attn_kernel *kernel = nullptr;
  ASSERT_EQ(attn_load((kernels + "/fake.so").c_str(), nullptr, &kernel), ATTN_OK) << attn_last_error();
  EXPECT_STREQ(kernel->name, "fake");
  EXPECT_STREQ(kernel->symbols[kernel->args[2].symbol[2]], "Tk");
  FakeInputs inputs(2, 5, 7);
  auto values = inputs.values();
  ASSERT_EQ(attn_launch(kernel, values.data(), 8), ATTN_OK);
  inputs.expectCorrect();
  attn_free(kernel);
}

TEST(Load, opensADirectoryByName) {
  const attn_kernel *kernel = nullptr;
  ASSERT_EQ(attn_load(kernels.c_str(), "fake_bf16", &kernel), ATTN_OK) << attn_last_error();
  EXPECT_STREQ(kernel->name, "fake_bf16");
  attn_free(kernel);
  EXPECT_EQ(attn_load(kernels.c_str(), nullptr, &kernel), ATTN_INVALID_ARGUMENT);
  EXPECT_EQ(attn_last_error(), "'" + kernels + "': expected the name of one of its kernels: fake, fake_bf16");
  EXPECT_EQ(attn_load(kernels.c_str(), "other", &kernel), ATTN_CANNOT_READ);
}

TEST(Load, opensADirectoryWithOneKernel) {
  TemporaryDirectory directory;
  directory.write("fake.so", contentsOf(kernels + "/fake.so"));
  const attn_kernel *kernel = nullptr;
  ASSERT_EQ(attn_load(directory.path, nullptr, &kernel), ATTN_OK) << attn_last_error();
  attn_free(kernel);
}

TEST(Load, countsUsers) {
  const attn_kernel *first = nullptr, *second = nullptr;
  std::string path = kernels + "/fake.so";
  ASSERT_EQ(attn_load(path.c_str(), nullptr, &first), ATTN_OK);
  ASSERT_EQ(attn_load(path.c_str(), "fake", &second), ATTN_OK);
  attn_free(first);
  EXPECT_STREQ(second->name, "fake");
  attn_free(second);
  attn_free(nullptr);
}

TEST(Load, refusesWhatIsNotAKernel) {
  TemporaryDirectory directory;
  const attn_kernel *kernel = nullptr;
  EXPECT_EQ(attn_load("/nowhere/at/all.so", nullptr, &kernel), ATTN_CANNOT_READ);
  EXPECT_STREQ(attn_last_error(), "cannot open '/nowhere/at/all.so': No such file or directory");
  EXPECT_EQ(attn_load(directory.path, nullptr, &kernel), ATTN_CANNOT_READ);
  EXPECT_EQ(attn_load(directory.write("text.so", {'h', 'i'}).c_str(), nullptr, &kernel), ATTN_NOT_A_KERNEL);
  EXPECT_EQ(attn_load(directory.write("empty.so", {}).c_str(), nullptr, &kernel), ATTN_NOT_A_KERNEL);
  EXPECT_EQ(attn_load((kernels + "/fake.so").c_str(), "nobody", &kernel), ATTN_NOT_A_KERNEL);
  EXPECT_EQ(attn_last_error(),
            "'" + kernels + "/fake.so': expected a kernel named 'nobody', but the file has no nobody_kernel");
  EXPECT_EQ(attn_load(FAKE_COMPILER, nullptr, &kernel), ATTN_NOT_A_KERNEL);
  EXPECT_EQ(attn_load(nullptr, nullptr, &kernel), ATTN_INVALID_ARGUMENT);
  EXPECT_EQ(kernel, nullptr);
}

TEST(Load, refusesTruncatedFiles) {
  FileBytes whole = contentsOf(kernels + "/fake.so");
  TemporaryDirectory directory;
  for (size_t size = 0; size < whole.size(); size += 97) {
    std::string path = directory.write("fake.so", FileBytes(whole.begin(), whole.begin() + size));
    const attn_kernel *kernel = nullptr;
    ASSERT_EQ(attn_load(path.c_str(), nullptr, &kernel), ATTN_NOT_A_KERNEL) << size << " of " << whole.size() << " bytes";
  }
}

TEST(Load, refusesTruncatedFilesWithoutSections) {
  FileBytes bytes = contentsOf(kernels + "/fake.so");
  auto *header = reinterpret_cast<Elf64_Ehdr *>(bytes.data());
  header->e_shoff = header->e_shnum = header->e_shstrndx = 0;
  EXPECT_TRUE(isWholeSharedObject(bytes));
  const auto *segments = reinterpret_cast<const Elf64_Phdr *>(bytes.data() + header->e_phoff);
  size_t end = 0;
  for (int i = 0; i < header->e_phnum; ++i)
    if (segments[i].p_type == PT_LOAD)
      end = std::max<size_t>(end, segments[i].p_offset + segments[i].p_filesz);
  bytes.resize(end);
  EXPECT_TRUE(isWholeSharedObject(bytes));
  bytes.resize(end - 1);
  EXPECT_FALSE(isWholeSharedObject(bytes));
}

TEST(Seal, coversEveryByte) {
  FileBytes image = contentsOf(kernels + "/fake.so");
  Seal seal = makeSeal(image.data(), image.size(), "fake");
  FileBytes sealed = image;
  sealed.insert(sealed.end(), reinterpret_cast<char *>(&seal), reinterpret_cast<char *>(&seal + 1));
  ASSERT_NE(checkSeal(sealed), nullptr);
  EXPECT_STREQ(checkSeal(sealed)->kernel, "fake");
  EXPECT_TRUE(isWholeSharedObject(sealed));
  for (size_t place = 0; place < sealed.size(); place += place + 200 < image.size() ? 211 : 1) {
    sealed[place] ^= 1;
    ASSERT_EQ(checkSeal(sealed), nullptr) << "byte " << place;
    sealed[place] ^= 1;
  }
  EXPECT_EQ(checkSeal(image), nullptr);
  EXPECT_EQ(checkSeal({}), nullptr);
}
