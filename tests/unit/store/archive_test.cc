// SPDX-License-Identifier: Apache-2.0
// What we write is read by programs that others wrote.
#include "runner/store/archive.h"

#include "runner/base/files.h"
#include "runner/base/process.h"
#include "tests/support/error_of.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Archive : public testing::Test {
 protected:
  std::string out_of(std::vector<std::string> argv) {
    ProcessSpec spec;
    spec.argv = std::move(argv);
    spec.env = clean_environment();
    spec.cwd = folder_;
    const Completion done = run_task(io_, run_process(std::move(spec)));
    EXPECT_EQ(describe(done.how), "exited with 0") << done.err.text;
    return done.out.text;
  }

  asio::io_context io_;
  const TempFolder home_;
  const fs::path folder_ = home_.path();
};

std::string sample(ArchiveFormat format) {
  ArchiveWriter writer(format);
  writer.folder("etc", 0700);
  writer.file("etc/odd name\n", "content", 0755);
  writer.file("empty", "");
  writer.symlink("link", "etc/odd name");
  return writer.finish();
}

TEST_F(Archive, IsUnpackedByTar) {
  ASSERT_EQ(write_file(folder_ / "a.tar", sample(ArchiveFormat::tar)), 0);
  out_of({"tar", "-xf", "a.tar"});
  EXPECT_EQ(read_file(folder_ / "etc/odd name\n"), "content");
  EXPECT_EQ(read_file(folder_ / "empty"), "");
  EXPECT_EQ(fs::read_symlink(folder_ / "link"), "etc/odd name");
  EXPECT_EQ(fs::status(folder_ / "etc").permissions(), fs::perms::owner_all);
  EXPECT_NE(fs::status(folder_ / "etc/odd name\n").permissions() & fs::perms::others_exec, fs::perms::none);
}

TEST_F(Archive, OneFolderOfAFirstRootIsUnpackedAndNothingElse) {
  ArchiveWriter writer(ArchiveFormat::cpio);
  for (const char* folder : {"lib", "etc"}) writer.folder(folder);
  writer.file("lib/libc.so.6", "code", 0755);
  writer.symlink("lib/other", "libc.so.6");
  writer.symlink("lib/away", "/etc/passwd");
  writer.file("etc/key", "secret", 0600);
  write_file(folder_ / "root.cpio", writer.finish());
  out_of({"gzip", "root.cpio"});
  unpack(folder_ / "root.cpio.gz", "lib/", folder_ / "here");
  EXPECT_EQ(read_file(folder_ / "here/lib/libc.so.6"), "code");
  EXPECT_EQ(fs::read_symlink(folder_ / "here/lib/other"), "libc.so.6");
  EXPECT_FALSE(fs::is_symlink(folder_ / "here/lib/away")) << "only links to a file beside them";
  EXPECT_FALSE(fs::exists(folder_ / "here/etc"));
  write_file(folder_ / "damaged.gz", read_file(folder_ / "root.cpio.gz")->substr(0, 60));
  EXPECT_THAT(error_of([&] { unpack(folder_ / "damaged.gz", "lib/", folder_ / "there"); }), HasSubstr("damaged.gz"));
}

TEST_F(Archive, OfEqualMembersIsEqual) {
  EXPECT_EQ(sample(ArchiveFormat::tar), sample(ArchiveFormat::tar));
  EXPECT_EQ(sample(ArchiveFormat::cpio), sample(ArchiveFormat::cpio));
}

TEST_F(Archive, ForAKernelIsNewcWithATrailer) {
  const std::string bytes = sample(ArchiveFormat::cpio);
  EXPECT_TRUE(bytes.starts_with("070701"));
  EXPECT_THAT(bytes, HasSubstr("TRAILER!!!"));
}

TEST_F(Archive, ReadsWhatAFilterCompressedAndWhatNoneDid) {
  ASSERT_EQ(write_file(folder_ / "plain", std::string(100000, 'x') + "end"), 0);
  EXPECT_EQ(decompressed(folder_ / "plain"), std::string(100000, 'x') + "end");
  out_of({"gzip", "plain"});
  EXPECT_EQ(decompressed(folder_ / "plain.gz"), std::string(100000, 'x') + "end");
}

TEST_F(Archive, DecompressesWhatOtherProgramsCompressed) {
  const std::string content = "begin" + std::string(3'000'000, '\0') + "end" + std::string(200'000, '\0');
  for (const auto& [suffix, program] : {std::pair{"gz", "gzip"}, {"bz2", "bzip2"}, {"xz", "xz"}, {"zst", "zstd"}}) {
    ASSERT_EQ(write_file(folder_ / "plain", content), 0);
    const std::string packed = std::string("plain.") + suffix;
    out_of({"sh", "-c", std::string(program) + " -c plain > " + packed});
    decompress(folder_ / packed, folder_ / "out", suffix);
    EXPECT_EQ(read_file(folder_ / "out"), content) << suffix;
    out_of({"truncate", "-s", "-20", packed});
    EXPECT_THAT(error_of([&] { decompress(folder_ / packed, folder_ / "out", suffix); }), HasSubstr("cannot ")) << suffix;
    EXPECT_THAT(error_of([&] { decompress(folder_ / "plain", folder_ / "out", suffix); }), HasSubstr("is not compressed as")) << suffix;
  }
  decompress(folder_ / "plain", folder_ / "out", "none");
  EXPECT_EQ(read_file(folder_ / "out"), content);
}

TEST_F(Archive, LeavesHolesWhereThereIsNothing) {
  ASSERT_EQ(write_file(folder_ / "plain", std::string(8u << 20, '\0') + "end"), 0);
  decompress(folder_ / "plain", folder_ / "out", "none");
  EXPECT_EQ(fs::file_size(folder_ / "out"), (8u << 20) + 3);
  const std::string blocks = out_of({"stat", "-c", "%b", "out"});
  EXPECT_LT(std::stoi(blocks), 1000) << "blocks of 512 bytes";
}

TEST_F(Archive, NamesAFileThatItCannotRead) {
  try {
    decompressed(folder_ / "absent.xz");
    FAIL() << "it is not there";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::infra);
    EXPECT_THAT(error.what(), HasSubstr("absent.xz"));
  }
}

}  // namespace
}  // namespace xtest
