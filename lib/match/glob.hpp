#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nodeportd {

// What `windash` takes for one another; the long ones are U+2013, U+2014 and U+2015.
inline constexpr std::array<std::string_view, 5> kDashes = {"-", "/", "\xE2\x80\x93",
                                                            "\xE2\x80\x94", "\xE2\x80\x95"};

enum class Case : std::uint8_t { ignored, respected };

// One place of a pattern.
struct Piece {
  enum class Kind : std::uint8_t {
    byte,
    any_character,  // `?`: one character of UTF-8
    any_run,        // `*`: any number of bytes, none included
    any_dash,       // `-`, `/`, en dash, em dash or horizontal bar (modifier `windash`)
  };
  Kind kind = Kind::byte;
  char byte = 0;

  friend bool operator==(const Piece&, const Piece&) = default;
};
using Pieces = std::vector<Piece>;

// A rule's value with its wildcards; a backslash before `*`, `?` or a backslash takes their
// meaning away (Sigma specification, "Escape Character").
[[nodiscard]] Pieces parse_pattern(std::string_view text);
[[nodiscard]] Pieces plain_pattern(std::string_view text);
// Every dash, slash and long dash of `pieces` stands for any of them.
[[nodiscard]] Pieces with_any_dash(const Pieces& pieces);

// Text with wildcards, made ready to be compared. Letters compare as ASCII does, all other bytes
// exactly. The time is linear in the text for any pattern.
class Glob {
 public:
  using Segment = Pieces;  // holds no any_run

  Glob(const Pieces& pieces, Case letters);

  [[nodiscard]] bool matches(std::string_view text) const;
  // Nothing but `*`: holds for whatever is there, an object or a list too.
  [[nodiscard]] bool is_anything() const { return segments_.empty(); }
  // The one text that it stands for, where it has no wildcard; lower-case where case is ignored.
  [[nodiscard]] const std::optional<std::string>& plain() const { return plain_; }
  // What must stand in the text, in this order; letters are lower-case where case is ignored.
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }

 private:
  static constexpr std::size_t kNoMatch = static_cast<std::size_t>(-1);

  // How many bytes the piece covers at the front (or at the back) of `text`; 0: it does not match.
  [[nodiscard]] std::size_t covers_front(Piece piece, std::string_view text) const;
  [[nodiscard]] std::size_t covers_back(Piece piece, std::string_view text) const;
  [[nodiscard]] bool same(char pattern, char text) const;
  // Bytes that the segment covers at the front (back), or kNoMatch.
  [[nodiscard]] std::size_t match_front(const Segment& segment, std::string_view text) const;
  [[nodiscard]] std::size_t match_back(const Segment& segment, std::string_view text) const;
  // Takes the segment's first occurrence, and all before it, off the text.
  [[nodiscard]] bool skip_past(const Segment& segment, std::string_view& text) const;

  [[nodiscard]] bool is_plain(std::string_view text) const;

  std::vector<Segment> segments_;
  std::optional<std::string> plain_;
  bool open_front_ = false;  // begins with `*`
  bool open_back_ = false;   // ends with `*`
  Case letters_;
};

}  // namespace nodeportd
