#include "formats/safetensors.h"

#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/files/paths.h"
#include "base/json/json.h"
#include "formats/byte_reader.h"
#include "formats/safetensors_types.h"
#include "formats/tensor_ranges.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;
using base::Json;
using tensor::TensorView;

constexpr std::size_t safetensors_header_limit = 100'000'000;  // bytes; the format's own
constexpr int header_depth = 3;                                // header, tensor, list

/// Parses one header; knows where the data lie.
class SafetensorsParser {
  public:
    SafetensorsParser(std::span<const std::byte> bytes, std::string_view file) : bytes_(bytes), file_(file) {}
    std::vector<TensorView> parse();

  private:
    template <typename... Args>
    [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
        base::fail(ErrorCode::bad_file, "{}: {}", file_, fmt::format(format, std::forward<Args>(args)...));
    }

    std::string read_header();
    void check_metadata(const Json& metadata) const;
    TensorView parse_tensor(const std::string& name, const Json& entry);
    const Json& member(const std::string& name, const Json& entry, const char* key) const;
    std::vector<std::int64_t> integers(const std::string& name, const Json& entry, const char* key) const;
    void check_coverage();

    std::span<const std::byte> bytes_;
    std::string_view file_;
    std::span<const std::byte> data_;
    std::vector<TensorRange> ranges_;
};

/// Copies the header's text and finds the data behind it.
std::string SafetensorsParser::read_header() {
    refuse_git_lfs_pointer(bytes_, file_);
    ByteReader reader(bytes_, file_);
    const auto size = reader.number<std::uint64_t>();
    if (size > safetensors_header_limit) {
        bad("it claims a header of {} bytes; at most {} are accepted: it is damaged or not a safetensors file", size,
            safetensors_header_limit);
    }
    reader.section("the header");
    const auto header = reader.take(size);
    data_ = bytes_.subspan(reader.position());
    return {reinterpret_cast<const char*>(header.data()), header.size()};
}

void SafetensorsParser::check_metadata(const Json& metadata) const {
    bool strings = metadata.is_object();
    for (const Json& value : metadata) strings = strings && value.is_string();
    if (!strings) bad("__metadata__ must be an object of strings; the file is damaged");
}

const Json& SafetensorsParser::member(const std::string& name, const Json& entry, const char* key) const {
    const auto found = entry.find(key);
    if (found == entry.end()) bad("tensor {} has no {}; the file is damaged", shown(name), key);
    return *found;
}

std::vector<std::int64_t> SafetensorsParser::integers(const std::string& name, const Json& entry,
                                                      const char* key) const {
    const Json& list = member(name, entry, key);
    std::vector<std::int64_t> values;
    if (!list.is_array()) bad("the {} of tensor {} is not a list; the file is damaged", key, shown(name));
    for (const Json& value : list) {
        if (!base::holds_integer<std::int64_t>(value) || value < 0) {
            bad("the {} of tensor {} must be whole numbers of at most 63 bits; the file is damaged", key, shown(name));
        }
        values.push_back(value.get<std::int64_t>());
    }
    return values;
}

TensorView SafetensorsParser::parse_tensor(const std::string& name, const Json& entry) {
    if (name.empty()) bad("a tensor has no name; the file is damaged");
    if (!entry.is_object()) bad("the entry of tensor {} is not an object; the file is damaged", shown(name));
    const Json& dtype = member(name, entry, "dtype");
    if (!dtype.is_string()) bad("the dtype of tensor {} is not a string; the file is damaged", shown(name));
    const auto type = dtype_of_safetensors_name(dtype.get_ref<const std::string&>());
    if (!type) {
        base::fail(ErrorCode::unsupported,
                   "{}: tensor {} has the dtype {}, which is not supported; convert it to BF16 or F32", file_,
                   shown(name), shown(dtype.get_ref<const std::string&>()));
    }
    const std::vector<std::int64_t> extents = integers(name, entry, "shape");
    const std::vector<std::int64_t> offsets = integers(name, entry, "data_offsets");
    const std::int64_t size = stored_bytes(file_, name, *type, extents);
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
        bad("the data_offsets of tensor {} must be a start and an end; the file is damaged", shown(name));
    }
    if (offsets[1] - offsets[0] != size) {
        bad("tensor {} of shape {} and dtype {} takes {} bytes, but its data_offsets span {}; the file is damaged",
            shown(name), tensor::Shape(extents).text(), tensor::name(*type), size, offsets[1] - offsets[0]);
    }
    const auto begin = static_cast<std::uint64_t>(offsets[0]);
    const auto end = static_cast<std::uint64_t>(offsets[1]);
    if (end > data_.size()) {
        bad("it is truncated: tensor {} ends at byte {} of the data, but only {} are there; fetch the file again",
            shown(name), end, data_.size());
    }
    ranges_.push_back({begin, end, name});
    return {.name = name, .type = *type, .shape = tensor::Shape(extents), .bytes = data_.subspan(begin, end - begin)};
}

/// The format allows no byte that belongs to no tensor: such bytes could make one file pass for two things.
void SafetensorsParser::check_coverage() {
    sort_disjoint(file_, ranges_);
    std::uint64_t covered = 0;
    for (const TensorRange& range : ranges_) {
        if (range.begin != covered)
            bad("bytes {} to {} of the data belong to no tensor; the file is damaged", covered, range.begin);
        covered = range.end;
    }
    if (covered != data_.size()) {
        bad("{} bytes follow the last tensor's data; the file is damaged", data_.size() - covered);
    }
}

std::vector<TensorView> SafetensorsParser::parse() {
    const Json header =
        base::parse_json(read_header(), fmt::format("the header of {}", file_), {.depth = header_depth});
    if (!header.is_object()) bad("its header is not a JSON object; it is damaged or not a safetensors file");
    std::vector<TensorView> tensors;
    tensors.reserve(header.size());
    for (const auto& [name, entry] : header.get_ref<const Json::object_t&>()) {
        if (name == "__metadata__") {
            check_metadata(entry);
        } else {
            tensors.push_back(parse_tensor(name, entry));
        }
    }
    check_coverage();
    return tensors;
}

/// The shards that an index names, and for each tensor the shard that must hold it.
using WeightMap = std::vector<std::pair<std::string, std::string>>;

WeightMap read_index(const std::filesystem::path& path) {
    const Json index = base::read_json(path);
    const auto found = index.find("weight_map");
    if (found == index.end() || !found->is_object() || found->empty()) {
        base::fail(ErrorCode::bad_file, "{} has no weight_map that names the file of each tensor; fetch it again",
                   path.string());
    }
    WeightMap map;
    map.reserve(found->size());
    for (const auto& [tensor, file] : found->get_ref<const Json::object_t&>()) {
        const std::string name = file.is_string() ? file.get<std::string>() : std::string();
        if (!name.ends_with(".safetensors") || name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos) {
            base::fail(ErrorCode::bad_file,
                       "{}: tensor {} must be in a .safetensors file of the same folder, not in {}", path.string(),
                       shown(tensor), file.is_string() ? shown(name) : file.type_name());
        }
        map.emplace_back(tensor, name);
    }
    return map;
}

}  // namespace

std::vector<TensorView> parse_safetensors(std::span<const std::byte> bytes, std::string_view file) {
    return SafetensorsParser(bytes, file).parse();
}

void Safetensors::append(const std::filesystem::path& file) {
    const base::MappedFile& mapped = files_.emplace_back(file);
    for (TensorView& tensor : parse_safetensors(mapped.bytes(), file.string())) {
        if (!index_.emplace(tensor.name, tensors_.size()).second) {
            base::fail(ErrorCode::bad_file,
                       "tensor {} is in {} and in another shard; the shards do not belong together", shown(tensor.name),
                       file.string());
        }
        tensors_.push_back(std::move(tensor));
    }
}

Safetensors Safetensors::open(const std::filesystem::path& path) {
    Safetensors model;
    model.path_ = path;
    model.append(path);
    return model;
}

Safetensors Safetensors::open_folder(const std::filesystem::path& folder) {
    const std::filesystem::path single = folder / "model.safetensors";
    const std::filesystem::path index = folder / "model.safetensors.index.json";
    Safetensors model;
    base::check_reachable(single);
    if (base::path_exists(single)) {
        model = open(single);
    } else if (base::path_exists(index)) {
        const WeightMap map = read_index(index);
        std::set<std::string> shards;
        for (const auto& [tensor, shard] : map) shards.insert(shard);
        base::StringMap<std::string> holder;
        for (const std::string& shard : shards) {
            const std::size_t before = model.tensors_.size();
            model.append(folder / shard);
            for (std::size_t i = before; i < model.tensors_.size(); ++i) holder.emplace(model.tensors_[i].name, shard);
        }
        for (const auto& [tensor, shard] : map) {
            const auto found = holder.find(tensor);
            if (found == holder.end() || found->second != shard) {
                base::fail(ErrorCode::bad_file,
                           "{} says that tensor {} is in {}, but it is not; fetch the folder again", index.string(),
                           shown(tensor), shown(shard));
            }
        }
    } else {
        base::fail(ErrorCode::not_found, "{} holds neither model.safetensors nor model.safetensors.index.json",
                   folder.string());
    }
    model.path_ = folder;
    return model;
}

const TensorView* Safetensors::find(std::string_view name) const {
    const auto found = index_.find(std::string(name));
    return found == index_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace ergon::formats
