#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "admin/server.hpp"

namespace nodeportd {

// Which page answers under which path.
class AdminRoutes {
 public:
  using Page = std::function<AdminAnswer()>;

  void add(std::string path, Page page) {
    pages_.insert_or_assign(std::move(path), std::move(page));
  }

  // A query (`?…`) chooses nothing.
  [[nodiscard]] AdminAnswer answer(std::string_view target) const;

 private:
  std::map<std::string, Page, std::less<>> pages_;
};

}  // namespace nodeportd
