#include "energy/cost/references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "energy/estimate/likeness.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Joules;
using ergon::test::expect_error;
using testing::HasSubstr;

TEST(References, ThoseThatShip) {
    const References references = read_references();
    EXPECT_GE(references.everyday.size(), 8u);
    EXPECT_GE(references.published.size(), 15u);
    for (const PublishedFigure& figure : references.published) {
        if (!figure.per_token || !figure.per_response || !figure.tokens) continue;
        // Joules per token count the prompt's share in some sources: the two agree about, not exactly.
        const double tokens = *figure.per_response / *figure.per_token;
        EXPECT_NEAR(tokens / static_cast<double>(figure.tokens->value()), 1, 0.06) << figure.model << figure.task;
    }
}

// 2.788 million hours of 700 W are 1.95 GWh; Llama 3.1 405B took 11 times the hours (facts of both reports).
TEST(References, TrainingIsHoursTimesAssumedWatts) {
    const References references = read_references();
    const auto of = [&](const std::string& model) {
        for (const TrainingFigure& figure : references.training) {
            if (figure.model == model) return figure.energy();
        }
        throw std::runtime_error(model + " is missing");
    };
    const Figure v3 = of("DeepSeek-V3");
    EXPECT_NEAR(v3.value.value() / 3.6e12, 1.9516, 1e-9);
    EXPECT_NEAR(v3.low.value() / 3.6e12, 1.1152, 1e-9);
    EXPECT_NEAR(v3.high.value() / 3.6e12, 3.9032, 1e-9);
    EXPECT_EQ(v3.method, Method::estimated);
    EXPECT_NEAR(of("Llama-3.1-405B").value / v3.value, 11.06, 0.01);
}

Reference thing(const char* what, double joules) {
    Reference reference;
    reference.what = what;
    reference.joules = Joules(joules);
    return reference;
}

TEST(Comparable, TheNearestFirstAndNoneFarAway) {
    const References references{
        {thing("a", 1), thing("b", 10), thing("c", 100), thing("d", 1000), thing("e", 1e6)}, {}, {}, {}};
    const auto names = [&](double joules) {
        std::string found;
        for (const Reference& reference : comparable(Joules(joules), references)) found += reference.what;
        return found;
    };
    EXPECT_EQ(names(90), "cbd");
    EXPECT_EQ(names(9), "bac");
    EXPECT_EQ(names(2e6), "e");
    EXPECT_EQ(names(1e12), "");
    EXPECT_EQ(names(0), "");
    EXPECT_EQ(names(-5), "");
    EXPECT_EQ(names(std::numeric_limits<double>::infinity()), "");
    EXPECT_EQ(names(std::numeric_limits<double>::quiet_NaN()), "");
}

TEST(Comparison, IsASentenceWithTheAmountThatItRestsOn) {
    const Reference search = thing("a Google search as Google gave it in 2009", 1080);
    EXPECT_EQ(comparison(Joules(430), search), "about 0.4 of a Google search as Google gave it in 2009 (1,080 J)");
    EXPECT_EQ(comparison(Joules(1100), search), "about as much as a Google search as Google gave it in 2009 (1,080 J)");
    EXPECT_THAT(comparison(Joules(2700), search), HasSubstr("about 2.5 times a Google search"));
    EXPECT_THAT(comparison(Joules(23000), search), HasSubstr("about 21 times"));
    EXPECT_THAT(comparison(Joules(1020), search), HasSubstr("about 0.9 of"));
    EXPECT_EQ(comparison(Joules(2), thing("x", 9.8)), "about 0.2 of x (9.8 J)");
    Reference battery = thing("a battery", 55400);
    battery.low = Joules(41600);
    battery.high = Joules(69300);
    EXPECT_EQ(comparison(Joules(11000), battery), "about 0.2 of a battery (41,600 to 69,300 J)");
    const References shipped = read_references();
    EXPECT_THAT(comparison(Joules(430), comparable(Joules(430), shipped)[0]),
                HasSubstr("LED bulb for a minute (600 J)"));
}

/// The figures that others get wrong: DeepSeek-R1 at batch 8 has 11,861 tokens on average, muxup's least is that of
/// FP4.
TEST(References, SayFormatBatchAndWhatTheyCover) {
    const References references = read_references();
    double least_of_fp4 = 1e9, least_of_fp8 = 1e9;
    for (const PublishedFigure& one : references.published) {
        if (one.source.name.starts_with("ML.ENERGY")) {
            EXPECT_EQ(one.covers, Covers::accelerators) << one.model;
            EXPECT_THAT(one.source.name, HasSubstr("GPUs only"));
            EXPECT_TRUE(one.batch) << one.model;
        }
        if (one.model == "DeepSeek-R1-0528" && one.batch == 8) {
            EXPECT_EQ(one.tokens, base::Tokens(11861));
        }
        if (!one.source.name.starts_with("muxup")) continue;
        double& least = one.task.find("FP4") != one.task.npos ? least_of_fp4 : least_of_fp8;
        least = std::min(least, one.per_response->value());
        EXPECT_TRUE(one.task.find("FP4") != one.task.npos || one.task.find("FP8") != one.task.npos) << one.task;
    }
    EXPECT_DOUBLE_EQ(least_of_fp4, 0.63 * 3600);
    EXPECT_DOUBLE_EQ(least_of_fp8, 0.96 * 3600);
}

TEST(NearestInKind, IsOfTheSameTaskThenBoundaryThenBatch) {
    const References references = read_references();
    const auto near = nearest_in_kind({AnswerKind::reasoning, 1, Covers::wall, Joules(9)}, references);
    ASSERT_EQ(near.size(), 2u);
    for (const AlikeFigure& one : near) {
        EXPECT_EQ(one.figure.kind, AnswerKind::reasoning);
        EXPECT_EQ(one.figure.covers, Covers::wall);
        EXPECT_EQ(one.differs, "");
        EXPECT_GT(one.figure.per_token->value(), 4);
    }
    const auto batched = nearest_in_kind({AnswerKind::chat, 8, Covers::accelerators, std::nullopt}, references);
    for (const AlikeFigure& one : batched) EXPECT_EQ(one.figure.batch, 8);
    const auto large = nearest_in_kind({AnswerKind::reasoning, 200, Covers::accelerators, Joules(0.3)}, references);
    EXPECT_THAT(large[0].differs, HasSubstr(", not 200"));
    References few = references;
    std::erase_if(few.published, [](const PublishedFigure& one) { return one.covers == Covers::wall; });
    EXPECT_THAT(nearest_in_kind({AnswerKind::chat, 1, Covers::wall, Joules(1)}, few).at(0).differs,
                HasSubstr("batch 8, not 1; accelerators alone"));
    EXPECT_TRUE(nearest_in_kind({AnswerKind::service, 1, Covers::wall, Joules(1)}, few).empty());
}

TEST(References, RemarksAreAboutTheModelsThatTheyName) {
    const References references = read_references();
    for (const char* name : {"DeepSeek-R1-Distill-Llama-70B", "deepseek_r1.distill llama 70b.Q4_K_M.gguf",
                             "deepseek-ai/DeepSeek-R1-Distill-Llama-70B"}) {
        ASSERT_EQ(remarks_about(name, references).size(), 1u) << name;
        EXPECT_THAT(remarks_about(name, references)[0].text, HasSubstr("17,800 J"));
    }
    for (const char* name : {"", "ergon-moe-think", "DeepSeek-R1", "DeepSeek-R1-Distill-Llama-8B"}) {
        EXPECT_TRUE(remarks_about(name, references).empty()) << name;
    }
    ASSERT_NE(find_everyday("streamed-video", references), nullptr);
    EXPECT_EQ(find_everyday("streamed-video", references)->joules, Joules(46200));
    EXPECT_EQ(find_everyday("no such thing", references), nullptr);
}

TEST(References, AFileWithMistakesIsRefusedWithTheLine) {
    const ergon::test::TemporaryDirectory folder;
    const std::string everyday = "[[everyday]]\nwhat = \"x\"\njoules = 1\nsource = \"s\"\n";
    const std::string published =
        "[[published]]\nmodel = \"m\"\nkind = \"chat\"\ncovers = \"wall\"\ntask = \"t\"\njoules_per_token = "
        "2.5\nsource = "
        "\"s\"\n";
    const auto refuses = [&](const std::string& content, const std::string& fragment) {
        const auto path = folder.write("references.toml", std::string_view(content));
        expect_error(ErrorCode::bad_file, fragment, [&] { read_references(path); });
    };
    const auto good = folder.write("references.toml", std::string_view(everyday + published));
    EXPECT_EQ(read_references(good).published[0].per_token, Joules(2.5));
    refuses("[[everyday", "references.toml, line 1: ");
    refuses(everyday, "at least one table [[published]]");
    refuses("everyday = 3\n" + published, "at least one table [[everyday]]");
    refuses("everyday = [3]\n" + published, "must contain tables only");
    refuses(everyday + published + "[[remark]]\nid = \"r\"\nmodels = []\ntext = \"t\"\nsource = \"s\"\n",
            "\"models\" must be a list of texts");
    refuses("other = 1\n" + everyday + published, "line 1: unknown key \"other\"");
    refuses(everyday + "jouls = 3\n" + published, "line 5: unknown key \"jouls\"; expected what, joules");
    refuses("[[everyday]]\nwhat = \"x\"\nsource = \"s\"\n" + published, "line 1: \"joules\" must be a positive number");
    refuses("[[everyday]]\njoules = 1\nsource = \"s\"\n" + published, "\"what\" must be a non-empty string");
    for (const char* wrong : {"0", "-3", "nan", "inf", "\"5\"", "true"}) {
        refuses("[[everyday]]\nwhat = \"x\"\nsource = \"s\"\njoules = " + std::string(wrong) + "\n" + published,
                "line 4: \"joules\" must be a positive number");
    }
    refuses(everyday + "low = 2\n" + published, "line 5: \"low\" must be at most the amount itself");
    refuses(everyday + "low = 0.5\n" + published, "\"high\" must be present, since the other end of the range is");
    refuses(everyday + "high = 0.5\n" + published, "line 5: \"high\" must be at least the amount itself");
    refuses(everyday + "year = 20\n" + published, "\"year\" must be a whole number from 1900 to 2200");
    refuses(everyday + "url = \"javascript:alert(1)\"\n" + published, "\"url\" must be an https:// address");
    refuses(everyday + published + "batch = 0\n", "\"batch\" must be a whole number from 1");
    refuses(everyday + "[[published]]\nmodel = \"m\"\nkind = \"talk\"\n",
            "\"kind\" must be one of reasoning, chat, service");
    refuses(everyday + "[[published]]\nmodel = \"m\"\nkind = \"chat\"\ntask = \"t\"\n",
            "\"covers\" must be a non-empty string");
    refuses(everyday + published + "batch = 1.5\n", "\"batch\" must be a whole number");
    refuses(
        everyday + "[[published]]\nmodel = \"m\"\nkind = \"chat\"\ncovers = \"wall\"\ntask = \"t\"\nsource = \"s\"\n",
        "\"joules_per_response\" must be a positive number where \"joules_per_token\" is absent");
    const std::string training =
        "[[training]]\nmodel = \"m\"\nhardware = \"h\"\naccelerator_hours = 2\nwatts = 7\nwatts_low = 6\nwatts_high = "
        "8\n"
        "source = \"s\"\n";
    const auto with_training = folder.write("references.toml", std::string_view(everyday + published + training));
    EXPECT_EQ(read_references(with_training).training.at(0).energy(),
              (Figure{Joules(50400), Joules(43200), Joules(57600), Method::estimated}));
    const auto changed = [&](const std::string& from, const std::string& to) {
        std::string text = training;
        return everyday + published + text.replace(text.find(from), from.size(), to);
    };
    refuses(changed("watts_low = 6", "watts_low = 9"), "line 17: \"watts_low\" must be at most \"watts\"");
    refuses(changed("watts_high = 8", "watts_high = 5"), "\"watts_high\" must be at least \"watts\"");
    refuses(changed("watts = 7", "watts = -7"), "\"watts\" must be a positive number");
    refuses(changed("hardware = \"h\"\n", ""), "\"hardware\" must be a non-empty string");
    expect_error(ErrorCode::not_found, "none.toml", [&] { read_references(folder / "none.toml"); });
}

}  // namespace
}  // namespace ergon::energy
