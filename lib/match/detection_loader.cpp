#include "match/detection_loader.hpp"

#include <utility>
#include <vector>

#include "match/condition_parser.hpp"
#include "match/item_loader.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kSelectionsMax = 500;

std::size_t uses_in(const Expression& expression) {
  if (expression.kind == Expression::Kind::selection) return 1;
  std::size_t count = 0;
  for (const Expression& part : expression.parts) count += uses_in(part);
  return count;
}

class DetectionLoader {
 public:
  DetectionLoader(const std::string& file, Problems& problems)
      : file_(file), problems_(problems), problems_before_(problems.size()) {}

  // Whether it is refused anyway, and there is no use in more of its problems.
  [[nodiscard]] bool is_beyond_hope() const {
    return problems_.size() - problems_before_ >= kProblemsMax ||
           detection_.regex_size > kRegexSizeMax;
  }

  void add_selection(const std::string& name, const YamlNode& node) {
    if (detection_.selections.size() == kSelectionsMax) {
      complain(node, "over 500 selections");
      return;
    }
    Selection selection;
    selection.name = name;
    if (node.is_map()) {
      add_map(selection, node);
    } else if (node.is_scalar()) {
      add_keyword(selection, node);
    } else if (node.is_sequence() && !node.items.empty()) {
      for (const YamlNode& item : node.items) {
        if (is_beyond_hope()) break;
        if (item.is_map())
          add_map(selection, item);
        else if (item.is_scalar())
          add_keyword(selection, item);
        else
          complain(item, "a selection lists keywords or maps of fields");
      }
    } else {
      complain(node, "selection '" + name + "' holds nothing to look for");
    }
    detection_.selections.push_back(std::move(selection));
  }

  void add_condition(const YamlNode& node) {
    detection_.condition.kind = Expression::Kind::any_of;
    if (node.is_scalar()) {
      add_query(node);
    } else if (node.is_sequence() && !node.items.empty()) {
      for (const YamlNode& item : node.items) {
        if (is_beyond_hope()) break;
        if (item.is_scalar())
          add_query(item);
        else
          complain(item, "each condition of a list is text");
      }
    } else {
      complain(node, "'condition' must be text or a list of texts");
    }
  }

  Detection take() { return std::move(detection_); }

  void complain(const YamlNode& at, std::string text) {
    problems_.push_back({{file_, at.line, at.column}, std::move(text)});
  }

 private:
  void add_map(Selection& selection, const YamlNode& map) {
    if (map.entries.empty()) complain(map, "an empty map matches everything: name a field");
    Selection::Alternative items;
    for (const YamlEntry& entry : map.entries) {
      if (is_beyond_hope()) break;
      auto item = load_item(entry, file_, problems_);
      if (!item) continue;
      add_regex_size(*item, map);
      items.push_back(std::move(*item));
    }
    selection.alternatives.push_back(std::move(items));
  }

  void add_keyword(Selection& selection, const YamlNode& node) {
    auto item = load_keyword(node, file_, problems_);
    if (!item) return;
    selection.alternatives.emplace_back();
    selection.alternatives.back().push_back(std::move(*item));
  }

  void add_query(const YamlNode& node) {
    std::vector<std::string_view> names;
    names.reserve(detection_.selections.size());
    for (const Selection& selection : detection_.selections) names.push_back(selection.name);
    auto parsed = parse_condition(node.scalar, names);
    if (parsed) {
      uses_ += uses_in(*parsed);
      if (uses_ > kUsesMax) {
        complain(node, "all conditions together name over 500 selections");
        return;
      }
      std::string& all = detection_.condition_as_written;
      all += (all.empty() ? "" : ", or: ") + node.scalar;
      detection_.condition.parts.push_back(std::move(*parsed));
      return;
    }
    // In quotes or over several lines the text is not laid out as in the file.
    const int column =
        node.quoted ? node.column : node.column + static_cast<int>(parsed.error().at);
    problems_.push_back({{file_, node.line, column}, std::move(parsed.error().text)});
  }

  void add_regex_size(const DetectionItem& item, const YamlNode& at) {
    detection_.regex_size += regex_size_of(item);
    if (detection_.regex_size > kRegexSizeMax) complain(at, std::string(kRegexExcess));
  }

  const std::string& file_;
  Problems& problems_;
  const std::size_t problems_before_;
  Detection detection_;
  std::size_t uses_ = 0;  // of selections
};

}  // namespace

std::optional<Detection> load_detection(const YamlNode& node, const std::string& file,
                                        Problems& problems) {
  const std::size_t before = problems.size();
  DetectionLoader loader(file, problems);
  if (!node.is_map()) {
    loader.complain(node, "'detection' must be a map of selections and a condition");
    return std::nullopt;
  }
  for (const YamlEntry& entry : node.entries) {
    if (entry.key == "condition") continue;
    if (entry.key == "timeframe") {
      problems.push_back({{file, entry.line, entry.column},
                          "'timeframe' is no longer in Sigma: correlation rules take its place"});
      continue;
    }
    if (loader.is_beyond_hope()) break;
    loader.add_selection(entry.key, entry.value);
  }
  const YamlNode* condition = node.find("condition");
  if (condition != nullptr)
    loader.add_condition(*condition);
  else
    loader.complain(node, "'detection' needs 'condition'");
  if (problems.size() != before) return std::nullopt;
  return loader.take();
}

std::optional<Detection> load_selection(const YamlNode& node, const std::string& file,
                                        Problems& problems) {
  const std::size_t before = problems.size();
  DetectionLoader loader(file, problems);
  loader.add_selection("condition", node);
  if (problems.size() != before) return std::nullopt;
  return loader.take();  // whose condition is selection 0
}

}  // namespace nodeportd
