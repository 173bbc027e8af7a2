//===- Mask.cpp - a mask that can be written and made smaller -------------===//

#include "test/lib/attn-fuzz/Mask.h"

using namespace mlir::attn::fuzz;

std::string mlir::attn::fuzz::getSymbolName(int number) { return "W" + std::to_string(number); }

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static std::string printNumber(const Number &number) {
  return number.symbol < 0 ? std::to_string(number.value) : getSymbolName(number.symbol);
}

static std::string printWindow(const Mask &mask) {
  std::string left = mask.first ? "left = " + printNumber(*mask.first) : "";
  std::string right = mask.second ? "right = " + printNumber(*mask.second) : "";
  return "#attn.window<" + left + (mask.first && mask.second ? ", " : "") + right + ">";
}

static std::string printSet(const Mask &mask) {
  std::set<int> symbols;
  mask.collectSymbols(symbols);
  std::string text = "#attn.set<\"(b, h, i, j)[Tq, Tk";
  for (int symbol : symbols)
    text += ", " + getSymbolName(symbol);
  text += "] : (";
  for (size_t n = 0; n < mask.constraints.size(); ++n)
    text += (n ? ", " : "") + mask.constraints[n];
  return text + ")\">";
}

static std::string printChildren(const char *name, const Mask &mask) {
  std::string text = std::string("#attn.") + name + "<[";
  for (size_t n = 0; n < mask.children.size(); ++n)
    text += (n ? ", " : "") + mask.children[n].print();
  return text + "]>";
}

std::string Mask::print() const {
  switch (kind) {
  case Causal: return "#attn.causal";
  case Window: return printWindow(*this);
  case Prefix: return "#attn.prefix<" + printNumber(*first) + ">";
  case Sinks: return "#attn.sinks<" + printNumber(*first) + ">";
  case Strided: return "#attn.strided<" + printNumber(*first) + ">";
  case KeyStride: return "#attn.key_stride<" + printNumber(*first) + ", " + printNumber(*second) + ">";
  case Dilated: return "#attn.dilated<" + printNumber(*first) + ", " + printNumber(*second) + ">";
  case Chunked: return "#attn.chunked<" + printNumber(*first) + ">";
  case Set: return printSet(*this);
  case AllOf: return printChildren("all_of", *this);
  case AnyOf: return printChildren("any_of", *this);
  case Not: return "#attn.not<" + children.front().print() + ">";
  }
  return {};
}

void Mask::collectSymbols(std::set<int> &symbols) const {
  for (const std::optional<Number> &number : {first, second})
    if (number && number->symbol >= 0)
      symbols.insert(number->symbol);
  for (const std::string &constraint : constraints)
    for (size_t at = constraint.find('W'); at != std::string::npos; at = constraint.find('W', at + 1))
      symbols.insert(std::atoi(constraint.c_str() + at + 1));
  for (const Mask &child : children)
    child.collectSymbols(symbols);
}

//===----------------------------------------------------------------------===//
// Simpler masks
//===----------------------------------------------------------------------===//

static std::vector<Mask> simplifyNumbers(const Mask &mask, const std::vector<int64_t> &numbers) {
  std::vector<Mask> simpler;
  for (auto member : {&Mask::first, &Mask::second}) {
    const std::optional<Number> &number = mask.*member;
    if (!number)
      continue;
    if (mask.kind == Mask::Window && mask.first && mask.second) {
      simpler.push_back(mask);
      (simpler.back().*member).reset();
    }
    if (number->symbol >= 0) {
      simpler.push_back(mask);
      simpler.back().*member = Number{numbers[number->symbol], -1};
    }
    for (int64_t smaller : {int64_t(1), int64_t(2), number->value / 2})
      if (number->symbol < 0 && smaller < number->value) {
        simpler.push_back(mask);
        (simpler.back().*member)->value = smaller;
      }
  }
  return simpler;
}

std::vector<Mask> Mask::simplify(const std::vector<int64_t> &numbers) const {
  std::vector<Mask> simpler = children;
  for (size_t n = 0; n < children.size() && kind != Not; ++n) {
    if (children.size() > 1) {
      simpler.push_back(*this);
      simpler.back().children.erase(simpler.back().children.begin() + n);
    }
  }
  for (size_t n = 0; n < constraints.size() && constraints.size() > 1; ++n) {
    simpler.push_back(*this);
    simpler.back().constraints.erase(simpler.back().constraints.begin() + n);
  }
  for (size_t n = 0; n < children.size(); ++n)
    for (Mask &child : children[n].simplify(numbers)) {
      simpler.push_back(*this);
      simpler.back().children[n] = child;
    }
  std::vector<Mask> smaller = simplifyNumbers(*this, numbers);
  simpler.insert(simpler.end(), smaller.begin(), smaller.end());
  return simpler;
}
