// SPDX-License-Identifier: Apache-2.0
#include "suites/conditions.h"

#include "targets/features.h"

namespace xtest {
namespace {

const char* toolchain_title(Language language) {
  switch (language) {
    case Language::c: return "a C compiler";
    case Language::cxx: return "a C++ compiler";
    case Language::go: return "a Go toolchain";
    case Language::rust: return "a Rust toolchain";
  }
  return "a toolchain";
}

}  // namespace

Expr read_condition(const YamlNode& node) {
  Expr condition = Expr::parse(node.as_string(), node.where());
  check_features(condition);
  return condition;
}

std::string why_unmet(const Expr& condition, const View& view) {
  const bool met = condition.eval([&](const Atom& atom) { return view.features.contains(atom.name); });
  return met ? std::string{} : "requires " + condition.to_string();
}

std::string why_absent(Language language, const std::string& reason) {
  const std::string text = std::string("requires ") + toolchain_title(language);
  return reason.empty() ? text : text + " (" + reason + ")";
}

}  // namespace xtest
