#include "energy/cost/references.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <initializer_list>
#include <span>
#include <toml++/toml.h>

#include "base/error.h"
#include "base/files/data_files.h"
#include "base/files/file.h"
#include "base/strings/format_number.h"
#include "base/strings/text.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Joules;

constexpr std::array<std::string_view, 3> kind_names{"reasoning", "chat", "service"};
constexpr std::array<std::string_view, 4> tables{"everyday", "published", "training", "remark"};
constexpr std::array<std::string_view, 3> covers_names{"accelerators", "wall", "service"};

/// One table of the file, whose keys are asked for by type; what is wrong is named with its line.
class Entry {
  public:
    Entry(const toml::table& table, std::string file) : table_(table), file_(std::move(file)) {}

    void allow(std::initializer_list<std::string_view> keys) const {
        for (const auto& [key, value] : table_) {
            if (std::ranges::find(keys, key.str()) != keys.end()) continue;
            fail(value, fmt::format("unknown key \"{}\"; expected {}", key.str(), fmt::join(keys, ", ")));
        }
    }

    std::string text(const char* key, bool required) const {
        const toml::node* node = table_.get(key);
        if (node == nullptr && !required) return {};
        const auto value = node == nullptr ? std::nullopt : node->value_exact<std::string>();
        if (!value || value->empty()) fail_key(key, "a non-empty string");
        return *value;
    }

    /// Integers count as numbers.
    std::optional<double> number(const char* key) const {
        const toml::node* node = table_.get(key);
        if (node == nullptr) return std::nullopt;
        const auto value = node->is_number() ? node->value<double>() : std::nullopt;
        if (!value || !std::isfinite(*value) || *value <= 0) fail_key(key, "a positive number");
        return value;
    }

    std::optional<Joules> joules(const char* key) const {
        const auto value = number(key);
        return value ? std::optional(Joules(*value)) : std::nullopt;
    }

    std::optional<std::int64_t> whole(const char* key, std::int64_t least, std::int64_t most) const {
        const toml::node* node = table_.get(key);
        if (node == nullptr) return std::nullopt;
        const auto value = node->value_exact<std::int64_t>();
        if (!value || *value < least || *value > most) {
            fail_key(key, fmt::format("a whole number from {} to {}", least, most));
        }
        return value;
    }

    /// At least one, none of them empty.
    std::vector<std::string> texts(const char* key) const {
        std::vector<std::string> found;
        const toml::array* list = table_.get(key) == nullptr ? nullptr : table_.get(key)->as_array();
        if (list == nullptr || list->empty()) fail_key(key, "a list of texts");
        for (const toml::node& node : *list) {
            const auto value = node.value_exact<std::string>();
            if (!value || value->empty()) fail_key(key, "a list of texts that are not empty");
            found.push_back(*value);
        }
        return found;
    }

    /// The place of the text in `names`, which are what it may be.
    std::size_t one_of(const char* key, std::span<const std::string_view> names) const {
        const auto found = std::ranges::find(names, text(key, true));
        if (found == names.end()) fail_key(key, fmt::format("one of {}", fmt::join(names, ", ")));
        return static_cast<std::size_t>(found - names.begin());
    }

    Citation source() const {
        Citation source{text("source", true), std::nullopt, text("url", false)};
        if (const auto year = whole("year", 1900, 2200)) source.year = static_cast<int>(*year);
        if (!source.url.empty() && !source.url.starts_with("https://")) fail_key("url", "an https:// address");
        return source;
    }

    [[noreturn]] void fail_key(const char* key, const std::string& expected) const {
        const toml::node* node = table_.get(key);
        fail(node == nullptr ? static_cast<const toml::node&>(table_) : *node,
             fmt::format("\"{}\" must be {}", key, expected));
    }

  private:
    [[noreturn]] void fail(const toml::node& where, const std::string& what) const {
        base::fail(ErrorCode::bad_file, "{}, line {}: {}.", file_, where.source().begin.line, what);
    }

    const toml::table& table_;
    std::string file_;
};

Reference read_everyday(const Entry& entry) {
    entry.allow({"what", "joules", "low", "high", "source", "year", "url", "id"});
    const auto amount = entry.joules("joules");
    if (!amount) entry.fail_key("joules", "a positive number");
    Reference reference{entry.text("what", true), *amount,        entry.joules("low"),
                        entry.joules("high"),     entry.source(), entry.text("id", false)};
    if (reference.low && *reference.low > *amount) entry.fail_key("low", "at most the amount itself");
    if (reference.high && *reference.high < *amount) entry.fail_key("high", "at least the amount itself");
    if (reference.low.has_value() != reference.high.has_value()) {
        entry.fail_key(reference.low ? "high" : "low", "present, since the other end of the range is");
    }
    return reference;
}

PublishedFigure read_published(const Entry& entry) {
    entry.allow({"model", "kind", "task", "covers", "hardware", "batch", "tokens", "joules_per_token",
                 "joules_per_response", "source", "year", "url"});
    constexpr std::int64_t most =
        1'000'000'000;  // of requests in a batch, of tokens in a response: any real one is less
    PublishedFigure figure;
    figure.model = entry.text("model", true);
    figure.kind = static_cast<AnswerKind>(entry.one_of("kind", kind_names));
    figure.task = entry.text("task", true);
    figure.covers = static_cast<Covers>(entry.one_of("covers", covers_names));
    figure.hardware = entry.text("hardware", false);
    figure.batch = entry.whole("batch", 1, most);
    if (const auto tokens = entry.whole("tokens", 1, most)) figure.tokens = base::Tokens(*tokens);
    figure.per_token = entry.joules("joules_per_token");
    figure.per_response = entry.joules("joules_per_response");
    if (!figure.per_token && !figure.per_response) {
        entry.fail_key("joules_per_response", "a positive number where \"joules_per_token\" is absent");
    }
    figure.source = entry.source();
    return figure;
}

TrainingFigure read_training(const Entry& entry) {
    entry.allow(
        {"model", "hardware", "accelerator_hours", "watts", "watts_low", "watts_high", "source", "year", "url"});
    const auto number = [&](const char* key) {
        const auto value = entry.number(key);
        if (!value) entry.fail_key(key, "a positive number");
        return *value;
    };
    TrainingFigure figure;
    figure.model = entry.text("model", true);
    figure.hardware = entry.text("hardware", true);
    figure.accelerator_hours = number("accelerator_hours");
    figure.watts = base::Watts(number("watts"));
    figure.watts_low = base::Watts(number("watts_low"));
    figure.watts_high = base::Watts(number("watts_high"));
    if (figure.watts_low > figure.watts) entry.fail_key("watts_low", "at most \"watts\"");
    if (figure.watts_high < figure.watts) entry.fail_key("watts_high", "at least \"watts\"");
    figure.source = entry.source();
    return figure;
}

Remark read_remark(const Entry& entry) {
    entry.allow({"id", "models", "text", "source", "year", "url"});
    return {entry.text("id", true), entry.texts("models"), entry.text("text", true), entry.source()};
}

/// All tables of a name, each read by `read`.
template <typename Read>
auto read_all(const toml::table& document, const char* name, const std::string& file, const Read& read) {
    std::vector<decltype(read(std::declval<const Entry&>()))> found;
    const toml::array* tables = document[name].as_array();
    if (tables == nullptr || tables->empty()) {
        base::fail(ErrorCode::bad_file, "{}: expected at least one table [[{}]].", file, name);
    }
    for (const toml::node& node : *tables) {
        const toml::table* table = node.as_table();
        if (table == nullptr) base::fail(ErrorCode::bad_file, "{}: [[{}]] must contain tables only.", file, name);
        found.push_back(read(Entry(*table, file)));
    }
    return found;
}

toml::table parse(std::string_view text, const std::string& file) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        base::fail(ErrorCode::bad_file, "{}, line {}: {}.", file, error.source().begin.line, error.description());
    }
}

References parse_references(std::string_view text, const std::string& file) {
    const toml::table document = parse(text, file);
    for (const auto& [key, value] : document) {
        if (std::ranges::find(tables, key.str()) != tables.end()) continue;
        base::fail(ErrorCode::bad_file, "{}, line {}: unknown key \"{}\"; expected [[{}]].", file,
                   value.source().begin.line, key.str(), fmt::join(tables, "]], [["));
    }
    References references{read_all(document, "everyday", file, read_everyday),
                          read_all(document, "published", file, read_published),
                          {},
                          {}};
    if (document.contains("training")) references.training = read_all(document, "training", file, read_training);
    if (document.contains("remark")) references.remarks = read_all(document, "remark", file, read_remark);
    return references;
}

/// Letters in lower case, and digits: "deepseekr1distillllama70b".
std::string bare_name(std::string_view name) {
    std::string bare;
    for (const char byte : name) {
        if (base::is_letter(byte) || base::is_digit(byte)) bare += base::lowered(byte);
    }
    return bare;
}

}  // namespace

const Reference* find_everyday(std::string_view id, const References& references) {
    const auto found = std::ranges::find(references.everyday, id, &Reference::id);
    return found == references.everyday.end() ? nullptr : &*found;
}

std::vector<Remark> remarks_about(std::string_view model, const References& references) {
    const std::string name = bare_name(model);
    std::vector<Remark> about;
    std::ranges::copy_if(references.remarks, std::back_inserter(about), [&](const Remark& remark) {
        return std::ranges::any_of(remark.models,
                                   [&](const std::string& one) { return name.find(bare_name(one)) != name.npos; });
    });
    return about;
}

Figure TrainingFigure::energy() const {
    const base::Seconds time(accelerator_hours * 3600);
    return {watts * time, watts_low * time, watts_high * time, Method::estimated};
}

std::string_view words(Covers covers) {
    constexpr std::array<std::string_view, 3> texts{"accelerators alone", "the machine at the wall", "a whole service"};
    return texts[static_cast<std::size_t>(covers)];
}

References read_references(const std::filesystem::path& path) {
    constexpr std::size_t file_limit = 1u << 20;  // written by hand; a megabyte is something else (assumed)
    return parse_references(base::read_text(path, file_limit), path.string());
}

References read_references() {
    return parse_references(base::embedded_text("references.toml"), "data/references.toml");
}

std::vector<Reference> comparable(Joules amount, const References& references) {
    // Beyond a factor of 30 a comparison says no more than "much" or "little" (assumed).
    const double widest = std::log(30.0);
    constexpr std::size_t most = 3;
    const auto distance = [&](const Reference& reference) { return std::abs(std::log(amount / reference.joules)); };
    std::vector<Reference> near;
    std::ranges::copy_if(references.everyday, std::back_inserter(near),
                         [&](const Reference& reference) { return distance(reference) <= widest; });
    std::ranges::stable_sort(near, {}, distance);
    if (near.size() > most) near.resize(most);
    return near;
}

std::string comparison(Joules amount, const Reference& reference) {
    const auto number = [](Joules joules) { return base::fixed(joules.value(), joules.value() < 10 ? 1 : 0); };
    const double times = amount / reference.joules;
    const std::string joules = reference.low && reference.high
                                   ? fmt::format("{} to {}", number(*reference.low), number(*reference.high))
                                   : number(reference.joules);
    if (times >= 0.95 && times < 1.05) return fmt::format("about as much as {} ({} J)", reference.what, joules);
    // One digit below one, two above: the amounts compared are rough.
    const std::string factor = times < 0.95 ? base::significant(times, 1) : base::significant(times, 2);
    return fmt::format("about {} {} {} ({} J)", factor, times < 0.95 ? "of" : "times", reference.what, joules);
}

std::string cited(const Citation& source) {
    if (!source.year || source.name.ends_with(std::to_string(*source.year))) return source.name;
    return fmt::format("{}, {}", source.name, *source.year);
}

}  // namespace ergon::energy
