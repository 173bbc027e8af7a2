//===- GpuReport.cpp - a GPU's kernels in words ---------------------------===//

#include "tools/attn-explain/GpuReport.h"
#include "codegen/nvptx/GpuRates.h"
#include "codegen/nvptx/StreamShape.h"
#include "codegen/nvptx/WarpgroupTiles.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

const GpuMember *attn::findRunning(const GpuFamily &family) {
  auto found = llvm::find_if(family.members, [](const GpuMember &member) { return member.tasks && member.keys; });
  return found == family.members.end() ? nullptr : &*found;
}

//===----------------------------------------------------------------------===//
// How a kernel is made
//===----------------------------------------------------------------------===//

/// The sizes of a kernel whose warpgroups have roles.
static std::optional<WarpgroupTiles> getWarpgroups(const GpuMachine &machine, const GpuMember &member,
                                                   const GpuVariant &variant) {
  if (!variant.persistent)
    return std::nullopt;
  std::optional<WarpgroupTiles> tiles = WarpgroupTiles::get(machine, member.rows, member.keys, member.keyDim, member.valueDim);
  if (tiles)
    tiles->storesTiles = variant.storesTiles;
  return tiles;
}

static StreamShape getStream(const GpuMember &member) { return {member.rows, member.keys, member.keyDim, member.valueDim, member.product}; }

static int64_t countWarps(const GpuVariant &variant) { return variant.threads / GpuMachine::kWarpThreads; }

/// Blocks that share a multiprocessor, if each thread has as many registers as it can.
static int64_t countBlocks(const GpuMachine &machine, const GpuVariant &variant) {
  if (variant.persistent)
    return variant.persistent;
  constexpr int64_t kMostThreadRegisters = GpuRates::kMostRegisters + 1;
  int64_t byMemory = (machine.sharedBytes + GpuRates::kReservedBytes) / (variant.sharedBytes + GpuRates::kReservedBytes);
  int64_t byRegisters = GpuRates::kRegisters / (variant.threads * kMostThreadRegisters);
  return std::max<int64_t>(1, std::min(byMemory, byRegisters));
}

static void printRoles(const WarpgroupTiles &tiles, raw_ostream &stream) {
  stream << "                 roles: 1 warpgroup copies, with " << tiles.getProducerRegisters() << " registers a thread; "
         << tiles.consumers << " compute " << WarpgroupTiles::kRows << " rows each, with " << tiles.getConsumerRegisters()
         << "\n"
         << "                 stages: " << tiles.keyStages << " of keys, " << tiles.keyStages << " of values, "
         << tiles.queryStages << " of queries; "
         << (tiles.storesTiles ? "outputs leave as tiles\n" : "outputs leave row by row\n");
}

static void printWarps(const GpuMember &member, const GpuVariant &variant, raw_ostream &stream) {
  int64_t mostRegisters = std::min<int64_t>(GpuRates::kMostRegisters, GpuRates::kRegisters / variant.threads);
  stream << "                 warps: " << countWarps(variant);
  if (member.isStream) {
    StreamShape shape = getStream(member);
    stream << " of " << shape.getWarpRows() << " rows x " << shape.getWarpKeys() << " keys, at most " << mostRegisters
           << " registers a thread\n"
           << "                 stages: a ring of " << shape.getRingTiles() << " tiles of keys and values\n";
    return;
  }
  stream << " of " << member.rows / countWarps(variant) << " rows, at most " << mostRegisters << " registers a thread\n"
         << "                 stages: 1 of keys, 1 of values\n";
}

static void printMember(const GpuMachine &machine, const GpuMember &member, raw_ostream &stream) {
  const GpuVariant &variant = member.variants.front();
  std::string name = member.name + std::string(std::max<int64_t>(1, 10 - int64_t(member.name.size())), ' ');
  stream << "    " << (member.tasks ? "* " : "  ") << name << member.rows << (member.rows == 1 ? " row" : " rows");
  if (member.keys)
    stream << " x " << member.keys << " keys";
  stream << ": " << variant.threads << " threads, " << variant.sharedBytes << " bytes of shared memory";
  if (!member.keys) {
    stream << "\n";
    return;
  }
  int64_t blocks = countBlocks(machine, variant);
  stream << ", " << blocks << (blocks == 1 ? " block" : " blocks") << " a multiprocessor\n";
  if (std::optional<WarpgroupTiles> tiles = getWarpgroups(machine, member, variant))
    printRoles(*tiles, stream);
  else
    printWarps(member, variant, stream);
}

/// The kernels for operands that asynchronous copies do not take.
static void printOthers(const GpuFamily &family, raw_ostream &stream) {
  std::string different;
  bool hasOthers = false;
  for (const GpuMember &member : family.members) {
    if (!member.keys || member.variants.size() < 2)
      continue;
    hasOthers = true;
    const GpuVariant &first = member.variants.front(), &last = member.variants.back();
    if (first.threads != last.threads || first.sharedBytes != last.sharedBytes)
      different += member.name + " with " + std::to_string(last.threads) + " threads and " + std::to_string(last.sharedBytes) +
                   " bytes, ";
  }
  if (hasOthers)
    stream << "    for rows that do not begin at multiples of 16 bytes: " << different << (different.empty() ? "" : "else ")
           << "the same sizes\n";
}

void attn::printKernels(const GpuMachine &machine, const GpuFamily &family, raw_ostream &stream) {
  stream << "  kernels    for " << machine.name << "; those marked * run for these sizes\n";
  for (const GpuMember &member : family.members)
    if (!member.variants.empty())
      printMember(machine, member, stream);
  printOthers(family, stream);
}

//===----------------------------------------------------------------------===//
// How long it takes
//===----------------------------------------------------------------------===//

namespace {
/// One of the things that a multiprocessor has to do for a key tile.
struct Part {
  const char *name;
  double cycles;
};
} // namespace

/// Bytes that shared memory delivers and takes for a key tile.
static double getSharedTraffic(const GpuMachine &machine, const GpuMember &member, const GpuVariant &variant) {
  if (std::optional<WarpgroupTiles> tiles = getWarpgroups(machine, member, variant))
    return double(tiles->getSharedTraffic());
  // A warp reads its queries, and its keys and values; the copies write these once.
  double elementBytes = double(member.product.getElementBytes());
  double queries = double(member.rows) * member.keyDim, keys = double(member.keys) * (member.keyDim + member.valueDim);
  if (!member.isStream)
    return elementBytes * (queries + (countWarps(variant) + 1) * keys);
  StreamShape shape = getStream(member);
  return elementBytes * ((shape.keepsQueries() ? 0 : shape.getKeyWarps() * queries) + (shape.getRowWarps() + 1) * keys);
}

/// Cycles of a multiprocessor for a key tile without guards.
static SmallVector<Part> estimateParts(const GpuMachine &machine, const GpuMember &member, const GpuVariant &variant) {
  GpuRates rates = GpuRates::of(machine);
  auto wholeAtoms = [](int64_t size) { return double(llvm::alignTo(size, GpuMachine::kAtomDepth)); };
  double pairs = double(member.rows) * member.keys;
  std::optional<WarpgroupTiles> tiles = getWarpgroups(machine, member, variant);
  double threads = tiles ? double(variant.threads - WarpgroupTiles::kThreads) : double(variant.threads);
  return {{"products",
           pairs * (wholeAtoms(member.keyDim) + wholeAtoms(member.valueDim)) * double(tiles ? 1 : member.product.getCost()) /
               (tiles ? rates.products : rates.warpProducts)},
          {"exponentials", threads * variant.exponentials / GpuRates::kExponentials},
          {"arithmetic", threads * variant.arithmetic / rates.arithmetic},
          {"shared memory", getSharedTraffic(machine, member, variant) / GpuRates::kSharedBytes}};
}

static void printTasks(const GpuMember &member, const GpuFamily &family, int64_t blocks, const GpuRates &rates,
                       raw_ostream &stream) {
  stream << "  tasks      " << member.tasks << " of " << member.name;
  if (member.section)
    stream << ", the longest first for " << member.section << " of " << member.heads
           << (member.heads == 1 ? " key head" : " key heads") << " at a time";
  stream << llvm::format("; %.2f waves of %lld blocks on %lld multiprocessors",
                         double(member.tasks) / double(blocks * rates.multiprocessors),
                         (long long)(blocks * rates.multiprocessors), (long long)rates.multiprocessors);
  for (const GpuMember &other : family.members)
    if (other.tasks && !other.keys)
      stream << "; then " << other.tasks << " of " << other.name;
  stream << "\n";
}

void attn::printLimits(const GpuMachine &machine, const GpuFamily &family, const GpuWork &work, raw_ostream &stream) {
  const GpuMember *member = findRunning(family);
  if (!member || member->variants.empty() || !work.keyTiles)
    return;
  const GpuVariant &variant = member->variants.front();
  GpuRates rates = GpuRates::of(machine);
  printTasks(*member, family, countBlocks(machine, variant), rates, stream);

  SmallVector<Part> parts = estimateParts(machine, *member, variant);
  const Part &longest = *llvm::max_element(parts, [](const Part &a, const Part &b) { return a.cycles < b.cycles; });
  stream << "  key tile   cycles of a multiprocessor:";
  for (const Part &part : parts)
    stream << (&part == parts.begin() ? " " : ", ") << part.name << llvm::format(" %.0f", part.cycles);
  stream << "\n";

  // With fewer tasks than multiprocessors, some of these have nothing to do.
  double busy = double(std::min(member->tasks, rates.multiprocessors));
  double computing = longest.cycles * double(work.keyTiles) / busy / rates.hertz;
  // Partial results are written, and read once more.
  double bytes = work.bytes + 2.0 * double(family.partialBytes), moving = bytes / rates.memoryBytes;
  bool isComputing = computing >= moving;
  double seconds = std::max(computing, moving);
  stream << "  limit      " << (isComputing ? longest.name : "memory")
         << llvm::format(": at least %.4g us on an %s, %.4g TFLOP/s; ", seconds * 1e6, rates.device.str().c_str(),
                         seconds > 0 ? work.flops / seconds * 1e-12 : 0.0)
         << (isComputing ? "memory" : longest.name) << llvm::format(" %.4g us; ", (isComputing ? moving : computing) * 1e6)
         << llvm::format("products outlast memory from %.0f FLOP/byte on\n",
                         2.0 * rates.products * double(rates.multiprocessors) * rates.hertz / rates.memoryBytes);
}
