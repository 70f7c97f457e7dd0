#pragma once

#include <string>

namespace nodeportd::notify {

// Tell the service manager, as sd_notify(3) does. Nothing happens when there is none.
void ready(const std::string& status);
// Until the next ready().
void reloading();
void stopping(const std::string& status);

}  // namespace nodeportd::notify
