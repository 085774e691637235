// SPDX-License-Identifier: Apache-2.0
#include "runner/store/archive.h"

#include "runner/base/error.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cstdint>

namespace xtest {
namespace {

struct Free {
  void operator()(archive* one) const { archive_free(one); }
  void operator()(archive_entry* one) const { archive_entry_free(one); }
};

[[noreturn]] void fail(archive* one, const std::string& what) {
  const char* why = archive_error_string(one);
  throw Error(ErrorKind::infra, what + ": " + (why ? why : "libarchive does not say why"));
}

la_ssize_t append(archive*, void* into, const void* bytes, std::size_t size) {
  static_cast<std::string*>(into)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

struct ArchiveWriter::State {
  std::string bytes;
  std::unique_ptr<archive, Free> writer{archive_write_new()};
  std::int64_t inodes = 0;

  void add(const std::string& path, unsigned type, unsigned mode, std::string_view content, const char* link);
};

void ArchiveWriter::State::add(const std::string& path, unsigned type, unsigned mode, std::string_view content,
                               const char* link) {
  const std::unique_ptr<archive_entry, Free> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), mode);
  archive_entry_set_ino64(entry.get(), ++inodes);
  archive_entry_set_nlink(entry.get(), 1);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (link) archive_entry_set_symlink(entry.get(), link);
  // A warning: a name that the C locale cannot express is written as its bytes.
  if (archive_write_header(writer.get(), entry.get()) < ARCHIVE_WARN) fail(writer.get(), "cannot put " + path + " into an archive");
  if (content.empty()) return;
  if (archive_write_data(writer.get(), content.data(), content.size()) != static_cast<la_ssize_t>(content.size()))
    fail(writer.get(), "cannot put " + path + " into an archive");
}

ArchiveWriter::ArchiveWriter(ArchiveFormat format) : state_(std::make_unique<State>()) {
  archive* const writer = state_->writer.get();
  if (format == ArchiveFormat::cpio) archive_write_set_format_cpio_newc(writer);
  else archive_write_set_format_pax_restricted(writer);
  archive_write_set_bytes_per_block(writer, 0);
  if (archive_write_open(writer, &state_->bytes, nullptr, append, nullptr) != ARCHIVE_OK) fail(writer, "cannot begin an archive");
}

ArchiveWriter::~ArchiveWriter() = default;

void ArchiveWriter::folder(const std::string& path, unsigned mode) { state_->add(path, AE_IFDIR, mode, {}, nullptr); }

void ArchiveWriter::file(const std::string& path, std::string_view bytes, unsigned mode) {
  state_->add(path, AE_IFREG, mode, bytes, nullptr);
}

void ArchiveWriter::symlink(const std::string& path, const std::string& to) {
  state_->add(path, AE_IFLNK, 0777, {}, to.c_str());
}

std::string ArchiveWriter::finish() {
  if (archive_write_close(state_->writer.get()) != ARCHIVE_OK) fail(state_->writer.get(), "cannot end an archive");
  return std::move(state_->bytes);
}

std::string decompressed(const std::filesystem::path& file) {
  const std::unique_ptr<archive, Free> reader(archive_read_new());
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_read_support_format_empty(reader.get());
  archive_entry* entry = nullptr;
  std::string bytes;
  if (archive_read_open_filename(reader.get(), file.c_str(), 1 << 16) != ARCHIVE_OK) fail(reader.get(), "cannot read " + file.string());
  const int found = archive_read_next_header(reader.get(), &entry);
  if (found == ARCHIVE_EOF) return bytes;
  if (found != ARCHIVE_OK) fail(reader.get(), "cannot read " + file.string());
  std::array<char, 1 << 16> piece;
  for (;;) {
    const auto size = archive_read_data(reader.get(), piece.data(), piece.size());
    if (size < 0) fail(reader.get(), "cannot decompress " + file.string());
    if (size == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace xtest
