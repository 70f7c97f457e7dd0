#include "base/yaml.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "base/yaml_fault.hpp"

namespace nodeportd {
namespace {

// A file of 1 MiB is read within 64 MiB: a node takes some 100 bytes, and yaml-cpp up to 250 for a
// bracket or a comma, since it looks for the end of a bracket before it gives anything of it.
constexpr std::size_t kNodesMax = 150'000;
constexpr std::size_t kNodeText = 128;  // bytes of a text that count as one node more
constexpr std::size_t kFlowMarksMax = 150'000;
constexpr std::size_t kDepthMax = 100;
constexpr const char* kTooDeep = "nested over 100 deep";

bool looks_octal(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.size() < 2 || text[0] != '0') return false;
  if (text[1] == 'o') return true;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Walks the lines of a text, once: what is asked for comes in order.
class LineWalk {
 public:
  explicit LineWalk(std::string_view text) : rest_(text) {}

  // Line `number`, from 0 and not before the last one, and all that follows it.
  std::string_view line_at(int number) {
    for (; line_ < number && !rest_.empty(); ++line_) {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
    }
    return rest_;
  }

 private:
  std::string_view rest_;
  int line_ = 0;
};

// Where the text has more of what begins and parts flow collections than any file needs. Those of
// plain text count, too: only a parser could tell them apart.
std::optional<YAML::Mark> excess_of_flow(std::string_view text) {
  std::size_t count = 0;
  YAML::Mark mark;
  for (const char c : text) {
    if ((c == '[' || c == '{' || c == ',') && ++count > kFlowMarksMax) return mark;
    mark.column = c == '\n' ? 0 : mark.column + 1;
    mark.line += c == '\n' ? 1 : 0;
  }
  return std::nullopt;
}

// yaml-cpp ends a quoted text that nobody closed at the end of the file, without a word, and with
// it all that should have come after. A document end it does not allow inside quotes.
std::string with_document_end(std::string_view text) {
  std::string ended(text);
  if (!ended.empty() && ended.back() != '\n') ended += '\n';
  return ended + "...\n";
}

std::string words_of(const YAML::Exception& error, std::string_view text) {
  const auto line_of = [](std::string_view rest) { return rest.substr(0, rest.find('\n')); };
  LineWalk lines(text);
  const std::string_view before =
      error.mark.line > 0 ? line_of(lines.line_at(error.mark.line - 1)) : std::string_view();
  const std::string_view line = line_of(lines.line_at(std::max(error.mark.line, 0)));
  const auto column = static_cast<std::size_t>(std::max(error.mark.column, 0));
  return words_of_yaml_fault(error.msg, line, before, column);
}

struct Extent {
  std::size_t nodes = 1;
  std::size_t depth = 0;  // of lists and maps

  void hold(const Extent& part) {
    nodes += part.nodes;
    depth = std::max(depth, part.depth + 1);
  }
};

// Without what stands in it.
std::size_t weight_of(const YamlNode& node) {
  return 1 + node.scalar.size() / kNodeText;
}

Extent extent_of(const YamlNode& node) {
  const bool is_leaf = node.is_scalar() || node.is_null();
  Extent extent{.nodes = weight_of(node), .depth = is_leaf ? 0U : 1U};
  for (const YamlNode& item : node.items) extent.hold(extent_of(item));
  for (const YamlEntry& entry : node.entries) {
    extent.nodes += 1 + entry.key.size() / kNodeText;
    extent.hold(extent_of(entry.value));
  }
  return extent;
}

// Turns the parser's events into a tree.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const std::string& file, Problems& problems)
      : lines_(text), file_(file), problems_(problems), problems_before_(problems.size()) {}

  std::vector<YamlNode> documents;

  void OnDocumentStart(const YAML::Mark& mark) override {
    anchors_.clear();
    // yaml-cpp stays where it is before what can begin no value, and would find documents for ever.
    if (mark.pos == document_start_) {
      throw YAML::ParserException(mark, "no value can begin with this");
    }
    document_start_ = mark.pos;
    if (!documents.empty() && !lines_.line_at(mark.line).starts_with("---")) {
      complain(mark, "does not belong to what stands before it: check the indentation");
    }
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& /*mark*/, const std::string& /*name*/) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    count(mark, 1);
    add(node_at(mark, YamlNode::Kind::null), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      complain(mark, "an alias inside the value it names");
      count(mark, 1);
      add(node_at(mark, YamlNode::Kind::null), YAML::NullAnchor);
      return;
    }
    const Extent extent = extent_of(found->second);
    if (open_.size() + extent.depth > kDepthMax) throw YAML::ParserException(mark, kTooDeep);
    count(mark, extent.nodes);
    add(found->second, YAML::NullAnchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = node_at(mark, YamlNode::Kind::scalar);
    node.quoted = tag == "!";  // yaml-cpp's mark of a scalar that is not plain; "?" is plain
    if (tag != "!" && tag != "?" && !tag.empty()) complain(mark, "tags are not supported: " + tag);
    node.scalar = value;
    const bool plain = !node.quoted;
    if (plain && (value == "~" || value == "null" || value == "Null" || value == "NULL")) {
      node.kind = YamlNode::Kind::null;
    }
    if (plain && looks_octal(value)) {
      complain(mark, "'" + value + "' may be read as octal: write it in quotes, or without the 0");
    }
    count(mark, weight_of(node));
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool key_is_next = true;
    std::map<std::string, int> lines;  // of a map's keys, where each stands first
  };

  static YAML::Mark mark_of(const YamlNode& node) {
    YAML::Mark mark;
    mark.line = node.line - 1;
    mark.column = node.column - 1;
    return mark;
  }

  static YamlNode node_at(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void complain(const YAML::Mark& mark, std::string text) {
    problems_.push_back({{file_, mark.line + 1, mark.column + 1}, std::move(text)});
    if (problems_.size() - problems_before_ >= kProblemsMax) {
      throw YAML::ParserException(mark, "the rest of the file is not read: it has problems enough");
    }
  }

  void count(const YAML::Mark& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > kNodesMax) {
      throw YAML::ParserException(
          mark, "over 150,000 values, with what aliases repeat: make several files of this one");
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    if (open_.size() >= kDepthMax) throw YAML::ParserException(mark, kTooDeep);
    if (tag != "?" && tag != "!" && !tag.empty()) {
      complain(mark, "tags are not supported: " + tag);
    }
    count(mark, 1);
    open_.push_back({node_at(mark, kind), anchor, true, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      count(mark_of(node), extent_of(node).nodes);
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      if (!node.is_null()) documents.push_back(std::move(node));
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (std::exchange(parent.key_is_next, !parent.key_is_next)) {
      add_key(parent, node);
    } else {
      parent.node.entries.back().value = std::move(node);
    }
  }

  void add_key(Open& map, const YamlNode& key) {
    const YAML::Mark mark = mark_of(key);
    if (!key.is_scalar()) {
      complain(mark, "a key must be text, this is " + std::string(key.kind_name()));
    } else if (key.scalar == "<<" && !key.quoted) {
      complain(mark, "merge keys (<<) are not supported: write the keys out");
    } else if (const auto [first, is_new] = map.lines.emplace(key.scalar, key.line); !is_new) {
      complain(mark, "duplicate key '" + key.scalar + "', first in line " +
                         std::to_string(first->second));
    }
    map.node.entries.push_back({key.scalar, key.line, key.column, {}});
    map.node.entries.back().value.line = key.line;
  }

  LineWalk lines_;
  const std::string& file_;
  Problems& problems_;
  const std::size_t problems_before_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t nodes_ = 0;
  int document_start_ = -1;  // of the document that was begun last
};

}  // namespace

bool operator==(const YamlNode& a, const YamlNode& b) {
  const auto is_same = [](const YamlEntry& left, const YamlEntry& right) {
    return left.key == right.key && left.value == right.value;
  };
  return a.kind == b.kind && a.quoted == b.quoted && a.scalar == b.scalar && a.items == b.items &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    is_same);
}

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

std::string_view YamlNode::kind_name() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      return "text";
    case Kind::sequence:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return "";
}

std::vector<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                 Problems& problems) {
  TreeBuilder tree(text, file, problems);
  try {
    if (const auto excess = excess_of_flow(text)) {
      throw YAML::ParserException(
          *excess, "over 150,000 brackets and commas: make several files of this one");
    }
    std::istringstream stream(with_document_end(text));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const YAML::Exception& error) {
    // What ends in the middle of something fails in the end that we have put behind it.
    const auto lines =
        1 + std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
    const bool is_inside = error.mark.line <= lines;
    problems.push_back({{file, is_inside ? error.mark.line + 1 : static_cast<int>(lines),
                         is_inside ? error.mark.column + 1 : 1},
                        words_of(error, text)});
  }
  return std::move(tree.documents);
}

}  // namespace nodeportd
