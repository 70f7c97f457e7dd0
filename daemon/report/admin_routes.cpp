#include "daemon/report/admin_routes.hpp"

namespace nodeportd {

AdminAnswer AdminRoutes::answer(std::string_view target, Reach from) const {
  const auto found = pages_.find(target.substr(0, target.find('?')));
  if (found != pages_.end() && found->second.reach >= from) return found->second.page();
  return {.status = 404, .body = "{\"error\":\"there is nothing here\"}\n"};
}

}  // namespace nodeportd
