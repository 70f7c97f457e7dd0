#include "daemon/table.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kCellMax = 60;
constexpr std::size_t kLastCellMax = 400;  // nothing stands to its right

// Characters, not bytes, so that columns line up; wide ones count as one.
std::size_t width_of(const std::string& cell) {
  return static_cast<std::size_t>(std::count_if(
      cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned>(c) & 0xC0U) != 0x80; }));
}

}  // namespace

Table::Table(std::vector<std::string> header) {
  add(std::move(header));
}

void Table::add(std::vector<std::string> row) {
  for (std::string& cell : row) {
    cell = bounded_printable(cell, &cell == &row.back() ? kLastCellMax : kCellMax);
  }
  rows_.push_back(std::move(row));
}

void Table::print(std::FILE* to) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    line += '\n';
    (void)std::fwrite(line.data(), 1, line.size(), to);
  }
}

}  // namespace nodeportd
