#include "formats/gguf.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "formats/byte_reader.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;

/// Which part of a model a file is.
struct Split {
    std::int64_t number = 0;  // from 0
    std::int64_t count = 1;
    std::optional<std::int64_t> tensors;  // of all shards together
};

/// -1 for what is not an integer of 63 bits.
std::optional<std::int64_t> split_value(const Metadata& metadata, std::string_view key) {
    const auto found = metadata.find(key);
    if (found == metadata.end()) return std::nullopt;
    if (const auto* value = std::get_if<std::int64_t>(&found->second)) return *value;
    const auto* value = std::get_if<std::uint64_t>(&found->second);
    if (value == nullptr || !std::in_range<std::int64_t>(*value)) return -1;
    return static_cast<std::int64_t>(*value);
}

Split split_of(const Metadata& metadata, const std::filesystem::path& path) {
    Split split{.number = split_value(metadata, "split.no").value_or(0),
                .count = split_value(metadata, "split.count").value_or(1),
                .tensors = split_value(metadata, "split.tensors.count")};
    if (split.count == 0) split.count = 1;  // a model that was never split
    constexpr std::int64_t most = 99'999;   // names have five digits
    if (split.number < 0 || split.number >= split.count || split.count > most) {
        base::fail(ErrorCode::bad_file, "{}: split.no {} and split.count {} contradict each other; the file is damaged",
                   path.string(), split.number, split.count);
    }
    return split;
}

std::string shard_suffix(std::int64_t number, std::int64_t count) {
    return fmt::format("-{:05}-of-{:05}.gguf", number + 1, count);
}

/// The paths of all shards, from that of any one.
std::vector<std::filesystem::path> shard_paths(const std::filesystem::path& path, const Split& split) {
    const std::string name = path.filename().string();
    const std::string suffix = shard_suffix(split.number, split.count);
    if (!name.ends_with(suffix)) {
        base::fail(ErrorCode::bad_file,
                   "{} is shard {} of {}; it must be named NAME{} so that the others can be found: rename it",
                   path.string(), split.number + 1, split.count, suffix);
    }
    const std::string prefix = name.substr(0, name.size() - suffix.size());
    std::vector<std::filesystem::path> paths;
    for (std::int64_t i = 0; i < split.count; ++i)
        paths.push_back(path.parent_path() / (prefix + shard_suffix(i, split.count)));
    return paths;
}

}  // namespace

Gguf Gguf::open(const std::filesystem::path& path, Truncated truncated) {
    Gguf gguf;
    gguf.path_ = path;
    gguf.content_ = parse_gguf(gguf.shards_.emplace_back(path).bytes(), path.string(), truncated);
    if (split_of(gguf.metadata(), path).count > 1) gguf.append_other_shards(truncated);
    gguf.index_.reserve(gguf.tensors().size());
    for (std::size_t i = 0; i < gguf.tensors().size(); ++i) {
        const std::string& name = gguf.tensors()[i].name;
        if (!gguf.index_.emplace(name, i).second) {
            base::fail(ErrorCode::bad_file, "tensor {} is in two shards of {}; the shards do not belong together",
                       shown(name), path.string());
        }
    }
    return gguf;
}

void Gguf::append_other_shards(Truncated truncated) {
    const Split split = split_of(metadata(), path_);
    const std::vector<std::filesystem::path> paths = shard_paths(path_, split);
    if (split.number != 0) {
        base::fail(ErrorCode::bad_argument, "{} is shard {} of {}; give the first, {}", path_.string(),
                   split.number + 1, split.count, paths[0].string());
    }
    for (std::size_t i = 1; i < paths.size(); ++i) {
        const std::string file = paths[i].string();
        GgufContent shard = parse_gguf(shards_.emplace_back(paths[i]).bytes(), file, truncated);
        const Split found = split_of(shard.metadata, paths[i]);
        if (std::cmp_not_equal(found.number, i) || found.count != split.count) {
            base::fail(ErrorCode::bad_file, "{} claims to be shard {} of {}; expected {} of {}: fetch it again", file,
                       found.number + 1, found.count, i + 1, split.count);
        }
        for (tensor::TensorView& tensor : shard.tensors) content_.tensors.push_back(std::move(tensor));
        if (content_.missing_data.empty()) content_.missing_data = std::move(shard.missing_data);
    }
    if (split.tensors && std::cmp_not_equal(*split.tensors, tensors().size())) {
        base::fail(ErrorCode::bad_file,
                   "the {} shards of {} hold {} tensors, but split.tensors.count is {}; fetch them again", split.count,
                   path_.string(), tensors().size(), *split.tensors);
    }
}

const tensor::TensorView* Gguf::find(std::string_view name) const {
    const auto found = index_.find(std::string(name));
    return found == index_.end() ? nullptr : &tensors()[found->second];
}

}  // namespace ergon::formats
