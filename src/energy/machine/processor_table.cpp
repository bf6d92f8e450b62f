#include "energy/machine/processor_table.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/files/data_files.h"
#include "base/strings/text.h"
#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

template <typename Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    text = trimmed(text);
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Calls row(cells) for each line that is no comment, cut at its first `columns` - 1 commas.
template <typename Row>
void for_rows(std::string_view text, std::size_t columns, const Row& row) {
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string_view line = text.substr(begin, end - begin);
        begin = end + 1;
        if (line.starts_with('#')) continue;
        std::vector<std::string_view> cells;
        while (cells.size() + 1 < columns && line.find(',') != line.npos) {
            cells.push_back(line.substr(0, line.find(',')));
            line.remove_prefix(line.find(',') + 1);
        }
        cells.push_back(trimmed(line));
        if (cells.size() == columns) row(cells);
    }
}

bool is_digit_at(std::string_view text, std::size_t place) {
    return place < text.size() && base::is_digit(text[place]);
}

/// "AMD EPYC 7763 64-Core Processor" says that a socket has 64 cores.
int cores_in(std::string_view name) {
    const std::size_t end = std::min(name.find("-Core"), name.find("-core"));
    if (end == name.npos) return 0;
    std::size_t begin = end;
    while (begin > 0 && is_digit_at(name, begin - 1)) --begin;
    return number<int>(name.substr(begin, end - begin)).value_or(0);
}

/// A word that names no part: "cpu", "64-cores", "13th".
bool says_nothing(std::string_view word) {
    constexpr std::array<std::string_view, 5> plain{"", "cpu", "processor", "gen", "0"};  // "E5-2670 0"
    if (std::ranges::find(plain, word) != plain.end()) return true;
    if (word.ends_with("-core") || word.ends_with("-cores")) return true;
    return is_digit_at(word, 0) && (word.ends_with("th") || word.ends_with("rd"));
}

}  // namespace

std::string significant_words(std::string_view name) {
    std::string plain = base::lowered(name.substr(0, name.find('@')));
    for (const std::string_view mark : {"(r)", "(tm)", "®", "™"}) {
        for (std::size_t at; (at = plain.find(mark)) != plain.npos;) plain.replace(at, mark.size(), " ");
    }
    std::string words;
    for (std::size_t begin = 0; begin < plain.size();) {
        const std::size_t end = std::min(plain.find_first_of(" \t", begin), plain.size());
        const std::string_view word = std::string_view(plain).substr(begin, end - begin);
        begin = end + 1;
        if (word == "with" || word == "w/") break;  // "with Radeon Graphics"
        if (says_nothing(word)) continue;
        words += (words.empty() ? "" : " ") + std::string(word);
    }
    return words;
}

ProcessorTable::ProcessorTable(std::string_view processors, std::string_view more, std::string_view families) {
    for_rows(more, 3, [this](const std::vector<std::string_view>& cells) {
        const auto watts = number<double>(cells[0]);
        const auto threads = number<int>(cells[1]);
        if (!watts || *watts <= 0 || !threads || *threads < 0) return;
        parts_.emplace(significant_words(cells[2]), Row{base::Watts(*watts), *threads});
    });
    for_rows(processors, 2, [this](const std::vector<std::string_view>& cells) {
        const auto watts = number<double>(cells[0]);
        if (watts && *watts > 0) parts_.emplace(significant_words(cells[1]), Row{base::Watts(*watts), 0});
    });
    for_rows(families, 5, [this](const std::vector<std::string_view>& cells) {
        const auto family = number<int>(cells[1]), model = number<int>(cells[2]), threads = number<int>(cells[3]);
        if (!family || !model || !threads || *threads < 1) return;
        families_.push_back({std::string(cells[0]), std::string(cells[4]), *family, *model, *threads});
    });
}

const ProcessorTable& ProcessorTable::shipped() {
    static const ProcessorTable table(base::embedded_text("processors.csv"), base::embedded_text("more_processors.csv"),
                                      base::embedded_text("processor_families.csv"));
    return table;
}

std::optional<Part> ProcessorTable::named(std::string_view name) const {
    const auto found = parts_.find(significant_words(name));
    if (found == parts_.end()) return std::nullopt;
    const Row& row = found->second;
    // Two threads a core, unless the table knows better: servers whose names give their cores have them.
    const int threads = row.threads > 0 ? row.threads : 2 * cores_in(name);
    return Part{std::string(trimmed(name)), row.design_power, threads, true};
}

std::optional<Part> ProcessorTable::find(const Processor& processor) const {
    const auto same_family = std::ranges::find_if(families_, [&](const Family& family) {
        return family.vendor == processor.vendor && family.family == processor.family &&
               family.model == processor.model;
    });
    std::optional<Part> part = named(processor.name);
    if (same_family == families_.end()) return part;
    if (!part) {
        part = named(same_family->part);
        if (part) {
            part->named_by_machine = false;
            part->threads = same_family->threads;
        }
    }
    if (part && part->threads == 0) part->threads = same_family->threads;
    return part;
}

}  // namespace ergon::energy
