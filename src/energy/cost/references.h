#pragma once
// Amounts of energy from elsewhere, each with its source: everyday things, and published figures of language models.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "energy/figure.h"

namespace ergon::energy {

/// Where an amount comes from.
struct Citation {
    std::string name;
    std::optional<int> year;  // none for arithmetic
    std::string url;          // empty if there is none
};
/// "name, year"; the year once, also where the name ends in it.
std::string cited(const Citation& source);

struct Reference {
    std::string what;  // completes "about 0.4 of ..."
    base::Joules joules{};
    std::optional<base::Joules> low;  // where the source gives a range: both ends
    std::optional<base::Joules> high;
    Citation source;
    std::string id;  // by which a page asks for it; empty for most
};

/// What was asked for.
enum class AnswerKind : std::uint8_t {
    reasoning,  // thought before the answer
    chat,
    service,  // whatever a company's users ask
};

/// What the joules of a published figure are those of.
enum class Covers : std::uint8_t {
    accelerators,  // their boards alone: no processor, no memory of the host, no losses
    wall,          // the machine at its plug
    service,       // servers in a data centre, some with its cooling
};
/// "accelerators alone", to be read beside a figure.
std::string_view words(Covers covers);

/// What somebody published of a model. Without its batch a figure is hardly comparable: it moves the same model on the
/// same hardware about tenfold.
struct PublishedFigure {
    std::string model;
    AnswerKind kind = AnswerKind::chat;
    std::string task;
    Covers covers = Covers::accelerators;
    std::string hardware;  // empty if it was not said
    std::optional<std::int64_t> batch;
    std::optional<base::Tokens> tokens;  // generated per response, about
    std::optional<base::Joules> per_token;
    std::optional<base::Joules> per_response;
    Citation source;
};

/// What training a model took: published hours of accelerators, times an assumed power of each.
struct TrainingFigure {
    std::string model;
    std::string hardware;
    double accelerator_hours = 0;
    base::Watts watts{};
    base::Watts watts_low{};  // what may well be assumed instead
    base::Watts watts_high{};
    Citation source;

    /// Estimated; the interval is that of the assumed power.
    Figure energy() const;
};

/// What a reader of a published figure should know, to be said beside one of the models that it is about.
struct Remark {
    std::string id;
    std::vector<std::string> models;
    std::string text;
    Citation source;
};

struct References {
    std::vector<Reference> everyday;
    std::vector<PublishedFigure> published;
    std::vector<TrainingFigure> training;
    std::vector<Remark> remarks;
};

/// Reads the tables [[everyday]] and [[published]], [[training]] and [[remark]] (which may be absent). Strict: an
/// unknown key, a missing one or an amount that is not positive throws Error(bad_file) with the line.
References read_references(const std::filesystem::path& path);
/// Those that ship, data/references.toml.
References read_references();

/// Everyday things within a factor of 30 of an amount, the nearest first, at most three.
std::vector<Reference> comparable(base::Joules amount, const References& references);

/// The everyday thing of this id; nothing where there is none.
const Reference* find_everyday(std::string_view id, const References& references);
/// The remarks that are about a model of this name: it contains one of theirs, whatever the case and what stands
/// between letters and digits.
std::vector<Remark> remarks_about(std::string_view model, const References& references);

/// "about 0.4 of a Google search as Google gave it in 2009 (1,080 J)"; a source that gives a range is quoted with it.
std::string comparison(base::Joules amount, const Reference& reference);

}  // namespace ergon::energy
