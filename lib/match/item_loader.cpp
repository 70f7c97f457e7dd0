#include "match/item_loader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "match/encoding.hpp"
#include "match/modifier_chain.hpp"
#include "match/plain_scalar.hpp"

namespace nodeportd {
namespace {

using Type = ModifierChain::Type;

constexpr std::size_t kEncodedMax = 1'024;  // texts that one value may stand for once encoded
constexpr std::int64_t kRegexMemory = 8 << 20;

tl::unexpected<Error> refuse(std::string text) {
  return fail(ErrorKind::config, std::move(text));
}

// Every text that the pieces stand for, each dash being any of its kind; an error where that are
// too many, or where a wildcard is no text at all.
Result<std::vector<std::string>> spelled_out(const Pieces& pieces) {
  std::vector<std::string> texts(1);
  for (const Piece piece : pieces) {
    if (piece.kind == Piece::Kind::byte) {
      for (std::string& text : texts) text += piece.byte;
      continue;
    }
    if (piece.kind != Piece::Kind::any_dash) {
      return refuse("a wildcard cannot be encoded: put 'contains' behind the encoding, or escape " +
                    std::string("it"));
    }
    std::vector<std::string> longer;
    for (const std::string& text : texts) {
      for (const std::string_view dash : kDashes) longer.push_back(text + std::string(dash));
    }
    if (longer.size() > kEncodedMax) return refuse("more than 4 dashes to encode in one value");
    texts = std::move(longer);
  }
  return texts;
}

Result<std::vector<std::string>> encoded(const std::string& text, TextStep step) {
  switch (step) {
    case TextStep::base64:
      return std::vector<std::string>{to_base64(text)};
    case TextStep::base64offset: {
      const auto offsets = to_base64_offsets(text);
      if (std::any_of(offsets.begin(), offsets.end(),
                      [](const auto& each) { return each.empty(); })) {
        return refuse("'base64offset' needs two bytes at least");
      }
      return std::vector<std::string>(offsets.begin(), offsets.end());
    }
    case TextStep::utf16le:
      return std::vector<std::string>{to_utf16(text, Utf16::little_endian)};
    case TextStep::utf16be:
      return std::vector<std::string>{to_utf16(text, Utf16::big_endian)};
    case TextStep::utf16:
      return std::vector<std::string>{to_utf16(text, Utf16::with_mark)};
    case TextStep::startswith:
    case TextStep::endswith:
    case TextStep::contains:
    case TextStep::windash:
      break;
  }
  return std::vector<std::string>{text};
}

// One step over all the patterns that a value has become.
Result<std::vector<Pieces>> applied(TextStep step, const std::vector<Pieces>& patterns) {
  const Piece run{Piece::Kind::any_run, 0};
  std::vector<Pieces> results;
  for (Pieces pieces : patterns) {
    const bool behind = step == TextStep::startswith || step == TextStep::contains;
    const bool before = step == TextStep::endswith || step == TextStep::contains;
    if (behind) pieces.push_back(run);
    if (before) pieces.insert(pieces.begin(), run);
    if (step == TextStep::windash) pieces = with_any_dash(pieces);
    if (behind || before || step == TextStep::windash) {
      results.push_back(std::move(pieces));
      continue;
    }
    const auto texts = spelled_out(pieces);
    if (!texts) return fail(texts.error());
    for (const std::string& text : *texts) {
      const auto forms = encoded(text, step);
      if (!forms) return fail(forms.error());
      for (const std::string& form : *forms) results.push_back(plain_pattern(form));
    }
    if (results.size() > kEncodedMax) return refuse("encoded, this is over 1,024 texts");
  }
  return results;
}

Result<ValueTest> text_test(const ModifierChain& chain, const YamlNode& value) {
  const bool encodes = std::any_of(chain.steps.begin(), chain.steps.end(), [](TextStep step) {
    return step != TextStep::startswith && step != TextStep::endswith && step != TextStep::contains;
  });
  const Plain kind = plain_kind(value);
  if (encodes && kind != Plain::text) {
    return refuse("'" + value.scalar + "' is no text: write it in quotes if it is meant as such");
  }
  const bool as_value = chain.steps.empty() && !chain.field.empty();
  if (as_value && kind == Plain::number) return NumberTest{Comparison::equal, *number_of(value)};
  std::vector<Pieces> patterns = {parse_pattern(value.scalar)};
  for (const TextStep step : chain.steps) {
    auto next = applied(step, patterns);
    if (!next) return fail(next.error());
    patterns = std::move(*next);
  }
  if (chain.field.empty()) patterns = *applied(TextStep::contains, patterns);
  TextTest test;
  for (const Pieces& pieces : patterns) test.any_of.emplace_back(pieces, chain.letters);
  return test;
}

Result<ValueTest> regex_test(const ModifierChain& chain, const YamlNode& value) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  options.set_case_sensitive(!chain.regex_ignores_case);
  const std::string flags = chain.regex_flags.empty() ? "" : "(?" + chain.regex_flags + ")";
  auto pattern = std::make_unique<const re2::RE2>(flags + value.scalar, options);
  if (!pattern->ok()) {
    return refuse("this regular expression cannot be honoured (" + pattern->error() +
                  "): lookaround, back references and over 1,000 repeats are not supported");
  }
  return RegexTest{std::move(pattern)};
}

Result<ValueTest> number_test(const ModifierChain& chain, const YamlNode& value) {
  const auto number = number_of(value);
  if (!number) return refuse("an order needs a number, this is '" + value.scalar + "'");
  return NumberTest{chain.comparison, *number};
}

Result<ValueTest> time_test(const ModifierChain& chain, const YamlNode& value) {
  struct Range {
    int least;
    int most;
  };
  constexpr std::array<Range, 6> kRanges = {
      {{0, 59}, {0, 23}, {1, 31}, {1, 53}, {1, 12}, {1970, 9999}}};
  const Range range = kRanges[static_cast<std::size_t>(chain.part)];
  int number = -1;
  std::from_chars(value.scalar.data(), value.scalar.data() + value.scalar.size(), number);
  const bool plain = !value.quoted && value.scalar == std::to_string(number);
  if (plain && number >= range.least && number <= range.most) {
    return TimeTest{chain.part, chain.comparison, number};
  }
  return refuse("a whole number from " + std::to_string(range.least) + " to " +
                std::to_string(range.most) + " is needed here, this is '" + value.scalar + "'");
}

Result<ValueTest> network_test(const YamlNode& value) {
  auto network = Network::parse(value.scalar);
  if (!network) return fail(network.error());
  return NetworkTest{*network};
}

Result<ValueTest> exists_test(const YamlNode& value) {
  if (plain_kind(value) != Plain::boolean) {
    return refuse("'exists' needs true or false, this is '" + value.scalar + "'");
  }
  return ExistsTest{value.scalar.front() == 't' || value.scalar.front() == 'T'};
}

Result<ValueTest> field_test(const ModifierChain& chain, const YamlNode& value) {
  auto other = FieldPath::parse(value.scalar);
  if (!other) return fail(other.error());
  const auto has = [&](TextStep step) {
    return std::find(chain.steps.begin(), chain.steps.end(), step) != chain.steps.end();
  };
  const bool front = has(TextStep::startswith);
  const bool back = has(TextStep::endswith);
  FieldTest test{std::move(*other), FieldTest::Part::whole, chain.letters};
  if (has(TextStep::contains) || (front && back)) {
    test.part = FieldTest::Part::anywhere;
  } else if (front || back) {
    test.part = front ? FieldTest::Part::front : FieldTest::Part::back;
  }
  return test;
}

Result<ValueTest> value_test(const ModifierChain& chain, const YamlNode& value) {
  if (value.is_null()) {
    const bool plain = chain.type == Type::text && chain.steps.empty() && !chain.field.empty();
    if (plain && chain.letters == Case::ignored) return NullTest{};
    return refuse("null takes no modifier but 'neq', and is no keyword");
  }
  if (!value.is_scalar()) {
    return refuse("a value must be text, a number, true, false or null, this is " +
                  std::string(value.kind_name()) + ": fields in fields are written a.b");
  }
  if (is_ambiguous(value)) {
    return refuse(ambiguity_of(value));
  }
  switch (chain.type) {
    case Type::text:
      return text_test(chain, value);
    case Type::regex:
      return regex_test(chain, value);
    case Type::number:
      return number_test(chain, value);
    case Type::time:
      return time_test(chain, value);
    case Type::network:
      return network_test(value);
    case Type::exists:
      return exists_test(value);
    case Type::field:
      return field_test(chain, value);
  }
  return refuse("");
}

std::size_t size_of(const ValueTest& test) {
  const auto* regex = std::get_if<RegexTest>(&test);
  return regex == nullptr ? 0 : static_cast<std::size_t>(regex->pattern->ProgramSize());
}

std::string values_as_written(const YamlNode& value, DetectionItem::Link link) {
  if (!value.is_sequence()) return to_json(value);
  std::string text;
  for (const YamlNode& each : value.items) {
    if (!text.empty()) text += link == DetectionItem::Link::all ? " and " : " or ";
    text += to_json(each);
  }
  return text;
}

class ItemLoader {
 public:
  ItemLoader(const std::string& file, Problems& problems) : file_(file), problems_(problems) {}

  std::optional<DetectionItem> load(const ModifierChain& chain, const Place& key,
                                    const YamlNode& value) {
    const std::size_t before = problems_.size();
    DetectionItem item;
    item.link = chain.all ? DetectionItem::Link::all : DetectionItem::Link::any;
    item.negated = chain.negated;
    if (!chain.field.empty()) {
      auto field = FieldPath::parse(chain.field);
      if (field)
        item.field = std::move(*field);
      else
        problems_.push_back({key, field.error().text});
    }
    const bool is_list = value.is_sequence();
    const std::span<const YamlNode> values =
        is_list ? std::span<const YamlNode>(value.items) : std::span<const YamlNode>(&value, 1);
    if (values.empty()) complain(value, "an empty list can match nothing");
    if (chain.all && values.size() == 1) {
      problems_.push_back({key, "'all' needs a list of two values or more"});
    }
    if (chain.type == Type::exists && is_list) complain(value, "'exists' takes one value, no list");
    std::size_t regex_size = 0;
    for (const YamlNode& each : values) {
      if (problems_.size() - before >= kProblemsMax) break;
      add_test(item, chain, each, is_list);
      if (chain.type != Type::regex || item.tests.empty()) continue;
      regex_size += size_of(item.tests.back());
      if (regex_size <= kRegexSizeMax) continue;
      complain(each, std::string(kRegexExcess));
      break;
    }
    if (problems_.size() != before) return std::nullopt;
    return item;
  }

 private:
  void add_test(DetectionItem& item, const ModifierChain& chain, const YamlNode& value,
                bool in_list) {
    if (in_list && value.is_null()) {
      complain(value, "null cannot stand in a list: give it a selection of its own");
      return;
    }
    auto test = value_test(chain, value);
    if (test)
      item.tests.push_back(std::move(*test));
    else
      complain(value, test.error().text);
  }

  void complain(const YamlNode& at, std::string text) {
    problems_.push_back({{file_, at.line, at.column}, std::move(text)});
  }

  const std::string& file_;
  Problems& problems_;
};

}  // namespace

std::size_t regex_size_of(const DetectionItem& item) {
  std::size_t size = 0;
  for (const ValueTest& test : item.tests) size += size_of(test);
  return size;
}

std::optional<DetectionItem> load_item(const YamlEntry& entry, const std::string& file,
                                       Problems& problems) {
  const Place key{file, entry.line, entry.column};
  const auto chain = ModifierChain::parse(entry.key);
  if (!chain) {
    problems.push_back({key, chain.error().text});
    return std::nullopt;
  }
  auto item = ItemLoader(file, problems).load(*chain, key, entry.value);
  if (item) item->as_written = entry.key + ": " + values_as_written(entry.value, item->link);
  return item;
}

std::optional<DetectionItem> load_keyword(const YamlNode& value, const std::string& file,
                                          Problems& problems) {
  auto item =
      ItemLoader(file, problems).load(ModifierChain(), {file, value.line, value.column}, value);
  if (item) item->as_written = "anywhere: " + to_json(value);
  return item;
}

}  // namespace nodeportd
