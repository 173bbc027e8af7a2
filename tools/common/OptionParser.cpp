//===- OptionParser.cpp - command lines -----------------------------------===//

#include "tools/common/OptionParser.h"
#include "runtime/attn.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

void OptionParser::addFlag(StringRef name, StringRef help, bool &place) {
  options.push_back({name.str(), "", help.str(), [&place](StringRef) {
                       place = true;
                       return success();
                     }});
}

void OptionParser::addText(StringRef name, StringRef value, StringRef help, std::string &place) {
  options.push_back({name.str(), value.str(), help.str(), [&place](StringRef text) {
                       place = text.str();
                       return success();
                     }});
}

void OptionParser::addNumber(StringRef name, StringRef value, StringRef help, uint64_t &place) {
  std::string option = name.str();
  options.push_back({option, value.str(), help.str(), [&place, option](StringRef text) -> LogicalResult {
                       if (!text.getAsInteger(10, place))
                         return success();
                       return reportError("expected --" + option + " to be a number from 0, but got '" + text + "'");
                     }});
}

void OptionParser::addList(StringRef name, StringRef value, StringRef help, std::vector<std::string> &place) {
  options.push_back({name.str(), value.str(), help.str(), [&place](StringRef text) {
                       for (StringRef item : llvm::split(text, ','))
                         place.push_back(item.str());
                       return success();
                     }});
}

/// The name as it is written on a command line.
static std::string withDashes(StringRef name) { return (name.size() == 1 ? "-" : "--") + name.str(); }

std::string OptionParser::getForm(const Option &option) {
  return withDashes(option.name) + (option.value.empty() ? "" : (option.name.size() == 1 ? " " : "=") + option.value);
}

void OptionParser::printHelp() const {
  llvm::outs() << "usage: " << tool << " [options] DESCRIPTION.mlir\n\n" << overview << "\n\noptions:\n";
  for (const Option &option : options) {
    std::string form = getForm(option);
    llvm::outs() << llvm::format("  %-32s ", form.c_str()) << option.help << "\n";
  }
  llvm::outs() << llvm::format("  %-32s ", "--help") << "print this\n"
               << llvm::format("  %-32s ", "--version") << "print the version\n";
}

const OptionParser::Option *OptionParser::find(StringRef name) const {
  auto option = llvm::find_if(options, [&](const Option &option) { return option.name == name; });
  return option == options.end() ? nullptr : &*option;
}

LogicalResult OptionParser::parse(int argc, char **argv, std::string &input) const {
  for (int index = 1; index < argc; ++index) {
    StringRef argument = argv[index];
    bool isLetter = argument.size() > 1 && argument[0] == '-' && argument[1] != '-';
    if (!isLetter && !argument.consume_front("--")) {
      if (!input.empty())
        return reportError("expected one description, but got '" + StringRef(input) + "' and '" + argument + "'");
      input = argument.str();
      continue;
    }
    if (isLetter)
      argument = argument.drop_front();
    if (argument == "help") {
      printHelp();
      exit(0);
    }
    if (argument == "version") {
      llvm::outs() << tool << " " << attn_version() << "\n";
      exit(0);
    }
    auto [name, value] = argument.split('=');
    const Option *option = find(name);
    if (!option)
      return reportError("expected an option that --help lists, but got '" + withDashes(name) + "'");
    bool hasValue = argument.contains('=');
    if (option->value.empty() && hasValue)
      return reportError("expected " + withDashes(name) + " without a value, but got '" + value + "'");
    if (!option->value.empty() && !hasValue) {
      if (++index == argc)
        return reportError("expected " + getForm(*option) + ", but got no value");
      value = argv[index];
    }
    if (failed(option->set(value)))
      return failure();
  }
  return input.empty() ? reportError("expected a description, but got none; --help tells more") : success();
}
