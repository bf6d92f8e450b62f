#include "lab/slice/layer_slice.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "base/random.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;
using energy::Phase;
using nlohmann::ordered_json;

constexpr const char* slice_kind = "layer_slice";
constexpr std::array<const char*, slice_shapes> shape_names{"sparse", "dense, active size", "dense, total size"};

constexpr std::int64_t context = 32;  // tokens before those that are measured (assumed; a layer's attention is little)
constexpr std::int64_t longest = 1024;  // positions of a cache

/// Sequences of one shape that generate together. What they say is random: so is where their tokens are routed.
class Generating {
  public:
    Generating(model::LanguageModel& model, std::int64_t batch, energy::Meter& meter, std::uint64_t seed)
        : model_(model), meter_(meter), random_(seed), tokens_(static_cast<std::size_t>(batch * context)) {
        for (std::int64_t i = 0; i < batch; ++i) caches_.push_back(model.make_cache(longest, model::CacheType::f16));
        run(context, model::Role::prompt);
    }

    /// So many steps as one request, from the same context each time.
    energy::RequestFigures generate(std::int64_t steps) {
        const energy::RequestId request = meter_.begin_request();
        for (std::int64_t i = 0; i < steps; ++i) {
            if (caches_[0]->length() == longest) forget();
            const base::Nanoseconds begin = base::now();
            run(1, model::Role::generated);
            const std::vector<energy::Participant> sequences(caches_.size(), {request, Phase::answer, 1});
            meter_.step(sequences, begin, account_);
        }
        forget();
        return meter_.end_request(request);
    }

  private:
    void forget() {
        for (const auto& cache : caches_) cache->truncate(context);
    }

    void run(std::int64_t each, model::Role role) {
        for (model::TokenId& id : tokens_) id = static_cast<model::TokenId>(random_.below(vocabulary()));
        items_.clear();
        for (std::size_t i = 0; i < caches_.size(); ++i) {
            const auto count = static_cast<std::size_t>(each);
            items_.push_back({caches_[i].get(), std::span(tokens_).subspan(i * count, count), role, 0});
        }
        account_.clear();
        model_.forward(items_, logits_, account_);
    }
    std::uint64_t vocabulary() const { return static_cast<std::uint64_t>(model_.vocabulary()); }

    model::LanguageModel& model_;
    energy::Meter& meter_;
    base::RandomSequence random_;
    std::vector<model::TokenId> tokens_;
    std::vector<std::unique_ptr<model::Cache>> caches_;
    std::vector<model::StepItem> items_;
    std::vector<float> logits_;
    energy::WorkAccount account_;
};

/// A cell with what it needs to run.
struct Bench {
    SliceCell cell;
    Generating generating;
    std::int64_t steps = 1;

    void warm_up(base::Seconds block) {
        generating.generate(1);
        constexpr std::int64_t tried = 2;
        const base::Nanoseconds begin = base::now();
        generating.generate(tried);
        const double each = base::to_seconds(base::now() - begin).value() / static_cast<double>(tried);
        steps = std::max<std::int64_t>(1, std::llround(std::ceil(block.value() / each)));
        cell.tokens = steps * cell.batch;
    }
    void take_round() {
        const energy::RequestFigures took = generating.generate(steps);
        const auto tokens = static_cast<double>(cell.tokens);
        cell.joules_per_token.push_back(took.total / tokens);
        cell.seconds_per_token.push_back(took.seconds.value() / tokens);
    }
};

/// Every second round is the one before it reversed.
std::vector<std::size_t> order_of(std::int64_t round, std::size_t count, std::uint64_t seed) {
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    base::RandomSequence random(seed, static_cast<std::uint64_t>(round / 2));
    for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    if (round % 2 == 1) std::ranges::reverse(order);
    return order;
}

}  // namespace

const SliceCell& LayerSlice::cell(SliceShape shape, std::int64_t batch) const {
    return *std::ranges::find_if(cells, [&](const SliceCell& one) { return one.shape == shape && one.batch == batch; });
}

LayerSlice measure_layer_slice(base::ThreadPool& pool, energy::Meter& meter, const SliceOptions& options,
                               const std::function<void(std::int64_t, std::int64_t)>& doing) {
    SliceModels models(pool);
    std::vector<std::unique_ptr<Bench>> benches;
    for (std::size_t shape = 0; shape < slice_shapes; ++shape) {
        for (const std::int64_t batch : slice_batches) {
            const auto which = static_cast<SliceShape>(shape);
            benches.push_back(std::unique_ptr<Bench>(
                new Bench{{which, batch, 0, {}, {}}, {models[which], batch, meter, options.seed}}));
            benches.back()->warm_up(options.block);
        }
    }
    for (std::int64_t round = 0; round < options.rounds; ++round) {
        if (doing) doing(round, options.rounds);
        for (const std::size_t one : order_of(round, benches.size(), options.seed)) benches[one]->take_round();
    }
    LayerSlice slice;
    slice.threads = pool.size();
    if (meter.method() == energy::Method::estimated) {
        slice.kind_of_work_sd = meter.machine().at("kind_of_work_sd").get<double>();
    }
    for (const auto& bench : benches) slice.cells.push_back(std::move(bench->cell));
    return slice;
}

ordered_json slice_rounds_json(const LayerSlice& slice) {
    ordered_json cells = ordered_json::array();
    for (const SliceCell& one : slice.cells) {
        cells.push_back({{"shape", shape_names[static_cast<std::size_t>(one.shape)]},
                         {"batch", one.batch},
                         {"tokens_a_round", one.tokens},
                         {"joules_per_token", one.joules_per_token},
                         {"seconds_per_token", one.seconds_per_token}});
    }
    return {{"threads", slice.threads}, {"kind_of_work_sd", slice.kind_of_work_sd}, {"rounds", std::move(cells)}};
}

LayerSlice slice_of(const ordered_json& json) {
    LayerSlice slice;
    try {
        slice.threads = base::get_integer<int>(json.at("threads"));
        slice.kind_of_work_sd = json.at("kind_of_work_sd").get<double>();
        for (const auto& one : json.at("rounds")) {
            const auto name = std::ranges::find(shape_names, one.at("shape").get<std::string>());
            SliceCell cell{static_cast<SliceShape>(name - shape_names.begin()),
                           base::get_integer<std::int64_t>(one.at("batch")),
                           base::get_integer<std::int64_t>(one.at("tokens_a_round")),
                           {},
                           one.at("seconds_per_token").get<std::vector<double>>()};
            for (const auto& figure : one.at("joules_per_token")) {
                cell.joules_per_token.push_back(figure.get<energy::Figure>());
            }
            slice.cells.push_back(std::move(cell));
        }
    } catch (const nlohmann::json::exception& problem) {
        base::fail(ErrorCode::bad_file, "A stored slice is damaged ({}).", base::json_reason(problem));
    } catch (const base::Error& problem) {
        base::fail(ErrorCode::bad_file, "A stored slice is damaged ({}).", problem.what());
    }
    const auto whole = [&](std::size_t i) {
        const SliceCell& one = slice.cells[i];
        return one.shape == static_cast<SliceShape>(i / slice_batches.size()) &&
               one.batch == slice_batches[i % slice_batches.size()] && !one.joules_per_token.empty() &&
               one.joules_per_token.size() == slice.cells[0].joules_per_token.size() &&
               one.seconds_per_token.size() == one.joules_per_token.size();
    };
    bool good = slice.cells.size() == slice_shapes * slice_batches.size();
    for (std::size_t i = 0; good && i < slice.cells.size(); ++i) good = whole(i);
    if (!good) base::fail(ErrorCode::bad_file, "A stored slice is damaged: it lacks shapes, batches or rounds.");
    return slice;
}

void keep_slice(Results& results, RunId run, const LayerSlice& slice) {
    results.attach(run, slice_kind, slice_rounds_json(slice));
}

std::optional<LayerSlice> kept_slice(Results& results, RunId run) {
    const auto kept = results.attachment(run, slice_kind);
    return kept ? std::optional(slice_of(*kept)) : std::nullopt;
}

}  // namespace ergon::lab
