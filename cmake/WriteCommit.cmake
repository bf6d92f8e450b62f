# Writes OUTPUT, the source of ergon::cli::commit(), with the commit of the checkout SOURCE: "1a2b3c4d5e6f", "1a2b3c4d5e6f, changed" with
# changes that are in no commit, nothing without git. A file that stays the same is not written, so that nothing is compiled again.
set(commit "")
find_package(Git QUIET)
if(Git_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} rev-parse --show-toplevel
                  OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(REAL_PATH ${SOURCE} folder)
  if(top STREQUAL folder)  # not a release that was unpacked within another repository
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} describe --always --exclude=* --abbrev=12 "--dirty=, changed"
                    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#include "cli/commit.h"

std::string_view ergon::cli::commit() {
    return "@commit@";
}
]] @ONLY)
