#include "match/condition_parser.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "match/glob.hpp"

namespace nodeportd {
namespace {

constexpr int kDepthMax = 64;  // of `not` and parentheses: evaluation recurses as deep

constexpr std::string_view kUsesExcess = "a condition names at most 500 selections";

struct Token {
  std::size_t at = 0;
  std::string_view text;  // empty: the end
};

std::vector<Token> split(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t i = 0;
  while (i < text.size()) {
    const auto is_space = [&](std::size_t k) {
      return std::isspace(static_cast<unsigned char>(text[k])) != 0;
    };
    const auto is_alone = [&](std::size_t k) {
      return text[k] == '(' || text[k] == ')' || text[k] == '|';
    };
    const std::size_t begin = i;
    if (is_space(i)) {
      ++i;
      continue;
    }
    if (is_alone(i)) {
      ++i;
    } else {
      while (i < text.size() && !is_space(i) && !is_alone(i)) ++i;
    }
    tokens.push_back({begin, text.substr(begin, i - begin)});
  }
  tokens.push_back({text.size(), {}});
  return tokens;
}

using Parsed = Result<Expression, ConditionError>;

class Parser {
 public:
  Parser(std::vector<Token> tokens, const std::vector<std::string_view>& selections)
      : tokens_(std::move(tokens)), selections_(selections) {}

  Parsed whole() {
    Parsed parsed = chain("or", Expression::Kind::any_of);
    if (parsed && !next().text.empty()) return unexpected();
    return parsed;
  }

 private:
  const Token& next() const { return tokens_[at_]; }
  // Keywords are the same in any case: no identifier is called `AND`.
  bool next_is(std::string_view word) const {
    const std::string_view text = next().text;
    return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == b;
    });
  }
  bool take(std::string_view word) {
    const bool taken = next_is(word);
    if (taken) ++at_;
    return taken;
  }
  static Parsed refuse(const Token& token, std::string text) {
    return fail(ConditionError{token.at, std::move(text)});
  }

  Parsed unexpected() const {
    if (next().text.empty()) return refuse(next(), "the condition ends too early");
    if (next().text == "|") {
      return refuse(next(),
                    "'|' begins an aggregation, which Sigma 2 no longer has: correlation "
                    "rules are to take its place");
    }
    return refuse(next(), "'" + std::string(next().text) + "' does not belong here");
  }

  // Parts with `word` between them: `or` over `and` over single terms.
  Parsed chain(std::string_view word, Expression::Kind kind) {
    Expression joined;
    joined.kind = kind;
    do {
      Parsed part =
          kind == Expression::Kind::any_of ? chain("and", Expression::Kind::all_of) : term();
      if (!part) return part;
      joined.parts.push_back(std::move(*part));
    } while (take(word));
    if (joined.parts.size() > 1) return joined;
    return std::move(joined.parts.front());
  }

  Parsed term() {
    const Token first = next();
    if (next_is("not") || next_is("(")) {
      if (depth_ == kDepthMax) return refuse(first, "nested over 64 deep");
      ++depth_;
      Parsed parsed = take("not") ? negation() : group();
      --depth_;
      return parsed;
    }
    if (first.text.empty() || first.text == ")" || first.text == "|" || next_is("and") ||
        next_is("or")) {
      return unexpected();
    }
    ++at_;
    if (!next_is("of")) return selection(first);
    ++at_;
    return quantified(first);
  }

  Parsed negation() {
    Parsed part = term();
    if (!part) return part;
    Expression negated;
    negated.kind = Expression::Kind::negation;
    negated.parts.push_back(std::move(*part));
    return negated;
  }

  Parsed group() {
    const Token opened = next();
    ++at_;
    Parsed inner = chain("or", Expression::Kind::any_of);
    if (inner && !take(")")) {
      return next().text.empty() ? refuse(opened, "'(' is not closed") : unexpected();
    }
    return inner;
  }

  Parsed selection(const Token& name) {
    const auto found = std::find(selections_.begin(), selections_.end(), name.text);
    if (found == selections_.end()) {
      return refuse(name, "there is no selection '" + std::string(name.text) + "'" +
                              did_you_mean(name.text, selections_));
    }
    if (++uses_ > kUsesMax) return refuse(name, std::string(kUsesExcess));
    Expression use;
    use.selection = static_cast<std::size_t>(found - selections_.begin());
    return use;
  }

  // What stands after `1 of`, `any of` or `all of`.
  Parsed quantified(const Token& quantifier) {
    Expression joined;
    if (quantifier.text == "all") {
      joined.kind = Expression::Kind::all_of;
    } else if (quantifier.text == "1" || quantifier.text == "any") {
      joined.kind = Expression::Kind::any_of;
    } else {
      return refuse(quantifier, "'" + std::string(quantifier.text) +
                                    " of' is not in Sigma: write '1 of' or 'all of'");
    }
    const Token pattern = next();
    if (pattern.text.empty() || pattern.text == "(" || pattern.text == ")") return unexpected();
    ++at_;
    const std::string_view wanted = pattern.text == "them" ? "*" : pattern.text;
    Pieces pieces = plain_pattern(wanted);
    for (Piece& piece : pieces) {
      if (piece.byte == '*') piece = {Piece::Kind::any_run, 0};
    }
    const Glob glob(pieces, Case::respected);
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      const bool hidden = selections_[i].starts_with('_') && !wanted.starts_with('_');
      if (hidden || !glob.matches(selections_[i])) continue;
      if (++uses_ > kUsesMax) return refuse(pattern, std::string(kUsesExcess));
      joined.parts.emplace_back();
      joined.parts.back().selection = i;
    }
    if (joined.parts.empty()) {
      return refuse(pattern, "no selection is called '" + std::string(pattern.text) + "'");
    }
    return joined;
  }

  std::vector<Token> tokens_;
  const std::vector<std::string_view>& selections_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::size_t uses_ = 0;
};

}  // namespace

Parsed parse_condition(std::string_view text, const std::vector<std::string_view>& selections) {
  return Parser(split(text), selections).whole();
}

}  // namespace nodeportd
