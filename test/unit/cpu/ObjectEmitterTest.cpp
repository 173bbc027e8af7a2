//===- ObjectEmitterTest.cpp - objects, shared libraries, inner loops -----===//

#include "codegen/cpu/ObjectEmitter.h"
#include "codegen/cpu/CpuPipeline.h"
#include "codegen/cpu/ModuleParts.h"
#include "test/unit/cpu/PanelAttention.h"
#include "test/unit/cpu/RunnableLevels.h"

#include "dialect/AttnDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "gtest/gtest.h"

#include <dlfcn.h>
#include <fstream>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {

class ObjectEmitter : public ::testing::Test {
protected:
  ObjectEmitter() : context(MLIRContext::Threading::DISABLED) {
    DialectRegistry registry;
    registerCpuCodegen(registry);
    registry.insert<AttnDialect>();
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    module = ModuleOp::create(UnknownLoc::get(&context));
  }

  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("attn-link", directory)); }
  void TearDown() override { llvm::sys::fs::remove_directories(directory); }

  /// `int64 twice_plus_three(int64)`; calls `missing` too if asked.
  void addFunction(bool callsMissing = false) {
    ImplicitLocOpBuilder b(module->getLoc(), &context);
    Type i64 = b.getI64Type();
    b.setInsertionPointToEnd(module->getBody());
    auto function = func::FuncOp::create(b, "twice_plus_three", b.getFunctionType({i64}, {i64}));
    if (callsMissing)
      func::FuncOp::create(b, "missing", b.getFunctionType({}, {})).setPrivate();
    b.setInsertionPointToStart(function.addEntryBlock());
    if (callsMissing)
      func::CallOp::create(b, "missing", TypeRange(), ValueRange());
    Value x = function.getArgument(0);
    Value three = arith::ConstantOp::create(b, b.getI64IntegerAttr(3));
    Value twice = arith::AddIOp::create(b, x, x);
    func::ReturnOp::create(b, Value(arith::AddIOp::create(b, twice, three)));
  }

  ObjectBytes compile() {
    CpuMachine machine = CpuMachine::detectHost();
    PassManager passes(&context);
    buildCpuPipeline(passes, machine);
    EXPECT_TRUE(succeeded(passes.run(*module)));
    FailureOr<ObjectBytes> object = emitObject(*module, machine);
    EXPECT_TRUE(succeeded(object));
    return std::move(*object);
  }

  std::string pathOf(llvm::StringRef name) { return (directory + "/" + name).str(); }
  int filesInDirectory() {
    std::error_code code;
    int count = 0;
    for (llvm::sys::fs::directory_iterator entry(directory, code), end; entry != end && !code; entry.increment(code))
      ++count;
    return count;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  llvm::SmallString<128> directory;
};

TEST_F(ObjectEmitter, LinksALibraryThatLoads) {
  addFunction();
  ObjectBytes object = compile();
  for (const char *name : {"first.so", "second.so"}) {
    llvm::Expected<ObjectBytes> library = linkSharedLibrary(object);
    ASSERT_TRUE(bool(library)) << llvm::toString(library.takeError());
    std::ofstream(pathOf(name), std::ios::binary).write(library->data(), library->size());
    void *loaded = dlopen(pathOf(name).c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(loaded, nullptr) << dlerror();
    auto function = reinterpret_cast<int64_t (*)(int64_t)>(dlsym(loaded, "twice_plus_three"));
    ASSERT_NE(function, nullptr);
    EXPECT_EQ(function(20), 43);
    dlclose(loaded);
  }
  EXPECT_EQ(filesInDirectory(), 2) << "temporary files were left";
}

TEST_F(ObjectEmitter, AnUndefinedSymbolIsAnError) {
  addFunction(/*callsMissing=*/true);
  llvm::Expected<ObjectBytes> library = linkSharedLibrary(compile());
  ASSERT_FALSE(bool(library));
  std::string message = llvm::toString(library.takeError());
  EXPECT_NE(message.find("undefined symbol: missing"), std::string::npos) << message;
}

/// Functions that call each other and read a constant, all but one of them local.
const char *const kChain = R"(
  @offsets = internal constant [2 x i64] [i64 3, i64 40]
  define i64 @chain(i64 %x) {
    %y = call i64 @double(i64 %x)
    ret i64 %y
  }
  define internal i64 @double(i64 %x) {
    %y = add i64 %x, %x
    %z = call i64 @shift(i64 %y)
    ret i64 %z
  }
  define internal i64 @shift(i64 %x) {
    %offset = load i64, ptr getelementptr (i64, ptr @offsets, i64 1)
    %y = add i64 %x, %offset
    ret i64 %y
  }
)";

TEST_F(ObjectEmitter, PartsOfAModuleLinkToTheWhole) {
  for (unsigned parts : {1u, 2u, 3u, 4u}) {
    llvm::LLVMContext llvmContext;
    llvm::SMDiagnostic diagnostic;
    std::unique_ptr<llvm::Module> whole = llvm::parseAssemblyString(kChain, diagnostic, llvmContext);
    ASSERT_TRUE(whole) << diagnostic.getMessage().str();
    std::vector<llvm::SmallVector<char, 0>> others = splitModule(*whole, parts);
    ASSERT_EQ(others.size(), parts - 1);
    std::vector<ObjectBytes> objects = {llvm::cantFail(emitObject(*whole, CpuMachine::detectHost()))};
    for (const llvm::SmallVector<char, 0> &bitcode : others) {
      std::unique_ptr<llvm::Module> part =
          llvm::cantFail(llvm::parseBitcodeFile({llvm::StringRef(bitcode.data(), bitcode.size()), "part"}, llvmContext));
      objects.push_back(llvm::cantFail(emitObject(*part, CpuMachine::detectHost())));
    }
    ObjectBytes library = llvm::cantFail(linkSharedLibrary(llvm::cantFail(linkRelocatable(objects))));
    std::string name = "chain" + std::to_string(parts) + ".so";
    std::ofstream(pathOf(name), std::ios::binary).write(library.data(), library.size());
    void *loaded = dlopen(pathOf(name).c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(loaded, nullptr) << dlerror();
    EXPECT_EQ(reinterpret_cast<int64_t (*)(int64_t)>(dlsym(loaded, "chain"))(1), 42);
    EXPECT_EQ(dlsym(loaded, "shift"), nullptr) << "a local function can be seen from outside";
    dlclose(loaded);
  }
}

/// The lines of each innermost loop that holds at least `products` multiply-adds and, unlike the polynomials', loads
/// broadcasts.
std::vector<std::vector<std::string>> productLoops(const std::string &assembly, size_t products) {
  std::vector<std::vector<std::string>> loops;
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(assembly).split(lines, '\n');
  llvm::StringMap<size_t> labels;
  for (size_t i = 0; i < lines.size(); ++i) {
    llvm::StringRef line = lines[i].trim();
    if (line.starts_with(".LBB")) {
      labels[line.take_until([](char c) { return c == ':'; })] = i;
      continue;
    }
    if (!line.starts_with("j"))
      continue;
    auto target = labels.find(line.rsplit('\t').second.trim());
    if (target == labels.end())
      continue;
    std::vector<std::string> body;
    size_t found = 0, broadcasts = 0;
    bool innermost = true;
    for (size_t j = target->second + 1; j < i; ++j) {
      llvm::StringRef inside = lines[j].trim();
      innermost &= !inside.starts_with(".LBB");
      found += inside.starts_with("vfmadd") || inside.starts_with("vdpbf16ps");
      broadcasts += inside.starts_with("vbroadcastss\t") && inside.contains('(');
      body.push_back(inside.str());
    }
    if (innermost && found >= products && broadcasts >= 4)
      loops.push_back(body);
  }
  return loops;
}

TEST_F(ObjectEmitter, ProductLoopsDoNotSpill) {
  for (const CpuMachine &machine : CpuMachine::levels()) {
    if (!machine.fma)
      continue;
    for (Type storage : {Type(Float32Type::get(&context)), Type(BFloat16Type::get(&context))}) {
      OwningOpRef<ModuleOp> kernels = ModuleOp::create(UnknownLoc::get(&context));
      PanelKernelConfig config(machine, storage, 128, 128);
      emitPanelKernel(*kernels, "kernel", config, SoftmaxAttr::get(&context), nullptr).setPublic();
      PassManager passes(&context);
      buildCpuPipeline(passes, machine);
      ASSERT_TRUE(succeeded(passes.run(*kernels)));
      FailureOr<std::string> assembly = emitAssembly(*kernels, machine);
      ASSERT_TRUE(succeeded(assembly));
      auto loops = productLoops(*assembly, 2 * config.block.vectors * config.block.keys / 3);
      EXPECT_EQ(loops.size(), 2u) << machine.name.str() << ": scores and outputs";
      for (const std::vector<std::string> &loop : loops)
        for (const std::string &line : loop)
          EXPECT_TRUE(line.find("mm") == std::string::npos || line.find("rsp") == std::string::npos)
              << machine.name.str() << ": vector on the stack: " << line;
    }
  }
}

TEST(CpuMachine, LevelsAreFoundByName) {
  EXPECT_EQ(CpuMachine::lookup("x86-64-v3")->lanes, 8u);
  EXPECT_TRUE(CpuMachine::lookup("x86-64-v4+avx512bf16")->bf16Dot);
  EXPECT_FALSE(CpuMachine::lookup("x86-64-v2").has_value());
  for (const CpuMachine &level : CpuMachine::levels()) {
    EXPECT_EQ(CpuMachine::kKeyTile % level.panelBlock.keys, 0);
    EXPECT_LT(level.panelBlock.keys * level.panelBlock.vectors + level.panelBlock.vectors, level.vectorRegisters);
  }
}

} // namespace
