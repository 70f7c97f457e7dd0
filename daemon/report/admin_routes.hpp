#pragma once

#include <cstdint>
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
  // Whom a page is for, and who asks.
  enum class Reach : std::uint8_t {
    machine,  // who is on this machine, or has a tunnel to it
    network,  // whoever reaches the port
  };

  void add(std::string path, Page page, Reach reach = Reach::network) {
    pages_.insert_or_assign(std::move(path), Route{std::move(page), reach});
  }

  // A query (`?…`) chooses nothing.
  [[nodiscard]] AdminAnswer answer(std::string_view target, Reach from = Reach::machine) const;

 private:
  struct Route {
    Page page;
    Reach reach = Reach::network;
  };
  std::map<std::string, Route, std::less<>> pages_;
};

}  // namespace nodeportd
