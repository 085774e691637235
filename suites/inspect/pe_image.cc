// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/pe_image.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace xtest {
namespace {

constexpr std::uint64_t file_header_size = 20, section_header_size = 40, symbol_size = 18;
constexpr std::uint64_t most_directories = 16;
constexpr std::uint32_t can_execute = 0x20000000, can_read = 0x40000000, can_write = 0x80000000;
constexpr std::uint64_t pe32 = 0x10b, pe32_plus = 0x20b;

bool holds(const AddressRange& range, std::uint64_t address) {
  return address >= range.address && address - range.address < range.size;
}

}  // namespace

std::expected<PeImage, std::string> PeImage::open(std::span<const std::byte> bytes) {
  PeImage image;
  image.view_ = ByteView(bytes, ByteOrder::little);
  if (auto read = image.read_headers(); !read) return std::unexpected(read.error());
  return image;
}

std::expected<void, std::string> PeImage::read_headers() {
  if (view_.number(0, 2) != 0x5a4du) return std::unexpected("not a PE file: no MZ magic number at its start");
  const auto start = view_.number(0x3c, 4);
  if (!start || view_.number(*start, 4) != 0x4550u)
    return std::unexpected("not a PE file: the DOS header points at no PE signature");
  ByteCursor cursor(view_, *start + 4);
  machine_ = static_cast<std::uint16_t>(cursor.number(2));
  const std::uint64_t section_count = cursor.number(2);
  cursor.number(4);
  symbols_at_ = cursor.number(4);
  symbol_count_ = cursor.number(4);
  const std::uint64_t optional_size = cursor.number(2);
  characteristics_ = static_cast<std::uint16_t>(cursor.number(2));
  const std::uint64_t magic = cursor.number(2);
  if (!cursor.ok()) return std::unexpected("not a readable PE file: its headers are cut short");
  if (magic != pe32 && magic != pe32_plus)
    return std::unexpected(
        fmt::format("not a readable PE file: optional header has magic {:#x}, expected 0x10b or 0x20b", magic));
  bits_ = magic == pe32 ? 32 : 64;
  const std::uint64_t optional_at = *start + 4 + file_header_size;
  read_optional_header(optional_at, optional_size);
  read_sections(optional_at + optional_size, section_count);
  if (symbols_at_ == 0 || !view_.slice(symbols_at_, symbol_count_ * symbol_size)) symbol_count_ = 0;
  return {};
}

void PeImage::read_optional_header(std::uint64_t at, std::uint64_t size) {
  entry_ = static_cast<std::uint32_t>(view_.number(at + 16, 4).value_or(0));
  image_base_ = (bits_ == 32 ? view_.number(at + 28, 4) : view_.number(at + 24, 8)).value_or(0);
  subsystem_ = static_cast<std::uint16_t>(view_.number(at + 68, 2).value_or(0));
  dll_characteristics_ = static_cast<std::uint16_t>(view_.number(at + 70, 2).value_or(0));
  const std::uint64_t table = bits_ == 32 ? 96 : 112;
  const std::uint64_t room = size > table ? (size - table) / 8 : 0;
  const std::uint64_t count = std::min({view_.number(at + table - 4, 4).value_or(0), most_directories, room});
  for (std::uint64_t i = 0; i < count; ++i)
    directories_.push_back(
        {view_.number(at + table + 8 * i, 4).value_or(0), view_.number(at + table + 8 * i + 4, 4).value_or(0)});
}

void PeImage::read_sections(std::uint64_t at, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i, at += section_header_size) {
    const auto header = view_.slice(at, section_header_size);
    if (!header) return;
    const std::uint64_t raw_size = *header->number(16, 4);
    const std::uint64_t flags = *header->number(36, 4);
    PeSection section;
    section.name = section_name(at);
    section.range = {*header->number(12, 4), std::max(*header->number(8, 4), raw_size)};
    section.readable = (flags & can_read) != 0;
    section.writable = (flags & can_write) != 0;
    section.executable = (flags & can_execute) != 0;
    sections_.push_back(std::move(section));
    raw_.push_back({*header->number(20, 4), raw_size});
  }
}

// A name longer than eight bytes is "/" and an offset into the string table, which follows the symbols.
std::string PeImage::section_name(std::uint64_t at) const {
  std::string name = view_.slice(at, 8)->chars();
  name.resize(std::min(name.find('\0'), name.size()));
  std::uint64_t offset = 0;
  if (!name.starts_with('/')) return name;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), offset);
  if (error != std::errc() || end != name.data() + name.size() || symbols_at_ == 0) return name;
  return view_.text(symbols_at_ + symbol_count_ * symbol_size + offset, 256).value_or(name);
}

std::string PeImage::symbol_name(std::uint64_t at) const {
  if (view_.number(at, 4) == 0u)
    return view_.text(symbols_at_ + symbol_count_ * symbol_size + view_.number(at + 4, 4).value_or(0), 256)
        .value_or("");
  std::string name = view_.slice(at, 8)->chars();
  name.resize(std::min(name.find('\0'), name.size()));
  return name;
}

AddressRange PeImage::directory(PeDirectory which) const {
  const auto index = static_cast<unsigned>(which);
  return index < directories_.size() ? directories_[index] : AddressRange{};
}

ByteView PeImage::bytes_at(std::uint64_t rva) const {
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const std::uint64_t start = sections_[i].range.address;
    if (!holds({start, raw_[i].size}, rva)) continue;
    const ByteView rest = view_.from(raw_[i].offset + (rva - start));
    return *rest.slice(0, std::min(rest.size(), raw_[i].size - (rva - start)));
  }
  return ByteView({}, ByteOrder::little);
}

bool PeImage::is_code(std::uint64_t rva) const {
  return std::ranges::any_of(sections_, [&](const PeSection& s) { return s.executable && holds(s.range, rva); });
}

const PeSection* PeImage::section(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &PeSection::name);
  return found == sections_.end() ? nullptr : &*found;
}

std::vector<PeSymbol> PeImage::find_symbols(std::string_view name) const {
  std::vector<PeSymbol> found;
  for (std::uint64_t i = 0; i < symbol_count_; ++i) {
    const std::uint64_t at = symbols_at_ + i * symbol_size;
    if (symbol_name(at) == name)
      found.push_back({std::string(name), static_cast<std::uint32_t>(view_.number(at + 8, 4).value_or(0)),
                       static_cast<std::int16_t>(view_.number(at + 12, 2).value_or(0))});
    i += view_.number(at + 17, 1).value_or(0);
  }
  return found;
}

}  // namespace xtest
