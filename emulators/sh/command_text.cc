// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/command_text.h"

#include "emulators/sh/encoding.h"
#include "runner/base/text.h"

#include <algorithm>

namespace xtest {
namespace {

// Most runs have it alike but for their folder.
std::string variable_word(const std::string& pair, const std::string& folder) {
  const auto equals = pair.find('=');
  if (equals == pair.npos || pair.substr(equals + 1) != folder) return sh_quote(pair);
  return sh_quote(pair.substr(0, equals)) + "=\"$f\"";
}

// env(1) would take a program whose name has a `=` for a variable.
std::string program_words(const std::vector<std::string>& argv) {
  const std::string by_name = argv.front().find('=') == std::string::npos ? "" : " sh -c 'exec \"$0\" \"$@\"'";
  return by_name + " " + sh_join(argv);
}

}  // namespace

std::string ShCommandText::of(const AgentCommand& command, const ShRunFacts& facts) {
  const std::string folder = command.cwd.empty() ? "/" : command.cwd;
  std::string variables;
  for (const std::string& pair : command.env) variables += " " + variable_word(pair, folder);
  const bool are_plain = std::ranges::all_of(command.env, is_plain_variable);
  const auto most = [&](std::uint64_t wanted) { return std::to_string(std::min(wanted, facts.most_of_files)); };
  std::string text;
  text += set("h", std::to_string(command.limits.out_head)) + set("t", std::to_string(command.limits.out_tail)) + set("l", std::to_string(facts.watch));
  text += set("r", command.fresh_cwd ? "1" : "0") + set("v", are_plain ? "1" : "0");
  text += set("w", join(command.results.patterns, " ")) + set("k", most(command.results.most_of_one)) + set("b", most(command.results.most_of_all));
  text += define("environment", variables) + define("program", program_words(command.argv));
  if (facts.tells_start) text += "a=1;";
  return text + "q=" + std::to_string(facts.seq) + " f=" + sh_quote(folder) + ";R\n";
}

std::string ShCommandText::set(const std::string& letter, const std::string& value) { return news(letter, letter + "=" + sh_quote(value) + ";"); }

std::string ShCommandText::define(const std::string& function, const std::string& words) {
  return news(function, function + "() { \"$@\"" + words + "; };");
}

std::string ShCommandText::news(const std::string& name, std::string text) {
  std::string& known = known_[name];
  if (known == text) return "";
  known = text;
  return text;
}

}  // namespace xtest
