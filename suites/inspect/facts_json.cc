// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "runner/base/text.h"
#include "suites/inspect/facts.h"

namespace xtest {
namespace {

using nlohmann::json;

json texts(const std::vector<std::string>& list) {
  json result = json::array();
  for (const std::string& text : list) result.push_back(repair_utf8(text));
  return result;
}

json range(const AddressRange& r) { return {{"address", r.address}, {"size", r.size}}; }

json range(const std::optional<AddressRange>& r) { return r ? range(*r) : json(); }

json tables(const std::vector<InitTable>& list) {
  json result = json::array();
  for (const InitTable& table : list)
    result.push_back({{"section", repair_utf8(table.section)},
                      {"range", range(table.range)},
                      {"entries", table.entries},
                      {"starts_with_sentinel", table.starts_with_sentinel},
                      {"ends_with_sentinel", table.ends_with_sentinel},
                      {"not_code", table.not_code}});
  return result;
}

json init_json(const InitFacts& init) {
  return {{"init_arrays", tables(init.init_arrays)},
          {"fini_arrays", tables(init.fini_arrays)},
          {"preinit_arrays", tables(init.preinit_arrays)},
          {"ctors", tables(init.ctors)},
          {"dtors", tables(init.dtors)},
          {"dynamic_init_array", range(init.dynamic_init_array)},
          {"symbol_init_array", range(init.symbol_init_array)},
          {"has_init", init.has_init},
          {"has_fini", init.has_fini}};
}

json unwind_json(const UnwindFacts& unwind) {
  return {{"eh_frame", range(unwind.eh_frame)},
          {"eh_frame_error", unwind.eh_frame_error},
          {"fde_count", unwind.fde_count},
          {"terminator_before_end", unwind.terminator_before_end},
          {"has_eh_frame_hdr", unwind.has_eh_frame_hdr},
          {"eh_frame_hdr_entries", unwind.eh_frame_hdr_entries},
          {"arm_exidx", range(unwind.arm_exidx)},
          {"arm_exidx_entries", unwind.arm_exidx_entries},
          {"registers_frames", unwind.registers_frames},
          {"functions", unwind.functions},
          {"uncovered", texts(unwind.uncovered)}};
}

json dynamic_json(const DynamicFacts& dynamic) {
  return {{"present", dynamic.present},
          {"needed", texts(dynamic.needed)},
          {"soname", repair_utf8(dynamic.soname)},
          {"rpath", texts(dynamic.rpath)},
          {"runpath", texts(dynamic.runpath)},
          {"text_relocations", dynamic.text_relocations},
          {"relocations_in_text", dynamic.relocations_in_text},
          {"bind_now", dynamic.bind_now},
          {"pie_flag", dynamic.pie_flag},
          {"undefined", texts(dynamic.undefined)}};
}

json pe_json(const PeFacts& pe) {
  json imports = json::array();
  for (const PeImport& import : pe.imports)
    imports.push_back(
        {{"dll", repair_utf8(import.dll)}, {"symbols", texts(import.symbols)}, {"delayed", import.delayed}});
  json sections = json::array();
  for (const PeSection& section : pe.sections)
    sections.push_back({{"name", repair_utf8(section.name)},
                        {"range", range(section.range)},
                        {"readable", section.readable},
                        {"writable", section.writable},
                        {"executable", section.executable}});
  return {{"subsystem", pe.subsystem},
          {"characteristics", pe.characteristics},
          {"dll_characteristics", pe.dll_characteristics},
          {"imports", std::move(imports)},
          {"sections", std::move(sections)},
          {"has_pdata", pe.has_pdata},
          {"has_xdata", pe.has_xdata},
          {"pdata_sorted", pe.pdata_sorted},
          {"pdata_entries", pe.pdata_entries},
          {"pdata_outside_code", pe.pdata_outside_code},
          {"has_symbols", pe.has_symbols}};
}

json tls_json(const TlsFacts& tls) {
  return {{"memory_size", tls.memory_size},
          {"file_size", tls.file_size},
          {"alignment", tls.alignment},
          {"callbacks", tls.callbacks}};
}

}  // namespace

json facts_to_json(const FileFacts& facts) {
  json notes = json::array();
  for (const AbiNote& note : facts.notes) notes.push_back({{"os", note.os}, {"version", note.version}});
  return {{"format", to_string(facts.format)},
          {"bits", facts.bits},
          {"order", to_string(facts.order)},
          {"machine", facts.machine},
          {"machine_name", facts.machine_name},
          {"flags", facts.flags},
          {"os_abi", facts.os_abi},
          {"abi_version", facts.abi_version},
          {"notes", std::move(notes)},
          {"type", to_string(facts.type)},
          {"entry", facts.entry},
          {"entry_in_code", facts.entry_in_code},
          {"has_sections", facts.has_sections},
          {"has_symbols", facts.has_symbols},
          {"interp", facts.interp ? json(repair_utf8(*facts.interp)) : json()},
          {"dynamic", dynamic_json(facts.dynamic)},
          {"relro", facts.relro},
          {"stack_flags", facts.stack_flags ? json(*facts.stack_flags) : json()},
          {"init", init_json(facts.init)},
          {"unwind", unwind_json(facts.unwind)},
          {"tls", facts.tls ? tls_json(*facts.tls) : json()},
          {"comments", texts(facts.comments)},
          {"pe", facts.pe ? pe_json(*facts.pe) : json()}};
}

}  // namespace xtest
