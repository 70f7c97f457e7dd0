#include "daemon/admin_routes.hpp"

namespace nodeportd {

AdminAnswer AdminRoutes::answer(std::string_view target) const {
  const auto page = pages_.find(target.substr(0, target.find('?')));
  if (page != pages_.end()) return page->second();
  return {.status = 404, .body = "{\"error\":\"there is nothing here\"}\n"};
}

}  // namespace nodeportd
