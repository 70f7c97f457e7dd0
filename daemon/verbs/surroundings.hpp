#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace nodeportd {

// What a config leads to that is not there, or that whoever asks may not use: nothing is wrong with
// the config for that, but the daemon would read or deliver nothing there.
[[nodiscard]] std::vector<std::string> faults_around(const Config& config);

}  // namespace nodeportd
