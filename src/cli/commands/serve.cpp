// ergon serve [MODEL]: answers over HTTP, as OpenAI's clients ask, each with its joules.

#include <fmt/format.h>
#include <memory>

#include "base/memory.h"
#include "base/output.h"
#include "base/processors.h"
#include "cli/commands.h"
#include "cli/options/generation_options.h"
#include "cli/options/machine_options.h"
#include "cli/options/model_path.h"
#include "cli/options/model_purpose.h"
#include "cli/options/thread_options.h"
#include "cli/terminal/run_interrupt.h"
#include "server/api/api.h"
#include "server/http/http_server.h"

namespace ergon::cli {
namespace {

struct ServeOptions {
    std::string model = "ergon-moe-think";
    server::HttpServerOptions http;
    engine::ServingOptions serving;
    ThreadOption threads;
    model::LoadOptions load;
};

/// What memory it will hold, before it holds it.
void tell_plan(const engine::LoadedModel& model, const engine::ServingEngine& engine, const ThreadChoice& threads) {
    base::tell("{}: weights {}, {} contexts of {} tokens {}; {}.", model.name, base::readable(model.weight_bytes),
               engine.parallel(), engine.context(), base::readable(engine.cache_bytes()), threads.text());
    if (const std::string purpose = model_purpose(model.path); !purpose.empty())
        base::tell("{}: {}", model.name, purpose);
}

void serve(ServeOptions options) {
    base::ThreadPool pool(options.threads.pool());
    energy::Meter meter(machine_options());
    const engine::LoadedModel model = engine::load_model(find_model(options.model), options.load, pool);
    model.chat.tokenizer();  // without one there is nothing to serve
    print_unused(model.name, model.unused);
    const engine::PrefixCacheOptions& caches = options.serving.caches;
    const ThreadChoice threads = options.threads.choose(model, caches.context.cache, options.load);
    const bool latent = model.config && model.config->is_mla();
    options.serving.caches.reuse_generated = options.load.strict || !latent;
    engine::ServingEngine engine(model, options.serving, meter);
    boost::asio::thread_pool aside(1);
    const server::ApiContext context{engine, meter, aside.get_executor()};
    server::HttpServer http(options.http, server::make_api(context));
    http.stop_at(ending_signals);
    tell_plan(model, engine, threads);
    base::tell("{}", meter.describe());
    base::tell("Listening on http://{}:{}",
               options.http.host.find(':') == std::string::npos ? options.http.host : "[" + options.http.host + "]",
               http.port());
    http.run();
    engine.stop();  // it tells those that the server still holds
    aside.join();
}

}  // namespace

void add_serve(CLI::App& program) {
    auto options = std::make_shared<ServeOptions>();
    CLI::App& command = *program.add_subcommand("serve", "Serve a model over HTTP, with the joules of each answer");
    command.add_option("MODEL", options->model, "A GGUF file, Hugging Face folder or model name")
        ->capture_default_str();
    command.add_option("--host", options->http.host, "Loopback address to listen on")->capture_default_str();
    command.add_option("--port", options->http.port, "Port to listen on; 0: any that is free")->capture_default_str();
    command
        .add_option("--parallel", options->serving.caches.count,
                    "Answers that are computed at a time, each with a context")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command
        .add_option("--max-waiting", options->serving.max_waiting,
                    "Requests that wait for a context; more are refused with status 429")
        ->check(CLI::Range(0, 100'000))
        ->capture_default_str();
    command
        .add_option("--context", options->serving.caches.context.tokens,
                    "Context size of each answer in tokens (prompt, thinking and answer together)")
        ->check(CLI::Range(std::int64_t{1}, max_token_count));
    options->threads.add(command);
    add_cache(command, options->serving.caches.context.cache);
    add_loading(command, options->load);
    command.footer(
        "Paths: POST /v1/chat/completions, /v1/completions, /tokenize, /detokenize; GET /v1/models, /v1/energy, "
        "/health.\n"
        "Every answer's usage holds its joules by phase, with an interval and the method. SIGTERM lets running answers "
        "end; a second one ends them.\n\n"
        "Examples:\n"
        "  ergon serve\n"
        "  ergon serve qwen2.5-coder-0.5b-instruct-q4_k_m --port 8080 --parallel 8\n"
        "  curl http://127.0.0.1:8080/v1/chat/completions -d '{\"messages\": [{\"role\": \"user\", \"content\": "
        "\"Hi\"}]}'");
    command.callback([options] { serve(*options); });
}

}  // namespace ergon::cli
