#include "energy/processor_table.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/data_files.h"
#include "energy/small_file.h"

namespace ergon::energy {
namespace {

constexpr std::size_t most_bytes = 4 << 20;

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
void for_rows(const std::filesystem::path& path, std::size_t columns, const Row& row) {
    const std::string text = read_small_file(path, most_bytes).text;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string_view line(text.data() + begin, end - begin);
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

/// "AMD EPYC 7763 64-Core Processor" says that a socket has 64 cores.
int cores_in(std::string_view name) {
    const std::size_t end = name.find("-Core");
    if (end == name.npos) return 0;
    std::size_t begin = end;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(name[begin - 1])) != 0) --begin;
    return number<int>(name.substr(begin, end - begin)).value_or(0);
}

}  // namespace

std::string telling_words(std::string_view name) {
    name = name.substr(0, name.find('@'));
    std::string plain(name);
    for (const std::string_view mark : {"(R)", "(r)", "(TM)", "(tm)"}) {
        for (std::size_t at; (at = plain.find(mark)) != plain.npos;) plain.replace(at, mark.size(), " ");
    }
    std::string words;
    for (std::size_t begin = 0; begin < plain.size();) {
        const std::size_t end = std::min(plain.find(' ', begin), plain.size());
        std::string word = plain.substr(begin, end - begin);
        begin = end + 1;
        std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (word == "with" || word == "w/") break;  // "with Radeon Graphics"
        const bool generation = !word.empty() && (word.ends_with("th") || word.ends_with("rd") || word == "gen") &&
                                (word == "gen" || std::isdigit(static_cast<unsigned char>(word[0])) != 0);
        if (word.empty() || word == "cpu" || word == "processor" || word.ends_with("-core") || generation) continue;
        words += (words.empty() ? "" : " ") + word;
    }
    return words;
}

ProcessorTable::ProcessorTable(const std::filesystem::path& processors, const std::filesystem::path& families) {
    for_rows(processors, 2, [this](const std::vector<std::string_view>& cells) {
        const auto watts = number<double>(cells[0]);
        if (watts && *watts > 0) design_power_.emplace(telling_words(cells[1]), base::Watts(*watts));
    });
    for_rows(families, 5, [this](const std::vector<std::string_view>& cells) {
        const auto family = number<int>(cells[1]), model = number<int>(cells[2]), threads = number<int>(cells[3]);
        if (!family || !model || !threads || *threads < 1) return;
        families_.push_back({std::string(cells[0]), std::string(cells[4]), *family, *model, *threads});
    });
}

const ProcessorTable& ProcessorTable::shipped() {
    static const ProcessorTable table(base::data_directory() / "processors.csv",
                                      base::data_directory() / "processor_families.csv");
    return table;
}

std::optional<Part> ProcessorTable::named(std::string_view name) const {
    const auto found = design_power_.find(telling_words(name));
    if (found == design_power_.end()) return std::nullopt;
    // Two threads a core: all parts of servers whose names give their cores have them.
    return Part{std::string(trimmed(name)), found->second, 2 * cores_in(name), true};
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
        if (part) part->named_by_machine = false;
    }
    if (part && part->threads == 0) part->threads = same_family->threads;
    return part;
}

}  // namespace ergon::energy
