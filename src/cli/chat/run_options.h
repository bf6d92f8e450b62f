#pragma once
// What `ergon run` is told.

#include <string>

#include "cli/options/cost_options.h"
#include "cli/options/data_output.h"
#include "cli/options/generation_options.h"
#include "cli/options/thread_options.h"
#include "client/endpoint.h"
#include "engine/session.h"

namespace ergon::cli {

struct RunOptions {
    std::string model, prompt, system;
    bool prompt_given = false;
    bool raw = false;
    DataOutput json;
    ThreadOption threads;
    engine::ContextOptions context;
    model::LoadOptions load;
    AnswerOptions answer;
    CostOptions cost;
    client::RequestLimits limits;  // of a server
};

}  // namespace ergon::cli
