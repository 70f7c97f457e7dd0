#include "match/glob.hpp"

#include <algorithm>
#include <ranges>
#include <span>

namespace nodeportd {
namespace {

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// A character is a byte and the continuation bytes behind it; so front and back agree even where
// the text is not UTF-8.
std::size_t character_at_front(std::string_view text) {
  if (text.empty() || is_continuation(text.front())) return 0;
  std::size_t size = 1;
  while (size < text.size() && is_continuation(text[size])) ++size;
  return size;
}

std::size_t character_at_back(std::string_view text) {
  for (std::size_t size = 1; size <= text.size(); ++size) {
    if (!is_continuation(text[text.size() - size])) return size;
  }
  return 0;
}

// The dash that begins at `at`, by its bytes; empty when there is none.
std::string_view dash_at(const Pieces& pieces, std::size_t at) {
  for (const std::string_view dash : kDashes) {
    const auto rest = std::span(pieces).subspan(at);
    const bool here = rest.size() >= dash.size() &&
                      std::equal(dash.begin(), dash.end(), rest.begin(), [](char c, Piece piece) {
                        return piece.kind == Piece::Kind::byte && piece.byte == c;
                      });
    if (here) return dash;
  }
  return {};
}

}  // namespace

Pieces parse_pattern(std::string_view text) {
  Pieces pieces;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && i + 1 < text.size() &&
                         (text[i + 1] == '\\' || text[i + 1] == '*' || text[i + 1] == '?');
    if (escapes) {
      pieces.push_back({Piece::Kind::byte, text[++i]});
    } else if (c == '*') {
      pieces.push_back({Piece::Kind::any_run, 0});
    } else if (c == '?') {
      pieces.push_back({Piece::Kind::any_character, 0});
    } else {
      pieces.push_back({Piece::Kind::byte, c});
    }
  }
  return pieces;
}

Pieces plain_pattern(std::string_view text) {
  Pieces pieces;
  for (const char c : text) pieces.push_back({Piece::Kind::byte, c});
  return pieces;
}

Pieces with_any_dash(const Pieces& pieces) {
  Pieces result;
  for (std::size_t i = 0; i < pieces.size();) {
    const std::string_view dash = dash_at(pieces, i);
    result.push_back(dash.empty() ? pieces[i] : Piece{Piece::Kind::any_dash, 0});
    i += std::max<std::size_t>(dash.size(), 1);
  }
  return result;
}

Glob::Glob(const Pieces& pieces, Case letters)
    : open_front_(!pieces.empty() && pieces.front().kind == Piece::Kind::any_run),
      open_back_(!pieces.empty() && pieces.back().kind == Piece::Kind::any_run),
      letters_(letters) {
  Segment segment;
  const auto close_segment = [&] {
    if (!segment.empty()) segments_.push_back(std::move(segment));
    segment.clear();
  };
  for (Piece piece : pieces) {
    if (piece.kind == Piece::Kind::any_run) {
      close_segment();
      continue;
    }
    if (letters == Case::ignored) piece.byte = to_lower(piece.byte);
    segment.push_back(piece);
  }
  close_segment();
  if (pieces.empty()) segments_.emplace_back();  // matches the empty text alone
  const auto is_byte = [](Piece piece) { return piece.kind == Piece::Kind::byte; };
  if (!std::all_of(pieces.begin(), pieces.end(), is_byte)) return;
  plain_.emplace();
  for (const Piece piece : segments_.front()) *plain_ += piece.byte;
}

bool Glob::same(char pattern, char text) const {
  return pattern == (letters_ == Case::ignored ? to_lower(text) : text);
}

std::size_t Glob::covers_front(Piece piece, std::string_view text) const {
  switch (piece.kind) {
    case Piece::Kind::byte:
      return !text.empty() && same(piece.byte, text.front()) ? 1 : 0;
    case Piece::Kind::any_character:
      return character_at_front(text);
    case Piece::Kind::any_dash:
      for (const std::string_view dash : kDashes) {
        if (text.starts_with(dash)) return dash.size();
      }
      return 0;
    case Piece::Kind::any_run:
      break;
  }
  return 0;
}

std::size_t Glob::covers_back(Piece piece, std::string_view text) const {
  switch (piece.kind) {
    case Piece::Kind::byte:
      return !text.empty() && same(piece.byte, text.back()) ? 1 : 0;
    case Piece::Kind::any_character:
      return character_at_back(text);
    case Piece::Kind::any_dash:
      for (const std::string_view dash : kDashes) {
        if (text.ends_with(dash)) return dash.size();
      }
      return 0;
    case Piece::Kind::any_run:
      break;
  }
  return 0;
}

std::size_t Glob::match_front(const Segment& segment, std::string_view text) const {
  std::size_t covered = 0;
  for (const Piece piece : segment) {
    const std::size_t size = covers_front(piece, text.substr(covered));
    if (size == 0) return kNoMatch;
    covered += size;
  }
  return covered;
}

std::size_t Glob::match_back(const Segment& segment, std::string_view text) const {
  const std::size_t whole = text.size();
  for (const Piece piece : std::views::reverse(segment)) {
    const std::size_t size = covers_back(piece, text);
    if (size == 0) return kNoMatch;
    text.remove_suffix(size);
  }
  return whole - text.size();
}

bool Glob::skip_past(const Segment& segment, std::string_view& text) const {
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const std::size_t covered = match_front(segment, text.substr(at));
    if (covered == kNoMatch) continue;
    text.remove_prefix(at + covered);
    return true;
  }
  return false;
}

bool Glob::is_plain(std::string_view text) const {
  return text.size() == plain_->size() &&
         std::equal(text.begin(), text.end(), plain_->begin(),
                    [this](char here, char wanted) { return same(wanted, here); });
}

bool Glob::matches(std::string_view text) const {
  if (plain_) return is_plain(text);
  if (segments_.empty()) return true;
  std::span<const Segment> middle(segments_);
  if (!open_front_) {
    const std::size_t covered = match_front(middle.front(), text);
    if (covered == kNoMatch) return false;
    text.remove_prefix(covered);
    middle = middle.subspan(1);
    if (middle.empty()) return open_back_ || text.empty();
  }
  if (!open_back_) {
    const std::size_t covered = match_back(middle.back(), text);
    if (covered == kNoMatch) return false;
    text.remove_suffix(covered);
    middle = middle.first(middle.size() - 1);
  }
  // The first occurrence leaves the most for what follows, so none has to be tried again.
  return std::all_of(middle.begin(), middle.end(),
                     [&](const Segment& segment) { return skip_past(segment, text); });
}

}  // namespace nodeportd
