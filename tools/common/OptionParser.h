//===- OptionParser.h - command lines ---------------------------*- C++ -*-===//
//
// LLVM's own command-line library keeps one list of options for the whole process, which the linker inside libattn reads, too;
// options of a tool do not belong there.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_COMMON_OPTIONPARSER_H
#define ATTN_TOOLS_COMMON_OPTIONPARSER_H

#include "tools/common/CommandLine.h"

#include <functional>
#include <vector>

namespace mlir::attn {

/// Reads "--name=value", "--name value", "--flag" and one positional argument, the description ("-": standard input). A name of one letter
/// stands behind one dash: "-o value".
class OptionParser {
public:
  /// `overview` says what the tool does; it is printed by --help.
  OptionParser(StringRef tool, StringRef overview) : tool(tool), overview(overview) {}

  void addFlag(StringRef name, StringRef help, bool &place);
  void addText(StringRef name, StringRef value, StringRef help, std::string &place);
  /// A number that is not negative.
  void addNumber(StringRef name, StringRef value, StringRef help, uint64_t &place);
  /// Items separated by commas; the option may come several times.
  void addList(StringRef name, StringRef value, StringRef help, std::vector<std::string> &place);

  /// Fills the places and `input`. Prints what is wrong and fails; --help and --version exit with status 0.
  LogicalResult parse(int argc, char **argv, std::string &input) const;

private:
  struct Option {
    std::string name;
    /// Empty for flags.
    std::string value;
    std::string help;
    std::function<LogicalResult(StringRef)> set;
  };
  /// "--name=VALUE" or "-n VALUE".
  static std::string getForm(const Option &option);
  void printHelp() const;
  const Option *find(StringRef name) const;

  std::string tool, overview;
  std::vector<Option> options;
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMMON_OPTIONPARSER_H
