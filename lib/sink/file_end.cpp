#include "sink/file_end.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <memory>

#include "base/fd.hpp"
#include "base/files.hpp"
#include "sink/format.hpp"

namespace nodeportd {
namespace {

constexpr std::string_view kForm = "file1";  // of a mark; another form gets another number
constexpr std::uint64_t kTailBytes = 16'777'216;
constexpr std::size_t kWholeLineMax = 16'777'216;

// A file that is, or was, the sink's.
struct Candidate {
  std::string path;
  FileEnd end;
};

struct CloseDir {
  void operator()(DIR* dir) const { (void)::closedir(dir); }
};

Result<std::vector<Candidate>> find_candidates(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::string folder = whole.has_parent_path() ? whole.parent_path().string() : ".";
  const std::string name = whole.filename().string();
  const std::unique_ptr<DIR, CloseDir> dir(::opendir(folder.c_str()));
  if (dir == nullptr) return fail_errno(errno, folder);
  std::vector<Candidate> found;
  while (const dirent* entry = ::readdir(dir.get())) {  // NOLINT(concurrency-mt-unsafe): own DIR
    if (!std::string_view(entry->d_name).starts_with(name)) continue;
    std::string candidate = folder + '/' + entry->d_name;
    struct stat status{};
    if (::stat(candidate.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    found.push_back({std::move(candidate),
                     {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size)}});
  }
  return found;
}

// Adds the keys of the whole lines from `offset` on, be it that the last one lacks its newline. A
// line that began before `offset` is no whole line.
// Returns whether the file ends in a torn line.
Result<bool> collect_keys(const Candidate& file, std::uint64_t offset,
                          std::vector<std::string>& keys) {
  const Result<Fd> fd = open_file(file.path, O_RDONLY);
  if (!fd) return fail(fd.error());
  std::string line;
  std::array<char, 65'536> chunk{};
  for (;;) {
    const ssize_t got = ::pread(fd->get(), chunk.data(), chunk.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, file.path);
    if (got == 0) break;
    offset += static_cast<std::uint64_t>(got);
    std::string_view rest(chunk.data(), static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;) {
      line += rest.substr(0, end);
      if (auto key = delivered_key(line)) keys.push_back(std::move(*key));
      line.clear();
      rest.remove_prefix(end + 1);
    }
    // None of ours is that long; a stranger's must not fill our memory.
    if (line.size() < kWholeLineMax) line += rest;
  }
  // Cut between the line and its newline: the newline comes, and with it the line is whole.
  if (auto key = delivered_key(line)) keys.push_back(std::move(*key));
  return !line.empty();
}

std::uint64_t tail_of(const FileEnd& end) {
  return end.size > kTailBytes ? end.size - kTailBytes : 0;
}

}  // namespace

std::string to_text(const FileEnd& end) {
  return fmt::format("{} {} {} {}", kForm, end.device, end.inode, end.size);
}

std::optional<FileEnd> parse_file_end(std::string_view text) {
  if (!text.starts_with(kForm)) return std::nullopt;
  text.remove_prefix(kForm.size());
  FileEnd end;
  for (std::uint64_t* number : {&end.device, &end.inode, &end.size}) {
    if (!text.starts_with(' ')) return std::nullopt;
    text.remove_prefix(1);
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  }
  if (!text.empty()) return std::nullopt;
  return end;
}

Result<std::vector<std::string>> keys_written_since(const std::string& path, const FileEnd& end) {
  const Result<std::vector<Candidate>> candidates = find_candidates(path);
  if (!candidates) return fail(candidates.error());
  const auto marked =
      std::find_if(candidates->begin(), candidates->end(), [&](const Candidate& file) {
        return file.end.device == end.device && file.end.inode == end.inode &&
               file.end.size >= end.size;
      });
  std::vector<std::string> keys;
  if (marked == candidates->end()) {
    for (const Candidate& file : *candidates) {
      const Result<bool> torn = collect_keys(file, tail_of(file.end), keys);
      if (!torn) return fail(torn.error());
    }
    return keys;
  }
  const Result<bool> torn = collect_keys(*marked, end.size, keys);
  if (!torn) return fail(torn.error());
  if (*torn) {
    // Whoever concatenates rotated files must not glue this line to the next file's first.
    const Result<Fd> fd = open_file(marked->path, O_WRONLY | O_APPEND);
    if (!fd) return fail(fd.error());
    if (const Result<void> ended = write_all(fd->get(), "\n"); !ended) {
      return fail(ended.error());
    }
  }
  return keys;
}

}  // namespace nodeportd
