#pragma once

#include <rapidjson/stream.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "decode/json_token.hpp"
#include "model/event.hpp"

namespace nodeportd {

// Receives RapidJSON's events (the names are its own) and builds the tree of a record: the
// children of a container wait in `pending` until it closes, then move side by side into `arena`.
class TreeBuilder {
 public:
  struct Limits {
    std::size_t depth;
    std::size_t nodes;
  };
  // A text as it came, the copy of it that RapidJSON reads, and where in the copy it is.
  struct Text {
    std::string_view original;
    const char* copy;
    const rapidjson::InsituStringStream& stream;
  };
  enum class Stop { none, too_deep, too_large };

  TreeBuilder(std::pmr::memory_resource& arena, std::vector<Member>& pending, Limits limits,
              Text text)
      : arena_(arena), pending_(pending), limits_(limits), text_(text) {}

  [[nodiscard]] const Value& root() const { return pending_.front().value; }
  [[nodiscard]] Stop stop() const { return stop_; }

  bool Null() { return put({}); }
  bool Bool(bool value) { return put(leaf(Value::Kind::boolean, value ? "true" : "false")); }
  // The copy may hold a blanked number (decode/mend.hpp): what was written stands in the original.
  bool RawNumber(const char* text, rapidjson::SizeType /*size*/, bool /*copy*/) {
    const std::string_view rest = original_from(text);
    return put(leaf(Value::Kind::number, rest.substr(0, number_length(rest.data(), rest.size()))));
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return put(leaf(Value::Kind::string, {text, size}));
  }
  bool Key(const char* name, rapidjson::SizeType size, bool /*copy*/) {
    pending_.push_back({{name, size}, {}});
    named_ = true;
    return true;
  }
  bool StartObject() { return open(); }
  bool StartArray() { return open(); }

  bool EndObject(rapidjson::SizeType size) {
    Member* members = nullptr;
    if (size > 0) {
      members = allocate<Member>(size);
      std::uninitialized_copy_n(first_of(size), size, members);
    }
    return close({.kind = Value::Kind::object, .size = size, .text = {}, .members = members});
  }
  bool EndArray(rapidjson::SizeType size) {
    Value* items = nullptr;
    if (size > 0) {
      items = allocate<Value>(size);
      const Member* child = first_of(size);
      for (std::size_t i = 0; i < size; ++i) std::construct_at(items + i, child[i].value);
    }
    return close({.kind = Value::Kind::array, .size = size, .text = {}, .items = items});
  }

  // RapidJSON wants them; with numbers as strings it never calls them.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  template <typename T>
  T* allocate(std::size_t size) {
    return static_cast<T*>(arena_.allocate(size * sizeof(T), alignof(T)));
  }
  std::string_view original_from(const char* in_copy) const {
    return text_.original.substr(static_cast<std::size_t>(in_copy - text_.copy));
  }
  const Member* first_of(std::size_t children) const {
    return pending_.data() + pending_.size() - children;
  }

  // A member waits for its value since Key; an array's item gets its place here.
  bool put(const Value& value) {
    if (!named_) pending_.emplace_back();
    named_ = false;
    pending_.back().value = value;
    if (++nodes_ <= limits_.nodes) return true;
    stop_ = Stop::too_large;
    return false;
  }
  bool open() {
    // RapidJSON stands on the bracket, here and when it closes.
    if (++depth_ <= limits_.depth)
      return put(leaf(Value::Kind::null, original_from(text_.stream.src_)));
    stop_ = Stop::too_deep;
    return false;
  }
  bool close(Value container) {
    --depth_;
    pending_.resize(pending_.size() - container.size);
    Value& opened = pending_.back().value;
    const std::size_t left = original_from(text_.stream.src_).size() - 1;
    container.text = opened.text.substr(0, opened.text.size() - left);
    opened = container;
    return true;
  }

  std::pmr::memory_resource& arena_;
  std::vector<Member>& pending_;
  Limits limits_;
  Text text_;
  bool named_ = false;
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
  Stop stop_ = Stop::none;
};

}  // namespace nodeportd
