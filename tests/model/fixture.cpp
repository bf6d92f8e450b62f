#include "model/fixture.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/files/file.h"
#include "formats/safetensors.h"
#include "kernels/elementwise.h"

namespace ergon::test {
namespace {

namespace fs = std::filesystem;

std::vector<float> floats(const formats::Safetensors& file, const std::string& name) {
    const tensor::TensorView* view = file.find(name);
    if (view == nullptr) throw std::runtime_error("the fixture has no tensor " + name);
    std::vector<float> values(static_cast<std::size_t>(view->shape.values()));
    kernels::dequantize_row(view->type, view->bytes.data(), std::ssize(values), values.data());
    return values;
}

std::vector<model::TokenId> ids(const formats::Safetensors& file, const std::string& name) {
    const std::vector<float> values = floats(file, name);  // ids of the fixtures are far below 2^24
    return {values.begin(), values.end()};
}

/// A folder that holds the same model in another file format names the one that says what it must give.
fs::path expected_folder(const fs::path& folder) {
    const fs::path same = folder / "same_as.txt";
    if (!fs::exists(same)) return folder;
    std::string other = base::read_text(same, 256);
    while (!other.empty() && other.back() == '\n') other.pop_back();
    return folder / other;
}

}  // namespace

fs::path fixture_path(const std::string& name) {
    return fs::path(ERGON_FIXTURES) / name;
}

std::vector<std::string> fixture_names() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(ERGON_FIXTURES)) {
        if (fs::exists(expected_folder(entry.path()) / "expected.safetensors"))
            names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

Fixture read_fixture(const std::string& name) {
    const fs::path folder = fixture_path(name);
    Fixture fixture{name, folder, {}, {}, {}, {}};
    for (const char* file : {"model.gguf", "model-00001-of-00002.gguf"}) {
        if (fs::exists(folder / file)) fixture.model = folder / file;
    }
    const auto expected = formats::Safetensors::open(expected_folder(folder) / "expected.safetensors");
    fixture.input_ids = ids(expected, "input_ids");
    fixture.logits = floats(expected, "logits");
    fixture.hidden = floats(expected, "hidden");
    fixture.greedy = ids(expected, "greedy");
    return fixture;
}

std::string same_as(const std::string& name) {
    const fs::path folder = expected_folder(fixture_path(name));
    return folder == fixture_path(name) ? "" : folder.filename().string();
}

std::unique_ptr<model::Model> load_fixture(const std::string& name, base::ThreadPool& pool, bool strict) {
    return model::load(read_fixture(name).model, {.strict = strict}, pool);
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!std::isfinite(difference)) return std::numeric_limits<double>::infinity();
        largest = std::max(largest, difference);
    }
    return largest;
}

}  // namespace ergon::test
