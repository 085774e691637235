// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/inspect.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"
#include "suites/inspect/bytes.h"
#include "suites/inspect/checks.h"
#include "suites/inspect/elf.h"
#include "suites/inspect/pe.h"
#include "suites/inspect/render.h"

namespace xtest {
namespace {

using nlohmann::json;

constexpr int nothing_bad = 0, something_bad = 100, cannot_answer = 2;
constexpr std::uintmax_t largest_file = std::uintmax_t{1} << 30;
constexpr const char* usage = "usage: xtest inspect FILE [--expect EXPECTATION.json | --expect-json TEXT] [--json]";

struct Request {
  std::string file;
  std::optional<std::string> expectation;        // a file
  std::optional<std::string> expectation_text;   // or the JSON itself
  bool wants_json = false;
};

std::expected<Request, std::string> parse(std::span<const std::string> args) {
  Request request;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--json") {
      request.wants_json = true;
    } else if (args[i] == "--expect") {
      if (++i == args.size()) return std::unexpected("--expect wants a file");
      request.expectation = args[i];
    } else if (args[i] == "--expect-json") {
      if (++i == args.size()) return std::unexpected("--expect-json wants a JSON text");
      request.expectation_text = args[i];
    } else if (args[i].starts_with("--")) {
      return std::unexpected(fmt::format("unknown option {}", args[i]));
    } else if (!request.file.empty()) {
      return std::unexpected(fmt::format("one file at a time, got {} and {}", request.file, args[i]));
    } else {
      request.file = args[i];
    }
  }
  if (request.file.empty()) return std::unexpected("no file named");
  return request;
}

std::expected<std::vector<std::byte>, std::string> read_all(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return std::unexpected(fmt::format("{}: {}", path, error.message()));
  if (size > largest_file)
    return std::unexpected(fmt::format("{}: {} bytes are more than the limit of {}", path, size, largest_file));
  std::vector<std::byte> bytes(size);
  std::ifstream in(path, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    return std::unexpected(fmt::format("{}: cannot be read; check its permissions", path));
  return bytes;
}

std::expected<FileExpectation, std::string> parse_expectation(std::string_view text, const std::string& name) {
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return std::unexpected(fmt::format("{}: not JSON", name));
  auto expectation = expectation_from_json(parsed);
  if (!expectation) return std::unexpected(fmt::format("{}: {}", name, expectation.error()));
  return expectation;
}

std::expected<FileExpectation, std::string> read_expectation(const Request& request) {
  if (request.expectation_text) return parse_expectation(*request.expectation_text, "--expect-json");
  const auto bytes = read_all(*request.expectation);
  if (!bytes) return std::unexpected(bytes.error());
  return parse_expectation({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, *request.expectation);
}

void print_json(const Request& request, const std::expected<FileFacts, std::string>& facts,
                const std::vector<CheckResult>* checks, std::ostream& out) {
  json object = {{"file", repair_utf8(request.file)}};
  if (facts)
    object["facts"] = facts_to_json(*facts);
  else
    object["error"] = facts.error();
  if (checks != nullptr) object["checks"] = checks_to_json(*checks);
  out << object.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

void print_text(const Request& request, const std::expected<FileFacts, std::string>& facts,
                const std::vector<CheckResult>* checks, std::ostream& out) {
  out << xml_clean(request.file) << '\n' << (facts ? render_facts(*facts) : fmt::format("  {}\n", facts.error()));
  if (checks != nullptr) out << '\n' << render_checks(*checks);
}

int complain(const std::string& text, std::ostream& err) {
  err << "error: " << text << '\n';
  return cannot_answer;
}

}  // namespace

std::expected<FileFacts, std::string> read_file_facts(std::span<const std::byte> bytes) {
  const std::string start =
      ByteView(bytes, ByteOrder::little).slice(0, std::min<std::size_t>(4, bytes.size()))->chars();
  if (start == "\x7f" "ELF") return read_elf(bytes);
  if (start.starts_with("MZ")) return read_pe(bytes);
  std::string shown;
  for (const unsigned char c : start) shown += fmt::format(" {:02x}", c);
  return std::unexpected(
      fmt::format("file is neither ELF nor PE (it starts with{})", shown.empty() ? " nothing" : shown));
}

int inspect_main(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const auto request = parse(args);
  if (!request) return complain(fmt::format("{}\n{}", request.error(), usage), err);
  const auto bytes = read_all(request->file);
  if (!bytes) return complain(bytes.error(), err);
  std::optional<FileExpectation> want;
  if (request->expectation || request->expectation_text) {
    auto expectation = read_expectation(*request);
    if (!expectation) return complain(expectation.error(), err);
    want = std::move(*expectation);
  }
  const auto facts = read_file_facts(*bytes);
  std::vector<CheckResult> checks;
  if (want) checks = facts ? check_file(*facts, *want) : check_unreadable(facts.error(), *want);
  (request->wants_json ? print_json : print_text)(*request, facts, want ? &checks : nullptr, out);
  const auto is_bad = [](const CheckResult& check) { return check.verdict == CheckResult::Verdict::bad; };
  return std::ranges::any_of(checks, is_bad) ? something_bad : nothing_bad;
}

}  // namespace xtest
