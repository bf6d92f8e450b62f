// The answers that a run could not have, in the results store.

#include "base/error.h"
#include "lab/store/results.h"

namespace ergon::lab {

void Results::add_failure(RunId run, const Failure& failure) {
    if (has(run, failure.contender, failure.prompt, failure.repeat, failure.session)) {
        base::fail(base::ErrorCode::bad_argument,
                   "Contender {}'s answer to prompt {}, repeat {}, of run {} is there already, so it has not failed.",
                   failure.contender, failure.prompt, failure.repeat, run);
    }
    Statement insert(database_,
                     "INSERT OR REPLACE INTO failure (run, contender, prompt, repeat, session, reason) "
                     "VALUES (?, ?, ?, ?, ?, ?)");
    insert.bind(1, run).bind(2, failure.contender).bind(3, failure.prompt).bind(4, failure.repeat);
    insert.bind(5, failure.session).bind(6, failure.reason).step();
}

std::vector<Failure> Results::failures(RunId run) {
    Statement statement(
        database_,
        "SELECT contender, prompt, repeat, session, reason, "
        "EXISTS (SELECT 1 FROM contender WHERE contender.run = failure.run AND position = failure.contender) "
        "FROM failure WHERE run = ? "
        "ORDER BY contender, prompt, repeat");
    statement.bind(1, run);
    std::vector<Failure> failures;
    while (statement.step()) {
        if (statement.integer(5) == 0) {
            base::fail(base::ErrorCode::bad_file,
                       "The results file {} is damaged: it has a failure of contender {}, but no such contender.",
                       path().string(), statement.integer(0));
        }
        failures.push_back(
            {statement.integer(0), statement.text(1), statement.integer(2), statement.integer(3), statement.text(4)});
    }
    return failures;
}

}  // namespace ergon::lab
