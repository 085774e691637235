// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/kernel_file.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/store/archive.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t setup_sectors = 0x1f1, magic = 0x202, version = 0x206, payload_offset = 0x248, payload_length = 0x24c, header_end = 0x250;
constexpr std::size_t sector = 512, size_behind_payload = 4;
constexpr std::uint32_t first_with_payload = 0x208;

std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// What the program inside unpacks; empty: there is none.
std::string_view payload_of(std::string_view file) {
  if (file.size() < header_end || file.substr(magic, 4) != "HdrS" || little_endian(file, version, 2) < first_with_payload) return {};
  const std::size_t sectors = little_endian(file, setup_sectors, 1);
  const std::size_t begin = ((sectors == 0 ? 4 : sectors) + 1) * sector + little_endian(file, payload_offset, 4);
  const std::size_t size = little_endian(file, payload_length, 4);
  if (size <= size_behind_payload || begin > file.size() || size > file.size() - begin) return {};
  return file.substr(begin, size - size_behind_payload);
}

void must_write(const fs::path& file, std::string_view bytes) {
  if (write_file(file, bytes) != 0) throw Error(ErrorKind::infra, "cannot write " + file.string());
}

}  // namespace

bool unpack_kernel(const fs::path& packed, const fs::path& to) {
  const auto file = read_file(packed);
  if (!file) throw Error(ErrorKind::infra, "cannot read " + packed.string());
  const std::string_view payload = payload_of(*file);
  if (payload.empty()) return false;
  const fs::path compressed = to.string() + ".packed";
  must_write(compressed, payload);
  const std::string kernel = decompressed(compressed);
  fs::remove(compressed);
  if (!kernel.starts_with("\x7f" "ELF")) return false;
  must_write(to, kernel);
  return true;
}

}  // namespace xtest
