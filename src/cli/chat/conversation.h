#pragma once
// What was said in a chat, and as much of it as the model's context holds.

#include <optional>
#include <string>
#include <vector>

#include "cli/chat/answerer.h"

namespace ergon::cli {

class Conversation {
  public:
    /// `answerer` must outlive it. `max_answered`: tokens that an answer may have, if that is limited.
    Conversation(Answerer& answerer, std::string system, std::optional<std::int64_t> max_answered);

    /// Where the context has too little room for an answer, the oldest turns are dropped, and stderr says so. If it
    /// fails, the conversation is as it was before. Throws base::Error, out_of_budget if the message alone does not
    /// fit.
    engine::Answer answer(const std::string& message, engine::ChunkCallback on_chunk,
                          const std::atomic<bool>& interrupted);

    const std::string& system() const { return system_; }
    void set_system(std::string text) { system_ = std::move(text); }
    /// Begins anew: only the system message stays.
    void clear() { turns_.clear(); }

    /// {"model", "messages": [{"role", "content"}, ...]}, as `ergon template --messages` reads it; thoughts stand
    /// beside as "thinking".
    base::Json json() const;
    std::size_t answers() const { return turns_.size(); }

  private:
    struct Turn {
        std::string message, answer, thinking;
    };
    std::vector<engine::Message> messages(std::size_t first_turn, const std::string& last) const;
    std::size_t turns_without_room(const std::string& message) const;

    Answerer& answerer_;
    std::string system_;
    std::optional<std::int64_t> max_answered_;
    std::vector<Turn> turns_;
};

}  // namespace ergon::cli
