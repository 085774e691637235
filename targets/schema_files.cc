// SPDX-License-Identifier: Apache-2.0
#include "targets/schema_files.h"

#include "runner/base/text.h"

#include <charconv>
#include <initializer_list>

namespace xtest {

namespace {

template <class T>
T one_of(const YamlNode& node, std::initializer_list<T> choices) {
  const auto text = node.as_string();
  std::vector<std::string> names;
  for (const T choice : choices) {
    if (text == to_string(choice)) return choice;
    names.emplace_back(to_string(choice));
  }
  node.fail("'" + text + "' is not one of " + join(names, ", "));
}

int read_bits(const YamlNode& node) {
  const auto bits = node.as_int();
  if (bits != 32 && bits != 64) node.fail("bits must be 32 or 64");
  return static_cast<int>(bits);
}

std::uint32_t number(const YamlNode& node) {
  const auto text = node.as_string();
  const bool hex = text.starts_with("0x");
  const char* first = text.data() + (hex ? 2 : 0);
  const char* last = text.data() + text.size();
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(first, last, value, hex ? 16 : 10);
  if (error != std::errc{} || end != last) node.fail("'" + text + "' is not a 32-bit number like 0x5000400");
  return value;
}

std::uint16_t number16(const YamlNode& node) { return static_cast<std::uint16_t>(node.as_int(0, 0xffff)); }

// Machine numbers lie below 512, save for these.
bool is_machine(FileFormat format, const std::string& name) {
  if (name.starts_with("machine-0x")) return true;
  for (const std::uint32_t number : {0x8664u, 0xaa64u, 0x9026u}) {
    if (machine_name(format, number) == name) return true;
  }
  for (std::uint32_t number = 0; number < 512; ++number) {
    if (machine_name(format, number) == name) return true;
  }
  return false;
}

void read_machine(const YamlNode& node, FileExpectation& onto) {
  const auto name = node.as_string();
  if (!is_machine(onto.format, name)) {
    node.fail("unknown machine '" + name + "'",
              "use a name that `xtest inspect FILE` prints, such as aarch64 or machine-0x1234");
  }
  onto.machine = name;
}

void read_flags(const YamlNode& node, FileExpectation& onto) {
  node.allow_only({"mask", "value", "text"});
  FlagsExpectation flags{number(node.at("mask")), number(node.at("value")), {}};
  if (const auto text = node.find("text")) flags.text = text->as_string();
  if (flags.value & ~flags.mask) node.fail("value has bits that mask leaves out: it can never match");
  onto.flags = flags;
}

void read_note(const YamlNode& node, FileExpectation& onto) {
  node.allow_only({"os", "max_version", "required"});
  NoteExpectation note;
  note.os = node.at("os").as_string();
  if (const auto version = node.find("max_version")) note.max_version = version->as_string();
  if (const auto required = node.find("required")) note.required = required->as_bool();
  onto.note = note;
}

void read_os_abi(const YamlNode& node, FileExpectation& onto) {
  onto.os_abi.clear();
  if (!node.is_list()) node.fail("os_abi must be a list of numbers such as [0, 3]");
  for (const auto& item : node.items()) onto.os_abi.push_back(static_cast<std::uint8_t>(item.as_int(0, 255)));
}

void read_shape(const YamlNode& node, FileExpectation& onto) {
  if (const auto format = node.find("format")) onto.format = one_of(*format, {FileFormat::elf, FileFormat::pe});
  if (const auto bits = node.find("bits")) onto.bits = read_bits(*bits);
  if (const auto order = node.find("order")) onto.order = one_of(*order, {ByteOrder::little, ByteOrder::big});
  if (const auto machine = node.find("machine")) read_machine(*machine, onto);
  if (const auto flags = node.find("flags")) read_flags(*flags, onto);
  if (const auto abi = node.find("os_abi")) read_os_abi(*abi, onto);
  if (const auto note = node.find("note")) read_note(*note, onto);
  if (const auto subsystem = node.find("subsystem")) onto.subsystem = number16(*subsystem);
}

void read_dependencies(const YamlNode& node, FileExpectation& onto) {
  if (const auto interp = node.find("interp")) onto.interp = interp->as_string();
  if (const auto needed = node.find("needed")) {
    onto.needed = needed->as_strings();
    onto.needed_checked = true;
  }
  if (const auto dlls = node.find("dlls")) {
    onto.dlls = dlls->as_strings();
    onto.dlls_checked = true;
  }
  if (const auto forbidden = node.find("forbidden")) onto.forbidden = forbidden->as_strings();
  if (const auto allowed = node.find("rpath_allowed")) onto.rpath_allowed = allowed->as_strings();
  if (const auto prefixes = node.find("host_prefixes")) onto.host_prefixes = prefixes->as_strings();
}

void read_run_time(const YamlNode& node, FileExpectation& onto) {
  if (const auto init = node.find("init")) {
    onto.init = one_of(*init, {InitScheme::init_array, InitScheme::ctors});
  }
  if (const auto unwind = node.find("unwind")) {
    onto.unwind = one_of(*unwind, {UnwindNeed::all, UnwindNeed::program, UnwindNeed::exceptions, UnwindNeed::none});
  }
  if (const auto exempt = node.find("unwind_exempt")) onto.unwind_exempt = exempt->as_strings();
  if (const auto header = node.find("stack_header")) onto.stack_header = header->as_bool();
  if (const auto relro = node.find("relro")) onto.relro = relro->as_bool();
}

}  // namespace

void read_files(const YamlNode& node, FileExpectation& onto) {
  node.allow_only({"format", "bits", "order", "machine", "flags", "os_abi", "note", "interp", "needed", "forbidden",
                   "rpath_allowed", "host_prefixes", "init", "unwind", "unwind_exempt", "stack_header", "relro",
                   "subsystem", "dlls"});
  read_shape(node, onto);
  read_dependencies(node, onto);
  read_run_time(node, onto);
}

}  // namespace xtest
