#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nodeportd::test {

// What differs from one line of a template to the next; each of its marker's length.
struct LineFields {
  std::string_view audit_id;
  std::string_view received;
  std::string_view stage_time;
  std::string_view version;  // a resourceVersion
  std::string_view name;     // of the object
};

// To render a template's line with.
inline constexpr LineFields kMarkers = {.audit_id = "00000000-0000-4000-a000-000000000000",
                                        .received = "2000-01-01T00:00:00.000001Z",
                                        .stage_time = "2000-01-01T00:00:00.000002Z",
                                        .version = "9876543210",
                                        .name = "app-@@@@@"};

// A line that was rendered once, and the places in it that change.
class LineTemplate {
 public:
  // `line` holds the markers, each any number of times.
  explicit LineTemplate(std::string line);

  [[nodiscard]] std::size_t size() const { return line_.size(); }
  void append_to(std::string& out, const LineFields& fields) const;

 private:
  using Field = std::string_view LineFields::*;
  std::string line_;
  std::vector<std::pair<std::size_t, Field>> places_;
};

}  // namespace nodeportd::test
