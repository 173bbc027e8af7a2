//===- Header.cpp - the C header of a bundle ------------------------------===//

#include "tools/attn-compile/Header.h"
#include "tools/attn-compile/ArgumentText.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr StringLiteral kTemplate = R"(/* $N.h: made by attn $V from $F, function $E, for $T. Do not edit.
 *
 * Fill $N_args, check them, plan, provide memory, run:
 *
 *   attn_plan plan;
 *   if ($N_check(&args, message, sizeof message)) ...
 *   $N_plan(&args, &plan);
 *   $N_run(&args, workspace, scratch, NULL, NULL);
 *
 * with plan.workspace_bytes bytes of workspace and plan.scratch_bytes bytes of scratch memory for each worker (one without a
 * parallel-for), both aligned to ATTN_BLOCK_ALIGNMENT. Nothing is allocated and no thread is started. All functions may be
 * called from any thread; calls at the same time need memory of their own.$D
 */
#ifndef ATTN_BUNDLE_$G_H
#define ATTN_BUNDLE_$G_H

#include "attn_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes that have one name must be equal$Y.
 * Strides count elements; the last dimension must be contiguous. */
typedef struct $N_args {
$S} $N_args;

/* The kernel's description; attn_launch takes it too. */
extern const attn_kernel $N_kernel;

/* 0 if the arguments fit; else 1 and a message of at most `capacity` bytes that names the argument and the rule. */
int $N_check(const $N_args *args, char *message, int64_t capacity);

/* How many tasks each stage has, and how much memory is needed, for arguments that fit. */
void $N_plan(const $N_args *args, attn_plan *plan);

/* Runs the kernel on arguments that fit. `parallel_for` runs the tasks of a stage on the caller's threads; with NULL they run
 * one after the other. `context` is handed to it. Returns 0, or what parallel_for returned. */
int $N_run(const $N_args *args, void *workspace, void *scratch, attn_parallel_for parallel_for, void *context);

#ifdef __cplusplus
}
#endif
#endif /* ATTN_BUNDLE_$G_H */
)";

static constexpr StringLiteral kDispatch = "\n *\n * The kernel is here for each of these targets. The best one that the CPU "
                                           "can run is taken, at run time; the CPU must offer at"
                                           "\n * least ";

/// Words that cannot name a member in C or C++.
static bool isReserved(StringRef name) {
  static const llvm::StringSet<> words = {
      "alignas",     "alignof",      "and",       "and_eq",   "asm",       "auto",         "bitand",   "bitor",
      "bool",        "break",        "case",      "catch",    "char",      "char16_t",     "char32_t", "char8_t",
      "class",       "co_await",     "co_return", "co_yield", "compl",     "concept",      "const",    "const_cast",
      "consteval",   "constexpr",    "constinit", "continue", "decltype",  "default",      "delete",   "do",
      "double",      "dynamic_cast", "else",      "enum",     "explicit",  "export",       "extern",   "false",
      "float",       "for",          "friend",    "goto",     "if",        "inline",       "int",      "linux",
      "long",        "mutable",      "namespace", "new",      "noexcept",  "not",          "not_eq",   "nullptr",
      "operator",    "or",           "or_eq",     "private",  "protected", "public",       "register", "reinterpret_cast",
      "requires",    "restrict",     "return",    "short",    "signed",    "sizeof",       "static",   "static_assert",
      "static_cast", "struct",       "switch",    "template", "this",      "thread_local", "throw",    "true",
      "try",         "typedef",      "typeid",    "typename", "typeof",    "union",        "unix",     "unsigned",
      "using",       "virtual",      "void",      "volatile", "wchar_t",   "while",        "xor",      "xor_eq"};
  return words.contains(name);
}

namespace {
/// Writes the members of the argument block.
class FieldWriter {
public:
  explicit FieldWriter(const ShapeSymbols &shapes) : shapes(shapes), os(text) {}

  void write(const Parameter &parameter, bool isResult);
  std::string take() { return std::move(text); }

private:
  std::string makeName(StringRef name);
  void writeField(StringRef type, StringRef name, ArrayRef<std::string> remarks);

  const ShapeSymbols &shapes;
  llvm::StringSet<> taken;
  std::string text;
  llvm::raw_string_ostream os;
};
} // namespace

/// A member name that C and C++ accept and that no other member has.
std::string FieldWriter::makeName(StringRef name) {
  std::string identifier = name.str();
  for (char &c : identifier)
    c = llvm::isAlnum(c) ? c : '_';
  if (identifier.empty() || llvm::isDigit(identifier.front()))
    identifier = "_" + identifier;
  while (isReserved(identifier) || !taken.insert(identifier).second)
    identifier += "_";
  return identifier;
}

void FieldWriter::writeField(StringRef type, StringRef name, ArrayRef<std::string> remarks) {
  os << "  " << type << " " << name << ";";
  if (!remarks.empty())
    os << " /* " << llvm::join(remarks, ", ") << " */";
  os << "\n";
}

void FieldWriter::write(const Parameter &parameter, bool isResult) {
  std::string name = makeName(parameter.name), dtype = getDtypeName(parameter.type);
  SmallVector<std::string> remarks;
  if (isa<RankedTensorType>(parameter.type))
    remarks.push_back((isResult ? "output " : "input ") + dtype + " " + describeShape(parameter.extents, shapes));
  for (const std::string &remark : {describeMeaning(parameter.name).str(), describeRule(parameter, shapes)})
    if (!remark.empty())
      remarks.push_back(remark);
  if (isa<RankedTensorType>(parameter.type))
    return writeField("attn_view", name, remarks);
  if (dtype == "f64")
    return writeField("double", name, remarks);
  if (isa<FloatType>(parameter.type)) {
    writeField("float", name, remarks);
    return writeField("uint32_t", makeName(name + "_unused"), {});
  }
  writeField("int64_t", name, remarks);
}

/// The symbols with what they count: ": B batch entries, Tq query rows".
static std::string describeSymbols(const ShapeSymbols &shapes) {
  std::string text;
  for (StringRef name : shapes.names)
    text += (text.empty() ? ": " : ", ") + (name + " " + describeSymbol(name)).str();
  return text;
}

/// Text that cannot end the comment it stands in.
static std::string makeComment(StringRef text) {
  std::string safe;
  for (char c : text)
    safe += llvm::isPrint(c) && c != '*' ? c : '?';
  return safe;
}

static std::string makeFields(const Signature &signature) {
  FieldWriter fields(signature.shapes);
  for (const Parameter &parameter : signature.arguments)
    fields.write(parameter, /*isResult=*/false);
  for (const Parameter &parameter : signature.results)
    fields.write(parameter, /*isResult=*/true);
  return fields.take();
}

std::string attn::expandTemplate(StringRef text, const HeaderFacts &facts) {
  std::string expanded;
  for (size_t position; (position = text.find('$')) != StringRef::npos;) {
    expanded += text.take_front(position);
    switch (text[position + 1]) {
    case 'N':
      expanded += facts.name;
      break;
    case 'G':
      expanded += StringRef(facts.name).upper();
      break;
    case 'V':
      expanded += facts.compiler;
      break;
    case 'F':
      expanded += makeComment(facts.source);
      break;
    case 'E':
      expanded += makeComment(facts.entry);
      break;
    case 'T':
      expanded += llvm::join(facts.targets, ", ");
      break;
    case 'D':
      expanded += facts.remark;
      break;
    case 'Y':
      expanded += describeSymbols(facts.signature.shapes);
      break;
    case 'S':
      expanded += makeFields(facts.signature);
      break;
    }
    text = text.drop_front(position + 2);
  }
  return expanded + text.str();
}

std::string attn::makeHeader(const Bundle &bundle) {
  HeaderFacts facts = {bundle.name, bundle.kernels.front().identity.compiler, bundle.source, bundle.entry, {}, "", bundle.getSignature()};
  for (const CompiledKernel &kernel : bundle.kernels)
    facts.targets.push_back(kernel.identity.target);
  if (bundle.kernels.size() > 1)
    facts.remark = (kDispatch + bundle.getLeastTarget() + ".").str();
  return expandTemplate(kTemplate, facts);
}
