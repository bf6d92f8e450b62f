#include "tasks/puzzles/small_talk.h"

#include <set>

#include "base/error.h"
#include "base/files/file.h"
#include "tasks/puzzles/puzzle_kinds.h"
#include "tasks/readers/json_lines.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;

std::vector<std::string> texts_of(const JsonItem& item, const char* key) {
    std::vector<std::string> texts = text_list(item, key);
    if (texts.empty())
        base::fail(ErrorCode::bad_file, "{}: \"{}\" must be a non-empty list of strings.", item.place, key);
    return texts;
}

}  // namespace

std::vector<Topic> parse_conversation(std::string_view text, const std::filesystem::path& origin) {
    std::vector<Topic> topics;
    std::set<std::string> names, said;
    for_each_json_object(text, origin, [&](const JsonItem& item) {
        Topic topic{text_field(item, "topic", true), texts_of(item, "user"), texts_of(item, "assistant")};
        if (!names.insert(topic.name).second) {
            base::fail(ErrorCode::bad_file, "{}: the topic \"{}\" occurs twice; merge the two lines.", item.place,
                       topic.name);
        }
        for (const std::string& words : topic.user) {
            if (said.insert(words).second) continue;
            base::fail(ErrorCode::bad_file,
                       "{}: \"{}\" occurs twice under \"user\"; keep it only where the answer fits.", item.place,
                       words);
        }
        topics.push_back(std::move(topic));
    });
    if (topics.empty()) base::fail(ErrorCode::bad_file, "{} has no topics; expected at least one.", origin.string());
    return topics;
}

std::vector<Topic> read_conversation(const std::filesystem::path& path) {
    return parse_conversation(base::read_text(path, task_file_limit), path);
}

Exchange exchange(const std::vector<Topic>& topics, std::uint64_t seed, std::uint64_t place) {
    std::size_t count = 0;
    for (const Topic& topic : topics) count += topic.user.size();
    Draw draw(seed, place);
    auto left = static_cast<std::size_t>(draw.between(0, static_cast<std::int64_t>(count) - 1));
    const Topic* topic = topics.data();
    for (; left >= topic->user.size(); ++topic) left -= topic->user.size();
    return {topic->user[left], draw.one_of(topic->assistant)};
}

}  // namespace ergon::tasks
