#include "decode/strict_reader.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "decode/json_token.hpp"

namespace nodeportd {
namespace {

// How many places are kept for the next record; a giant's are given back.
constexpr std::size_t kKeptPlaces = 16'384;

bool is_white_space(char c) {
  return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

// One reading of one text, token by token; `false` says that it is not for this reader.
class Reading {
 public:
  // `tokens` as TokenIndex gives them; `pending` has the room that room_for() says. `open_` is
  // written before it is read: to clear it would cost each record 1.5 KiB of stores.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  Reading(std::string_view text, std::span<const std::uint32_t> tokens, Member* pending,
          std::pmr::memory_resource& arena)
      : text_(text.data()),
        end_(text.data() + text.size()),
        token_(tokens.data()),
        last_(&tokens.back()),
        top_(pending),
        arena_(arena) {}

  // Values that may be pending at once. Each has a token; all but a container's first have a comma
  // before them, and every container has an end, but for those still open.
  static std::size_t room_for(std::size_t tokens) { return tokens / 2 + StrictReader::kDepthMax; }

  std::optional<Value> read() {
    const Member* root = top_;
    bool reads = open_root();
    while (reads && depth_ > 0) reads = read_child();
    if (!reads || token_ <= last_) return std::nullopt;
    return root->value;
  }

 private:
  struct Open {
    Member* place;      // its children are pending behind it
    const char* begin;  // in the text
    char closing;
  };

  [[nodiscard]] char token() const { return text_[*token_]; }
  // The token and what is behind it up to the next, without white space.
  [[nodiscard]] std::string_view word() const {
    const char* begin = text_ + *token_;
    const char* end = text_ + token_[1];
    while (is_white_space(end[-1])) --end;
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  bool open_root() {
    // A bracket at the end means that no token but a container's end can be the last one, so that
    // close() alone has to look whether there is another.
    const char last = text_[*last_];
    if (last != '}' && last != ']') return false;
    if (token() == '{') return open({}, Value::Kind::object, '}');
    return token() == '[' && open({}, Value::Kind::array, ']');
  }

  // The innermost container's next child, or its end.
  bool read_child() {
    const Open& open = open_[depth_ - 1];
    if (token() == open.closing) return close();
    if (top_ != open.place + 1) {
      if (token() != ',') return false;
      ++token_;
    }
    std::string_view name;
    if (open.closing == '}') {
      if (token() != '"' || !read_string(name) || token() != ':') return false;
      ++token_;
    }
    return read_value(name);
  }

  bool read_value(std::string_view name) {
    switch (token()) {
      case '{':
        return open(name, Value::Kind::object, '}');
      case '[':
        return open(name, Value::Kind::array, ']');
      case '"': {
        std::string_view text;
        if (!read_string(text)) return false;
        put(name, Value::Kind::string, text);
        return true;
      }
      default:
        return read_plain(name, word());
    }
  }

  // A number, `true`, `false` or `null`.
  bool read_plain(std::string_view name, std::string_view text) {
    ++token_;
    if (number_length(text.data(), text.size()) == text.size()) {
      put(name, Value::Kind::number, text);
    } else if (text == "true" || text == "false") {
      put(name, Value::Kind::boolean, text);
    } else if (text == "null") {
      put(name, Value::Kind::null, {});
    } else {
      return false;
    }
    return true;
  }

  // Out of line, it takes the loop half as long again.
  [[gnu::always_inline]] bool read_string(std::string_view& string) {
    const std::string_view quoted = word();
    if (quoted.size() < 2 || quoted.back() != '"') return false;
    ++token_;
    string = quoted.substr(1, quoted.size() - 2);
    if (escape_ < string.data()) find_escape(string);
    return escape_ >= string.data() + string.size() || unescape_in_arena(string);
  }

  // Looks at each byte of a text once, however many strings there are.
  void find_escape(std::string_view from) {
    const auto left = static_cast<std::size_t>(end_ - from.data());
    const void* found = std::memchr(from.data(), '\\', left);
    escape_ = found == nullptr ? end_ : static_cast<const char*>(found);
  }

  bool unescape_in_arena(std::string_view& string) {
    const auto plain = unescape(string, allocate<char>(string.size()));
    if (plain) string = *plain;
    return plain.has_value();
  }

  void put(std::string_view name, Value::Kind kind, std::string_view text) {
    std::construct_at(top_++, Member{name, leaf(kind, text)});
  }

  bool open(std::string_view name, Value::Kind kind, char closing) {
    if (depth_ == open_.size()) return false;
    open_[depth_++] = {top_, text_ + *token_, closing};
    put(name, kind, {});
    ++token_;
    return true;
  }

  // Moves the children of the innermost container side by side into the arena.
  bool close() {
    const Open& open = open_[--depth_];
    const char* end = text_ + *token_ + 1;
    ++token_;
    const Member* first = open.place + 1;
    Value& container = open.place->value;
    container.text = {open.begin, static_cast<std::size_t>(end - open.begin)};
    container.size = static_cast<std::uint32_t>(top_ - first);
    top_ = open.place + 1;
    if (container.size > 0 && container.kind == Value::Kind::object) {
      auto* members = allocate<Member>(container.size);
      std::uninitialized_copy_n(first, container.size, members);
      container.members = members;
    } else if (container.size > 0) {
      auto* items = allocate<Value>(container.size);
      for (std::size_t i = 0; i < container.size; ++i) std::construct_at(items + i, first[i].value);
      container.items = items;
    }
    return depth_ == 0 || token_ <= last_;
  }

  template <typename T>
  T* allocate(std::size_t size) {
    return static_cast<T*>(arena_.allocate(size * sizeof(T), alignof(T)));
  }

  const char* text_;
  const char* end_;
  const std::uint32_t* token_;  // the offset of the one that is looked at
  const std::uint32_t* last_;
  const char* escape_ = nullptr;  // the first backslash that is not before the string, or `end_`
  Member* top_;                   // behind the last pending value
  std::pmr::memory_resource& arena_;
  std::array<Open, StrictReader::kDepthMax> open_;
  std::size_t depth_ = 0;
};

}  // namespace

std::optional<Value> StrictReader::read(std::string_view text, std::pmr::memory_resource& arena) {
  const auto tokens = index_.of(text);
  if (!tokens) return std::nullopt;
  const std::size_t room = Reading::room_for(tokens->size());
  if (pending_.size() < room || pending_.size() > std::max(room, kKeptPlaces)) {
    pending_ = std::vector<Member>(room);
  }
  return Reading(text, *tokens, pending_.data(), arena).read();
}

void StrictReader::release() {
  if (pending_.size() > kKeptPlaces) std::vector<Member>().swap(pending_);
}

}  // namespace nodeportd
