// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/expectation.h"

#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace xtest {
namespace {

using nlohmann::json;
using namespace std::string_view_literals;

template <class Value, std::size_t N>
using Names = std::array<std::pair<Value, std::string_view>, N>;

constexpr Names<LinkKind, 6> link_kinds = {{{LinkKind::dynamic_exe, "dynamic"sv},
                                            {LinkKind::pie, "pie"sv},
                                            {LinkKind::static_exe, "static"sv},
                                            {LinkKind::static_pie, "static-pie"sv},
                                            {LinkKind::shared, "shared"sv},
                                            {LinkKind::object, "object"sv}}};
constexpr Names<Language, 4> languages = {
    {{Language::c, "c"sv}, {Language::cxx, "cxx"sv}, {Language::go, "go"sv}, {Language::rust, "rust"sv}}};
constexpr Names<InitScheme, 2> init_schemes = {
    {{InitScheme::init_array, "init_array"sv}, {InitScheme::ctors, "ctors"sv}}};
constexpr Names<UnwindNeed, 4> unwind_needs = {{{UnwindNeed::all, "all"sv},
                                                {UnwindNeed::program, "program"sv},
                                                {UnwindNeed::exceptions, "exceptions"sv},
                                                {UnwindNeed::none, "none"sv}}};
constexpr Names<FileFormat, 2> formats = {{{FileFormat::elf, "elf"sv}, {FileFormat::pe, "pe"sv}}};
constexpr Names<ByteOrder, 2> orders = {{{ByteOrder::little, "little"sv}, {ByteOrder::big, "big"sv}}};

template <class Table, class Value>
std::string_view name_of(const Table& table, Value value) {
  for (const auto& [known, name] : table)
    if (known == value) return name;
  return "?";
}

template <class Value, std::size_t N>
std::optional<Value> value_of(const Names<Value, N>& table, std::string_view text) {
  for (const auto& [value, name] : table)
    if (name == text) return value;
  return std::nullopt;
}

template <class Value, std::size_t N>
Value word(const json& in, const Names<Value, N>& table) {
  const auto value = value_of(table, in.get<std::string>());
  if (value) return *value;
  std::string known;
  for (const auto& entry : table) known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.second);
  throw std::invalid_argument(fmt::format("\"{}\" is not one of {}", in.get<std::string>(), known));
}

using Texts = std::vector<std::string>;
using Fill = void (*)(const json&, FileExpectation&);

void fill_flags(const json& in, FileExpectation& to) {
  to.flags =
      FlagsExpectation{in.at("mask").get<std::uint32_t>(), in.at("value").get<std::uint32_t>(), in.value("text", "")};
}

void fill_note(const json& in, FileExpectation& to) {
  to.note = NoteExpectation{in.at("os").get<std::string>(), in.value("max_version", ""), in.value("required", false)};
}

const std::map<std::string_view, Fill>& fills() {
  static const std::map<std::string_view, Fill> table = {
      {"format", [](const json& in, FileExpectation& to) { to.format = word(in, formats); }},
      {"bits", [](const json& in, FileExpectation& to) { to.bits = in.get<int>(); }},
      {"order", [](const json& in, FileExpectation& to) { to.order = word(in, orders); }},
      {"machine", [](const json& in, FileExpectation& to) { to.machine = in.get<std::string>(); }},
      {"flags", fill_flags},
      {"os_abi", [](const json& in, FileExpectation& to) { to.os_abi = in.get<std::vector<std::uint8_t>>(); }},
      {"note", fill_note},
      {"interp", [](const json& in, FileExpectation& to) { to.interp = in.get<std::string>(); }},
      {"needed", [](const json& in, FileExpectation& to) { to.needed = in.get<Texts>(); }},
      {"needed_checked", [](const json& in, FileExpectation& to) { to.needed_checked = in.get<bool>(); }},
      {"forbidden", [](const json& in, FileExpectation& to) { to.forbidden = in.get<Texts>(); }},
      {"rpath_allowed", [](const json& in, FileExpectation& to) { to.rpath_allowed = in.get<Texts>(); }},
      {"host_prefixes", [](const json& in, FileExpectation& to) { to.host_prefixes = in.get<Texts>(); }},
      {"link", [](const json& in, FileExpectation& to) { to.link = word(in, link_kinds); }},
      {"language", [](const json& in, FileExpectation& to) { to.language = word(in, languages); }},
      {"init", [](const json& in, FileExpectation& to) { to.init = word(in, init_schemes); }},
      {"unwind", [](const json& in, FileExpectation& to) { to.unwind = word(in, unwind_needs); }},
      {"unwind_exempt", [](const json& in, FileExpectation& to) { to.unwind_exempt = in.get<Texts>(); }},
      {"stack_header", [](const json& in, FileExpectation& to) { to.stack_header = in.get<bool>(); }},
      {"relro", [](const json& in, FileExpectation& to) { to.relro = in.get<bool>(); }},
      {"subsystem", [](const json& in, FileExpectation& to) { to.subsystem = in.get<std::uint16_t>(); }},
      {"dlls", [](const json& in, FileExpectation& to) { to.dlls = in.get<Texts>(); }},
      {"dlls_checked", [](const json& in, FileExpectation& to) { to.dlls_checked = in.get<bool>(); }}};
  return table;
}

}  // namespace

json expectation_to_json(const FileExpectation& e) {
  json out = {{"format", name_of(formats, e.format)},
              {"machine", e.machine},
              {"os_abi", e.os_abi},
              {"needed", e.needed},
              {"needed_checked", e.needed_checked},
              {"forbidden", e.forbidden},
              {"rpath_allowed", e.rpath_allowed},
              {"host_prefixes", e.host_prefixes},
              {"link", name_of(link_kinds, e.link)},
              {"language", name_of(languages, e.language)},
              {"unwind", name_of(unwind_needs, e.unwind)},
              {"unwind_exempt", e.unwind_exempt},
              {"stack_header", e.stack_header},
              {"relro", e.relro},
              {"dlls", e.dlls},
              {"dlls_checked", e.dlls_checked}};
  if (e.bits) out["bits"] = *e.bits;
  if (e.order) out["order"] = name_of(orders, *e.order);
  if (e.flags) out["flags"] = {{"mask", e.flags->mask}, {"value", e.flags->value}, {"text", e.flags->text}};
  if (e.note) out["note"] = {{"os", e.note->os}, {"max_version", e.note->max_version}, {"required", e.note->required}};
  if (e.interp) out["interp"] = *e.interp;
  if (e.init) out["init"] = name_of(init_schemes, *e.init);
  if (e.subsystem) out["subsystem"] = *e.subsystem;
  return out;
}

std::expected<FileExpectation, std::string> expectation_from_json(const json& in) {
  if (!in.is_object()) return std::unexpected("the expectation is not a JSON object");
  FileExpectation result;
  for (const auto& [key, value] : in.items()) {
    const auto fill = fills().find(key);
    if (fill == fills().end()) return std::unexpected(fmt::format("unknown key \"{}\" in the expectation", key));
    try {
      fill->second(value, result);
    } catch (const json::exception& error) {
      return std::unexpected(
          fmt::format("key \"{}\" of the expectation has the wrong type or lacks a part: {}", key, error.what()));
    } catch (const std::invalid_argument& error) {
      return std::unexpected(fmt::format("key \"{}\" of the expectation: {}", key, error.what()));
    }
  }
  return result;
}

std::string_view to_string(LinkKind kind) { return name_of(link_kinds, kind); }
std::string_view to_string(Language language) { return name_of(languages, language); }
std::string_view to_string(InitScheme scheme) { return name_of(init_schemes, scheme); }
std::string_view to_string(UnwindNeed need) { return name_of(unwind_needs, need); }
std::optional<LinkKind> link_kind_from(std::string_view text) { return value_of(link_kinds, text); }
std::optional<Language> language_from(std::string_view text) { return value_of(languages, text); }
std::optional<InitScheme> init_scheme_from(std::string_view text) { return value_of(init_schemes, text); }
std::optional<UnwindNeed> unwind_need_from(std::string_view text) { return value_of(unwind_needs, text); }

}  // namespace xtest
