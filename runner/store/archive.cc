// SPDX-License-Identifier: Apache-2.0
#include "runner/store/archive.h"

#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>

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

std::string rest_of_member(archive* reader, const std::string& trouble) {
  std::string bytes;
  std::array<char, 1 << 16> piece;
  for (;;) {
    const auto size = archive_read_data(reader, piece.data(), piece.size());
    if (size < 0) fail(reader, trouble);
    if (size == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(size));
  }
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

ArchiveWriter::ArchiveWriter(ArchiveFormat format, const std::string& label) : state_(std::make_unique<State>()) {
  archive* const writer = state_->writer.get();
  switch (format) {
    case ArchiveFormat::tar: archive_write_set_format_pax_restricted(writer); break;
    case ArchiveFormat::cpio: archive_write_set_format_cpio_newc(writer); break;
    case ArchiveFormat::iso:
      archive_write_set_format_iso9660(writer);
      if (archive_write_set_format_option(writer, "iso9660", "volume-id", label.c_str()) != ARCHIVE_OK) fail(writer, "a CD cannot be called " + label);
  }
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
  if (archive_read_open_filename(reader.get(), file.c_str(), 1 << 16) != ARCHIVE_OK) fail(reader.get(), "cannot read " + file.string());
  const int found = archive_read_next_header(reader.get(), &entry);
  if (found == ARCHIVE_EOF) return "";
  if (found != ARCHIVE_OK) fail(reader.get(), "cannot read " + file.string());
  return rest_of_member(reader.get(), "cannot decompress " + file.string());
}

namespace {

void link_beside(const std::filesystem::path& link, const std::string& to) {
  std::error_code ignored;
  if (to.find('/') == to.npos) std::filesystem::create_symlink(to, link, ignored);
}

}  // namespace

void unpack(const std::filesystem::path& file, const std::string& below, const std::filesystem::path& folder) {
  const std::unique_ptr<archive, Free> reader(archive_read_new());
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_cpio(reader.get());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_filename(reader.get(), file.c_str(), 1 << 16) != ARCHIVE_OK) fail(reader.get(), "cannot read " + file.string());
  archive_entry* entry = nullptr;
  for (int found; (found = archive_read_next_header(reader.get(), &entry)) != ARCHIVE_EOF;) {
    if (found < ARCHIVE_WARN) fail(reader.get(), "cannot read " + file.string());
    const std::string name = archive_entry_pathname(entry);
    if (!name.starts_with(below) || name.find("..") != name.npos) continue;
    const std::filesystem::path to = folder / name;
    std::filesystem::create_directories(to.parent_path());
    if (archive_entry_filetype(entry) == AE_IFLNK) link_beside(to, archive_entry_symlink(entry));
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    if (write_file(to, rest_of_member(reader.get(), "cannot read " + name + " of " + file.string())) != 0)
      throw Error(ErrorKind::infra, "cannot write " + to.string());
  }
}

namespace {

constexpr std::size_t hole = 64u << 10;         // as far as a file system makes holes at all

struct Filter {
  std::string_view name;
  int code;
  int (*allow)(archive*);
};
constexpr Filter filters[] = {{"none", ARCHIVE_FILTER_NONE, archive_read_support_filter_none}, {"gz", ARCHIVE_FILTER_GZIP, archive_read_support_filter_gzip},
                              {"bz2", ARCHIVE_FILTER_BZIP2, archive_read_support_filter_bzip2}, {"xz", ARCHIVE_FILTER_XZ, archive_read_support_filter_xz},
                              {"zst", ARCHIVE_FILTER_ZSTD, archive_read_support_filter_zstd}};

// A file that is written from its beginning to its end.
class SparseFile {
 public:
  explicit SparseFile(const std::filesystem::path& path) : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (!file_) fail(errno);
  }
  void append(std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(hole, bytes.size()))) {
      const auto piece = bytes.substr(0, hole);
      const bool is_hole = piece.size() == hole && piece.find_first_not_of('\0') == piece.npos;
      if (is_hole ? ::lseek(file_.get(), hole, SEEK_CUR) < 0 : write_all(file_.get(), piece).error != 0) fail(errno);
      size_ += static_cast<off_t>(piece.size());
    }
  }
  void finish() {
    if (::ftruncate(file_.get(), size_) != 0) fail(errno);
  }

 private:
  [[noreturn]] void fail(int error) const {
    throw Error(ErrorKind::infra, "cannot write " + path_.string() + ": " + std::strerror(error));
  }
  std::filesystem::path path_;
  UniqueFd file_;
  off_t size_ = 0;
};

}  // namespace

void decompress(const std::filesystem::path& from, const std::filesystem::path& to, const std::string& compression) {
  const auto filter = std::ranges::find(filters, compression, &Filter::name);
  if (filter == std::end(filters)) throw Error(ErrorKind::internal, "no compression is called " + compression);
  const std::unique_ptr<archive, Free> reader(archive_read_new());
  filter->allow(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_filename(reader.get(), from.c_str(), 1 << 16) != ARCHIVE_OK || archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
    fail(reader.get(), "cannot read " + from.string());
  if (archive_filter_code(reader.get(), 0) != filter->code) throw Error(ErrorKind::infra, from.string() + " is not compressed as " + compression);
  SparseFile file(to);
  std::string piece(1 << 20, '\0');
  for (;;) {
    const auto size = archive_read_data(reader.get(), piece.data(), piece.size());
    if (size < 0) fail(reader.get(), "cannot decompress " + from.string());
    if (size == 0) break;
    file.append(std::string_view(piece).substr(0, static_cast<std::size_t>(size)));
  }
  file.finish();
}

}  // namespace xtest
