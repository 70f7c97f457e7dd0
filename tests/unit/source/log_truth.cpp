#include "unit/source/log_truth.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace nodeportd::test {
namespace {

constexpr std::string_view kLine = "line ";

std::string name_of(const std::string& text) {
  return text.substr(0, text.find(' ', kLine.size()));
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// A packed file may have the inode of another's plain form.
bool is_marked(const TrueFile& file, const FileMark& mark) {
  const bool is_packed = mark.path.ends_with(".gz");
  return (is_packed ? file.packed_inodes : file.inodes).contains(mark.inode) &&
         file.names.contains(mark.path);
}

std::uint64_t inode_at(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

std::string Truth::next_line(std::size_t more) const {
  // The number at its end, too: a file is known again by the bytes before a place.
  const std::string number = std::to_string(lines.size());
  return std::string(kLine) + number + ' ' + std::string(more, 'x') + number;
}

void Truth::create(const std::string& path) {
  auto file = std::make_shared<TrueFile>();
  file->names.insert(path);
  file->inodes.insert(inode_at(path));
  ever_.push_back(file);
  files[path] = std::move(file);
}

void Truth::wrote(const std::string& path, const std::string& text) {
  const std::shared_ptr<TrueFile>& file = files.at(path);
  file->lines.push_back(lines.size());
  lines.push_back({.text = text,
                   .files = {file},
                   .generation = file->generation,
                   .offset = file->size,
                   .fate = Fate::comes,
                   .came = 0});
  file->size += text.size() + 1;
}

void Truth::renamed(const std::string& from, const std::string& to) {
  auto moved = files.extract(from);
  moved.mapped()->names.insert(to);
  moved.key() = to;
  files.insert(std::move(moved));
}

void Truth::packed(const std::string& path) {
  renamed(path, path + ".gz");
  TrueFile& file = *files.at(path + ".gz");
  file.packed_inodes.insert(inode_at(path + ".gz"));
  file.is_denied = false;
}

void Truth::copied(const std::string& from, const std::string& to) {
  create(to);
  TrueFile& copy = *files.at(to);
  copy.lines = files.at(from)->lines;
  copy.size = files.at(from)->size;
  copy.is_denied = copy.was_denied = files.at(from)->is_denied;  // it has the same mode
  for (const std::size_t line : copy.lines) lines[line].files.push_back(files.at(to));
}

std::uint64_t Truth::offset_in(const std::vector<FileMark>& marks, const TrueFile& file) const {
  // An inode may have been another file's before; of one that was read something came.
  if (!was_read(file, {})) return 0;
  std::uint64_t offset = 0;
  for (const FileMark& mark : marks) {
    if (is_marked(file, mark)) offset = std::max(offset, mark.offset);
  }
  return offset;
}

// Whether it will be missed what is taken out of it now.
bool Truth::is_known(const TrueFile& file, const Grasp& grasp) const {
  const bool is_seen = file.told < file.generation || was_read(file, file.generation);
  return is_seen && offset_in(grasp.marks, file) > 0;
}

bool Truth::is_open(const TrueFile& file, const Grasp& grasp) {
  return std::any_of(file.inodes.begin(), file.inodes.end(), grasp.has_open) ||
         std::any_of(file.packed_inodes.begin(), file.packed_inodes.end(), grasp.has_open);
}

bool Truth::was_read(const TrueFile& file, std::optional<unsigned> generation) const {
  return std::any_of(lines.begin(), lines.end(), [&](const TrueLine& line) {
    return line.files[0].get() == &file && line.came > 0 &&
           line.generation == generation.value_or(line.generation);
  });
}

bool Truth::stands_elsewhere(std::size_t line, const TrueFile& but) const {
  return std::any_of(files.begin(), files.end(), [&](const auto& each) {
    const auto& held = each.second->lines;
    return each.second.get() != &but && std::find(held.begin(), held.end(), line) != held.end();
  });
}

bool Truth::has_copy(const TrueFile& file) const {
  return std::any_of(files.begin(), files.end(), [&](const auto& each) {
    return each.second.get() != &file &&
           std::any_of(each.second->lines.begin(), each.second->lines.end(),
                       [&](std::size_t line) { return lines[line].files[0].get() == &file; });
  });
}

void Truth::lose(TrueLine& line, Fate fate) {
  if (line.came == 0 && line.fate != Fate::untold) line.fate = fate;
}

void Truth::removes(const std::string& path, bool is_rotated, const Grasp& grasp) {
  const std::shared_ptr<TrueFile> file = files.at(path);
  file->was_removed = true;
  files.erase(path);
  if (!grasp.is_up || is_open(*file, grasp)) return;
  // What was emptied out of it would be missed at a look at it, for which a start still waits. Once
  // it is gone, and its copy is there, it may as well have been moved to that.
  for (TrueLine& line : lines) {
    const bool is_missed = line.fate == Fate::told && !is_covered(line);
    if (line.files[0] == file && is_missed && has_copy(*file)) lose(line, Fate::untold);
  }
  for (const std::size_t number : file->lines) {
    if (stands_elsewhere(number, *file)) continue;
    TrueLine& line = lines[number];
    // A copy that is not read yet is missed only when the emptied file is looked at, and then told.
    const bool is_copy = line.files[0] != file;
    const bool is_told = is_copy ? is_known(*line.files[0], grasp) : is_rotated && !grasp.is_deaf;
    lose(line, is_told ? Fate::told : Fate::untold);
  }
}

void Truth::empties(const std::string& path, const std::string& copy, const Grasp& grasp) {
  TrueFile& file = *files.at(path);
  const bool is_known = this->is_known(file, grasp);
  const bool is_followed = is_open(file, grasp) && was_read(file, file.generation);
  for (const std::size_t number : file.lines) {
    if (!grasp.is_up) break;  // judged when it starts
    const bool is_copied =
        !copy.empty() && !files.at(copy)->is_denied && stands_elsewhere(number, file);
    if (is_copied && is_followed) continue;
    lose(lines[number], is_known ? Fate::told : Fate::untold);
  }
  file.was_emptied = true;
  file.lines.clear();
  file.size = 0;
  ++file.generation;
}

void Truth::abandons(const std::string& path, const Grasp& grasp) {
  TrueFile& file = *files.at(path);
  file.was_left = true;
  if (!grasp.is_up || is_open(file, grasp)) return;
  for (const std::size_t number : file.lines) {
    if (stands_elsewhere(number, file)) continue;
    // A copy is of a file that was emptied, which will be told.
    lose(lines[number], lines[number].files[0].get() == &file ? Fate::untold : Fate::told);
  }
}

void Truth::denied(const std::string& path, const Grasp& grasp) {
  TrueFile& file = *files.at(path);
  if (is_open(file, grasp)) return;
  for (const std::size_t number : file.lines) lose(lines[number], Fate::told);
}

void Truth::starts(const std::vector<FileMark>& marks, const Findable& findable) {
  const auto newest =
      std::max_element(marks.begin(), marks.end(),
                       [](const FileMark& a, const FileMark& b) { return a.turn < b.turn; });
  const auto is_newest = [&](const TrueFile& file) {
    return newest != marks.end() && is_marked(file, *newest);
  };
  for (std::size_t number = 0; number < lines.size(); ++number) {
    TrueLine& line = lines[number];
    if (line.came > 0 || (line.fate == Fate::told && is_covered(line))) continue;
    const TrueFile& own = *line.files[0];
    const std::uint64_t offset = offset_in(marks, own);
    bool is_found = false;
    for (const auto& [path, file] : files) {
      if (std::find(file->lines.begin(), file->lines.end(), number) == file->lines.end()) continue;
      if (file->is_denied && path != findable.log) continue;
      if (path == findable.log || findable.rotated.contains(path)) {
        // Of a file of which nothing was read only the name is known; a newer one was begun.
        is_found |= offset > 0 || is_newest(own) ||
                    std::none_of(marks.begin(), marks.end(),
                                 [&](const FileMark& mark) { return is_marked(own, mark); });
      } else if (findable.copies.contains(path) ||
                 (file == line.files[0] && !path.ends_with(".gz"))) {
        is_found |= offset > 0 && was_read(own, line.generation);
      }
    }
    // Of a file that is gone while its copy is there nobody can say whether it was more.
    const bool is_there = std::any_of(files.begin(), files.end(), [&](const auto& each) {
      return each.second == line.files[0] && !each.first.ends_with(".gz");
    });
    const bool is_missed = offset > 0 && is_newest(own) && (is_there || !has_copy(own));
    if (!is_found) lose(line, is_missed ? Fate::told : Fate::untold);
  }
}

void Truth::came(const Handed& handed) {
  for (const Notice& notice : handed.notices) told(notice);
  for (std::size_t i = 0; i < handed.lines.size(); ++i) {
    const std::string& text = handed.lines[i];
    const std::size_t number =
        text.starts_with(kLine) ? std::stoul(text.substr(kLine.size())) : lines.size();
    if (number >= lines.size() || lines[number].text != text) {
      wrong_.push_back("invented: " + text.substr(0, 40));
      continue;
    }
    TrueLine& line = lines[number];
    if (++line.came > 1) wrong_.push_back("repeated: " + name_of(text));
    if (handed.records[i].offset != line.offset) wrong_.push_back("misplaced: " + name_of(text));
    const auto [last, is_first] =
        last_.try_emplace({line.files[0].get(), line.generation}, line.offset);
    if (!is_first && line.offset < std::exchange(last->second, line.offset)) {
      wrong_.push_back("out of order: " + name_of(text));
    }
  }
}

void Truth::came_not(const Handed& handed) {
  gaps_.resize(gaps_.size() - handed.notices.size());
  for (const std::string& text : handed.lines) {
    if (!text.starts_with(kLine)) continue;
    const std::size_t number = std::stoul(text.substr(kLine.size()));
    if (number < lines.size()) --lines[number].came;
  }
}

void Truth::told(const Notice& notice) {
  Gap gap{.rule = notice.rule, .file = {}, .offset = 0, .lines = lines.size()};
  for (const auto& [fact, value] : notice.facts) {
    if (fact == "file") gap.file = value;
    if (fact == "offset") gap.offset = std::stoul(value);
  }
  for (const auto& file : ever_) {
    if (file->names.contains(gap.file)) file->told = file->generation;
  }
  if (!is_warranted(gap)) wrong_.push_back("false alarm: " + gap.rule + ' ' + base_name(gap.file));
  gaps_.push_back(std::move(gap));
}

bool Truth::is_warranted(const Gap& gap) const {
  return std::any_of(ever_.begin(), ever_.end(), [&](const auto& file) {
    if (gap.rule == "source.unwatched") return true;
    // It may bear the inode of another.
    if (gap.rule == "source.unreadable") return file->was_denied;
    if (!file->names.contains(gap.file)) return false;
    // A new file with the inode of a removed one looks like one that was emptied.
    const bool may_be_gone = file->was_emptied || file->was_removed || file->was_left;
    if (gap.rule == "source.truncated") return may_be_gone;
    return gap.rule == "source.lines_lost" && (may_be_gone || file->was_denied);
  });
}

// A file that was emptied again before any of its lines came is behind every place in it.
bool Truth::is_covered(const TrueLine& line) const {
  return std::any_of(gaps_.begin(), gaps_.end(), [&](const Gap& gap) {
    if (gap.rule == "source.unwatched") return false;
    if (gap.lines < lines.size() && &line >= &lines[gap.lines]) return false;  // it came later
    const bool is_its = std::any_of(line.files.begin(), line.files.end(), [&](const auto& file) {
      return file->names.contains(gap.file);
    });
    return is_its && (gap.offset <= line.offset || !was_read(*line.files[0], line.generation));
  });
}

std::vector<std::string> Truth::verdict() const {
  std::vector<std::string> wrong = wrong_;
  for (const TrueLine& line : lines) {
    if (line.came > 0) continue;
    const std::string where =
        name_of(line.text) + " of " + base_name(*line.files[0]->names.rbegin());
    if (line.fate == Fate::comes) wrong.push_back("lost: " + where);
    if (line.fate == Fate::told && !is_covered(line)) wrong.push_back("lost untold: " + where);
  }
  return wrong;
}

std::size_t Truth::lost() const {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [](const TrueLine& each) { return each.came == 0; }));
}

}  // namespace nodeportd::test
