// Property: a model with one tensor or key deleted, renamed, relabelled or cut gives the same logits as before, bit for
// bit, or one sentence that names the file. Never other logits.

#include <algorithm>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files/file.h"
#include "base/sanitized.h"
#include "base/temporary_directory.h"
#include "formats/gguf.h"
#include "formats/gguf_types.h"
#include "formats/gguf_writer.h"
#include "formats/hf_folder.h"
#include "formats/safetensors.h"
#include "model/fixture.h"

namespace ergon {
namespace {

namespace fs = std::filesystem;
using base::Json;
using formats::GgufField;
using tensor::DType;
using tensor::Shape;
using tensor::TensorView;

/// What can be deleted with other logits as the result: nothing that is left in the file tells it from a whole one of
/// another model, and the format says what its absence means.
const std::map<std::string, std::string> other_models = {
    {"GGUF output.weight", "llama.cpp ties the head to the embedding where the file has none"},
    {"GGUF rope_freqs.weight", "Llama 3 without the divisors that Llama 3.1 brought"},
    {"GGUF llama.rope.freq_base", "files of Llama 1 and 2 leave it out; llama.cpp takes 10000"},
    {"config.json rope_scaling", "a model whose context was never stretched has none"},
    {"config.json rope_theta", "config.json of Llama 1 and 2 leaves it out; transformers takes 10000"},
};

/// Logits of a model whose files may be damaged, or what was said instead.
struct Outcome {
    std::vector<float> logits;
    std::string error;
};

Outcome outcome_of(const fs::path& path, base::ThreadPool& pool) {
    try {
        const auto model = model::load(path, {}, pool);
        std::vector<model::TokenId> ids;
        for (int i = 0; i < 24; ++i) ids.push_back((37 * i + 5) % 61);  // below every fixture's vocabulary
        const auto cache = model->make_cache(std::ssize(ids), model::CacheType::f32);
        const model::StepItem item{cache.get(), ids, model::Role::prompt, std::ssize(ids)};
        energy::WorkAccount account;
        Outcome outcome;
        model->forward({&item, 1}, outcome.logits, account);
        return outcome;
    } catch (const base::Error& error) {
        return {{}, error.what()};
    }
}

std::string content(const fs::path& path) {
    const base::MappedFile file(path);
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

/// Thousands of files are written, each flushed to the disk: in memory that takes no time.
fs::path quick_folder() {
    const fs::path in_memory = "/dev/shm";
    return fs::is_directory(in_memory) ? in_memory : fs::temp_directory_path();
}

/// A model file or folder that can be written again with changes.
class DamagedModel {
  public:
    explicit DamagedModel(std::string kind) : kind_(std::move(kind)) {}
    virtual ~DamagedModel() = default;

    void expect_the_same_logits_or_a_sentence() {
        const Outcome whole = written();
        ASSERT_EQ(whole.error, "");
        expected_ = whole.logits;
        const std::vector<TensorView> all = tensors_;
        const std::size_t step = test::sanitized ? 11 : 1;  // one of each kind, not of each layer
        for (std::size_t i = 0; i < all.size(); i += step) {
            const std::string& name = all[i].name;
            tensors_.erase(tensors_.begin() + static_cast<std::ptrdiff_t>(i));
            check(name, "deleted", written());
            tensors_ = all;
            tensors_[i].name += "_old";
            check("", name + " renamed", written());
            tensors_ = all;
            if (cut(tensors_[i])) check("", name + " cut", written());
            tensors_ = all;
            for (const DType type : {DType::f32, DType::bf16, DType::f16, DType::q8_0, DType::q4_0, DType::i32}) {
                if (can_tell(all[i].type, type) && relabel(all[i], type)) check("", name + " relabelled", outcome());
            }
        }
        damage_keys();
        testing::Test::RecordProperty("cases", cases_);
    }

  protected:
    virtual void write() = 0;
    virtual Outcome outcome() = 0;
    /// Writes the file with another type for this tensor and all else as it was; false if the format lacks the type.
    virtual bool relabel(const TensorView& one, DType type) = 0;
    virtual bool can_tell(DType a, DType b) const = 0;
    virtual void damage_keys() = 0;

    /// The file without damage, as it is written while nothing is damaged.
    const std::string& whole_file(const fs::path& path) {
        if (whole_file_.empty()) {
            write();
            whole_file_ = content(path);
        }
        return whole_file_;
    }
    Outcome written() {
        write();
        return outcome();
    }
    /// `deleted`: what is gone, if the same without it may be another model.
    void check(const std::string& deleted, const std::string& what, const Outcome& found) {
        SCOPED_TRACE(deleted + " " + what);
        ++cases_;
        if (found.error.empty()) {
            if (!deleted.empty() && other_models.contains(kind_ + " " + deleted)) return;
            EXPECT_TRUE(found.logits == expected_) << "other logits, and not a word";
            return;
        }
        EXPECT_THAT(found.error, testing::HasSubstr(directory_.path().string()));
        EXPECT_THAT(found.error, testing::Not(testing::HasSubstr("\n")));
    }

    /// Takes the last row away.
    static bool cut(TensorView& one) {
        if (one.shape.rank() == 0 || one.shape[0] < 2) return false;
        std::vector<std::int64_t> extents;
        for (int axis = 0; axis < one.shape.rank(); ++axis) extents.push_back(one.shape[axis]);
        const auto row = one.bytes.size() / static_cast<std::size_t>(extents[0]);
        --extents[0];
        one.shape = Shape(extents);
        one.bytes = one.bytes.first(one.bytes.size() - row);
        return true;
    }

    test::TemporaryDirectory directory_{quick_folder()};
    std::string kind_;
    base::ThreadPool pool_{1};
    std::vector<TensorView> tensors_;
    std::vector<float> expected_;
    std::string whole_file_;
    int cases_ = 0;
};

class DamagedGguf : public DamagedModel {
  public:
    explicit DamagedGguf(const fs::path& path) : DamagedModel("GGUF"), file_(formats::Gguf::open(path)) {
        tensors_ = file_.tensors();
        fields_ = formats::gguf_fields(file_.metadata(), file_.metadata_types());
        std::erase_if(fields_, [](const GgufField& field) { return field.key.starts_with("split."); });
    }

  private:
    fs::path path() const { return directory_ / "model.gguf"; }
    void write() override { formats::write_gguf(path(), fields_, tensors_); }
    Outcome outcome() override { return outcome_of(path(), pool_); }
    bool can_tell(DType a, DType b) const override {
        // These two take the same bytes, and quantisers mix number formats from tensor to tensor on purpose.
        const std::set<DType> halves{DType::f16, DType::bf16};
        return !(halves.contains(a) && halves.contains(b));
    }
    bool relabel(const TensorView& one, DType type) override {
        if (type == one.type || one.shape.last() % tensor::info(type).block_values != 0) return false;
        std::string bytes = whole_file(path());
        const std::uint64_t length = one.name.size();
        const std::string header = std::string(reinterpret_cast<const char*>(&length), sizeof length) + one.name;
        const std::size_t at = bytes.find(header) + header.size() + 4 + 8 * static_cast<std::size_t>(one.shape.rank());
        const std::uint32_t id = formats::gguf_id_of_dtype(type).value();
        std::memcpy(bytes.data() + at, &id, sizeof id);
        directory_.write("model.gguf", bytes);
        return true;
    }
    void damage_keys() override {
        const std::vector<GgufField> all = fields_;
        for (std::size_t i = 0; i < all.size(); ++i) {
            fields_.erase(fields_.begin() + static_cast<std::ptrdiff_t>(i));
            check(all[i].key, "deleted", written());
            fields_ = all;
            fields_[i].key += "_old";
            check("", all[i].key + " renamed", written());
            fields_ = all;
            fields_[i] = {all[i].key, std::string("7"), {}};
            check("", all[i].key + " relabelled", written());
            fields_ = all;
        }
    }

    formats::Gguf file_;
    std::vector<GgufField> fields_;
};

class DamagedFolder : public DamagedModel {
  public:
    explicit DamagedFolder(const fs::path& path)
        : DamagedModel("config.json"),
          files_(formats::Safetensors::open_folder(path)),
          config_(formats::HfFolder::open(path).config) {
        tensors_ = files_.tensors();
        write_config();
    }

  private:
    void write_config() { directory_.write("config.json", config_.dump()); }
    void write() override { formats::write_safetensors(directory_ / "model.safetensors", tensors_); }
    Outcome outcome() override { return outcome_of(directory_.path(), pool_); }
    bool can_tell(DType, DType) const override { return true; }
    bool relabel(const TensorView& one, DType type) override {
        if (type == one.type || tensor::info(type).block_values > 1) return false;
        const std::string bytes = whole_file(directory_ / "model.safetensors");
        std::uint64_t size = 0;
        std::memcpy(&size, bytes.data(), sizeof size);
        Json header = base::parse_json(bytes.substr(sizeof size, size), "header");
        header[one.name]["dtype"] = std::string(tensor::name(type));
        const std::string text = header.dump(), data = bytes.substr(sizeof size + size);
        size = text.size();
        directory_.write("model.safetensors",
                         std::string(reinterpret_cast<const char*>(&size), sizeof size) + text + data);
        return true;
    }
    void damage_keys() override {
        write();
        damage_keys_of(config_, "");
        for (auto& [key, value] : config_.items()) {
            if (value.is_object()) damage_keys_of(value, key + ".");
        }
    }
    void damage_keys_of(Json& object, const std::string& prefix) {
        const Json whole = object;
        const auto damaged = [&](const std::string& deleted, const std::string& what) {
            write_config();
            check(deleted, what, outcome());
            object = whole;
        };
        for (const auto& [key, value] : whole.items()) {
            object.erase(key);
            damaged(prefix + key, "deleted");
            object.erase(key);
            object[key + "_old"] = value;
            damaged(prefix + key, "renamed");
            object[key] = nullptr;
            damaged(prefix + key, "made null");
            object[key] = value.is_string() ? Json(7) : Json("7");
            damaged("", prefix + key + " relabelled");
        }
        write_config();
    }

    formats::Safetensors files_;
    Json config_;
};

/// Every fixture with weights, whatever else it is there for.
std::vector<std::string> models() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(ERGON_FIXTURES)) {
        for (const char* file :
             {"model.safetensors", "model.safetensors.index.json", "model.gguf", "model-00001-of-00002.gguf"}) {
            if (fs::exists(entry.path() / file)) names.push_back(entry.path().filename().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

class DamagedModels : public testing::TestWithParam<std::string> {};

TEST_P(DamagedModels, GiveTheSameLogitsOrASentence) {
    const fs::path folder = test::fixture_path(GetParam());
    if (fs::exists(folder / "config.json")) {
        DamagedFolder(folder).expect_the_same_logits_or_a_sentence();
    } else {
        const fs::path whole = folder / "model.gguf", first = folder / "model-00001-of-00002.gguf";
        DamagedGguf(fs::exists(whole) ? whole : first).expect_the_same_logits_or_a_sentence();
    }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, DamagedModels, testing::ValuesIn(models()), [](const auto& test) {
    std::string name = test.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

}  // namespace
}  // namespace ergon
