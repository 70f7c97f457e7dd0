#include "match/field_path.hpp"

#include <algorithm>
#include <utility>

namespace nodeportd {
namespace {

constexpr std::string_view kEach = "[]";

bool is_segment(std::string_view segment) {
  while (segment.ends_with(kEach)) segment.remove_suffix(kEach.size());
  return !segment.empty() && segment.find_first_of("[]{}") == std::string_view::npos;
}

std::string with_brackets(std::string_view text) {
  std::string result(text);
  for (std::size_t at = 0; (at = result.find("{}", at)) != std::string::npos;) {
    result.replace(at, kEach.size(), kEach);
  }
  return result;
}

}  // namespace

Result<FieldPath> FieldPath::parse(std::string_view text) {
  const std::string name = "'" + std::string(text.substr(0, kSizeMax)) + "'";
  if (text.size() > kSizeMax) {
    return fail(ErrorKind::config, name + ": a field path is at most 512 bytes long");
  }
  FieldPath path;
  path.text_ = with_brackets(text);
  std::string_view rest = path.text_;
  while (true) {
    const std::size_t dot = rest.find('.');
    if (!is_segment(rest.substr(0, dot))) {
      return fail(ErrorKind::config,
                  name + " is no field path: it is names with dots between them, with [] behind " +
                      "the name of a list");
    }
    if (dot == std::string_view::npos) return path;
    rest.remove_prefix(dot + 1);
  }
}

void FieldPath::push_elements(const Value& list, std::size_t at, Steps& pending) {
  for (std::size_t i = list.size; i > 0; --i) pending.push_back({&list.items[i - 1], at});
}

void FieldPath::push_members(const Step& step, Reading reading, Steps& pending) const {
  const std::size_t begin = step.at + (text_[step.at] == '.' ? 1 : 0);
  const std::string_view rest = std::string_view(text_).substr(begin);
  const std::size_t others = pending.size();
  for (std::size_t i = step.value->size; i > 0; --i) {
    const Member& member = step.value->members[i - 1];
    const std::string_view name = member.name;
    if (name.empty() || name.front() != rest.front() || !rest.starts_with(name)) continue;
    const std::string_view behind = rest.substr(name.size());
    if (!behind.empty() && behind.front() != '.' && !behind.starts_with(kEach)) continue;
    // Names that lead on are beginnings of `rest`: of one length there is one.
    const std::size_t at = begin + name.size();
    const auto is_same = [at](const Step& pushed) { return pushed.at == at; };
    const auto first = pending.begin() + static_cast<std::ptrdiff_t>(others);
    const bool is_shadowed =
        reading == Reading::as_apiserver && std::any_of(first, pending.end(), is_same);
    if (!is_shadowed) pending.push_back({&member.value, at});
  }
}

void FieldPath::push_next(const Step& step, Reading reading, Steps& pending) const {
  const Value& value = *step.value;
  const bool each = std::string_view(text_).substr(step.at).starts_with(kEach);
  if (value.kind == Value::Kind::array) {
    if (each) {
      push_elements(value, step.at + kEach.size(), pending);
    } else if (reading == Reading::as_apiserver) {
      push_elements(value, step.at, pending);
    }
  } else if (value.kind == Value::Kind::object && !each && !is_end(step)) {
    push_members(step, reading, pending);
  }
}

std::vector<std::string_view> FieldPath::scalars(const Value& root, Reading reading) const {
  std::vector<std::string_view> texts;
  any_of(root, reading, [&](const Value& value) {
    if (value.is_scalar()) texts.push_back(value.text);
    return false;
  });
  return texts;
}

}  // namespace nodeportd
