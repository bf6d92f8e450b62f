// Pairs of right answers and answers with the verdicts of math-verify, and those in which it is wrong.

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tasks/graders/grader.h"

namespace ergon::tasks {
namespace {

using nlohmann::json;

std::string path_of(const char* name) {
    return std::string(ERGON_FIXTURES) + "/maths/" + name;
}

// Where math-verify is wrong, exceptions.json says why for each kind, and the right verdict is the other one.
TEST(MathsPairs, VerdictsAreThoseOfMathVerifyOrOfAnExplainedException) {
    std::ifstream rows(path_of("pairs.jsonl")), reasons(path_of("exceptions.json"));
    const json exceptions = json::parse(reasons);
    std::set<std::string> used;
    int compared = 0, right = 0;
    for (std::string line; std::getline(rows, line); ++compared) {
        const json row = json::parse(line);
        Prompt prompt{"p", "", "?", row["g"]};
        prompt.grader = Grader::boxed;
        const bool excepted = row.contains("x");
        if (excepted) {
            EXPECT_TRUE(exceptions.contains(row["x"])) << "no reason is given for " << line;
            used.insert(row["x"]);
        }
        const bool wanted = (row["v"] == 1) != excepted;
        right += wanted;
        EXPECT_EQ(grade(prompt, "So $\\boxed{" + row["a"].get<std::string>() + "}$."), std::optional(wanted)) << line;
    }
    EXPECT_GE(compared, 2000);
    EXPECT_GE(right, 1000);
    EXPECT_GE(compared - right, 800);
    for (const auto& [kind, reason] : exceptions.items()) {
        EXPECT_TRUE(used.contains(kind)) << "an exception that no pair needs: " << kind;
        EXPECT_GT(reason.get<std::string>().size(), 20u) << kind;
    }
}

}  // namespace
}  // namespace ergon::tasks
