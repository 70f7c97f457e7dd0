#include "source/record_finder.hpp"

#include <algorithm>
#include <cstring>

#include "source/container_lines.hpp"

namespace nodeportd {
namespace {

constexpr std::string_view kMessage = R"({"messageType":)";
// Firehose puts records behind each other without a newline. Nothing else can look like that: in a
// JSON string a quote follows a backslash, so the one here, which follows a brace, would end the
// string and have a letter behind it; and outside strings no value has `}{` in it.
constexpr std::string_view kBorder = R"(}{"messageType":)";
static_assert(kBorder.size() <= kBorderMax);

constexpr std::size_t kFirstReach = 4096;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// What a line is to the record that it may belong to.
enum class LineRole : std::uint8_t {
  goes_on,
  ends,     // it is the last
  skipped,  // it stands between the record's lines
  foreign,  // it begins another record
};

// Of what a search found in `bytes`; their size if it found nothing.
std::size_t place_in(std::string_view bytes, const void* found) {
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

std::optional<LineEnd> find_newline(std::string_view bytes) {
  const std::size_t size = place_in(bytes, std::memchr(bytes.data(), '\n', bytes.size()));
  if (size == bytes.size()) return std::nullopt;
  return LineEnd{size, size + 1};
}

std::optional<LineEnd> find_message_end(std::string_view bytes) {
  // Of the two ends either may be far off: what is searched for both grows as the message does.
  for (std::size_t reach = kFirstReach;; reach *= 2) {
    const std::string_view near = bytes.substr(0, reach);
    const auto newline = find_newline(near);
    const std::string_view line = newline ? near.substr(0, newline->size) : near;
    const std::size_t brace =
        place_in(line, ::memmem(line.data(), line.size(), kBorder.data(), kBorder.size()));
    if (brace < line.size()) return LineEnd{brace + 1, brace + 1};
    if (newline || near.size() == bytes.size()) return newline;
  }
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct FirstLine {
  RecordForm form = RecordForm::line;
  LineRole role = LineRole::ends;
  bool is_wrapped = false;
};

FirstLine as_container(const ContainerLine& line) {
  const bool is_cri = line.form == ContainerLine::Form::cri;
  FirstLine first{.form = is_cri ? RecordForm::cri : RecordForm::docker,
                  .role = line.is_last ? LineRole::ends : LineRole::goes_on,
                  .is_wrapped = is_cri || !line.is_last};
  if (line.stream == ContainerLine::Stream::err) first.role = LineRole::skipped;
  return first;
}

FirstLine classify(std::string_view line) {
  line = without_return(line);
  const bool is_marked = line.starts_with(kByteOrderMark);
  const std::string_view opening = line.substr(is_marked ? kByteOrderMark.size() : 0);
  if (opening == "{") return {RecordForm::object, LineRole::goes_on};
  if (opening == "[") return {RecordForm::list, LineRole::goes_on};
  if (line.starts_with("{\"")) {
    if (const auto docker = parse_docker_line(line)) return as_container(*docker);
  } else if (!line.empty() && line[0] >= '0' && line[0] <= '9') {
    if (const auto cri = parse_cri_line(line)) return as_container(*cri);
    return {.is_wrapped = export_prefix(line) > 0};
  }
  return {};
}

// Of a line that follows the first.
LineRole role_in(RecordForm form, std::string_view line) {
  line = without_return(line);
  switch (form) {
    case RecordForm::line:
    case RecordForm::message:
      break;
    case RecordForm::object:
      return line == "}" ? LineRole::ends : LineRole::goes_on;
    case RecordForm::list:
      return line == "]" ? LineRole::ends : LineRole::goes_on;
    case RecordForm::cri:
    case RecordForm::docker: {
      const auto piece = parse_container_line(
          line, form == RecordForm::cri ? ContainerLine::Form::cri : ContainerLine::Form::docker);
      if (!piece) return LineRole::foreign;
      if (piece->stream == ContainerLine::Stream::err) return LineRole::skipped;
      if (begins_event(*piece)) return LineRole::foreign;
      return piece->is_last ? LineRole::ends : LineRole::goes_on;
    }
  }
  return LineRole::foreign;
}

std::optional<LineEnd> find_last_line_end(std::string_view bytes, RecordForm form,
                                          LastLine last_line) {
  std::optional<LineEnd> end = find_line_end(bytes, form);
  if (!end && !bytes.empty() && last_line == LastLine::is_record) {
    end = {bytes.size(), bytes.size()};
  }
  return end;
}

// Adds the lines that follow the first.
void extend(FoundRecord& record, RecordForm form, std::string_view bytes, std::uint64_t max_line,
            LastLine last_line) {
  for (;;) {
    const std::string_view rest = bytes.substr(record.next);
    const auto end = find_last_line_end(rest, RecordForm::line, last_line);
    const std::size_t line_size = end ? end->size : rest.size();
    if (record.next > max_line || (!rest.empty() && record.next + line_size > max_line)) {
      record.oversize = true;
      return;
    }
    if (!end) {
      record.is_whole = last_line == LastLine::is_record;
      record.open = {form, record.next, bytes.size()};
      return;
    }
    const LineRole role = role_in(form, rest.substr(0, line_size));
    if (role == LineRole::foreign) return;
    if (role == LineRole::skipped) {
      ++record.skipped;
    } else {
      record.size = record.next + line_size;
    }
    record.next += end->next;
    if (role == LineRole::ends) return;
  }
}

}  // namespace

FoundRecord find_record(std::string_view bytes, std::uint64_t max_line, LastLine last_line) {
  // As an event of a plain audit log begins, which nearly all lines are.
  const bool is_event = bytes.starts_with(R"({"ki)");
  // What is too short to tell may become a message: it is looked at as one until it is longer.
  const bool is_message = !is_event && (bytes.starts_with(kMessage) || kMessage.starts_with(bytes));
  const RecordForm form = is_message ? RecordForm::message : RecordForm::line;
  const auto end = find_last_line_end(bytes, form, last_line);
  if (!end) return {.is_whole = false, .open = {form, 0, size_before_border(bytes, form)}};
  FoundRecord record{.oversize = end->size > max_line, .size = end->size, .next = end->next};
  if (is_event || is_message || record.oversize) return record;
  const FirstLine first = classify(bytes.substr(0, record.size));
  record.is_wrapped = first.is_wrapped;
  record.is_skipped = first.role == LineRole::skipped;
  if (first.role == LineRole::goes_on) extend(record, first.form, bytes, max_line, last_line);
  return record;
}

bool is_still_open(OpenRecord& record, std::string_view bytes) {
  while (const auto end = find_line_end(bytes, record.form)) {
    const LineRole role = role_in(record.form, bytes.substr(0, end->size));
    if (role != LineRole::goes_on && role != LineRole::skipped) return false;
    record.last_line += end->next;
    bytes.remove_prefix(end->next);
  }
  return true;
}

std::optional<LineEnd> find_line_end(std::string_view bytes, RecordForm form) {
  if (bytes.empty()) return std::nullopt;  // they may have no address, which memchr(3) asks for
  return form == RecordForm::message ? find_message_end(bytes) : find_newline(bytes);
}

std::size_t size_before_border(std::string_view bytes, RecordForm form) {
  if (form != RecordForm::message) return bytes.size();
  std::size_t begun = std::min(bytes.size(), kBorder.size() - 1);
  while (!bytes.ends_with(kBorder.substr(0, begun))) --begun;
  return bytes.size() - begun;
}

}  // namespace nodeportd
