// Claims, and tries taken back, in thoughts that no generator wrote.

#include "tasks/puzzles/solved/backtracking.h"

#include <gtest/gtest.h>

#include "tasks/puzzles/solved/equation_checks.h"

namespace ergon::tasks {
namespace {

TEST(Claims, AreFoundAndWorkedOut) {
    const auto claims = equation_checks_in(
        "96/8=12 left 7 5: 7+5=12 yes\n3*19=57>43 no, back 2=3 (2+3)*4=20: x=3 A<4 4<=4 17*24=340+68=408");
    const std::vector<std::pair<std::string_view, bool>> expected{
        {"96/8=12", true},    {"7+5=12", true}, {"3*19=57>43", true},      {"2=3", false},
        {"(2+3)*4=20", true}, {"4<=4", true},   {"17*24=340+68=408", true}};
    ASSERT_EQ(claims.size(), expected.size());
    for (std::size_t i = 0; i < claims.size(); ++i) {
        EXPECT_EQ(claims[i].text, expected[i].first);
        EXPECT_EQ(claims[i].holds, expected[i].second) << claims[i].text;
    }
    EXPECT_EQ(last_side("3*19=57>43"), "43");
}

TEST(Claims, WhatIsNoExpressionDoesNotHold) {
    for (const char* text :
         {"3=", "3*=4", "3==3", "1/0=1", "5>", "5<>4", "(3=3", "9223372036854775807>1/3", "4>=5", "4<4", "57>43=57"}) {
        const auto claims = equation_checks_in(text);
        ASSERT_EQ(claims.size(), 1u) << text;
        EXPECT_FALSE(claims[0].holds) << text;
    }
    EXPECT_TRUE(equation_checks_in("no claims at all: 2023-03 c1: 12").empty());
    EXPECT_TRUE(equation_checks_in("").empty());
}

SolvedPuzzle of_kind(SolvedKind kind, std::string key, std::string answer, std::string thinking = {}) {
    SolvedPuzzle puzzle;
    puzzle.kind = kind;
    puzzle.key = std::move(key);
    puzzle.prompt.answer = std::move(answer);
    puzzle.thinking = std::move(thinking);
    return puzzle;
}

void expect_revisions(const SolvedPuzzle& puzzle, std::string_view thinking, int rejected, int misjudged,
                      bool revised) {
    const Backtracking found = backtracking_in(puzzle, thinking);
    EXPECT_EQ(found.rejected, rejected) << thinking;
    EXPECT_EQ(found.misjudged, misjudged) << thinking;
    EXPECT_EQ(found.revised, revised) << thinking;
}

TEST(Revision, OfACountdown) {
    const SolvedPuzzle puzzle = of_kind(SolvedKind::countdown, "countdown 5 7 8", "(7+5)*8");
    const std::string wrong = "96-8=88 left 7 5: 7+5=12 7*5=35 no, back\n", right = "96/8=12 left 7 5: 7+5=12 yes\n";
    expect_revisions(puzzle, "96 from 8 7 5\n" + wrong + right + "7+5 (7+5)*8", 1, 0, true);
    expect_revisions(puzzle, right, 0, 0, false);
    expect_revisions(puzzle, wrong, 1, 0, false);
    expect_revisions(puzzle, right + wrong, 1, 0, false);
    expect_revisions(puzzle, wrong + "96/8=12 left 7 5: 7+5=12 no, back\n" + right, 1, 1, true);
    expect_revisions(puzzle, "96-8=88 left 7 5: 7*5=88 yes\n", 0, 1, false);
    expect_revisions(puzzle, "96-8=87 left 7 5: 7+5=12 no, back\n" + right, 0, 1, false);
    expect_revisions(puzzle, wrong + "96-8=88 left 7 5: 7+5=12 yes", 1, 1, false);
    expect_revisions(puzzle, "88 no, back\n" + right, 0, 0, false);
    expect_revisions(puzzle, "no, back\nno, back\nyes", 0, 0, false);
    expect_revisions(puzzle, "", 0, 0, false);
}

TEST(Revision, OfAQuotient) {
    const SolvedPuzzle puzzle = of_kind(SolvedKind::arithmetic, "product 19 23", "23");
    const std::string large = "43: 3*19=57>43 no, back\n", small = "43: 1*19=19 43-19=24>=19 no, back\n",
                      right = "43: 2*19=38 43-38=5<19 ok: 2\n";
    expect_revisions(puzzle, "437/19\n" + large + right, 1, 0, true);
    expect_revisions(puzzle, "437/19\n" + small + right, 1, 0, true);
    expect_revisions(puzzle, "437/19\n" + right, 0, 0, false);
    expect_revisions(puzzle, "43: 2*19=38 43-38=5<19 no, back\n" + right, 0, 1, false);
    expect_revisions(puzzle, "43: 3*19=56>43 no, back\n" + right, 0, 1, false);
    expect_revisions(puzzle, "13*2\n3*2=6: 6\n1*2=2: 26", 0, 0, false);
}

TEST(Revision, OfRiddles) {
    const SolvedPuzzle number = of_kind(SolvedKind::logic, "riddle 21 35 7 3:2", "35");
    expect_revisions(number, "28: 28=3*9+1 no, back\n35: 35=3*11+2 yes", 1, 0, true);
    expect_revisions(number, "28: 28=3*9+2 no, back\n35: 35=3*11+2 yes", 0, 1, false);
    expect_revisions(number, "28: 28=3*9+1 yes", 0, 1, false);
    const SolvedPuzzle people = of_kind(SolvedKind::logic, "truth A-B-", "Clara");
    expect_revisions(people, "A:B- B:C- C:A-\nA? A:B- true B:C- true no, back\nC? A:B- false yes", 1, 0, true);
    expect_revisions(people, "C? A:B- true no, back\nA? yes", 0, 2, false);
}

TEST(Revision, OfARace) {
    const SolvedPuzzle race =
        of_kind(SolvedKind::logic, "race 3 x", "Ben", "B<A A<C\nB? ok\nBA? ok\nBAC? yes\n1B 2A 3C");
    expect_revisions(race, "A? B<A no, back\nB? ok\nBA? ok\nBAC? yes", 1, 0, true);
    expect_revisions(race, "B? ok\nBC? A<C no, back\nBA? ok\nBAC? yes", 1, 0, true);
    expect_revisions(race, "A? ok\nAB? B<A no, back\nA no, back\nBAC? yes", 1, 0, true);
    expect_revisions(race, "A? B<A no, back\nABC? yes", 1, 1, false);
    expect_revisions(race, "BAC? A<C no, back", 0, 1, false);
}

TEST(Revision, HostileTextEnds) {
    const std::vector<SolvedPuzzle> puzzles{
        of_kind(SolvedKind::countdown, "countdown 1 2", "1+2"), of_kind(SolvedKind::arithmetic, "product 2 3", "6"),
        of_kind(SolvedKind::logic, "riddle 1", "3"), of_kind(SolvedKind::logic, "truth A", "Ada"),
        of_kind(SolvedKind::logic, "race 3", "Ada")};
    for (const char* piece : {"1=", "1=1", "(", "<", "\n", ":", "? yes", " left : 1=1", "1=1 left 2: 2=2 no, back\n"}) {
        std::string text;
        while (text.size() < 100'000) text += piece;
        for (const SolvedPuzzle& puzzle : puzzles) EXPECT_FALSE(backtracking_in(puzzle, text).revised) << piece;
    }
}

TEST(Revision, OfKindsWithoutSearchThereIsNone) {
    for (const SolvedKind kind : {SolvedKind::sorting, SolvedKind::comparison, SolvedKind::dates, SolvedKind::units}) {
        expect_revisions(of_kind(kind, "x", "3"), "1: 2=2 no, back\n2: 3=3 yes", 0, 0, false);
    }
}

}  // namespace
}  // namespace ergon::tasks
