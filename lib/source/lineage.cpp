#include "source/lineage.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <ranges>
#include <system_error>
#include <tuple>
#include <utility>

namespace nodeportd {
namespace {

namespace fs = std::filesystem;

// A folder with more entries is not one of logs; the rest is not looked at.
constexpr std::size_t kNamesMax = 100'000;
// lumberjack keeps 100 files by default. Settled names of files that are gone are kept too, since
// a listing can miss a file that is being replaced by its packed form.
constexpr std::size_t kSettledMax = 100'000;

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (names.size() == kNamesMax) break;
    names.push_back(at->path().filename().string());
  }
  return names;
}

std::string_view stem_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

// The file at `path`, if it is or holds what the mark had read.
Result<std::optional<FileReader>> open_marked(const std::string& path, const FileMark& mark) {
  Result<LogFile> file = LogFile::open(path, LogFile::Form::detect);
  if (!file) return fail(file.error());
  Result<std::optional<Footprint>> found = Footprint::find(*file, mark);
  if (!found) return fail(found.error());
  if (!*found) return std::optional<FileReader>{};
  return FileReader(std::move(*file), path, mark.offset, std::move(**found));
}

// The same of files that are not missed if they cannot be read.
std::optional<FileReader> try_marked(const std::string& path, const FileMark& mark) {
  return open_marked(path, mark).value_or(std::nullopt);
}

bool has_id(const std::string& path, FileId id) {
  const Result<FileId> found = file_id_of(path);
  return found && *found == id;
}

}  // namespace

Lineage::Lineage(std::string path) : path_(std::move(path)), bases_{base_of(path_)} {}

Lineage::Base Lineage::base_of(const std::string& path) {
  const fs::path whole(path);
  const std::string folder = whole.parent_path().string();
  return {folder.empty() ? "." : folder, whole.filename().string()};
}

void Lineage::refresh(WallTime seen) {
  std::error_code error;
  fs::path target = fs::canonical(path_, error);
  if (error) {
    // Where a link leads there may be rotated files, though the log itself is not there.
    const fs::path link = fs::read_symlink(path_, error);
    target = fs::weakly_canonical(fs::path(bases_[0].folder) / link, error);
  }
  std::optional<Base> moved_to;
  if (!error && fs::is_symlink(path_, error)) {
    const Base base = base_of(target.string());
    if (std::find(bases_.begin(), bases_.end(), base) == bases_.end()) {
      bases_.resize(1);
      bases_.push_back(base);
      if (refreshed_) moved_to = base;
    }
  }
  rotated_.clear();
  for (const Base& base : bases_) {
    std::vector<RotatedFile> files = rotated_from(base.folder, base.name, names_in(base.folder));
    // A link that moves on leads to a log that lives: what that was before is not ours.
    if (moved_to == base) {
      for (const RotatedFile& file : files) {
        if (file.time <= seen) settle(file);
      }
    }
    std::move(files.begin(), files.end(), std::back_inserter(rotated_));
  }
  std::sort(rotated_.begin(), rotated_.end(), [](const RotatedFile& a, const RotatedFile& b) {
    return std::tie(a.time, a.path) < std::tie(b.time, b.path);
  });
  if (settled_.size() > kSettledMax) {
    std::set<std::string> there;
    for (const RotatedFile& file : rotated_) {
      if (is_settled(file)) there.insert(file.path);
    }
    settled_ = std::move(there);
  }
  refreshed_ = true;
}

std::vector<RotatedFile> Lineage::unsettled() const {
  std::vector<RotatedFile> files;
  std::copy_if(rotated_.begin(), rotated_.end(), std::back_inserter(files),
               [this](const RotatedFile& file) { return !is_settled(file); });
  return files;
}

bool Lineage::is_there(const RotatedFile& file) {
  return exists(file.path) || exists(file.packed_path());
}

void Lineage::settle_all() {
  for (const RotatedFile& file : rotated_) settle(file);
}

void Lineage::settle_until(WallTime time) {
  for (const RotatedFile& file : rotated_) {
    if (file.time <= time) settle(file);
  }
}

bool Lineage::is_log(const std::string& path) const {
  return std::find(bases_.begin(), bases_.end(), base_of(path)) != bases_.end();
}

std::optional<RotatedFile> Lineage::rotated_at(const std::string& path) const {
  const Base base = base_of(path);
  const std::optional<RotatedName> name = parse_rotated_name(base.name);
  if (!name) return std::nullopt;
  const bool is_ours = std::any_of(bases_.begin(), bases_.end(), [&](const Base& each) {
    return each.name == name->base && each.folder == base.folder;
  });
  if (!is_ours) return std::nullopt;
  return RotatedFile{base.folder + '/' + name->plain, name->time, !name->packed, name->packed};
}

std::optional<RotatedFile> Lineage::rotated_of(FileId id) const {
  // The newest first: it is nearly always that.
  for (const RotatedFile& file : rotated_ | std::views::reverse) {
    if (file.is_plain && has_id(file.path, id)) return file;
  }
  return std::nullopt;
}

std::optional<RotatedFile> Lineage::unsettled_copy(const FileMark& mark) const {
  if (mark.offset == 0) return std::nullopt;
  for (const RotatedFile& file : unsettled()) {
    for (const std::string& path : {file.path, file.packed_path()}) {
      if (try_marked(path, mark)) return file;
    }
  }
  return std::nullopt;
}

// The names of the log first.
std::vector<std::string> Lineage::all_paths() const {
  std::vector<std::string> paths;
  for (const Base& base : bases_) paths.push_back(base.folder + '/' + base.name);
  for (const Base& base : bases_) {
    for (const std::string& name : names_in(base.folder)) paths.push_back(base.folder + '/' + name);
  }
  return paths;
}

bool Lineage::names(FileId id) const {
  const std::vector<std::string> paths = all_paths();
  return std::any_of(paths.begin(), paths.end(),
                     [id](const std::string& path) { return has_id(path, id); });
}

Result<std::optional<FileReader>, Unreadable> Lineage::find(const FileMark& mark) const {
  const FileId id{mark.device, mark.inode};
  std::optional<Unreadable> unreadable;
  const auto open = [&](const std::string& path) -> std::optional<FileReader> {
    Result<std::optional<FileReader>> reader = open_marked(path, mark);
    if (reader) return std::move(*reader);
    const ErrorKind kind = reader.error().kind;
    const bool may_be_it = kind == ErrorKind::io || kind == ErrorKind::full;
    if (may_be_it && !unreadable) unreadable = Unreadable{path, reader.error()};
    return std::nullopt;
  };
  for (const std::string& path : all_paths()) {
    if (!has_id(path, id)) continue;
    std::optional<FileReader> reader = open(path);
    if (reader && reader->file().id() == id) return reader;
  }
  std::optional<FileReader> reader;
  if (mark.offset > 0) reader = try_marked(path_, mark);
  if (mark.offset > 0 && !reader) reader = find_copy(mark);
  const std::optional<RotatedFile> place = reader ? std::nullopt : place_of(mark);
  if (place && mark.offset > 0) {
    for (const std::string& path : {place->path, place->packed_path()}) {
      if (!reader) reader = open(path);
    }
  }
  if (!reader && unreadable) return fail(*unreadable);
  return reader;
}

// Which rotated file the marked one is, or became if it was rotated since, by the names alone.
std::optional<RotatedFile> Lineage::place_of(const FileMark& mark) const {
  if (auto rotated = rotated_at(mark.path)) return rotated;
  if (!is_log(mark.path)) return std::nullopt;
  const auto first = std::find_if(rotated_.begin(), rotated_.end(),
                                  [&](const RotatedFile& file) { return file.time > mark.seen; });
  return first == rotated_.end() ? std::nullopt : std::optional(*first);
}

std::optional<FileReader> Lineage::find_copy(const FileMark& mark) const {
  if (mark.offset == 0) return std::nullopt;
  for (const std::string& path : copy_candidates()) {
    if (has_id(path, {mark.device, mark.inode})) continue;
    if (std::optional<FileReader> reader = try_marked(path, mark)) return reader;
  }
  return std::nullopt;
}

std::vector<std::string> Lineage::copy_candidates() const {
  std::vector<std::string> paths;
  for (const RotatedFile& file : rotated_ | std::views::reverse) {
    // Both forms, the plain one first: a packed one beside it is still being written.
    paths.push_back(file.path);
    paths.push_back(file.packed_path());
  }
  for (const Base& base : bases_) {
    const std::string stem(stem_of(base.name));
    for (const std::string& name : names_in(base.folder)) {
      const bool is_kin = name.starts_with(base.name) || name.starts_with(stem + '-') ||
                          name.starts_with(stem + '.');
      if (!is_kin || name == base.name || parse_rotated_name(name)) continue;
      paths.push_back(base.folder + '/' + name);
    }
  }
  return paths;
}

std::vector<std::string> Lineage::folders() {
  waits_for_folder_ = false;
  std::vector<std::string> folders;
  for (const Base& base : bases_) {
    fs::path folder(base.folder);
    std::error_code error;
    while (!fs::is_directory(folder, error) && folder.has_relative_path()) {
      waits_for_folder_ = true;
      folder = folder.parent_path();
      if (folder.empty()) folder = ".";
    }
    folders.push_back(folder.string());
  }
  return folders;
}

bool Lineage::concerns(std::string_view name) const {
  return waits_for_folder_ || std::any_of(bases_.begin(), bases_.end(), [&](const Base& base) {
           return name.starts_with(stem_of(base.name));
         });
}

}  // namespace nodeportd
