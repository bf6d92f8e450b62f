#include "formats/gguf_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/strings/string_map.h"
#include "formats/byte_reader.h"
#include "formats/tensor_ranges.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;

// Limits, all assumed: far beyond what models have (in brackets, R1-Distill-Qwen-7B), small against memory.
constexpr std::size_t gguf_header_limit = std::size_t{256} << 20;  // bytes before the data [6 MB]
constexpr std::size_t name_limit = 65535;                          // bytes; the format's own for keys
constexpr std::size_t text_limit = std::size_t{64} << 20;  // bytes of one string; room for a tokenizer.json inside
constexpr std::uint64_t element_limit = 1u << 24;          // elements of all arrays together [460,000]
constexpr std::uint64_t key_limit = 1u << 16;              // [27]
constexpr std::uint64_t tensor_limit = 1u << 20;           // [339; DeepSeek-V3.2 with every expert alone: 92,425]

struct TensorInfo {
    std::string name;
    tensor::DType type = tensor::DType::f32;
    tensor::Shape shape;
    std::uint64_t offset = 0;  // from the start of the data
    std::uint64_t bytes = 0;
};

/// Reads a file from its first byte to the last tensor's description, then places the tensors.
class GgufParser {
  public:
    GgufParser(std::span<const std::byte> bytes, std::string_view file)
        : bytes_(bytes), file_(file), reader_(bytes.first(std::min(bytes.size(), gguf_header_limit)), file) {}

    GgufContent parse(Truncated truncated) {
        read_header();
        read_metadata();
        read_tensor_infos();
        place_tensors(truncated);
        return std::move(content_);
    }

  private:
    template <typename... Args>
    [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
        base::fail(ErrorCode::bad_file, "{}: {}", file_, fmt::format(format, std::forward<Args>(args)...));
    }

    void read_header();
    void read_metadata();
    MetadataValue read_value(GgufType type, std::string_view key);
    MetadataValue read_array(GgufType element, std::string_view key);
    template <typename Stored, typename Kept>
    std::vector<Kept> read_numbers(std::uint64_t count);
    [[noreturn]] void refuse_nested(std::string_view key) const;
    bool read_bool(std::string_view key);
    GgufType read_type(std::string_view key);

    void read_tensor_infos();
    TensorInfo read_tensor_info();
    void place_tensors(Truncated truncated);
    void check_ranges(std::span<const std::byte> data) const;

    std::span<const std::byte> bytes_;
    std::string_view file_;
    ByteReader reader_;
    std::uint64_t tensor_count_ = 0;
    std::uint64_t key_count_ = 0;
    std::uint64_t elements_ = 0;
    std::uint64_t alignment_ = gguf_default_alignment;
    std::vector<TensorInfo> infos_;
    GgufContent content_;
};

void GgufParser::read_header() {
    refuse_git_lfs_pointer(bytes_, file_);
    const auto magic = reader_.take(gguf_magic.size());
    const std::string_view found(reinterpret_cast<const char*>(magic.data()), magic.size());
    if (found != gguf_magic) bad("not a GGUF file: it begins with {}; expected {}", shown(found), shown(gguf_magic));
    content_.version = reader_.number<std::uint32_t>();
    if (content_.version == 0x02000000 || content_.version == 0x03000000) {
        base::fail(ErrorCode::unsupported, "{} is a big-endian GGUF file; convert it to little-endian", file_);
    }
    if (content_.version != 2 && content_.version != 3) {
        base::fail(ErrorCode::unsupported, "{} is GGUF version {}; supported are 2 and 3: convert the model again",
                   file_, content_.version);
    }
    reader_.section("the file's header");
    tensor_count_ = reader_.number<std::uint64_t>();
    key_count_ = reader_.number<std::uint64_t>();
    if (tensor_count_ > tensor_limit)
        bad("it claims {} tensors, more than the {} accepted; the file is damaged", tensor_count_, tensor_limit);
    if (key_count_ > key_limit)
        bad("it claims {} metadata keys, more than the {} accepted; the file is damaged", key_count_, key_limit);
    reader_.section("the number of metadata keys");
    reader_.require(key_count_, 8 + 4 + 1);  // name, type, the smallest value
    reader_.section("the number of tensors");
    reader_.require(tensor_count_, 8 + 4 + 4 + 8);  // name, rank, type, offset
}

void GgufParser::read_metadata() {
    for (std::uint64_t i = 0; i < key_count_; ++i) {
        reader_.section(fmt::format("metadata key {} of {}", i + 1, key_count_));
        const std::string key(reader_.text(name_limit));
        if (key.empty()) bad("metadata key {} of {} has no name; the file is damaged", i + 1, key_count_);
        reader_.section("the value of metadata key " + shown(key));
        const GgufType type = read_type(key);
        const GgufType stored = type == GgufType::array ? read_type(key) : type;
        MetadataValue value = type == GgufType::array ? read_array(stored, key) : read_value(stored, key);
        if (!content_.metadata.emplace(key, std::move(value)).second)
            bad("metadata key {} occurs twice; the file is damaged", shown(key));
        content_.types.emplace(key, stored);
    }
    if (const auto found = content_.metadata.find("general.alignment"); found != content_.metadata.end()) {
        const auto* alignment = std::get_if<std::uint64_t>(&found->second);
        if (alignment == nullptr || !is_gguf_alignment(*alignment)) {
            bad("general.alignment must be a power of two from 8 to 1048576, found {}; the file is damaged",
                alignment != nullptr ? std::to_string(*alignment) : "not an unsigned integer");
        }
        alignment_ = *alignment;
    }
}

GgufType GgufParser::read_type(std::string_view key) {
    const auto type = reader_.number<std::uint32_t>();
    if (type >= gguf_type_count)
        bad("metadata key {} has the unknown type {}; the file is damaged or newer than ergon", shown(key), type);
    return static_cast<GgufType>(type);
}

bool GgufParser::read_bool(std::string_view key) {
    const auto byte = reader_.number<std::uint8_t>();
    if (byte > 1) bad("metadata key {} holds {}; expected a boolean, 0 or 1: the file is damaged", shown(key), byte);
    return byte == 1;
}

MetadataValue GgufParser::read_value(GgufType type, std::string_view key) {
    switch (type) {
        case GgufType::u8: return std::uint64_t{reader_.number<std::uint8_t>()};
        case GgufType::u16: return std::uint64_t{reader_.number<std::uint16_t>()};
        case GgufType::u32: return std::uint64_t{reader_.number<std::uint32_t>()};
        case GgufType::u64: return reader_.number<std::uint64_t>();
        case GgufType::i8: return std::int64_t{reader_.number<std::int8_t>()};
        case GgufType::i16: return std::int64_t{reader_.number<std::int16_t>()};
        case GgufType::i32: return std::int64_t{reader_.number<std::int32_t>()};
        case GgufType::i64: return reader_.number<std::int64_t>();
        case GgufType::f32: return double{reader_.number<float>()};
        case GgufType::f64: return reader_.number<double>();
        case GgufType::boolean: return read_bool(key);
        case GgufType::string: return std::string(reader_.text(text_limit));
        case GgufType::array: break;
    }
    refuse_nested(key);
}

template <typename Stored, typename Kept>
std::vector<Kept> GgufParser::read_numbers(std::uint64_t count) {
    reader_.require(count, sizeof(Stored));
    std::vector<Kept> numbers(count);
    for (Kept& number : numbers) number = reader_.number<Stored>();
    return numbers;
}

MetadataValue GgufParser::read_array(GgufType element, std::string_view key) {
    const auto count = reader_.number<std::uint64_t>();
    reader_.require(count, 1);
    if (count > element_limit - elements_) {
        bad("metadata key {} brings the number of array elements above the limit of {}; the file is damaged",
            shown(key), element_limit);
    }
    elements_ += count;
    switch (element) {
        case GgufType::u8: return read_numbers<std::uint8_t, std::uint64_t>(count);
        case GgufType::u16: return read_numbers<std::uint16_t, std::uint64_t>(count);
        case GgufType::u32: return read_numbers<std::uint32_t, std::uint64_t>(count);
        case GgufType::u64: return read_numbers<std::uint64_t, std::uint64_t>(count);
        case GgufType::i8: return read_numbers<std::int8_t, std::int64_t>(count);
        case GgufType::i16: return read_numbers<std::int16_t, std::int64_t>(count);
        case GgufType::i32: return read_numbers<std::int32_t, std::int64_t>(count);
        case GgufType::i64: return read_numbers<std::int64_t, std::int64_t>(count);
        case GgufType::f32: return read_numbers<float, double>(count);
        case GgufType::f64: return read_numbers<double, double>(count);
        case GgufType::boolean: {
            std::vector<bool> bits(count);
            for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = read_bool(key);
            return bits;
        }
        case GgufType::string: {
            reader_.require(count, sizeof(std::uint64_t));
            std::vector<std::string> texts;
            texts.reserve(count);
            for (std::uint64_t i = 0; i < count; ++i) texts.emplace_back(reader_.text(text_limit));
            return texts;
        }
        case GgufType::array: break;
    }
    refuse_nested(key);
}

void GgufParser::refuse_nested(std::string_view key) const {
    base::fail(ErrorCode::unsupported, "{}: metadata key {} is an array of arrays, which is not supported", file_,
               shown(key));
}

TensorInfo GgufParser::read_tensor_info() {
    TensorInfo info;
    info.name = reader_.text(name_limit);
    if (info.name.empty()) bad("a tensor has no name; the file is damaged");
    reader_.section("the description of tensor " + shown(info.name));
    const auto rank = reader_.number<std::uint32_t>();
    if (rank > tensor::Shape::max_rank) {
        bad("tensor {} has {} dimensions; GGUF allows {}: the file is damaged", shown(info.name), rank,
            tensor::Shape::max_rank);
    }
    std::array<std::int64_t, tensor::Shape::max_rank> extents{};
    // GGUF lists the fastest extent first; an extent of 2^63 or more becomes negative here and is refused as such.
    for (std::uint32_t axis = rank; axis-- > 0;)
        extents[axis] = static_cast<std::int64_t>(reader_.number<std::uint64_t>());
    const std::span<const std::int64_t> shape = std::span(extents).first(rank);
    const auto id = reader_.number<std::uint32_t>();
    const auto type = dtype_of_gguf_id(id);
    if (!type) {
        base::fail(ErrorCode::unsupported,
                   "{}: tensor {} has the type {}, which is not supported; use a file with another quantisation, such "
                   "as Q4_K_M",
                   file_, shown(info.name), gguf_type_text(id));
    }
    info.type = *type;
    info.offset = reader_.number<std::uint64_t>();
    info.bytes = static_cast<std::uint64_t>(stored_bytes(file_, info.name, info.type, shape));
    info.shape = tensor::Shape(shape);
    if (info.offset % alignment_ != 0) {
        bad("tensor {} begins at byte {} of the data, which is not a multiple of the alignment, {}; the file is "
            "damaged",
            shown(info.name), info.offset, alignment_);
    }
    // Neither end may wrap: sizes fit 63 bits (stored_bytes), and no file is longer than that.
    if (info.offset > static_cast<std::uint64_t>(INT64_MAX) - info.bytes) {
        bad("tensor {} begins at byte {} of the data, beyond the end of any file; the file is damaged",
            shown(info.name), info.offset);
    }
    return info;
}

void GgufParser::read_tensor_infos() {
    infos_.reserve(static_cast<std::size_t>(tensor_count_));
    base::StringViewSet names;  // of strings in infos_, which does not grow beyond its reserve
    for (std::uint64_t i = 0; i < tensor_count_; ++i) {
        reader_.section(fmt::format("the description of tensor {} of {}", i + 1, tensor_count_));
        const TensorInfo& info = infos_.emplace_back(read_tensor_info());
        if (!names.insert(info.name).second) bad("tensor {} occurs twice; the file is damaged", shown(info.name));
    }
}

/// Bytes that no tensor holds betray a wrong type or shape: the format's writers leave none but zeros up to the
/// alignment.
void GgufParser::check_ranges(std::span<const std::byte> data) const {
    std::vector<TensorRange> ranges;
    ranges.reserve(infos_.size());
    for (const TensorInfo& info : infos_) ranges.push_back({info.offset, info.offset + info.bytes, info.name});
    sort_disjoint(file_, ranges);

    std::uint64_t end = 0;  // of the tensors so far
    std::string last = "the header";
    const auto check_gap = [&](std::uint64_t next, std::string_view what) {
        if (next > aligned_up(end, alignment_)) {
            bad("{} bytes of the data, from byte {} on, belong to no tensor: {} ends there, and {}; the type or the "
                "shape "
                "of a tensor is wrong, or the file is damaged: fetch it again",
                next - end, end, last, what);
        }
        for (std::uint64_t at = end; at < std::min<std::uint64_t>(next, data.size()); ++at) {
            if (data[at] == std::byte{0}) continue;
            bad("byte {} of the data, between the end of {} and the alignment, is not zero; the type or the shape of "
                "the "
                "tensor is wrong, or the file is damaged: fetch it again",
                at, last);
        }
    };
    for (const TensorRange& range : ranges) {
        if (range.begin == range.end) continue;  // an empty one lies nowhere
        check_gap(range.begin, "the next begins at byte " + std::to_string(range.begin));
        end = range.end;
        last = "tensor " + shown(range.tensor);
    }
    if (data.size() > end) check_gap(data.size(), "no other follows");
}

void GgufParser::place_tensors(Truncated truncated) {
    const std::uint64_t data_begin = aligned_up(reader_.position(), alignment_);
    const std::uint64_t available = bytes_.size() > data_begin ? bytes_.size() - data_begin : 0;
    check_ranges(bytes_.last(available));
    std::size_t cut_off = 0;
    const TensorInfo* first_cut = nullptr;
    for (TensorInfo& info : infos_) {
        tensor::TensorView view{.name = info.name, .type = info.type, .shape = info.shape, .bytes = {}};
        if (info.bytes == 0) {
            // Nothing to point at, wherever the file ends.
        } else if (info.offset + info.bytes <= available) {
            view.bytes = bytes_.subspan(static_cast<std::size_t>(data_begin + info.offset),
                                        static_cast<std::size_t>(info.bytes));
        } else if (cut_off++ == 0) {
            first_cut = &info;
        }
        content_.tensors.push_back(std::move(view));
    }
    if (cut_off == 0) return;
    content_.missing_data = fmt::format(
        "{} is truncated at byte {}: tensor {} needs bytes {} to {} ({} of {} tensors are incomplete); fetch the file "
        "again",
        file_, bytes_.size(), shown(first_cut->name), data_begin + first_cut->offset,
        data_begin + first_cut->offset + first_cut->bytes, cut_off, infos_.size());
    if (truncated == Truncated::refuse) throw base::Error(ErrorCode::bad_file, content_.missing_data);
}

}  // namespace

GgufContent parse_gguf(std::span<const std::byte> bytes, std::string_view file, Truncated truncated) {
    return GgufParser(bytes, file).parse(truncated);
}

}  // namespace ergon::formats
