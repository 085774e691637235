// SPDX-License-Identifier: Apache-2.0
#include "runner/store/action_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/store/lock.h"

namespace xtest {
namespace {

namespace fs = std::filesystem;

class ActionCacheTest : public testing::Test {
 protected:
  ActionCacheTest() {
    std::string name = (fs::temp_directory_path() / "cache 'ö XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    for (const char* sub : {"src", "w1", "w2"}) fs::create_directories(folder_ / sub);
    write(source_(), "int main() {}\n");
    write(folder_ / "src/a.h", "#define A 1\n");
  }
  ~ActionCacheTest() override { fs::remove_all(folder_); }

  static void write(const fs::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
  static std::string read(const fs::path& path) { return read_file(path).value_or("(absent)"); }
  fs::path source_() const { return folder_ / "src/a.c"; }

  /// `cc -o WORK/a a.c`, whose depfile names a.c and a.h.
  Job job(const fs::path& work) const {
    Job out;
    out.kind = JobKind::build;
    out.place = Place::host;
    out.tool_identity = "cc 12";
    out.command.argv = {"cc", "-I" + (work / "inc").string(), "-o", PathRef{work / "a"}, PathRef{source_()}};
    out.command.cwd = work;
    out.inputs = {source_()};
    out.outputs = {work / "a"};
    out.depfile = work / "a.d";
    return out;
  }
  void build(const Job& job, std::string_view product) const {
    fs::remove(job.outputs[0]);                // as a linker does
    write(job.outputs[0], product);
    fs::permissions(job.outputs[0], fs::perms::owner_exec, fs::perm_options::add);
    write(job.depfile, "a: ../src/a.c ../src/a.h\n");
  }
  std::vector<fs::path> stored(std::string_view below) const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "cache" / below))
      if (entry.is_regular_file()) out.push_back(entry.path());
    return out;
  }
  /// Builds in w1, stores, and tells whether w2 gets it.
  bool is_shared(ActionCache& cache) {
    const Job other = job(folder_ / "w2");
    return cache.restore(cache.key(other, folder_ / "w2").value(), other, folder_ / "w2");
  }
  void build_and_store(ActionCache& cache, std::string_view product) {
    const Job first = job(folder_ / "w1");
    build(first, product);
    cache.store(cache.key(first, folder_ / "w1").value(), first, folder_ / "w1");
  }

  fs::path folder_;
};

TEST_F(ActionCacheTest, GivesAProductToAnotherFolderAsAWritableExecutableCopy) {
  ActionCache cache(folder_ / "cache");
  EXPECT_FALSE(is_shared(cache));
  build_and_store(cache, "program");
  ASSERT_TRUE(is_shared(cache));
  EXPECT_EQ(read(folder_ / "w2/a"), "program");
  struct stat copy {};
  ::stat((folder_ / "w2/a").c_str(), &copy);
  EXPECT_EQ(copy.st_mode & 0777, 0755u);
  EXPECT_EQ(copy.st_nlink, 1u);
  EXPECT_TRUE(fs::exists(folder_ / "cache/CACHEDIR.TAG"));
}

TEST_F(ActionCacheTest, KeyFollowsToolArgumentsEnvironmentAndContent) {
  ActionCache cache(folder_ / "cache");
  const fs::path work = folder_ / "w1";
  const auto key = cache.key(job(work), work);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(cache.key(job(folder_ / "w2"), folder_ / "w2"), key);
  Job other = job(work);
  other.tool_identity = "cc 13";
  EXPECT_NE(cache.key(other, work), key);
  other = job(work);
  other.command.argv.push_back("-O2");
  EXPECT_NE(cache.key(other, work), key);
  other = job(work);
  other.command.env = {"A=1"};
  EXPECT_NE(cache.key(other, work), key);
  other = job(work);
  other.command.argv[4] = source_().string();
  EXPECT_NE(cache.key(other, work), key) << "text is no reference";
  write(source_(), "int main() { return 1; }\n");
  EXPECT_NE(cache.key(job(work), work), key);
  fs::remove(source_());
  EXPECT_EQ(cache.key(job(work), work), std::nullopt);
}

TEST_F(ActionCacheTest, AFolderWhoseNameOnlyBeginsAlikeIsAnotherFolder) {
  ActionCache cache(folder_ / "cache");
  Job near = job(folder_ / "w1");
  near.command.argv[1] = "-I" + (folder_ / "w1").string() + "0/inc";
  Job far = job(folder_ / "w2");
  far.command.argv[1] = "-I" + (folder_ / "w2").string() + "0/inc";
  EXPECT_NE(cache.key(near, folder_ / "w1"), cache.key(far, folder_ / "w2"));
}

TEST_F(ActionCacheTest, AChangedHeaderIsAMissAndBothVersionsAreKept) {
  ActionCache cache(folder_ / "cache");
  build_and_store(cache, "with A 1");
  write(folder_ / "src/a.h", "#define A 2\n");
  EXPECT_FALSE(is_shared(cache));
  build_and_store(cache, "with A 2");
  ASSERT_TRUE(is_shared(cache));
  EXPECT_EQ(read(folder_ / "w2/a"), "with A 2");
  write(folder_ / "src/a.h", "#define A 1\n");
  ASSERT_TRUE(is_shared(cache));
  EXPECT_EQ(read(folder_ / "w2/a"), "with A 1");
  fs::remove(folder_ / "src/a.h");
  EXPECT_FALSE(is_shared(cache));
}

TEST_F(ActionCacheTest, AChangedLibraryIsAMissAndARemovedObjectIsNoDependency) {
  ActionCache cache(folder_ / "cache");
  Job first = job(folder_ / "w1");
  first.link_depfile = folder_ / "w1/a.ld.d";
  write(folder_ / "src/libfoo.a", "foo 1");
  write(first.link_depfile, "a: ../src/libfoo.a /gone/cc1234.o\n");
  build(first, "with foo 1");
  cache.store(cache.key(first, folder_ / "w1").value(), first, folder_ / "w1");
  EXPECT_TRUE(is_shared(cache));
  write(folder_ / "src/libfoo.a", "foo 2");
  EXPECT_FALSE(is_shared(cache));
}

TEST_F(ActionCacheTest, WhatChangedWhileItWasCompiledIsNotStored) {
  ActionCache cache(folder_ / "cache");
  const Job first = job(folder_ / "w1");
  const auto begun = fs::file_time_type::clock::now();
  const std::string key = cache.key(first, folder_ / "w1").value();
  build(first, "of the old header");
  fs::last_write_time(folder_ / "src/a.h", begun + std::chrono::seconds(1));
  cache.store(key, first, folder_ / "w1", begun);
  EXPECT_FALSE(is_shared(cache));
}

TEST_F(ActionCacheTest, WithoutItsDepfileOrOutputNothingIsStored) {
  ActionCache cache(folder_ / "cache");
  const Job first = job(folder_ / "w1");
  const std::string key = cache.key(first, folder_ / "w1").value();
  cache.store(key, first, folder_ / "w1");
  write(folder_ / "w1/a", "program");
  cache.store(key, first, folder_ / "w1");
  EXPECT_FALSE(is_shared(cache));
}

TEST_F(ActionCacheTest, DropsADamagedProductAndTakesANewOne) {
  ActionCache cache(folder_ / "cache");
  for (const std::string_view damage : {"progrbm", "prog", ""}) {
    build_and_store(cache, "program");
    const fs::path kept = stored("cas").at(0);
    fs::permissions(kept, fs::perms::owner_write, fs::perm_options::add);
    write(kept, damage);
    EXPECT_FALSE(is_shared(cache)) << damage;
    EXPECT_FALSE(fs::exists(kept));
    EXPECT_FALSE(fs::exists(folder_ / "w2/a"));
  }
  build_and_store(cache, "program");
  EXPECT_TRUE(is_shared(cache));
}

TEST_F(ActionCacheTest, AProgramThatWritesIntoItselfHarmsNobody) {
  ActionCache cache(folder_ / "cache");
  build_and_store(cache, "program");
  write(folder_ / "w1/a", "prograM");
  EXPECT_FALSE(is_shared(cache));
  EXPECT_FALSE(fs::exists(folder_ / "w2/a"));
  EXPECT_EQ(read(folder_ / "w1/a"), "prograM");
}

TEST_F(ActionCacheTest, ADamagedEntryIsAMiss) {
  ActionCache cache(folder_ / "cache");
  for (const std::string_view damage :
       {"", "{", "[]", R"({"version":2,"entries":[{"deps":[[1]],"outputs":[]}]})",
        R"({"version":2,"entries":[{"deps":[],"outputs":[["../../../../etc/passwd",1,true]]}]})"}) {
    build_and_store(cache, "program");
    write(stored("actions").at(0), damage);
    EXPECT_FALSE(is_shared(cache)) << damage;
    EXPECT_TRUE(stored("actions").empty()) << damage;
  }
}

TEST_F(ActionCacheTest, KeepsTextsAndDropsDamagedOnes) {
  ActionCache cache(folder_ / "cache");
  const std::string key(64, 'a');
  EXPECT_EQ(cache.find_text(key), std::nullopt);
  for (const std::string& text : {std::string("line\nline\n"), std::string(), std::string("\0\xff", 2)}) {
    cache.store_text(key, text);
    EXPECT_EQ(cache.find_text(key), text);
  }
  for (const std::string_view damage : {"", "x", "\n"}) {
    cache.store_text(key, "text");
    write(stored("actions").at(0), damage);
    EXPECT_EQ(cache.find_text(key), std::nullopt);
  }
}

TEST_F(ActionCacheTest, DigestSeesAChangeThatKeepsTheSize) {
  ActionCache cache(folder_ / "cache");
  const std::string before = cache.digest(source_());
  write(source_(), "int main() {};");
  EXPECT_NE(cache.digest(source_()), before);
  EXPECT_THROW(cache.digest(folder_), Error);
  EXPECT_THROW(cache.digest(folder_ / "absent"), Error);
}

TEST_F(ActionCacheTest, PrunesTheLeastRecentlyUsedBelowItsBound) {
  ActionCache cache(folder_ / "cache", 100'000);
  std::vector<std::string> keys;
  for (int i = 0; i < 5; ++i) {
    write(source_(), "int v = " + std::to_string(i) + ";");
    const Job first = job(folder_ / "w1");
    build(first, std::string(30'000, static_cast<char>('a' + i)));
    keys.push_back(cache.key(first, folder_ / "w1").value());
    cache.store(keys.back(), first, folder_ / "w1");
    const auto entries = stored("actions");
    for (const auto& entry : entries) fs::last_write_time(entry, fs::last_write_time(entry) - std::chrono::hours(1));
  }
  const Job first = job(folder_ / "w1");
  ASSERT_TRUE(cache.restore(keys[0], first, folder_ / "w1")) << "the oldest becomes the most recently used";
  {
    const auto lock = FileLock::try_lock(folder_ / "cache/lock");
    cache.prune();
    EXPECT_EQ(stored("cas").size(), 5u) << "another process prunes";
  }
  cache.prune();
  EXPECT_EQ(stored("cas").size(), 2u);
  EXPECT_TRUE(cache.restore(keys[0], first, folder_ / "w1"));
  EXPECT_TRUE(cache.restore(keys[4], first, folder_ / "w1"));
  EXPECT_FALSE(cache.restore(keys[3], first, folder_ / "w1"));
}

TEST_F(ActionCacheTest, ACacheThatCannotBeWrittenEndsNothing) {
  write(folder_ / "cache", "a file");
  ActionCache cache(folder_ / "cache");
  build_and_store(cache, "program");
  cache.store_text(std::string(64, 'a'), "text");
  cache.prune();
  EXPECT_FALSE(is_shared(cache));
}

}  // namespace
}  // namespace xtest
