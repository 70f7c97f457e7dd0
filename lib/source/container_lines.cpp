#include "source/container_lines.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace nodeportd {
namespace {

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

// In `shape` a 0 stands for any digit.
bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() >= shape.size() &&
         std::equal(shape.begin(), shape.end(), text.begin(),
                    [](char want, char is) { return want == '0' ? is_digit(is) : want == is; });
}

// The size of the RFC 3339 time that `line` begins with, and of the blank behind it; 0 if there is
// none.
std::size_t time_size(std::string_view line) {
  constexpr std::string_view kSeconds = "0000-00-00T00:00:00";
  if (!has_shape(line, kSeconds)) return 0;
  std::string_view rest = line.substr(kSeconds.size());
  if (rest.starts_with('.')) {
    const auto end = std::find_if_not(rest.begin() + 1, rest.end(), is_digit);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
  }
  for (const std::string_view zone : {"Z ", "+00:00 ", "-00:00 "}) {
    if (has_shape(rest, zone)) return line.size() - rest.size() + zone.size();
  }
  return 0;
}

std::optional<ContainerLine::Stream> stream_of(std::string_view name) {
  if (name == "stdout") return ContainerLine::Stream::out;
  if (name == "stderr") return ContainerLine::Stream::err;
  return std::nullopt;
}

// Whether a backslash belongs to the byte, and not to another backslash.
bool is_escaped(std::string_view text, std::size_t at) {
  std::size_t backslashes = 0;
  while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

bool ends_in_newline(std::string_view escaped) {
  return escaped.ends_with('n') && is_escaped(escaped, escaped.size() - 1);
}

// Goes through an object of strings without looking at what they mean.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : rest_(text) {}

  bool take(char mark) {
    const std::size_t at = rest_.find_first_not_of(' ');
    if (at == std::string_view::npos || rest_[at] != mark) return false;
    rest_.remove_prefix(at + 1);
    return true;
  }
  // What is between the quotes, escapes and all.
  std::optional<std::string_view> take_string() {
    if (!take('"')) return std::nullopt;
    std::size_t at = rest_.find('"');
    while (at != std::string_view::npos && is_escaped(rest_, at)) at = rest_.find('"', at + 1);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return text;
  }
  // An object of strings, which is all that Docker's `attrs` can be.
  bool skip_attributes() {
    if (!take('{')) return false;
    while (!take('}')) {
      if (!take_string() && !take(':') && !take(',')) return false;
    }
    return true;
  }
  [[nodiscard]] bool is_at_end() const {
    return rest_.find_first_not_of(' ') == std::string_view::npos;
  }

 private:
  std::string_view rest_;
};

// The front of `text` up to a newline, which is taken off with it.
std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Joins what the lines of `text` carry behind the payload of `first`, which is of the first line.
std::string_view join(std::span<char> bytes, std::string_view text, const ContainerLine& first) {
  const auto place = [bytes](const char* at) { return bytes.data() + (at - bytes.data()); };
  const std::string_view line = take_line(text);
  const char* begin = first.payload.data();
  char* end = place(begin) + first.payload.size();
  std::string tail;
  if (first.form == ContainerLine::Form::docker) {
    begin = line.data();
    tail = line.substr(static_cast<std::size_t>(end - begin));
  }
  while (!text.empty()) {
    const auto piece = parse_container_line(take_line(text), first.form);
    if (!piece || piece->stream == ContainerLine::Stream::err) continue;
    std::memmove(end, piece->payload.data(), piece->payload.size());
    end += piece->payload.size();
  }
  end = std::copy(tail.begin(), tail.end(), end);
  return {begin, end};
}

std::string_view unwrap(std::span<char> bytes, std::string_view text) {
  std::string_view rest = text;
  if (is_digit(text.front())) {
    const std::string_view line = take_line(rest);
    if (const auto cri = parse_cri_line(line)) return join(bytes, text, *cri);
    return text.substr(export_prefix(line));
  }
  if (!text.starts_with("{\"") || text.find('\n') == std::string_view::npos) return text;
  const auto docker = parse_docker_line(take_line(rest));
  return docker ? join(bytes, text, *docker) : text;
}

}  // namespace

std::optional<ContainerLine> parse_cri_line(std::string_view line) {
  constexpr std::size_t kStream = std::string_view("stdout").size();
  const std::size_t time = time_size(line);
  if (time == 0 || line.size() <= time + kStream || line[time + kStream] != ' ') {
    return std::nullopt;
  }
  const auto stream = stream_of(line.substr(time, kStream));
  const std::string_view rest = line.substr(time + kStream + 1);
  const std::size_t blank = rest.find(' ');
  if (!stream || blank == std::string_view::npos) return std::nullopt;
  const std::string_view tags = rest.substr(0, blank);
  const std::string_view first = tags.substr(0, tags.find(':'));
  if (first != "F" && first != "P") return std::nullopt;
  return ContainerLine{.form = ContainerLine::Form::cri,
                       .stream = *stream,
                       .payload = rest.substr(blank + 1),
                       .is_last = first == "F"};
}

std::optional<ContainerLine> parse_docker_line(std::string_view line) {
  JsonCursor cursor(line);
  std::optional<std::string_view> log;
  std::optional<ContainerLine::Stream> stream;
  if (!cursor.take('{')) return std::nullopt;
  do {
    const auto key = cursor.take_string();
    if (!key || !cursor.take(':')) return std::nullopt;
    if (*key == "attrs") {
      if (!cursor.skip_attributes()) return std::nullopt;
      continue;
    }
    if (*key != "log" && *key != "stream" && *key != "time") return std::nullopt;
    const auto value = cursor.take_string();
    if (!value) return std::nullopt;
    if (*key == "log") log = value;
    if (*key == "stream") stream = stream_of(*value);
  } while (cursor.take(','));
  if (!cursor.take('}') || !cursor.is_at_end() || !log || !stream) return std::nullopt;
  return ContainerLine{.form = ContainerLine::Form::docker,
                       .stream = *stream,
                       .payload = *log,
                       .is_last = ends_in_newline(*log)};
}

std::optional<ContainerLine> parse_container_line(std::string_view line, ContainerLine::Form form) {
  return form == ContainerLine::Form::cri ? parse_cri_line(line) : parse_docker_line(line);
}

bool begins_event(const ContainerLine& line) {
  if (line.form == ContainerLine::Form::cri) {
    return line.payload.starts_with(R"({"kind":"Event")") ||
           line.payload.starts_with(R"({"kind":"EventList")");
  }
  return line.payload.starts_with(R"({\"kind\":\"Event\")") ||
         line.payload.starts_with(R"({\"kind\":\"EventList\")");
}

std::size_t export_prefix(std::string_view line) {
  const std::size_t time = time_size(line);
  return time > 0 && line.substr(time).starts_with('{') ? time : 0;
}

void unwrap_containers(std::span<char> bytes, std::vector<Record>& records) {
  for (Record& record : records) {
    if (!record.oversize) record.text = unwrap(bytes, record.text);
  }
  std::erase_if(records, [](const Record& record) { return record.text.empty(); });
}

}  // namespace nodeportd
