// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/media.h"

#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/md5.h"
#include "runner/base/text.h"
#include "runner/store/fetch.h"
#include "runner/store/lock.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace xtest {
namespace {

namespace fs = std::filesystem;

fs::path media_home(const fs::path& cache) { return cache / "media"; }

fs::path note_of(const fs::path& cache, const std::string& name) { return media_home(cache) / (name + ".json"); }

struct Note {
  std::string sha256, file, version, known_from;
};

std::optional<Note> read_note(const fs::path& file) {
  const auto text = read_file(file);
  const auto note = nlohmann::json::parse(text.value_or(""), nullptr, false);
  if (!note.is_object()) return std::nullopt;
  Note read{note.value("sha256", ""), note.value("file", ""), note.value("version", ""), note.value("known_from", "")};
  if (read.sha256.size() != 64 || read.file.empty()) return std::nullopt;
  return read;
}

constexpr std::size_t sha256_digits = 64, md5_digits = 32;

bool is_digest(std::string_view word, std::size_t digits) {
  return word.size() == digits && word.find_first_not_of("0123456789abcdefABCDEF") == word.npos;
}

std::string lower(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// What the user gave, or else the recipe's word, which may be empty.
std::string expected_of(const ImageRecipe& recipe, const std::string& checksum) {
  if (checksum.empty()) return recipe.media->sha256;
  if (!is_digest(checksum, sha256_digits)) throw Error(ErrorKind::usage, "'" + checksum + "' is no sha256: that has 64 digits of 0-9 and a-f");
  return lower(checksum);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const auto word : split(line, ' ')) {
    if (!trim(word).empty()) words.push_back(trim(word));
  }
  return words;
}

// GNU's line has the file second, with an asterisk for a binary one; BSD's has it in parentheses.
std::optional<std::string> digest_in(std::string_view checksum_file, std::string_view name, std::string_view kind, std::size_t digits) {
  for (const auto line : split(checksum_file, '\n')) {
    const auto words = words_of(line);
    if (words.size() == 1 && is_digest(words[0], digits)) return lower(words[0]);
    if (words.size() == 2 && is_digest(words[0], digits) && (words[1] == name || words[1] == "*" + std::string(name))) return lower(words[0]);
    if (words.size() == 4 && words[0] == kind && words[1] == "(" + std::string(name) + ")" && is_digest(words[3], digits)) return lower(words[3]);
  }
  return std::nullopt;
}

std::uintmax_t size_of(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) bytes += entry.file_size(error);
  return bytes;
}

std::set<std::string> noted(const fs::path& cache) {
  std::set<std::string> digests;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(media_home(cache), error)) {
    if (const auto note = entry.path().extension() == ".json" ? read_note(entry.path()) : std::nullopt) digests.insert(note->sha256);
  }
  return digests;
}

fs::path lock_of(const fs::path& cache, const std::string& sha256) { return media_home(cache) / (sha256 + ".lock"); }

// Unless a note names it or it is being downloaded.
std::uintmax_t remove_forgotten(const fs::path& cache, const std::string& sha256) {
  const auto lock = FileLock::try_lock(lock_of(cache, sha256));
  if (!lock || noted(cache).contains(sha256)) return 0;
  const fs::path folder = media_home(cache) / sha256;
  const auto bytes = size_of(folder);
  fs::remove_all(folder);
  fs::remove(lock_of(cache, sha256));
  return bytes;
}

Medium place_of(const ImageRecipe& recipe, const fs::path& cache, const std::string& digest) {
  return {media_home(cache) / digest / recipe.media->file_name(), digest, {}};
}

using Told = std::function<bool(std::uint64_t, std::uint64_t)>;

Medium fetch_by_sha256(const ImageRecipe& recipe, const fs::path& cache, const std::string& sha256, Told progress) {
  Medium medium = place_of(recipe, cache, sha256);
  fs::create_directories(medium.file.parent_path());
  std::error_code error;
  const bool is_here = fs::is_regular_file(medium.file, error) && sha256_file(medium.file) == sha256;
  if (!is_here) fetch({recipe.media->urls, medium.file, sha256, std::move(progress)});
  return medium;
}

// It is known by its sha256 as soon as it is here.
Medium fetch_by_md5(const ImageRecipe& recipe, const fs::path& cache, const std::string& md5, Told progress) {
  if (auto here = find_medium(recipe, cache); here && md5_file(here->file) == md5 && sha256_file(here->file) == here->sha256) return *here;
  const fs::path arriving = place_of(recipe, cache, md5).file;
  fs::create_directories(arriving.parent_path());
  fetch({recipe.media->urls, arriving, md5, std::move(progress)});
  Medium medium = place_of(recipe, cache, sha256_file(arriving));
  fs::create_directories(medium.file.parent_path());
  fs::rename(arriving, medium.file);
  fs::remove_all(arriving.parent_path());
  return medium;
}

}  // namespace

std::optional<Medium> find_medium(const ImageRecipe& recipe, const fs::path& cache) {
  if (!recipe.media) return std::nullopt;
  const auto note = read_note(note_of(cache, recipe.name));
  if (!note || note->version != recipe.media->version) return std::nullopt;
  if (!recipe.media->sha256.empty() && note->sha256 != recipe.media->sha256) return std::nullopt;
  Medium medium{media_home(cache) / note->sha256 / note->file, note->sha256, note->known_from};
  std::error_code error;
  if (!fs::is_regular_file(medium.file, error)) return std::nullopt;
  return medium;
}

Error no_medium(const ImageRecipe& recipe) {
  std::string remedy = "`xtest image fetch " + recipe.name;
  if (recipe.media->sha256.empty()) remedy += " --checksum-file FILE` (the project's own)";
  else remedy += "`";
  return {ErrorKind::usage, recipe.name + "'s medium " + recipe.media->file_name() + " is not here",
          remedy + " downloads it, `xtest image add " + recipe.name + " FILE` takes one that you have"};
}

Medium add_medium(const ImageRecipe& recipe, const fs::path& cache, const fs::path& file, const std::string& sha256) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) throw Error(ErrorKind::usage, file.string() + " is no file");
  const std::string digest = sha256_file(file);
  const std::string expected = expected_of(recipe, sha256);
  if (!expected.empty() && digest != expected)
    throw Error(ErrorKind::usage, fmt::format("{} is not {}: its sha256 is {}, expected is {}", file.string(), recipe.media->file_name(), digest, expected),
                "get it again from " + recipe.media->urls.front());
  Medium medium{media_home(cache) / digest / recipe.media->file_name(), digest,
                sha256.empty() ? recipe.media->sha256.empty() ? "the user's own file" : "the recipe" : "--sha256"};
  fs::create_directories(medium.file.parent_path());
  const fs::path partial = medium.file.string() + ".partial";
  fs::copy_file(file, partial, fs::copy_options::overwrite_existing);
  fs::rename(partial, medium.file);
  note_medium(recipe, cache, medium);
  return medium;
}

Medium fetch_medium(const ImageRecipe& recipe, const fs::path& cache, const std::string& checksum, const std::string& known_from,
                    std::function<bool(std::uint64_t, std::uint64_t)> progress) {
  const bool is_md5 = is_digest(checksum, md5_digits);
  const std::string digest = !is_md5 ? expected_of(recipe, checksum) : recipe.media->sha256.empty() ? lower(checksum) : recipe.media->sha256;
  if (digest.empty())
    throw Error(ErrorKind::usage, fmt::format("no public record of {}'s sha256 is known, and nothing is downloaded unchecked", recipe.media->file_name()),
                "give --checksum-file FILE (the project's own, from " + fs::path(recipe.media->urls.front()).parent_path().string() + "/) or --sha256 HEX");
  fs::create_directories(media_home(cache));
  const auto lock = FileLock::try_lock(lock_of(cache, digest));
  if (!lock) throw Error(ErrorKind::usage, "another xtest downloads " + recipe.media->file_name() + " now", "wait for it, then try again");
  const std::string from = digest == recipe.media->sha256 ? "the recipe" : known_from;
  Medium medium = digest.size() == md5_digits ? fetch_by_md5(recipe, cache, digest, std::move(progress)) : fetch_by_sha256(recipe, cache, digest, std::move(progress));
  medium.known_from = from + (digest.size() == md5_digits ? ", by md5" : "");
  note_medium(recipe, cache, medium);
  return medium;
}

void note_medium(const ImageRecipe& recipe, const fs::path& cache, const Medium& medium) {
  const nlohmann::json note{{"image", recipe.name}, {"version", recipe.media->version}, {"sha256", medium.sha256},
                            {"file", medium.file.filename().string()}, {"known_from", medium.known_from}};
  const fs::path file = note_of(cache, recipe.name);
  if (const int trouble = write_file(file, note.dump(1) + "\n"); trouble != 0)
    throw Error(ErrorKind::infra, fmt::format("cannot write {}: {}", file.string(), std::strerror(trouble)));
}

std::optional<std::string> checksum_in(std::string_view checksum_file, std::string_view name) {
  if (auto sha256 = digest_in(checksum_file, name, "SHA256", sha256_digits)) return sha256;
  return digest_in(checksum_file, name, "MD5", md5_digits);
}

std::uintmax_t remove_media(const std::string& name, const fs::path& cache) {
  const auto note = read_note(note_of(cache, name));
  if (!note) return 0;
  fs::remove(note_of(cache, name));
  return remove_forgotten(cache, note->sha256);
}

std::uintmax_t prune_media(const std::vector<ImageRecipe>& recipes, const fs::path& cache) {
  std::error_code error;
  std::vector<fs::path> obsolete;
  std::vector<std::string> digests;
  for (const auto& entry : fs::directory_iterator(media_home(cache), error)) {
    if (entry.is_directory(error)) digests.push_back(entry.path().filename());
    if (entry.path().extension() != ".json") continue;
    const auto recipe = std::ranges::find(recipes, entry.path().stem().string(), &ImageRecipe::name);
    if (recipe == recipes.end() || !find_medium(*recipe, cache)) obsolete.push_back(entry.path());
  }
  for (const fs::path& note : obsolete) fs::remove(note, error);
  std::uintmax_t bytes = 0;
  for (const std::string& digest : digests) bytes += remove_forgotten(cache, digest);
  return bytes;
}

}  // namespace xtest
