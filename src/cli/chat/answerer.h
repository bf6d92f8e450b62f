#pragma once
// Who answers in `ergon run`.

#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "base/json/json.h"
#include "cli/chat/run_options.h"
#include "engine/chat_prompt.h"
#include "engine/generation/generation.h"

namespace ergon::cli {

class Answerer {
  public:
    virtual ~Answerer() = default;
    virtual const std::string& name() const = 0;
    /// Answers the last of the messages. Throws base::Error.
    virtual engine::Answer answer(std::span<const engine::Message> messages, engine::ChunkCallback on_chunk,
                                  const std::atomic<bool>& interrupted) = 0;
    /// Tokens that the context holds, and those that the messages take of it; 0 where that is not known.
    virtual std::int64_t context() const = 0;
    virtual std::int64_t prompt_tokens(std::span<const engine::Message> messages) const = 0;
    /// For --json: the answer, and what it was asked with.
    virtual base::Json json(const engine::Answer& answer) const = 0;
};

/// A model in this process. `options` must outlive it.
std::unique_ptr<Answerer> load_answerer(const RunOptions& options);
/// A server that speaks OpenAI's protocol. `options` must outlive it.
std::unique_ptr<Answerer> open_endpoint(const RunOptions& options);

}  // namespace ergon::cli
