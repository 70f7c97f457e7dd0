#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"

namespace nodeportd {

// How an event is read.
enum class Reading : std::uint8_t {
  as_apiserver,  // the last duplicate key counts; a plain path reaches into a list
  as_splunk,     // duplicate keys make a multivalue field; only `name{}` reaches into a list
};

// Where in an event a field stands: `objectRef.resource`, `spec.ports[].nodePort`. `[]` (or
// Splunk's `{}`) stands for every element of a list. A key that holds dots is found too: each
// member whose name is the next part of the path, of one segment or more, is followed.
class FieldPath {
 public:
  static constexpr std::size_t kSizeMax = 512;  // bytes

  // An empty segment, a bracket that is not `[]` behind a name, and a path over kSizeMax are
  // errors.
  [[nodiscard]] static Result<FieldPath> parse(std::string_view text);

  // With `[]`, never `{}`.
  [[nodiscard]] const std::string& text() const { return text_; }

  // Calls `visit(const Value&)` for all that the path leads to, nulls and containers included, in
  // the order of the event, until it says true; returns whether it did. A list at the path's end
  // is visited, and then its elements. Visits each value of the event at most once and recurses
  // nowhere.
  template <typename Visit>
  bool any_of(const Value& root, Reading reading, Visit visit) const {
    Steps pending;
    Step step{&root, 0};
    while (true) {
      if (is_end(step) && visit(*step.value)) return true;
      push_next(step, reading, pending);
      if (pending.empty()) return false;
      step = pending.back();
      pending.pop_back();
    }
  }

  // The texts of all scalars that the path leads to, repeats included.
  [[nodiscard]] std::vector<std::string_view> scalars(const Value& root, Reading reading) const;

 private:
  // A value, and what of the path is still before it.
  struct Step {
    const Value* value = nullptr;
    std::size_t at = 0;  // in text_; a `.` or `[]` at it is not taken yet
  };

  // An event's own fields take no more, and so no allocation.
  using Steps = boost::container::small_vector<Step, 8>;

  [[nodiscard]] bool is_end(const Step& step) const { return step.at == text_.size(); }
  // Puts the steps that follow `step` on the stack, the first on top.
  void push_next(const Step& step, Reading reading, Steps& pending) const;
  void push_members(const Step& step, Reading reading, Steps& pending) const;
  static void push_elements(const Value& list, std::size_t at, Steps& pending);

  std::string text_;
};

}  // namespace nodeportd
