#pragma once

#include <string_view>

namespace nodeportd {

// The page for people, as it lies in daemon/report/page.
[[nodiscard]] std::string_view page_html();
[[nodiscard]] std::string_view page_css();
[[nodiscard]] std::string_view page_js();

}  // namespace nodeportd
