#include "daemon/engine/edition.hpp"

#include <utility>

namespace nodeportd {
namespace {

std::vector<std::string> names_of(const std::vector<ExceptionSpec>& exceptions) {
  std::vector<std::string> names;
  for (const ExceptionSpec& exception : exceptions) names.push_back(exception.name);
  return names;
}

}  // namespace

Edition::Edition(std::shared_ptr<const RuleSet> compiled)
    : rules(std::move(compiled)),
      scan(rules->literals(), rules->words_besides()),
      exceptions(names_of(rules->exceptions())) {}

}  // namespace nodeportd
