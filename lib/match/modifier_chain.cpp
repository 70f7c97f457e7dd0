#include "match/modifier_chain.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace nodeportd {
namespace {

using Type = ModifierChain::Type;

template <typename Meaning>
struct Word {
  std::string_view name;
  Meaning meaning;
};

constexpr std::array kSteps = {
    Word<TextStep>{"startswith", TextStep::startswith},
    Word<TextStep>{"endswith", TextStep::endswith},
    Word<TextStep>{"contains", TextStep::contains},
    Word<TextStep>{"windash", TextStep::windash},
    Word<TextStep>{"base64", TextStep::base64},
    Word<TextStep>{"base64offset", TextStep::base64offset},
    Word<TextStep>{"utf16le", TextStep::utf16le},
    Word<TextStep>{"utf16be", TextStep::utf16be},
    Word<TextStep>{"utf16", TextStep::utf16},
    Word<TextStep>{"wide", TextStep::utf16le},
};
constexpr std::array kTypes = {
    Word<Type>{"re", Type::regex},
    Word<Type>{"cidr", Type::network},
    Word<Type>{"exists", Type::exists},
    Word<Type>{"fieldref", Type::field},
};
constexpr std::array kComparisons = {
    Word<Comparison>{"lt", Comparison::less},
    Word<Comparison>{"lte", Comparison::less_or_equal},
    Word<Comparison>{"gt", Comparison::greater},
    Word<Comparison>{"gte", Comparison::greater_or_equal},
};
constexpr std::array kTimeParts = {
    Word<TimePart>{"minute", TimePart::minute}, Word<TimePart>{"hour", TimePart::hour},
    Word<TimePart>{"day", TimePart::day},       Word<TimePart>{"week", TimePart::week},
    Word<TimePart>{"month", TimePart::month},   Word<TimePart>{"year", TimePart::year},
};
constexpr std::array<std::string_view, 7> kPlain = {"all", "cased", "neq", "expand", "i", "m", "s"};

template <typename Meaning, std::size_t N>
std::optional<Meaning> find(const std::array<Word<Meaning>, N>& words, std::string_view name) {
  for (const Word<Meaning>& word : words) {
    if (word.name == name) return word.meaning;
  }
  return std::nullopt;
}

bool is_affix(TextStep step) {
  return step == TextStep::startswith || step == TextStep::endswith || step == TextStep::contains;
}

tl::unexpected<Error> refuse_chain(std::string text) {
  return fail(ErrorKind::config, std::move(text));
}

tl::unexpected<Error> unknown(std::string_view name) {
  std::vector<std::string_view> known(kPlain.begin(), kPlain.end());
  const auto add = [&](const auto& words) {
    for (const auto& word : words) known.push_back(word.name);
  };
  add(kSteps);
  add(kTypes);
  add(kComparisons);
  add(kTimeParts);
  return refuse_chain("there is no modifier '" + std::string(name) + "'" +
                      did_you_mean(name, known));
}

// Takes one modifier after the other, each of which may go on from what stands before it.
class ChainParser {
 public:
  explicit ChainParser(ModifierChain& chain) : chain_(chain) {}

  Result<void> take(std::string_view name) {
    const auto taken = apply(name);
    if (!taken) return fail(taken.error());
    if (!*taken) {
      const std::string where =
          previous_.empty() ? "first" : "behind '" + std::string(previous_) + "'";
      return refuse_chain("modifier '" + std::string(name) + "' cannot stand " + where);
    }
    previous_ = name;
    return {};
  }

  [[nodiscard]] Result<void> finish() const {
    if (chain_.type == Type::exists && (chain_.all || chain_.negated)) {
      return refuse_chain("'exists' stands alone: it asks for true or false");
    }
    if (chain_.negated && chain_.all) {
      return refuse_chain("'neq' with 'all' is ambiguous: 'neq' alone means none of the values");
    }
    if (chain_.negated && chain_.comparison != Comparison::equal) {
      return refuse_chain("'neq' and an order cannot both hold");
    }
    const bool has_case = chain_.type == Type::text || chain_.type == Type::field;
    if (chain_.letters == Case::respected && !has_case) {
      return refuse_chain(
          "'cased' is for text: a regular expression respects case unless 'i' stands " +
          std::string("behind 're'"));
    }
    return chain_.field.empty() ? finish_keywords() : Result<void>();
  }

 private:
  [[nodiscard]] Result<void> finish_keywords() const {
    const bool searches = chain_.type == Type::text || chain_.type == Type::regex;
    const bool anchored = std::any_of(chain_.steps.begin(), chain_.steps.end(), [](TextStep step) {
      return step == TextStep::startswith || step == TextStep::endswith;
    });
    if (searches && !anchored && !chain_.negated) return {};
    return refuse_chain(
        "keywords are looked for anywhere in the event: 'all', 'cased', 'contains', " +
        std::string("'windash', 're' and encodings are all that goes with them"));
  }

  // False: the modifier is known and cannot stand here.
  Result<bool> apply(std::string_view name) {
    if (name == "expand") {
      return refuse_chain("'expand' needs placeholders, which nodeportd does not have");
    }
    if (name == "all") return !std::exchange(chain_.all, true);
    if (name == "neq") return !std::exchange(chain_.negated, true);
    if (name == "cased") {
      return std::exchange(chain_.letters, Case::respected) == Case::ignored;
    }
    if (name == "i" || name == "m" || name == "s") return apply_flag(name.front());
    if (const auto step = find(kSteps, name)) return apply_step(*step);
    if (const auto type = find(kTypes, name)) return apply_type(*type);
    if (const auto comparison = find(kComparisons, name)) return apply_comparison(*comparison);
    if (const auto part = find(kTimeParts, name)) {
      chain_.part = *part;
      return apply_type(Type::time);
    }
    return unknown(name);
  }

  bool apply_flag(char flag) {
    if (chain_.type != Type::regex) return false;
    if (flag == 'i') return !std::exchange(chain_.regex_ignores_case, true);
    if (chain_.regex_flags.find(flag) != std::string::npos) return false;
    chain_.regex_flags += flag;
    return true;
  }

  bool apply_step(TextStep step) {
    const bool part_of_field = chain_.type == Type::field && is_affix(step);
    if (chain_.type != Type::text && !part_of_field) return false;
    chain_.steps.push_back(step);
    return true;
  }

  bool apply_type(Type type) {
    if (chain_.type != Type::text || !chain_.steps.empty()) return false;
    chain_.type = type;
    return true;
  }

  bool apply_comparison(Comparison comparison) {
    const bool of_time = chain_.type == Type::time && chain_.comparison == Comparison::equal;
    if (!of_time && !apply_type(Type::number)) return false;
    chain_.comparison = comparison;
    return true;
  }

  ModifierChain& chain_;
  std::string_view previous_;
};

}  // namespace

Result<ModifierChain> ModifierChain::parse(std::string_view key) {
  ModifierChain chain;
  std::size_t bar = key.find('|');
  chain.field = key.substr(0, bar);
  ChainParser parser(chain);
  while (bar != std::string_view::npos) {
    key.remove_prefix(bar + 1);
    bar = key.find('|');
    if (const auto taken = parser.take(key.substr(0, bar)); !taken) return fail(taken.error());
  }
  if (const auto well = parser.finish(); !well) return fail(well.error());
  return chain;
}

}  // namespace nodeportd
