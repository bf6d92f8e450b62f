#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

#include "base/output.h"

namespace ergon::base {
namespace {

/// Messages hold names and texts from outside.
class VisibleSink final : public spdlog::sinks::stderr_color_sink_mt {
  public:
    void log(const spdlog::details::log_msg& message) override {
        const std::string text = visible_line({message.payload.data(), message.payload.size()}, longest_line);
        spdlog::details::log_msg shown = message;
        shown.payload = text;
        spdlog::sinks::stderr_color_sink_mt::log(shown);
    }
};

}  // namespace

void set_up_log(spdlog::level::level_enum level) {
    auto logger = std::make_shared<spdlog::logger>("ergon", std::make_shared<VisibleSink>());
    logger->set_pattern("%n: %^%l%$: %v");
    logger->set_level(level);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace ergon::base
