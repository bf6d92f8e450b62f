#pragma once
// The scripted models of the fixtures, loaded once.

#include <map>
#include <string>

#include "engine/chat_prompt.h"
#include "engine/session.h"

namespace ergon::engine::testing {

inline const LoadedModel& scripted(const std::string& name) {
    static base::ThreadPool pool(1);
    static std::map<std::string, LoadedModel> models;
    const auto found = models.find(name);
    if (found != models.end()) return found->second;
    return models.emplace(name, load_model(std::string(ERGON_FIXTURES "/") + name, {}, pool)).first->second;
}

}  // namespace ergon::engine::testing
