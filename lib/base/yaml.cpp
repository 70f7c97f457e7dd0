#include "base/yaml.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace nodeportd {
namespace {

constexpr std::size_t kNodesMax = 100'000;
constexpr std::size_t kDepthMax = 100;

bool looks_octal(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.size() < 2 || text[0] != '0') return false;
  if (text[1] == 'o') return true;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

const YamlEntry* entry_of(const YamlNode& map, std::string_view key) {
  const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key == key; });
  return found == map.entries.end() ? nullptr : &*found;
}

// Line `number`, from 0, and all that follows it.
std::string_view line_at(std::string_view text, int number) {
  for (int line = 0; line < number; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text;
}

// yaml-cpp ends a quoted text that nobody closed at the end of the file, without a word, and with
// it all that should have come after. A document end it does not allow inside quotes.
std::string with_document_end(std::string_view text) {
  std::string ended(text);
  if (!ended.empty() && ended.back() != '\n') ended += '\n';
  return ended + "...\n";
}

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlEntry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

// Turns the parser's events into a tree.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const std::string& file, Problems& problems)
      : text_(text), file_(file), problems_(problems) {}

  std::vector<YamlNode> documents;

  void OnDocumentStart(const YAML::Mark& mark) override {
    anchors_.clear();
    // yaml-cpp stays where it is before what can begin no value, and would find documents for ever.
    if (mark.pos == document_start_) {
      throw YAML::ParserException(mark, "no value can begin with this");
    }
    document_start_ = mark.pos;
    if (!documents.empty() && !line_at(text_, mark.line).starts_with("---")) {
      complain(mark, "does not belong to what stands before it: check the indentation");
    }
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& /*mark*/, const std::string& /*name*/) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(node_at(mark, YamlNode::Kind::null), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      complain(mark, "an alias inside the value it names");
      add(node_at(mark, YamlNode::Kind::null), YAML::NullAnchor);
      return;
    }
    nodes_ += count_nodes(found->second);
    if (nodes_ > kNodesMax) {
      throw YAML::ParserException(mark, "aliases multiply this text beyond 100,000 nodes");
    }
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
  };

  static YamlNode node_at(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void complain(const YAML::Mark& mark, std::string text) {
    problems_.push_back({{file_, mark.line + 1, mark.column + 1}, std::move(text)});
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    if (open_.size() >= kDepthMax) throw YAML::ParserException(mark, "nested over 100 deep");
    if (tag != "?" && tag != "!" && !tag.empty()) {
      complain(mark, "tags are not supported: " + tag);
    }
    open_.push_back({node_at(mark, kind), anchor, true});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    ++nodes_;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    if (open_.empty()) {
      if (!node.is_null()) documents.push_back(std::move(node));
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (std::exchange(parent.key_is_next, !parent.key_is_next)) {
      add_key(parent.node, node);
    } else {
      parent.node.entries.back().value = std::move(node);
    }
  }

  void add_key(YamlNode& map, const YamlNode& key) {
    const Place place{file_, key.line, key.column};
    if (!key.is_scalar()) {
      problems_.push_back({place, "a key must be text, this is " + std::string(key.kind_name())});
    } else if (key.scalar == "<<" && !key.quoted) {
      problems_.push_back({place, "merge keys (<<) are not supported: write the keys out"});
    } else if (const YamlEntry* first = entry_of(map, key.scalar)) {
      problems_.push_back({place, "duplicate key '" + key.scalar + "', first in line " +
                                      std::to_string(first->line)});
    }
    map.entries.push_back({key.scalar, key.line, key.column, {}});
    map.entries.back().value.line = key.line;
  }

  std::string_view text_;
  const std::string& file_;
  Problems& problems_;
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
  const YamlEntry* entry = entry_of(*this, key);
  return entry == nullptr ? nullptr : &entry->value;
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
    std::istringstream stream(with_document_end(text));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const YAML::Exception& error) {
    const bool open_quote = error.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
    // What ends in the middle of something fails in the end that we have put behind it.
    const auto lines =
        1 + std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
    const bool is_inside = error.mark.line <= lines;
    problems.push_back({{file, is_inside ? error.mark.line + 1 : static_cast<int>(lines),
                         is_inside ? error.mark.column + 1 : 1},
                        open_quote ? "a quoted text that began above is not closed" : error.msg});
  }
  return std::move(tree.documents);
}

}  // namespace nodeportd
