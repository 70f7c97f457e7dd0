#pragma once

#include "daemon/cli.hpp"

namespace nodeportd {

// Each verb: returns the exit code, having printed what there is to say.
[[nodiscard]] int run(const RunCommand& command);
[[nodiscard]] int check(const CheckCommand& command);
[[nodiscard]] int replay(const ReplayCommand& command);
[[nodiscard]] int status(const StatusCommand& command);
[[nodiscard]] int reload(const ReloadCommand& command);
[[nodiscard]] int deadletters(const DeadlettersCommand& command);
[[nodiscard]] int exposed(const ExposedCommand& command);
[[nodiscard]] int test_sink(const TestSinkCommand& command);
[[nodiscard]] int explain(const ExplainCommand& command);
[[nodiscard]] int test_rules(const TestRulesCommand& command);
[[nodiscard]] int config(const ConfigCommand& command);

}  // namespace nodeportd
