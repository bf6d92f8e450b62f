#include "base/secrets.h"

#include <gtest/gtest.h>

namespace {

using ergon::base::SecretFilter;
using ergon::base::without_credentials;
using ergon::base::without_keys;

TEST(Secrets, TheKeyItselfIsTakenOutWhereverItStands) {
    EXPECT_EQ(without_keys("a my-own-key, my-own-key", "my-own-key"), "a ..., ...");
    EXPECT_EQ(without_keys("my-own-kmy-own-key", "my-own-key"), "my-own-k...");
    EXPECT_EQ(without_keys("nothing of it", ""), "nothing of it");
    EXPECT_EQ(without_keys("none is none", "none"), "none is none") << "a placeholder is no secret";
}

TEST(Secrets, WhatHasTheFormOfAKeyIsTakenOut) {
    EXPECT_EQ(without_keys("use sk-THIS-is_secret now"), "use sk-... now");
    EXPECT_EQ(without_keys("\"sk-proj-abc123DEF456\"."), "\"sk-...\".");
    EXPECT_EQ(without_keys("key=sk-abcdefgh12345"), "key=...");
    EXPECT_EQ(without_keys("api_key=a1b2c3d4e5, TOKEN=abcdefg8"), "api_key=..., TOKEN=...");
    EXPECT_EQ(without_keys("Authorization: Bearer eyJhbGciOi12.x-y_z"), "Authorization: Bearer ...");
    EXPECT_EQ(without_keys("sk-aaaaaaaa1 sk-bbbbbbbb2"), "sk-... sk-...");
}

TEST(Secrets, WordsStay) {
    for (const char* const words :
         {"sorted(words, key=len)", "key=operator.itemgetter", "task-management-systems", "sk-SK", "key=7",
          "key=", "a risk-free investment", "bearer of good news", "Bearer bonds", "the token=end", "sk-"}) {
        EXPECT_EQ(without_keys(words), words);
    }
}

// As out of the whole text, wherever it is cut in two.
TEST(Secrets, TheKeyIsTakenOutOfPieces) {
    const std::string key = "aa-aab-key";
    for (const std::string& text : {"x " + key + key + " y", "aa-" + key + ", aa-aab-ke", std::string("aa-aaa-aab-key"),
                                    std::string("nothing of it"), key}) {
        for (std::size_t first = 0; first <= text.size(); ++first) {
            for (std::size_t second = first; second <= text.size(); ++second) {
                SecretFilter filter(key);
                std::string given = filter.push(text.substr(0, first));
                given += filter.push(text.substr(first, second - first));
                given += filter.push(text.substr(second));
                EXPECT_EQ(given.find("key"), std::string::npos);
                EXPECT_EQ(given + filter.finish(), without_keys(text, key)) << first << " " << second;
            }
        }
    }
}

TEST(Secrets, WhatCannotBecomeTheKeyIsNotHeldBack) {
    SecretFilter filter("my-own-key");
    EXPECT_EQ(filter.push("It is m"), "It is ");
    EXPECT_EQ(filter.push("e. my-own"), "me. ");
    EXPECT_EQ(filter.finish(), "my-own");
    SecretFilter no_key("");
    EXPECT_EQ(no_key.push("text"), "text");
    SecretFilter placeholder("none");
    EXPECT_EQ(placeholder.push("none"), "none");
}

TEST(Secrets, AnAddressIsShownWithoutCredentials) {
    EXPECT_EQ(without_credentials("http://me:secret@host:1/a@b"), "http://host:1/a@b");
    EXPECT_EQ(without_credentials("http://host/a@b"), "http://host/a@b");
    EXPECT_EQ(without_credentials("no address@all"), "no address@all");
    EXPECT_EQ(without_credentials("http://host/v1?key=abc&x=1"), "http://host/v1?key=...&x=1");
    EXPECT_EQ(without_credentials("http://host/v1?x=1&api_key=abc#m"), "http://host/v1?x=1&api_key=...#m");
    EXPECT_EQ(without_credentials("host:80/key=sk-abc"), "host:80/key=...");
    EXPECT_EQ(without_credentials("http://host/sk-abcdefgh1/v1"), "http://host/sk-...");
    EXPECT_EQ(without_credentials("http://sk-cluster-01:80/v1"), "http://sk-cluster-01:80/v1")
        << "the name of a server";
}

}  // namespace
