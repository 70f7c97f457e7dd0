#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nodeportd {

// Finds the few records that can match a rule, at near memory speed and without allocating.
// SOUND: a record that it drops can match no rule. Safe from any number of threads.
class Scan {
 public:
  // Per rule the alternatives, of which a record must contain one or the rule cannot match. They
  // are four or more ASCII letters each and compare without regard to ASCII case. A rule without
  // literals (or with one that is not such) may match anything, so then every record passes.
  explicit Scan(const std::vector<std::vector<std::string>>& rule_literals);

  [[nodiscard]] bool may_match(std::string_view record) const;

 private:
  // Two letters of a literal that are rare in audit logs: only where both stand is it compared.
  struct Literal {
    std::string text;  // lower case
    std::size_t rarest = 0;
    std::size_t second = 0;
  };

  [[nodiscard]] static Literal prepare(std::string text);
  [[nodiscard]] static bool contains(std::string_view record, const Literal& literal);

  std::vector<Literal> literals_;
  bool passes_all_ = false;
};

}  // namespace nodeportd
