#include "formats/gguf_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/strings/string_map.h"
#include "formats/byte_reader.h"
#include "formats/tensor_ranges.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;
using tensor::Shape;

/// Collects the header's bytes.
class HeaderBytes {
  public:
    template <typename T>
    void number(T value) {
        const auto bytes = std::as_bytes(std::span(&value, 1));
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    void raw(std::string_view text) {
        const auto bytes = std::as_bytes(std::span(text));
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    void text(std::string_view text) {
        number<std::uint64_t>(text.size());
        raw(text);
    }
    std::span<const std::byte> bytes() const { return bytes_; }

  private:
    std::vector<std::byte> bytes_;
};

template <typename T>
GgufType default_type(std::span<const T> values) {
    if constexpr (std::is_same_v<T, double>) {
        return GgufType::f32;
    } else if constexpr (std::is_same_v<T, std::uint64_t>) {
        const bool fit = std::all_of(values.begin(), values.end(), [](T v) { return std::in_range<std::uint32_t>(v); });
        return fit ? GgufType::u32 : GgufType::u64;
    } else {
        const bool fit = std::all_of(values.begin(), values.end(), [](T v) { return std::in_range<std::int32_t>(v); });
        return fit ? GgufType::i32 : GgufType::i64;
    }
}

/// Writes the values of one field in the given type.
class FieldWriter {
  public:
    FieldWriter(HeaderBytes& out, const GgufField& field) : out_(out), field_(field) {}

    void write() {
        out_.text(field_.key);
        std::visit([this](const auto& value) { write_value(value); }, field_.value);
    }

  private:
    void begin(GgufType type) { out_.number(static_cast<std::uint32_t>(type)); }
    void begin_array(GgufType type, std::size_t count) {
        begin(GgufType::array);
        begin(type);
        out_.number<std::uint64_t>(count);
    }
    void expect(GgufType type) const {
        if (field_.type.value_or(type) != type) fail_type();
    }
    [[noreturn]] void fail_type() const {
        base::fail(ErrorCode::bad_argument,
                   "cannot write metadata key {}: its value does not fit into the GGUF type {}", shown(field_.key),
                   static_cast<std::uint32_t>(*field_.type));
    }

    void write_value(bool value) {
        expect(GgufType::boolean);
        begin(GgufType::boolean);
        out_.number<std::uint8_t>(value);
    }
    void write_value(const std::string& value) {
        expect(GgufType::string);
        begin(GgufType::string);
        out_.text(value);
    }
    void write_value(const std::vector<bool>& values) {
        expect(GgufType::boolean);
        begin_array(GgufType::boolean, values.size());
        for (const bool value : values) out_.number<std::uint8_t>(value);
    }
    void write_value(const std::vector<std::string>& values) {
        expect(GgufType::string);
        begin_array(GgufType::string, values.size());
        for (const std::string& value : values) out_.text(value);
    }
    template <typename T>
    void write_value(const std::vector<T>& values) {
        const GgufType type = field_.type.value_or(default_type(std::span<const T>(values)));
        begin_array(type, values.size());
        for (const T value : values) write_number(type, value);
    }
    template <typename T>
        requires std::is_arithmetic_v<T>
    void write_value(T value) {
        const GgufType type = field_.type.value_or(default_type(std::span<const T>(&value, 1)));
        begin(type);
        write_number(type, value);
    }

    void write_number(GgufType type, std::uint64_t value) {
        switch (type) {
            case GgufType::u8: return narrow<std::uint8_t>(value);
            case GgufType::u16: return narrow<std::uint16_t>(value);
            case GgufType::u32: return narrow<std::uint32_t>(value);
            case GgufType::u64: return out_.number(value);
            default: fail_type();
        }
    }
    void write_number(GgufType type, std::int64_t value) {
        switch (type) {
            case GgufType::i8: return narrow<std::int8_t>(value);
            case GgufType::i16: return narrow<std::int16_t>(value);
            case GgufType::i32: return narrow<std::int32_t>(value);
            case GgufType::i64: return out_.number(value);
            default: fail_type();
        }
    }
    void write_number(GgufType type, double value) {
        if (type == GgufType::f64) return out_.number(value);
        if (type != GgufType::f32) fail_type();
        if (std::isfinite(value) && std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
            base::fail(ErrorCode::bad_argument, "cannot write metadata key {}: {} does not fit into F32; use F64",
                       shown(field_.key), value);
        }
        out_.number(static_cast<float>(value));
    }
    template <typename Narrow, typename T>
    void narrow(T value) {
        if (!std::in_range<Narrow>(value)) fail_type();
        out_.number(static_cast<Narrow>(value));
    }

    HeaderBytes& out_;
    const GgufField& field_;
};

std::uint64_t alignment_of(std::span<const GgufField> metadata) {
    for (const GgufField& field : metadata) {
        if (field.key != "general.alignment") continue;
        const auto* alignment = std::get_if<std::uint64_t>(&field.value);
        if (alignment == nullptr || !is_gguf_alignment(*alignment)) {
            base::fail(ErrorCode::bad_argument, "general.alignment must be an unsigned power of two from 8 to 1048576");
        }
        return *alignment;
    }
    return gguf_default_alignment;
}

void check_name(base::StringViewSet& names, std::string_view name, std::string_view kind) {
    if (name.empty()) base::fail(ErrorCode::bad_argument, "cannot write a {} without a name", kind);
    if (!names.insert(name).second) base::fail(ErrorCode::bad_argument, "cannot write {} {} twice", kind, shown(name));
}

/// The header without its padding; `sizes` are the tensors' bytes.
HeaderBytes header_bytes(std::span<const GgufField> metadata, std::span<const TensorHeader> tensors,
                         std::span<const std::uint64_t> sizes, std::uint64_t alignment) {
    HeaderBytes out;
    out.raw(gguf_magic);
    out.number<std::uint32_t>(3);
    out.number<std::uint64_t>(tensors.size());
    out.number<std::uint64_t>(metadata.size());
    base::StringViewSet names;
    for (const GgufField& field : metadata) {
        check_name(names, field.key, "metadata key");
        FieldWriter(out, field).write();
    }
    names.clear();
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const TensorHeader& tensor = tensors[i];
        check_name(names, tensor.name, "tensor");
        const auto id = gguf_id_of_dtype(tensor.type);
        if (!id) {
            base::fail(ErrorCode::unsupported, "cannot write tensor {}: GGUF has no type {}", shown(tensor.name),
                       tensor::name(tensor.type));
        }
        out.text(tensor.name);
        out.number(static_cast<std::uint32_t>(tensor.shape.rank()));
        for (int axis = tensor.shape.rank(); axis-- > 0;) out.number(static_cast<std::uint64_t>(tensor.shape[axis]));
        out.number(*id);
        out.number(offset);
        offset = aligned_up(offset + sizes[i], alignment);
    }
    return out;
}

}  // namespace

std::vector<GgufField> gguf_fields(const Metadata& metadata, const MetadataTypes& types) {
    std::vector<GgufField> fields;
    for (const auto& [key, value] : metadata) {
        const auto type = types.find(key);
        fields.push_back({key, value, type == types.end() ? std::nullopt : std::optional(type->second)});
    }
    return fields;
}

GgufWriter::GgufWriter(const std::filesystem::path& path, std::span<const GgufField> metadata,
                       std::vector<TensorHeader> tensors)
    : file_(path), tensors_(std::move(tensors)), alignment_(alignment_of(metadata)) {
    for (const TensorHeader& tensor : tensors_) {
        std::array<std::int64_t, Shape::max_rank> extents{};
        const auto rank = static_cast<std::size_t>(tensor.shape.rank());
        for (std::size_t axis = 0; axis < rank; ++axis) extents[axis] = tensor.shape[static_cast<int>(axis)];
        sizes_.push_back(static_cast<std::uint64_t>(stored_bytes(
            path.string(), tensor.name, tensor.type, std::span(extents).first(rank), ErrorCode::bad_argument)));
    }
    const HeaderBytes header = header_bytes(metadata, tensors_, sizes_, alignment_);
    file_.write(header.bytes());
    write_zeros(aligned_up(header.bytes().size(), alignment_) - header.bytes().size());
    skip_complete();
}

void GgufWriter::write_zeros(std::uint64_t count) {
    static constexpr std::array<std::byte, 4096> zeros{};
    while (count > 0) {
        const auto piece = std::min<std::uint64_t>(count, zeros.size());
        file_.write(std::span(zeros).first(piece));
        count -= piece;
    }
}

/// Pads behind the current tensor if it is complete, and goes on to the next that is not (some are empty).
void GgufWriter::skip_complete() {
    while (current_ < tensors_.size() && written_ == sizes_[current_]) {
        write_zeros(aligned_up(written_, alignment_) - written_);
        written_ = 0;
        ++current_;
    }
}

void GgufWriter::append(std::string_view tensor, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (current_ == tensors_.size() || tensors_[current_].name != tensor) {
        base::fail(ErrorCode::bad_argument, "{}: expected tensor {} next, not {}", file_.path().string(),
                   current_ == tensors_.size() ? "(none)" : shown(tensors_[current_].name), shown(tensor));
    }
    if (bytes.size() > sizes_[current_] - written_) {
        base::fail(ErrorCode::bad_argument, "{}: tensor {} takes {} bytes, but {} were given", file_.path().string(),
                   shown(tensor), sizes_[current_], written_ + bytes.size());
    }
    file_.write(bytes);
    written_ += bytes.size();
    skip_complete();
}

void GgufWriter::finish() {
    if (current_ != tensors_.size()) {
        base::fail(ErrorCode::bad_argument, "{}: tensor {} has {} of its {} bytes; write the rest before finishing",
                   file_.path().string(), shown(tensors_[current_].name), written_, sizes_[current_]);
    }
    file_.commit();
}

void write_gguf(const std::filesystem::path& path, std::span<const GgufField> metadata,
                std::span<const tensor::TensorView> tensors) {
    std::vector<TensorHeader> headers;
    for (const tensor::TensorView& tensor : tensors) headers.push_back({tensor.name, tensor.type, tensor.shape});
    GgufWriter writer(path, metadata, std::move(headers));
    for (const tensor::TensorView& tensor : tensors) writer.append(tensor.name, tensor.bytes);
    writer.finish();
}

}  // namespace ergon::formats
