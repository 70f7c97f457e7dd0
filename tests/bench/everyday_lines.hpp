#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bench/line_template.hpp"
#include "tools/audit_line.hpp"

namespace nodeportd::test {

// Lines of what kubelets, controllers and people do all day; none of them writes a Service.
class EverydayLines {
 public:
  explicit EverydayLines(std::mt19937_64& random);

  // As long as lines are: half of them under 1.5 KB, one in a hundred over 20 KB.
  [[nodiscard]] std::vector<LineTemplate> typical(std::size_t count);
  // Of the same lengths, each made by somebody who knows what nodeportd looks for, so that it has
  // to be parsed.
  [[nodiscard]] std::vector<LineTemplate> hostile(std::size_t count);
  // Lines about something else in which the word NodePort stands.
  [[nodiscard]] std::vector<LineTemplate> decoys();
  [[nodiscard]] LineTemplate big(std::size_t bytes);

 private:
  enum class Body : std::uint8_t { none, lease, config_map, event, slice, pod, node, review };
  struct Kind {
    const Actor* actor;
    Target target;
    Body body;
    std::uint64_t weight;
  };
  // A kind at one of the levels of an audit policy.
  struct Variant {
    Kind kind;
    std::string_view level;
    std::size_t size = 0;  // at least
    std::size_t step = 0;  // how much one more element of the body makes; 0: it has no list
  };
  static const std::vector<Kind> kKinds;

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] static std::string body_of(Body body, std::size_t elements);
  [[nodiscard]] static AuditRequest request_of(const Variant& variant, std::size_t elements);
  [[nodiscard]] const Variant& variant_for(std::size_t bytes);
  [[nodiscard]] AuditRequest request_of_size(std::size_t bytes);

  std::mt19937_64& random_;
  std::vector<Variant> variants_;
};

}  // namespace nodeportd::test
