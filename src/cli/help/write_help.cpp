// ergon write-help FOLDER: man pages and completion, where `make install` puts them below its prefix. Hidden from help.

#include <fmt/format.h>
#include <memory>

#include "base/files/file.h"
#include "base/files/paths.h"
#include "cli/commands.h"
#include "cli/help/completion.h"
#include "cli/help/man_page.h"

namespace ergon::cli {
namespace {

namespace fs = std::filesystem;

void write_below(const fs::path& file, const std::string& text) {
    base::make_folders(file.parent_path());
    base::write_atomically(file, text);
}

void write_man_pages(const CLI::App& command, const fs::path& folder) {
    write_below(folder / (page_name(command) + ".1"), man_page(command, version()));
    for (const CLI::App* inner : listed_commands(command)) write_man_pages(*inner, folder);
}

void write_help(const CLI::App& program, const fs::path& folder) {
    write_man_pages(program, folder / "man/man1");
    write_below(folder / "bash-completion/completions/ergon", bash_completion(program));
    write_below(folder / "zsh/site-functions/_ergon", zsh_completion(program));
    write_below(folder / "fish/vendor_completions.d/ergon.fish", fish_completion(program));
}

}  // namespace

void add_write_help(CLI::App& program) {
    auto folder = std::make_shared<std::string>();
    CLI::App& command = *program.add_subcommand("write-help", "Write man pages and shell completion to a folder");
    command.group("");
    command.add_option("FOLDER", *folder, "Where they go, as below /usr/share")->required();
    command.footer("Example:\n  ergon write-help build/share");
    command.callback([folder, &program] { write_help(program, *folder); });
}

}  // namespace ergon::cli
