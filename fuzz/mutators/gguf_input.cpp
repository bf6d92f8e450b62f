// The mutator of GGUF files: changes one field of the header, or doubles, drops or exchanges whole keys and tensors, so
// that what follows still has its meaning. The layout: src/formats/gguf_parser.h.

#include <cstring>
#include <vector>

#include "bytes.h"
#include "choices.h"

namespace {

using namespace ergon::fuzz;

struct Field {
    std::size_t begin, bytes;
};
struct Record {
    std::size_t begin, end;
};

/// Where the fields, the keys and the tensors of a header stand, as far as it makes sense.
class Layout {
  public:
    explicit Layout(const std::string& bytes) : bytes_(bytes) {
        number(4);
        number(4);
        const std::uint64_t tensor_count = number(8), key_count = number(8);
        for (std::uint64_t i = 0; i < key_count && good_; ++i) {
            const std::size_t begin = at_;
            text();
            value(number(4), 0);
            if (good_) keys.push_back({begin, at_});
        }
        for (std::uint64_t i = 0; i < tensor_count && good_; ++i) {
            const std::size_t begin = at_;
            text();
            const std::uint64_t rank = number(4);
            for (std::uint64_t d = 0; d < rank && good_; ++d) number(8);
            number(4);
            number(8);
            if (good_) tensors.push_back({begin, at_});
        }
    }

    std::vector<Field> fields;
    std::vector<Record> keys, tensors;

  private:
    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        good_ = good_ && size <= bytes_.size() - at_;
        if (!good_) return 0;
        std::memcpy(&value, bytes_.data() + at_, size);
        fields.push_back({at_, size});
        at_ += size;
        return value;
    }
    void text() {
        const std::uint64_t length = number(8);
        good_ = good_ && length <= bytes_.size() - at_;
        if (!good_) return;
        if (length > 0) fields.push_back({at_ + static_cast<std::size_t>(length) - 1, 1});
        at_ += static_cast<std::size_t>(length);
    }
    void value(std::uint64_t type, int depth) {
        constexpr std::size_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
        good_ = good_ && type < std::size(sizes) && depth < 4;
        if (!good_) return;
        if (type == 8) return text();
        if (type != 9) return void(number(sizes[type]));
        const std::uint64_t element = number(4), count = number(8);
        for (std::uint64_t i = 0; i < count && good_; ++i) value(element, depth + 1);
    }

    const std::string& bytes_;
    std::size_t at_ = 0;
    bool good_ = true;
};

void change_field(std::string& bytes, const Field& field, Choices& choices) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + field.begin, field.bytes);
    value = choices.number(value);
    std::memcpy(bytes.data() + field.begin, &value, field.bytes);
}

/// Doubles, drops or exchanges records; their count, at `count`, mostly follows.
void change_records(std::string& bytes, const std::vector<Record>& records, std::size_t count, Choices& choices) {
    const Record one = records[choices.below(records.size())], other = records[choices.below(records.size())];
    const std::string text = bytes.substr(one.begin, one.end - one.begin);
    std::uint64_t change = 0;
    switch (choices.below(3)) {
        case 0:
            bytes.insert(other.begin, text);
            change = 1;
            break;
        case 1:
            bytes.erase(one.begin, text.size());
            change = ~0ULL;
            break;
        default: bytes.replace(other.begin, other.end - other.begin, text);
    }
    if (choices.one_in(8)) return;
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + count, sizeof value);
    value += change;
    std::memcpy(bytes.data() + count, &value, sizeof value);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    Choices choices(seed);
    std::string bytes(data, data + size);
    const Layout layout(bytes);
    constexpr std::size_t tensor_count = 8, key_count = 16;
    const std::size_t kind = choices.below(6);
    if (kind == 0 && !layout.keys.empty()) {
        change_records(bytes, layout.keys, key_count, choices);
    } else if (kind == 1 && !layout.tensors.empty()) {
        change_records(bytes, layout.tensors, tensor_count, choices);
    } else if (kind < 5 && !layout.fields.empty()) {
        change_field(bytes, layout.fields[choices.below(layout.fields.size())], choices);
    } else {
        return LLVMFuzzerMutate(data, size, most);
    }
    return put(bytes, data, most);
}
